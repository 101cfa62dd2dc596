"""Finding the words for people in our code: what is marked for translation, and what a template shows unmarked."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, TokenType
from django.utils.translation.template import templatize

# name of the call → which arguments are (context, singular, plural)
CALLS: dict[str, tuple[int | None, int, int | None]] = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
TEMPLATE_ENDINGS = {".html", ".txt"}
LITERAL = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
TEMPLATE_CALL = re.compile(rf"\b(_|gettext|ngettext|pgettext|npgettext)\(\s*({LITERAL}(?:\s*,\s*{LITERAL})*)", re.S)

# Shown as they are in every language.
NAMES = {"Lành", "Tiếng Việt", "English", "VNeID", "QR", "PDF", "FHIR", "SMS", "OpenAPI", "API", "km", "kg", "mg"}
SHOWN_ATTRIBUTES = {"alt", "aria-label", "aria-description", "placeholder", "title", "aria-roledescription"}
LETTERS = re.compile(r"[^\W\d_]{2,}")


@dataclass(frozen=True)
class Text:
    """One marked text, as it stands in the code."""

    singular: str
    plural: str | None = None
    context: str | None = None


def texts_of(package: Path) -> dict[Text, list[str]]:
    """Every marked text of an app with the files it stands in, relative to the app."""
    found: dict[Text, list[str]] = {}
    for path in _sources(package):
        read = in_template if path.suffix in TEMPLATE_ENDINGS else in_python
        for text in read(path.read_text(encoding="utf-8")):
            places = found.setdefault(text, [])
            if (place := path.relative_to(package).as_posix()) not in places:
                places.append(place)
    return found


def templates_of(package: Path) -> list[Path]:
    """The app's templates."""
    return [path for path in _sources(package) if path.suffix in TEMPLATE_ENDINGS]


def _sources(package: Path) -> list[Path]:
    wanted = {".py", *TEMPLATE_ENDINGS}
    skipped = {"migrations", "static", "locale", "data", "__pycache__"}
    return sorted(
        path
        for path in package.rglob("*")
        if path.suffix in wanted and not skipped & set(path.relative_to(package).parts)
    )


def in_python(source: str) -> Iterator[Text]:
    """Marked texts of a module; a text that is not written out (a variable) cannot be found and is left alone."""
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in CALLS:
            arguments = [_constant(argument) for argument in node.args]
            yield from _text(name, arguments)


def _constant(node: ast.expr) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def in_template(source: str) -> Iterator[Text]:
    """Marked texts of a template, by Django's own reading of it."""
    for match in TEMPLATE_CALL.finditer(templatize(source)):
        literals = [ast.literal_eval(part) for part in re.findall(LITERAL, match[2], re.S)]
        yield from _text(match[1], literals)


def _text(name: str, arguments: list[str | None]) -> Iterator[Text]:
    context_at, singular_at, plural_at = CALLS[name]
    chosen = [
        arguments[at] if at is not None and at < len(arguments) else None for at in (context_at, singular_at, plural_at)
    ]
    if chosen[1]:
        yield Text(context=chosen[0], singular=chosen[1], plural=chosen[2])


def unmarked(source: str) -> list[str]:
    """What a template would show in one language only: words outside any translation tag.

    An element with `translate="no"`, or with a `lang` of its own, is meant as it stands, and so is what it holds.
    """
    bare: list[str] = []
    translated = False
    commented = False
    blocks: list[bool] = []
    for token in Lexer(source).tokenize():
        word = token.contents.split(maxsplit=1)[0] if token.contents.strip() else ""
        if token.token_type == TokenType.BLOCK:
            if word in ("blocktranslate", "blocktrans"):
                translated = True
            elif word in ("endblocktranslate", "endblocktrans"):
                translated = False
            elif word in ("comment", "endcomment"):
                commented = word == "comment"
            elif word == "block":
                # A block named …_class fills a class attribute: names for the browser, not words for people.
                blocks.append(token.contents.split()[-1].endswith("_class"))
            elif word == "endblock" and blocks:
                blocks.pop()
        elif token.token_type == TokenType.TEXT and not translated and not commented and not (blocks and blocks[-1]):
            bare.append(token.contents)
            continue
        bare.append(" ")
    reader = _ShownWords()
    reader.feed("".join(bare))
    return reader.found


class _ShownWords(HTMLParser):
    SILENT = {"script", "style", "code", "pre"}
    VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self.quiet: list[str] = []  # open elements from the first silent one on

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        silent = (
            tag in self.SILENT
            or ("translate", "no") in attrs
            or (tag != "html" and any(name == "lang" for name, _ in attrs))
        )
        if tag not in self.VOID and (self.quiet or silent):
            self.quiet.append(tag)
        if not self.quiet and not silent:
            for name, value in attrs:
                if name in SHOWN_ATTRIBUTES:
                    self._look(value or "")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.quiet:
            while self.quiet.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self._look(data)

    def _look(self, text: str) -> None:
        rest = re.sub("|".join(rf"\b{re.escape(name)}\b" for name in NAMES), " ", " ".join(text.split()))
        if LETTERS.search(rest):
            self.found.append(" ".join(text.split()))
