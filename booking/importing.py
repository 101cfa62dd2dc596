"""What a file of hours may say, one row a wish: columns and their names, values, and why a row is refused. Pure.

A row is one weekly rule or one exception of one practitioner, who is named by licence number. Columns may stand in any
order, in Vietnamese or English, with or without tone marks. An exception is one stretch of time, from `date` and
`from_time` to `to_date` and `to_time`; without times it lasts whole days.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from booking.marks import MINUTES
from core.sheets import FileProblem, Row
from identity.names import fold

Problem = dict[str, Any]  # {"line": 7, "field": "to_time", "reason": "bad_hours", "value": "07:00"}
WEEKLY = "weekly"
MOST_MINUTES = 240


@dataclass(frozen=True)
class Column:
    """One column: its name in files we write, its Vietnamese heading, and other names people give it."""

    code: str
    title_vi: str
    others: tuple[str, ...] = ()


COLUMNS = (
    Column("licence_number", "Số giấy phép hành nghề", ("licence", "license number", "số chứng chỉ hành nghề", "cchn")),
    Column("doctor", "Bác sĩ", ("name", "practitioner", "họ tên", "họ và tên")),
    Column("kind", "Loại", ("type", "loại dòng", "loại giờ")),
    Column("weekday", "Thứ", ("day", "day of week", "ngày trong tuần")),
    Column("date", "Ngày", ("from date", "first day", "từ ngày ngoại lệ")),
    Column("to_date", "Đến ngày", ("last date", "ngày cuối")),
    Column("from_time", "Từ giờ", ("start", "from", "giờ bắt đầu")),
    Column("to_time", "Đến giờ", ("end", "to", "giờ kết thúc")),
    Column("grid_minutes", "Mỗi (phút)", ("grid", "minutes", "bước (phút)", "số phút mỗi lượt")),
    Column("offset_minutes", "Lệch (phút)", ("offset",)),
    Column("capacity", "Số chỗ", ("seats", "số người mỗi lượt")),
    Column("visit_types", "Loại khám", ("visit type", "kinds of visit", "dịch vụ")),
    Column("room", "Phòng", ("location", "phòng khám")),
    Column("valid_from", "Hiệu lực từ", ("from day", "áp dụng từ")),
    Column("valid_to", "Hiệu lực đến", ("until", "áp dụng đến")),
    Column("reason", "Lý do", ("note", "ghi chú")),
)  # fmt: skip
BY_CODE = {column.code: column for column in COLUMNS}
REQUIRED = ("licence_number", "kind", "from_time", "to_time")

KINDS = {
    "weekly": "weekly", "hang tuan": "weekly", "lich tuan": "weekly", "tuan": "weekly",
    "closed": "closed", "nghi": "closed", "dong": "closed", "off": "closed",
    "extra": "extra", "them gio": "extra", "gio them": "extra", "tang cuong": "extra",
    "instead": "instead", "gio khac": "instead", "thay gio": "instead", "other hours": "instead",
}  # fmt: skip
KIND_WORDS = {
    "vi": {"weekly": "hàng tuần", "closed": "nghỉ", "extra": "thêm giờ", "instead": "giờ khác"},
    "en": {"weekly": "weekly", "closed": "closed", "extra": "extra", "instead": "instead"},
}
# Numbers alone are refused: "2" is Monday to a Vietnamese and Tuesday to others.
WEEKDAYS = {
    **{name: n for n, name in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))},
    **{name: n for n, name in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))},
    **{name: n for n, name in enumerate(("thu hai", "thu ba", "thu tu", "thu nam", "thu sau", "thu bay", "chu nhat"))},
    **{f"{mark}{n + 2}": n for n in range(6) for mark in ("t", "thu ", "thu")},
    "cn": 6,
}  # fmt: skip
WEEKDAY_WORDS = {
    "vi": ("Thứ Hai", "Thứ Ba", "Thứ Tư", "Thứ Năm", "Thứ Sáu", "Thứ Bảy", "Chủ Nhật"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}

# Why a row, or a whole file, is refused.
REASONS: dict[str, Promise] = {
    "file_too_large": _("The file is too large. Split it: at most 5 MB, 20,000 rows and 80 MB unpacked."),
    "file_empty": _("The file is empty."),
    "file_unreadable": _("The file cannot be read. Save it once more as XLSX or as CSV (UTF-8)."),
    "wrong_encoding": _("The letters cannot be read. Save the file as “CSV UTF-8”."),
    "too_many_rows": _("Too many rows. Split the file: at most 20,000."),
    "no_header": _("The first line must name the columns. Use the template."),
    "unknown_column": _("This column is not known. Use the names of the template."),
    "column_twice": _("This column is there twice."),
    "column_missing": _("This column is missing."),
    "missing": _("Something must stand here."),
    "not_for_this_kind": _("This says nothing for this kind of row. Leave it empty."),
    "bad_character": _("There are signs in this cell that cannot be read."),
    "too_long": _("The text is too long."),
    "formula": _("This is a formula. Write the value itself."),
    "bad_kind": _("Write weekly, closed, extra or instead."),
    "bad_weekday": _("Write the name of the day, for example Monday or T2."),
    "bad_date": _("Write the date as 2026-12-31 or 31/12/2026."),
    "bad_time": _("Write the time as 08:30."),
    "bad_number": _("Write a whole number that is possible here."),
    "off_marks": _("Hours and steps go by five minutes: 08:00, 08:05."),
    "bad_hours": _("The hours must end after they begin."),
    "bad_validity": _("The last day lies before the first one."),
    "too_far": _("This lies more than a year back or two years ahead."),
    "skipped_time": _("This time does not exist on that day: the clocks change."),
    "unknown_licence": _("Nobody with this licence number works here."),
    "other_name": _("The licence number belongs to somebody else."),
    "which_schedule": _("This doctor has several schedules here. Name the room of the one you mean."),
    "unknown_visit_type": _("There is no such kind of visit here."),
    "duplicate": _("The same stands in line %(other)s."),
    "overlaps_row": _("These hours overlap with line %(other)s."),
    "rule_overlaps": _("These hours overlap with hours that are there already."),
    "exception_overlaps": _("There is another exception at this time already."),
    "appointments_affected": _("Visits are agreed in this time (%(other)s). Move them first, then close it."),
    "not_fhir": _("This is not a FHIR Bundle of Schedule and Slot resources."),
    "bad_resource": _("This resource does not follow FHIR R4."),
    "unknown_schedule": _("The slot names a schedule that is not in the file."),
    "no_licence": _("The schedule names no practitioner by licence number."),
}


@dataclass(slots=True)
class Wish:
    """One row that can be read: what it asks for, in wall time."""

    line: int
    licence: str
    doctor: str
    kind: str  # weekly, closed, extra, instead
    weekday: int = 0
    first_day: date | None = None
    last_day: date | None = None
    from_time: time = time(0)
    to_time: time = time(0)
    grid_minutes: int = 15
    offset_minutes: int = 0
    capacity: int = 1
    visit_types: tuple[str, ...] = ()
    room: str = ""
    valid_from: date | None = None
    valid_to: date | None = None
    reason: str = ""
    starts_at: datetime | None = None  # of an exception that came as instants instead of wall time
    ends_at: datetime | None = None


def licence_key(text: str) -> str:
    """Give a licence number without what typing adds: spaces, small letters, missing tone marks."""
    return re.sub(r"[^a-z0-9]", "", fold(text))


def problem(line: int, field: str, reason: str, value: str = "", other: str = "") -> Problem:
    """Give one refusal as it is kept; `other` is the line or the number a reason speaks of."""
    found: Problem = {"line": line, "field": field, "reason": reason, "value": value[:80]}
    return {**found, "other": other} if other else found


def in_words(found: Problem) -> str:
    """Say a refusal in the reader's language."""
    words = REASONS.get(str(found.get("reason", "")))
    return str(words) % {"other": found.get("other", "")} if words is not None else str(found.get("reason", ""))


