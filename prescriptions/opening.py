"""Opening hours: wall-clock times per weekday, as {"mon": [["07:00", "21:00"]], …}. Pure."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Opening:
    """Whether it is open now, and when that changes next (None: unknown, or not within a week)."""

    is_open: bool
    changes_at: datetime | None


def _spans(hours: dict[str, Any], there: ZoneInfo, first_day: datetime) -> list[tuple[datetime, datetime]]:
    spans = []
    for ahead in range(-1, 8):
        day = first_day.date() + timedelta(days=ahead)
        for opens, closes in hours.get(DAYS[day.weekday()], []):
            begin = datetime.combine(day, time.fromisoformat(opens), there)
            end = datetime.combine(day, time.fromisoformat(closes if closes != "24:00" else "00:00"), there)
            spans.append((begin, end if end > begin else end + timedelta(days=1)))  # over midnight
    return sorted(spans)


def opening_at(hours: dict[str, Any], zone: str, now: datetime) -> Opening:
    """Return whether a place with these hours is open at this instant."""
    there = ZoneInfo(zone)
    spans = _spans(hours or {}, there, now.astimezone(there))
    for begin, end in spans:
        if begin <= now < end:
            return Opening(True, end)
    return Opening(False, next((begin for begin, _ in spans if begin > now), None))
