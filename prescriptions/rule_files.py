"""Reading a list of contraindicated pairs from CSV, row by row. Pure: bytes in, rows and a report out.

Columns as QĐ 5948/QĐ-BYT is kept: stt, hoat_chat_1, hoat_chat_2, co_che, hau_qua, xu_tri. A name may be a combination
("Atazanavir/ritonavir": both must be there), several drugs ("A, B hoặc C": any of them), or a class we know ("NSAID").
"""

from __future__ import annotations

import csv
import hashlib
import io
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from prescriptions.ingredients import fold, key_of, parts_of
from prescriptions.safety.rules import Side, class_atc

COLUMNS = ("stt", "hoat_chat_1", "hoat_chat_2", "co_che", "hau_qua", "xu_tri")
NEEDED = ("stt", "hoat_chat_1", "hoat_chat_2")
SIDES = ("hoat_chat_1", "hoat_chat_2")
LARGEST_FILE = 2_000_000  # bytes
MOST_ROWS = 20_000
LONGEST_NAME, LONGEST_TEXT = 120, 4_000
# Words that tell of a class or a mixture; behind them there is no single ingredient to look for.
CLASS_WORDS = frozenset(
    ["nhom", "cac", "thuoc", "dung", "dich", "chua", "uc", "che", "inhibitor", "inhibitors", "class", "group"]
)
_SEVERAL = re.compile(r"\s*[,;]\s*|\s+hoặc\s+|\s+or\s+", re.IGNORECASE)
_BRACKETS = re.compile(r"\(([^)]*)\)")


@dataclass(frozen=True)
class Remark:
    """What is to be said of a row. `taken` says whether it is in the rule set all the same."""

    line: int
    field: str
    reason: str
    taken: bool = False


@dataclass(frozen=True)
class PairRow:
    """One pair of a row; a row that names several drugs on a side makes several."""

    number: int
    name_a: str
    name_b: str
    a: Side
    b: Side
    mechanism: str
    consequence: str
    handling: str


@dataclass
class ReadFile:
    """What a file holds and what is to be said of it."""

    checksum: str
    rows: int = 0
    pairs: list[PairRow] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)

    @property
    def left_out(self) -> list[Remark]:
        """Rows that are not in the rule set."""
        return [one for one in self.remarks if not one.taken]


class UnreadableFile(ValueError):
    """No CSV of this shape; the words say what is wrong."""


def read(content: bytes, known: Set[str] = frozenset()) -> ReadFile:
    """Read a whole file. `known` are keys of ingredients of the catalogue: other names are taken, and remarked on.

    Raises UnreadableFile where there are no rows to speak of.
    """
    if len(content) > LARGEST_FILE:
        raise UnreadableFile(_("The file is larger than %(most)s MB.") % {"most": LARGEST_FILE // 1_000_000})
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableFile(_("The file is not UTF-8.")) from error
    if "\x00" in text:
        raise UnreadableFile(_("The file is not text."))
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    found = ReadFile(hashlib.sha256(content).hexdigest())
    seen: dict[frozenset[Side], int] = {}
    try:
        if missing := [name for name in NEEDED if name not in (reader.fieldnames or [])]:
            raise UnreadableFile(_("Columns are missing: %(names)s.") % {"names": ", ".join(missing)})
        for row in reader:
            found.rows += 1
            if found.rows > MOST_ROWS:
                raise UnreadableFile(_("The file has more than %(most)s rows.") % {"most": MOST_ROWS})
            _take(row, reader.line_num, found, seen, known)
    except csv.Error as error:
        line = reader.line_num
        raise UnreadableFile(_("Line %(line)s cannot be read: %(error)s") % {"line": line, "error": error}) from error
    if not found.rows:
        raise UnreadableFile(_("There are no rows in the file."))
    return found


def _take(row: dict[str, str], line: int, found: ReadFile, seen: dict[frozenset[Side], int], known: Set[str]) -> None:
    cells = {name: " ".join((row.get(name) or "").split()) for name in COLUMNS}
    if None in row:  # type: ignore[comparison-overlap]
        found.remarks.append(Remark(line, "", _("The row has more cells than the header.")))
        return
    wrong = list(_wrong(cells, line))
    if wrong:
        found.remarks.extend(wrong)
        return
    remarks: list[Remark] = []
    sides = [list(_sides(cells[name], name, line, remarks, known)) for name in SIDES]
    found.remarks.extend(remarks)
    if not all(sides):
        return
    number = int(cells["stt"])
    for name_a, a in sides[0]:
        for name_b, b in sides[1]:
            if a == b:
                found.remarks.append(Remark(line, "hoat_chat_2", _("Both sides are the same ingredient.")))
                continue
            both = frozenset({a, b})
            if both in seen:
                reason = _("The pair stands in row %(number)s already.") % {"number": seen[both]}
                found.remarks.append(Remark(line, "hoat_chat_2", reason, taken=True))
                continue
            seen[both] = number
            texts = (cells["co_che"], cells["hau_qua"], cells["xu_tri"])
            found.pairs.append(PairRow(number, name_a, name_b, a, b, *texts))


def _wrong(cells: dict[str, str], line: int) -> Iterator[Remark]:
    if not re.fullmatch(r"[0-9]{1,6}", cells["stt"], re.ASCII):
        yield Remark(line, "stt", _("Not a number."))
    for name in SIDES:
        if not cells[name]:
            yield Remark(line, name, _("Empty."))
        elif len(cells[name]) > LONGEST_NAME:
            yield Remark(line, name, _("Longer than %(most)s characters.") % {"most": LONGEST_NAME})
    for name in COLUMNS[3:]:
        if len(cells[name]) > LONGEST_TEXT:
            yield Remark(line, name, _("Longer than %(most)s characters.") % {"most": LONGEST_TEXT})


def _sides(text: str, column: str, line: int, remarks: list[Remark], known: Set[str]) -> Iterator[tuple[str, Side]]:
    """The drugs or the class a cell names. Says what it could not do."""
    if condition := _BRACKETS.search(text):
        reason = _("What stands in brackets (%(text)s) is shown, not reckoned with.") % {"text": condition[1]}
        remarks.append(Remark(line, column, reason, taken=True))
    for name in _SEVERAL.split(_BRACKETS.sub(" ", text)):
        name = " ".join(name.split())
        if atc := class_atc(name):
            yield name, Side(atc=atc)
            continue
        words = set(fold(name).split())
        if not words or words & CLASS_WORDS:
            reason = _("“%(name)s” is a class or a mixture that is not known here.") % {"name": name or text}
            remarks.append(Remark(line, column, reason))
            continue
        keys = frozenset(key_of(part) for part in parts_of(name)) - {""}
        if not keys:
            remarks.append(Remark(line, column, _("“%(name)s” names no ingredient.") % {"name": name}))
            continue
        if known and keys - known:
            reason = _("“%(name)s” is not in the catalogue; the pair holds once it is.") % {"name": name}
            remarks.append(Remark(line, column, reason, taken=True))
        yield name, Side(keys=keys)