def columns_of(header: Row) -> list[str]:
    """Tell which column each place of the header is. Raises FileProblem."""
    names = {
        fold(name).replace("_", " "): column.code
        for column in COLUMNS
        for name in (column.code, column.title_vi, *column.others)
    }
    found: list[str] = []
    for place, cell in enumerate(header.cells):
        name = fold(cell).replace("_", " ").rstrip(" *:")
        code = names.get(name, "") if place not in header.problems else ""
        if cell and not code:
            raise FileProblem("unknown_column" if any(found) else "no_header", header.line, cell)
        if code and code in found:
            raise FileProblem("column_twice", header.line, cell)
        found.append(code)
    for code in REQUIRED:
        if code not in found:
            raise FileProblem("column_missing", header.line, code)
    return found


def wishes(rows: Iterator[Row]) -> Iterator[Wish | list[Problem]]:
    """Turn the rows of a table, the header first, into wishes or the problems of a row. Raises FileProblem."""
    header = next((row for row in rows if not row.is_empty), None)
    if header is None:
        raise FileProblem("file_empty")
    columns = columns_of(header)
    for row in rows:
        if not row.is_empty:
            yield wish_of(row, columns)


def wish_of(row: Row, columns: Sequence[str]) -> Wish | list[Problem]:
    """Read one row: a wish, or everything that is wrong with its cells."""
    return _Reading(row, columns).result()


