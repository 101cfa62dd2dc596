"""What a list of drugs may say, one row a drug: columns in two dialects, values, and why a row is refused. Pure.

Our own dialect is `data/drugs.csv` with more columns; codes stand in it as they are stored. The other is how hospitals and
social insurance exchange drugs (`ten_hoat_chat`, `ten_thuoc`, `ham_luong` …): words, which `vocabulary` turns into our codes.
Columns may stand in any order. What a cell says is text, whatever it looks like: "=1+1" is no formula here.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from core.tables import Bounds, FileProblem, Row, rows_of_csv, unguarded
from prescriptions import vocabulary
from prescriptions.choices import Control, Form, Route, Supply, Tradition, Unit
from prescriptions.ingredients import fold
from prescriptions.vocabulary import Unclear

Problem = dict[str, Any]  # {"line": 7, "field": "strength", "reason": "bad_strength", "value": "5g/tube"}
BOUNDS = Bounds(most_bytes=20 * 1024 * 1024, most_rows=60_000, most_columns=60, longest_cell=1000)
OURS, HOSPITAL = "ours", "hospital"
OUR_COLUMNS = (
    "code", "name_vi", "inn", "brand", "registration_number", "atc", "strength", "form", "route", "unit", "dose_unit", "pack_size",
    "control", "supply", "valid_from", "valid_to", "tradition", "national_code",
)  # fmt: skip
OUR_REQUIRED = ("code", "name_vi", "inn", "strength", "form", "route", "unit", "dose_unit")
HOSPITAL_COLUMNS = (
    "ma_thuoc", "ten_hoat_chat", "ten_thuoc", "don_vi_tinh", "ham_luong", "duong_dung", "ma_duong_dung", "dang_bao_che", "so_dang_ky",
    "quy_cach", "nha_sx", "nuoc_sx",
)  # fmt: skip
HOSPITAL_REQUIRED = (
    "ten_hoat_chat",
    "ten_thuoc",
    "don_vi_tinh",
    "ham_luong",
    "duong_dung",
    "dang_bao_che",
    "so_dang_ky",
)
# A hospital's list may say these as well, in our codes.
BOTH = ("atc", "control", "supply", "pack_size", "valid_from", "valid_to", "tradition")
REPORT_COLUMNS = ("refused_line", "refused_because")  # of a file of refused rows, handed in again once corrected

# Why a row, or a whole file, is refused.
REASONS: dict[str, Promise] = {
    "file_too_large": _("The file is too large: at most 20 MB."),
    "file_empty": _("The file is empty."),
    "file_unreadable": _("The file cannot be read. Save it once more as CSV (UTF-8)."),
    "wrong_encoding": _("The letters cannot be read. Save the file as “CSV UTF-8”."),
    "too_many_rows": _("Too many rows. Split the file: at most 60,000."),
    "no_header": _("The first line must name the columns: ours (code, name_vi, inn …) or a hospital's (ten_hoat_chat, ham_luong …)."),
    "unknown_column": _("This column is not known."),
    "column_twice": _("This column is there twice."),
    "column_missing": _("This column is missing."),
    "too_many_cells": _("This line has more cells than the first one. Is a quotation mark missing?"),
    "missing": _("Something must stand here."),
    "bad_character": _("There are signs in this cell that cannot be read."),
    "too_long": _("The text is too long."),
    "bad_code": _("A code has small letters, figures and hyphens."),
    "bad_choice": _("This is none of the codes that are known here."),
    "bad_atc": _("An ATC code looks like J01CA04 or J01CA."),
    "bad_number": _("Write a number above 0, for example 60 or 2.5."),
    "bad_date": _("Write the date as 2026-12-31 or 31/12/2026."),
    "bad_validity": _("The last day lies before the first one."),
    "bad_registration": _("A registration number has letters, figures and hyphens, at least four of them."),
    "bad_strength": _("This is not a strength. Write for example 500mg, 250mg + 31,25mg or 5mg/ml."),
    "strength_count": _("There are not as many strengths as ingredients."),
    "strength_thousands": _("A dot before three figures can mean thousands or a fraction. Write 2940 or 2,94."),
    "strength_of_pack": _("This is the content of a pack, not a strength. Write for example 5% or 50mg/g."),
    "bad_route": _("This route is not known."),
    "several_routes": _("Several routes stand here. One row is one route."),
    "bad_form": _("This form is not known for this route."),
    "bad_unit": _("This unit is not known."),
    "unit_and_form": _("The unit of sale does not go with the form."),
    "pack_size_missing": _("How much one pack holds does not stand here, or several sizes do: for example “Chai 60ml”, “120 liều”."),
    "control_unclear": _("An ingredient is under control. Add the column “control”: ordinary, toxic, narcotic or psychotropic."),
    "duplicate": _("The same drug stands in line %(other)s."),
    "number_of_another": _("This registration number belongs to another drug in the catalogue: %(other)s."),
    "prescribed_already": _(
        "This drug has been prescribed with another strength, form, unit or other ingredients. End it, and give the new one another code."
    ),
}  # fmt: skip


@dataclass(slots=True)
class Entry:
    """One row that can be read. `facts` are the drug's values as the row says them; `guesses` are for a drug that is new."""

    line: int
    code: str  # empty when the list has none: then the registration number says which drug it is
    registration_number: str
    facts: dict[str, Any]
    guesses: dict[str, Any] = field(default_factory=dict)
    cells: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Refused:
    """One row that cannot land, with everything that is wrong with it; `keys` say which drug it spoke of, where that can be read."""

    line: int
    problems: list[Problem]
    keys: tuple[str, ...]
    cells: list[str]


