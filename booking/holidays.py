"""Public holidays of Vietnam, fixed and by the lunar calendar, and what a facility makes of them.

The dates come from the `holidays` library: Tết, the Hùng Kings' day and the days off the government puts around them
where it has announced them already. A facility closes on all of them or on none, and may work on some all the same.
"""

from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Protocol

import holidays

from booking import slots
from booking.slots import Exceptional

A_DAY = timedelta(days=1)
LANGUAGES = {"vi": "vi", "en": "en_US"}


class Decision(Protocol):
    """What a facility has decided about holidays."""

    @property
    def closes_on_holidays(self) -> bool: ...

    @property
    def open_holidays(self) -> Collection[date]: ...


def holidays_of(year: int, language: str = "vi") -> dict[date, str]:
    """Give the public holidays of a year with their names, in order of time."""
    return dict(_of_year(year, LANGUAGES.get(language[:2], "en_US")))


def is_holiday(day: date) -> bool:
    """Say whether that day is a public holiday."""
    return day in _days_of(day.year)


def coming(year: int, language: str = "vi") -> list[tuple[date, str]]:
    """List the holidays of a year and the one after it with their names."""
    return [*holidays_of(year, language).items(), *holidays_of(year + 1, language).items()]


def is_open(decision: Decision, day: date) -> bool:
    """Say whether the facility works on that holiday."""
    return not decision.closes_on_holidays or day in decision.open_holidays


def closed_days(decision: Decision | None, first: date, last: date) -> list[date]:
    """List the holidays between two days, both included, on which the facility is closed; without a decision on all."""
    if decision is not None and not decision.closes_on_holidays:
        return []
    works = set(decision.open_holidays) if decision is not None else set()
    found = [day for year in range(first.year, last.year + 1) for day in _days_of(year)]
    return [day for day in found if first <= day <= last and day not in works]


def closures(decision: Decision | None, zone: str, first: datetime, last: datetime) -> list[Exceptional]:
    """Give the facility's holidays between two moments as `slots` reckons with them: whole days of the clinic."""
    days = closed_days(decision, slots.wall(first, zone).date(), slots.wall(last, zone).date())
    return [
        Exceptional(slots.instant(day, time(0), zone), slots.instant(day + A_DAY, time(0), zone), "holiday")
        for day in days
    ]


def name_of(day: date, language: str = "vi") -> str:
    """Name the holiday of that day; an ordinary day has no name."""
    return holidays_of(day.year, language).get(day, "")


@lru_cache(maxsize=64)
def _of_year(year: int, language: str) -> tuple[tuple[date, str], ...]:
    found = holidays.country_holidays("VN", years=year, language=language)
    # A day may have two reasons to be one; the library writes them after one another.
    return tuple((day, name.replace("; ", ", ")) for day, name in sorted(found.items()))


@lru_cache(maxsize=64)
def _days_of(year: int) -> tuple[date, ...]:
    return tuple(day for day, _ in _of_year(year, "vi"))
