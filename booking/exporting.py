"""Hours written as rows of a file, in the columns an import reads back. Pure."""

from datetime import date, time, timedelta
from typing import Any

from booking.importing import COLUMNS, KIND_WORDS, WEEKDAY_WORDS, WEEKLY, Wish


def row_of(wish: Wish, language: str) -> list[str]:
    """Write a wish as a row in the order of COLUMNS: what an export says and an import reads back."""
    weekly = wish.kind == WEEKLY
    end = "24:00" if wish.to_time == time(0) else f"{wish.to_time:%H:%M}"
    whole_days = wish.kind == "closed" and wish.from_time == wish.to_time == time(0)
    values = {
        "licence_number": wish.licence,
        "doctor": wish.doctor,
        "kind": KIND_WORDS[language][wish.kind],
        "weekday": WEEKDAY_WORDS[language][wish.weekday] if weekly else "",
        "date": _iso(wish.first_day),
        "to_date": _iso(wish.last_day),
        "from_time": "" if whole_days else f"{wish.from_time:%H:%M}",
        "to_time": "" if whole_days else end,
        "grid_minutes": "" if wish.kind == "closed" else str(wish.grid_minutes),
        "offset_minutes": str(wish.offset_minutes) if weekly and wish.offset_minutes else "",
        "capacity": str(wish.capacity) if weekly else "",
        "visit_types": " | ".join(wish.visit_types),
        "room": wish.room,
        "valid_from": _iso(wish.valid_from),
        "valid_to": _iso(wish.valid_to),
        "reason": wish.reason,
    }
    return [values[column.code] for column in COLUMNS]


def header(language: str) -> list[str]:
    """Name the columns as people read them: Vietnamese headings, or the plain codes."""
    return [column.title_vi if language == "vi" else column.code for column in COLUMNS]


def example(language: str, today: date) -> list[list[str]]:
    """Give the rows a template shows: two weekly hours, a day off, and extra hours on a Saturday."""
    saturday = today + timedelta(days=(5 - today.weekday()) % 7 + 7)
    rows: list[tuple[str, dict[str, Any]]] = [
        ("weekly", {"weekday": 0, "from_time": time(8), "to_time": time(11, 30), "grid_minutes": 20}),
        ("weekly", {"weekday": 2, "from_time": time(13, 30), "to_time": time(17), "grid_minutes": 30}),
        ("closed", {"first_day": saturday + timedelta(days=9), "last_day": saturday + timedelta(days=10)}),
        ("extra", {"first_day": saturday, "last_day": saturday, "from_time": time(8), "to_time": time(10)}),
    ]
    return [row_of(_example(kind, values), language) for kind, values in rows]


def _example(kind: str, values: dict[str, Any]) -> Wish:
    return Wish(0, "001234/HNO-GPHN", "Nguyễn Văn A", kind, **values)


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""