@dataclass(slots=True)
class Sheet:
    """A file whose header could be read."""

    dialect: str
    header: list[str]
    rows: Iterator[Entry | Refused]


def problem(line: int, field_name: str, reason: str, value: str = "", other: str = "") -> Problem:
    """Give one refusal as it is kept; `other` is the line or the drug a reason speaks of."""
    found: Problem = {"line": line, "field": field_name, "reason": reason, "value": value[:80]}
    return {**found, "other": other} if other else found


def in_words(found: Problem) -> str:
    """Say a refusal in the reader's language."""
    words = str(REASONS.get(str(found.get("reason", "")), found.get("reason", "")))
    return words.replace("%(other)s", str(found.get("other", "")))


def registration_key(text: str) -> str:
    """Give a registration number as it is stored: capital letters, no spaces."""
    return re.sub(r"\s+", "", text).upper()


def read(content: bytes) -> Sheet:
    """Read a list of drugs. Raises FileProblem where the file as a whole cannot be read, also later from `rows`."""
    rows = rows_of_csv(content, BOUNDS)
    header = next((row for row in rows if not row.is_empty), None)
    if header is None:
        raise FileProblem("file_empty")
    columns = [fold(cell).replace(" ", "_") for cell in header.cells]
    dialect = dialect_of(header.cells)
    if not dialect:
        raise FileProblem("no_header", header.line, header.cells[0])
    required, known = (OUR_REQUIRED, OUR_COLUMNS) if dialect == OURS else (HOSPITAL_REQUIRED, HOSPITAL_COLUMNS + BOTH)
    for place, name in enumerate(columns):
        if name in known and name in columns[:place]:
            raise FileProblem("column_twice", header.line, header.cells[place])
        # Hospitals' lists carry prices, tenders and more, which do not concern us; in our own dialect it is a slip.
        if dialect == OURS and name and name not in (*known, *REPORT_COLUMNS):
            raise FileProblem("unknown_column", header.line, header.cells[place])
    for name in required:
        if name not in columns:
            raise FileProblem("column_missing", header.line, name)
    reading = OurReading if dialect == OURS else HospitalReading
    entries = (reading(row, columns).result() for row in rows if not row.is_empty)
    return Sheet(dialect, header.cells, entries)


def dialect_of(header: Sequence[str]) -> str:
    """Say which dialect a first line is of; empty when of none."""
    columns = {fold(cell).replace(" ", "_") for cell in header}
    dialects = ((OURS, OUR_REQUIRED), (HOSPITAL, HOSPITAL_REQUIRED))
    return next((dialect for dialect, names in dialects if sum(name in columns for name in names) >= 3), "")