class _Reading:
    def __init__(self, row: Row, columns: Sequence[str]) -> None:
        self.line = row.line
        self.values = {code: text for code, text in zip(columns, row.cells, strict=False) if code}
        self.problems = [
            problem(row.line, columns[place] if place < len(columns) else "", code, row.cells[place])
            for place, code in row.problems.items()
        ]
        self.bad = {one["field"] for one in self.problems}
        beyond = [cell for code, cell in zip(columns, row.cells, strict=False) if not code and cell]
        beyond += [cell for cell in row.cells[len(columns) :] if cell]
        if beyond and not self.problems:
            self.refuse("", "unknown_column", beyond[0])

    def result(self) -> Wish | list[Problem]:
        wish = Wish(self.line, self.text("licence_number", 40, needed=True), self.text("doctor", 120), "")
        kind = self.text("kind", 40, needed=True)
        wish.kind = KINDS.get(fold(kind), "")
        if kind and not wish.kind and "kind" not in self.bad:
            self.refuse("kind", "bad_kind")
        wish.grid_minutes = self.number("grid_minutes", 5, MOST_MINUTES, 15)
        wish.room, wish.reason = self.text("room", 60), self.text("reason", 200)
        if wish.kind == WEEKLY:
            self.weekly(wish)
        elif wish.kind:
            self.exception(wish)
        return self.problems or wish

    def weekly(self, wish: Wish) -> None:
        self.nothing_in("date", "to_date")
        day = self.text("weekday", 40, needed=True)
        wish.weekday = WEEKDAYS.get(fold(day).rstrip("."), -1)
        if day and wish.weekday < 0 and "weekday" not in self.bad:
            self.refuse("weekday", "bad_weekday")
        from_time, to_time = self.clock("from_time", needed=True), self.clock("to_time", needed=True)
        wish.valid_from, wish.valid_to = self.day("valid_from"), self.day("valid_to")
        wish.offset_minutes = self.number("offset_minutes", 0, max(wish.grid_minutes - 1, 0), 0)
        wish.capacity = self.number("capacity", 1, 200, 1)
        names = re.split(r"[|;\n]", self.text("visit_types", 400))
        wish.visit_types = tuple(sorted({fold(name) for name in names} - {""}))
        self.on_marks(from_time, to_time)
        if from_time is not None and to_time is not None:
            wish.from_time, wish.to_time = from_time, to_time
            if to_time <= from_time and to_time != time(0):
                self.refuse("to_time", "bad_hours")
        if wish.valid_from and wish.valid_to and wish.valid_to < wish.valid_from:
            self.refuse("valid_to", "bad_validity")

    def exception(self, wish: Wish) -> None:
        self.nothing_in("weekday", "valid_from", "valid_to", "offset_minutes", "capacity", "visit_types")
        first, last = self.day("date", needed=True), self.day("to_date")
        from_time, to_time = self.clock("from_time"), self.clock("to_time")
        if first is None or self.problems:
            return
        wish.first_day, wish.last_day = first, last or first
        whole_days = not self.values.get("from_time") and not self.values.get("to_time")
        if not whole_days and (from_time is None or to_time is None):
            self.refuse("from_time" if from_time is None else "to_time", "missing")
            return
        wish.from_time, wish.to_time = from_time or time(0), to_time or time(0)
        if wish.last_day < first:
            self.refuse("to_date", "bad_validity")
        elif whole_days and wish.kind != "closed":
            self.refuse("from_time", "missing")
        elif wish.last_day == first and wish.to_time <= wish.from_time and wish.to_time != time(0):
            self.refuse("to_time", "bad_hours")
        elif wish.kind != "closed":  # time off may begin whenever it does
            self.on_marks(from_time, to_time)

    def text(self, field: str, longest: int, *, needed: bool = False) -> str:
        value = self.values.get(field, "")
        if field in self.bad:
            return value
        if needed and not value:
            self.refuse(field, "missing")
        elif len(value) > longest:
            self.refuse(field, "too_long")
        return value

    def number(self, field: str, least: int, most: int, otherwise: int) -> int:
        value = self.values.get(field, "")
        if not value or field in self.bad:
            return otherwise
        if not re.fullmatch(r"[0-9]{1,4}", value) or not least <= int(value) <= most:
            self.refuse(field, "bad_number")
            return otherwise
        if field != "capacity" and int(value) % MINUTES:
            self.refuse(field, "off_marks")
        return int(value)

    def day(self, field: str, *, needed: bool = False) -> date | None:
        value = self.text(field, 40, needed=needed)
        if not value or field in self.bad:
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
        self.refuse(field, "bad_date")
        return None

    def clock(self, field: str, *, needed: bool = False) -> time | None:
        value = self.text(field, 40, needed=needed)
        if not value or field in self.bad:
            return None
        found = re.fullmatch(r"(\d{1,2})[:hH](\d{2})(:00)?", value, re.ASCII)
        if found and (int(found[1]), int(found[2])) == (24, 0) and field == "to_time":
            return time(0)
        if not found or int(found[1]) > 23 or int(found[2]) > 59:
            self.refuse(field, "bad_time")
            return None
        return time(int(found[1]), int(found[2]))

    def on_marks(self, from_time: time | None, to_time: time | None) -> None:
        for field, at in (("from_time", from_time), ("to_time", to_time)):
            if at is not None and at.minute % MINUTES:
                self.refuse(field, "off_marks")

    def nothing_in(self, *fields: str) -> None:
        for field in fields:
            if self.values.get(field) and field not in self.bad:
                self.refuse(field, "not_for_this_kind")

    def refuse(self, field: str, reason: str, value: str = "") -> None:
        self.bad.add(field)
        self.problems.append(problem(self.line, field, reason, value or self.values.get(field, "")))
