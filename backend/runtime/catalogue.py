"""Keeping an app's .po file true to its code."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import polib

from runtime import extraction
from runtime.extraction import Text

LANGUAGE = "vi"  # English is the language of the code
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|%[sd]|(?<!\{)\{(\w*)\}(?!\})")
HEADER = {
    "Project-Id-Version": "lanh",
    "Language": LANGUAGE,
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=1; plural=0;",
}


@dataclass
class Findings:
    """What is wrong with one app's words; empty lists mean nothing is."""

    missing: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    untranslated: list[str] = field(default_factory=list)
    placeholders: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Each finding as one line."""
        return [f"{kind}: {text!r}" for kind, texts in vars(self).items() for text in texts]


def po_path(package: Path) -> Path:
    """Where the app's Vietnamese words stand."""
    return package / "locale" / LANGUAGE / "LC_MESSAGES" / "django.po"


def inspect(package: Path) -> Findings:
    """Compare an app's code with its words, changing nothing."""
    texts = extraction.texts_of(package)
    catalogue = _read(package)
    known = {_key_of(entry): entry for entry in catalogue if not entry.obsolete}
    found = Findings()
    found.missing = [text.singular for text in texts if text not in known]
    for text, entry in known.items():
        if text not in texts:
            found.stale.append(text.singular)
        elif not _translations(entry) or "fuzzy" in entry.flags:
            found.untranslated.append(text.singular)
        elif any(_placeholders(text.plural or text.singular) != _placeholders(words) for words in _translations(entry)):
            found.placeholders.append(text.singular)
    for template in extraction.templates_of(package):
        name = template.relative_to(package).as_posix()
        if template.suffix == ".html":
            found.unmarked += [
                f"{name}: {words}" for words in extraction.unmarked(template.read_text(encoding="utf-8"))
            ]
    return found


def update(package: Path) -> Findings:
    """Add what is new, drop what the code no longer says, and return what is left to do."""
    texts = extraction.texts_of(package)
    old = _read(package)
    known = {_key_of(entry): entry for entry in old if not entry.obsolete}
    if texts or known:
        new = polib.POFile(wrapwidth=110)
        new.metadata = HEADER
        for text, places in sorted(
            texts.items(), key=lambda item: (item[1][0], item[0].singular, item[0].context or "")
        ):
            entry = known.get(text) or polib.POEntry(msgid=text.singular, msgctxt=text.context)
            if text.plural is not None:
                entry.msgid_plural = text.plural
                entry.msgstr_plural = entry.msgstr_plural or {0: ""}
            entry.occurrences = [(place, "") for place in places]
            if "python-format" not in entry.flags and "%(" in text.singular:
                entry.flags.append("python-format")
            new.append(entry)
        path = po_path(package)
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or path.read_text(encoding="utf-8") != str(new):
            path.write_text(f"{new}\n" if not str(new).endswith("\n") else str(new), encoding="utf-8")
    return inspect(package)


def _read(package: Path) -> polib.POFile:
    path = po_path(package)
    return polib.pofile(str(path)) if path.exists() else polib.POFile()


def _key_of(entry: polib.POEntry) -> Text:
    return Text(singular=entry.msgid, plural=entry.msgid_plural or None, context=entry.msgctxt)


def _translations(entry: polib.POEntry) -> list[str]:
    words = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
    return [each for each in words if each]


def _placeholders(text: str) -> set[str]:
    return {match[0] for match in PLACEHOLDER.finditer(text.replace("%%", ""))}