class Reading(ABC):
    """One row being read: its cells by column, and what has been found wrong so far."""

    registration_column = "registration_number"
    code_column = "code"

    def __init__(self, row: Row, columns: Sequence[str]) -> None:
        self.line, self.cells = row.line, row.cells
        self.values = {name: unguarded(text) for name, text in zip(columns, row.cells, strict=False)}
        self.problems: list[Problem] = []
        self.bad: set[str] = set()
        for place, reason in row.problems.items():
            self.refuse(columns[place] if place < len(columns) else "", reason, row.cells[place])
        if any(row.cells[len(columns) :]) and not self.problems:
            self.refuse("", "too_many_cells", next(filter(None, row.cells[len(columns) :])))

    def result(self) -> Entry | Refused:
        entry = self.entry()
        if not self.problems:
            entry.cells = self.cells
            return entry
        number = registration_key(self.values.get(self.registration_column, ""))
        keys = tuple(filter(None, (self.values.get(self.code_column, ""), number)))
        return Refused(self.line, self.problems, keys, self.cells)

    @abstractmethod
    def entry(self) -> Entry:
        """Read the row in its dialect; what is wrong is noted on the way."""

    def text(self, name: str, longest: int, *, needed: bool = False) -> str:
        value = " ".join(self.values.get(name, "").split())  # a line break in quotes is a space
        if name in self.bad:
            return value
        if needed and not value:
            self.refuse(name, "missing")
        elif len(value) > longest:
            self.refuse(name, "too_long")
        return value

    def choice(self, name: str, known: Sequence[str], *, needed: bool = True) -> str:
        value = self.text(name, 40, needed=needed).lower()
        if value and value not in known and name not in self.bad:
            self.refuse(name, "bad_choice")
        return value

    def day(self, name: str) -> date | None:
        value = self.text(name, 40)
        if not value or name in self.bad:
            return None
        iso = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", value, re.ASCII)
        ours = re.fullmatch(r"(\d{1,2})[/.](\d{1,2})[/.](\d{4})", value, re.ASCII)
        try:
            if iso:
                return date(int(iso[1]), int(iso[2]), int(iso[3]))
            if ours:
                return date(int(ours[3]), int(ours[2]), int(ours[1]))
        except ValueError:
            pass
        self.refuse(name, "bad_date")
        return None

    def number(self, name: str) -> Decimal | None:
        value = self.text(name, 40).replace(",", ".")
        if not value or name in self.bad:
            return None
        try:
            found = Decimal(value) if re.fullmatch(r"\d{1,6}(\.\d{1,2})?", value, re.ASCII) else Decimal(0)
        except InvalidOperation:
            found = Decimal(0)
        if found <= 0:
            self.refuse(name, "bad_number")
        return found

    def registration(self, name: str, *, needed: bool = False) -> str:
        value = registration_key(self.text(name, 40, needed=needed))
        if value and name not in self.bad and not re.fullmatch(r"[0-9A-ZĐ][0-9A-ZĐ./-]{3,39}", value):
            self.refuse(name, "bad_registration")
        return value

    def stated(self) -> dict[str, Any]:
        """What either dialect may say in our codes; a column that is not there says nothing."""
        found: dict[str, Any] = {}
        if atc := self.text("atc", 7).upper():
            found["atc"] = atc
            if "atc" not in self.bad and not re.fullmatch(r"[A-Z]\d\d[A-Z]([A-Z](\d\d)?)?", atc, re.ASCII):
                self.refuse("atc", "bad_atc")
        if control := self.choice("control", Control.values, needed=False):
            found["control"] = control
        if supply := self.choice("supply", Supply.values, needed=False):
            found["supply"] = supply
        if tradition := self.choice("tradition", Tradition.values, needed=False):
            found["tradition"] = tradition
        if (size := self.number("pack_size")) is not None:
            found["pack_size"] = size
        for name in ("valid_from", "valid_to"):
            if name in self.values:
                found[name] = self.day(name)
        if found.get("valid_from") and found.get("valid_to") and found["valid_to"] < found["valid_from"]:
            self.refuse("valid_to", "bad_validity")
        return found

    def refuse(self, name: str, reason: str, value: str = "") -> None:
        self.bad.add(name)
        self.problems.append(problem(self.line, name, reason, value or self.values.get(name, "")))


class OurReading(Reading):
    """A row of our own dialect."""

    def entry(self) -> Entry:
        code = self.text("code", 80, needed=True)
        if code and "code" not in self.bad and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", code):
            self.refuse("code", "bad_code")
        inn = self.text("inn", 600, needed=True)
        ingredients = [part.strip().lower() for part in inn.split("+") if part.strip()]
        if "inn" not in self.bad and any(len(one) > 80 for one in ingredients):
            self.refuse("inn", "too_long")
        number = self.registration("registration_number")
        facts = {
            "name_vi": self.text("name_vi", 300, needed=True),
            "ingredients": ingredients,
            "strength": self.text("strength", 200, needed=True),
            "form": self.choice("form", Form.values),
            "route": self.choice("route", Route.values),
            "unit": self.choice("unit", Unit.values),
            "dose_unit": self.choice("dose_unit", Unit.values),
            **({"brand": self.text("brand", 200)} if "brand" in self.values else {}),
            **({"registration_number": number} if "registration_number" in self.values else {}),
            **({"national_code": self.text("national_code", 40)} if "national_code" in self.values else {}),
            **self.stated(),
        }
        if "pack_size" in self.values:
            facts.setdefault("pack_size", None)
        guesses: dict[str, Any] = {}
        if "control" not in facts and not self.problems:
            try:
                guesses["control"], guesses["supply"] = vocabulary.watched(ingredients, number)
            except Unclear as unclear:
                self.refuse("control", unclear.code)
        return Entry(self.line, code, number, facts, guesses)


class HospitalReading(Reading):
    """A row of a hospital's or the social insurance's list."""

    registration_column = "so_dang_ky"
    code_column = ""

    def entry(self) -> Entry:
        names = vocabulary.names_of(self.text("ten_hoat_chat", 600, needed=True))
        if not names and "ten_hoat_chat" not in self.bad:
            self.refuse("ten_hoat_chat", "missing")
        known = [vocabulary.inn_of(name) for name in names]
        ingredients = [inn for inn, _known in known]
        if any(len(one) > 80 for one in ingredients):
            self.refuse("ten_hoat_chat", "too_long")
        number = self.registration("so_dang_ky", needed=True)
        brand = self.text("ten_thuoc", 200, needed=True)
        strength = self.understood("ham_luong", lambda text: vocabulary.strengths_of(text, len(names)))
        route = self.understood("duong_dung", vocabulary.route_of)
        form = self.understood("dang_bao_che", lambda text: vocabulary.form_of(text, route)) if route else ""
        stated = self.stated()
        facts: dict[str, Any] = {
            "name_vi": " + ".join(names)[:300],
            "ingredients": ingredients,
            "brand": brand,
            "registration_number": number,
            "strength": strength,
            "route": route,
            **({"national_code": code} if (code := self.text("ma_thuoc", 40)) else {}),
            **stated,
        }
        guesses: dict[str, Any] = {}
        unit_text = self.text("don_vi_tinh", 60, needed=True)
        if form and strength and unit_text and "don_vi_tinh" not in self.bad:
            try:
                form, unit, dose_unit, size = vocabulary.sold_as(unit_text, self.text("quy_cach", 400), form, strength)
                facts |= {
                    "form": form,
                    "unit": unit,
                    "dose_unit": dose_unit,
                    "pack_size": stated.get("pack_size", size),
                }
            except Unclear as unclear:
                name = "quy_cach" if unclear.code == "pack_size_missing" else "don_vi_tinh"
                self.refuse(name, unclear.code)
        if "control" not in stated and not self.problems:
            try:
                guesses["control"], guesses["supply"] = vocabulary.watched(ingredients, number)
            except Unclear as unclear:
                self.refuse("ten_hoat_chat", unclear.code)
        return Entry(self.line, "", number, facts, guesses)

    def understood(self, name: str, understand: Any) -> str:
        text = self.text(name, 400, needed=True)
        if not text or name in self.bad:
            return ""
        try:
            return str(understand(text))
        except Unclear as unclear:
            self.refuse(name, unclear.code)
            return ""
