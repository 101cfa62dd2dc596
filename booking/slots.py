"""From weekly rules in wall time to free times: pure, no database, no clock of its own.

A rule says "Mondays 09:00 to 12:00 in Asia/Ho_Chi_Minh". Wall time, not UTC: the clinic opens at nine also after the
clocks change. This module alone converts between the two.

On the night clocks go forward a wall time may not exist: it is not offered. On the night they go back it exists
twice: the first one is offered, so that nobody is told "02:30" and wonders which.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from booking.errors import NotBookable, OffGrid, SlotPast, SlotTaken

MIDNIGHT = time(0)
Kind = Literal["closed", "extra"]


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of real time, [starts_at, ends_at), both aware."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Say whether the two share any moment; touching ends do not."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


@dataclass(frozen=True, slots=True)
class Slot(Span):
    """A free time somebody may ask for."""


@dataclass(frozen=True, slots=True)
class WeeklyRule:
    """Opening hours on one weekday (0 is Monday), in wall time; `to_time` 00:00 means the end of that day."""

    weekday: int
    from_time: time
    to_time: time
    grid_minutes: int
    valid_from: date | None = None
    valid_to: date | None = None  # the last day on which the rule holds

    def holds_on(self, day: date) -> bool:
        """Say whether the clinic works by this rule on that day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Exceptional(Span):
    """Time off ("closed") or time on top of the weekly rules ("extra"). Where both meet, closed wins."""

    kind: Kind
    grid_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Opening:
    """Open hours of one day in wall time, without zone: what a calendar draws and what a slot must fit into."""

    starts: datetime
    ends: datetime
    grid_minutes: int

    def holds(self, starts: datetime, ends: datetime) -> bool:
        """Say whether that stretch of wall time lies inside."""
        return self.starts <= starts and ends <= self.ends

    def is_on_grid(self, starts: datetime) -> bool:
        """Say whether a visit may begin at that wall time."""
        return (starts - self.starts) % timedelta(minutes=self.grid_minutes) == timedelta(0)


def free_slots(
    rules: Sequence[WeeklyRule],
    closures: Sequence[Exceptional],
    busy: Iterable[Span],
    zone: str,
    visit_minutes: int,
    first_day: date,
    last_day: date,
    now: datetime,
    notice: timedelta,
    horizon_days: int | None = None,
) -> list[Slot]:
    """List the free times from `first_day` to `last_day` (days of the clinic, both included), in order of time.

    `busy` are the practitioner's other appointments, `notice` the shortest time between asking and coming, and
    `horizon_days` how many days ahead of today may be booked.
    """
    tz = ZoneInfo(zone)
    last_day = min(last_day, last_bookable_day(now, tz, horizon_days))
    length = timedelta(minutes=visit_minutes)
    taken = _Taken([*busy, *(c for c in closures if c.kind == "closed")])
    found: dict[datetime, Slot] = {}
    for opening in openings(rules, closures, zone, first_day, last_day):
        for starts in _grid(opening):
            starts_at = _instant(starts, tz)
            if starts_at is None or starts_at < now + notice or not first_day <= starts.date() <= last_day:
                continue
            slot = Slot(starts_at, starts_at + length)
            if opening.holds(starts, _wall(slot.ends_at, tz)) and not taken.overlaps(slot):
                found.setdefault(starts_at, slot)
    return [found[starts_at] for starts_at in sorted(found)]


def fit(
    rules: Sequence[WeeklyRule],
    closures: Sequence[Exceptional],
    busy: Iterable[Span],
    zone: str,
    visit_minutes: int,
    starts_at: datetime,
    now: datetime,
    notice: timedelta,
    horizon_days: int | None = None,
) -> Slot:
    """Give the slot that begins at `starts_at`, or say why there is none.

    Raises SlotPast, NotBookable (too soon, too far, closed), OffGrid, SlotTaken.
    """
    tz = ZoneInfo(zone)
    if starts_at < now:
        raise SlotPast
    if starts_at < now + notice:
        raise NotBookable
    starts = _wall(starts_at, tz)
    if starts.date() > last_bookable_day(now, tz, horizon_days):
        raise NotBookable
    slot = Slot(starts_at.astimezone(UTC), starts_at.astimezone(UTC) + timedelta(minutes=visit_minutes))
    if any(closure.kind == "closed" and closure.overlaps(slot) for closure in closures):
        raise NotBookable
    around = openings(rules, closures, zone, starts.date(), starts.date())
    holding = [opening for opening in around if opening.holds(starts, _wall(slot.ends_at, tz))]
    if not holding:
        raise NotBookable
    # The second 02:30 of a night with two is off the grid: only the first is ever offered.
    if _instant(starts, tz) != slot.starts_at or not any(opening.is_on_grid(starts) for opening in holding):
        raise OffGrid
    if any(slot.overlaps(other) for other in busy):
        raise SlotTaken
    return slot


def covers(rules: Sequence[WeeklyRule], closures: Sequence[Exceptional], zone: str, span: Span) -> bool:
    """Say whether an agreed time still lies in the opening hours; the grid does not matter any more."""
    tz = ZoneInfo(zone)
    if any(closure.kind == "closed" and closure.overlaps(span) for closure in closures):
        return False
    starts, ends = _wall(span.starts_at, tz), _wall(span.ends_at, tz)
    return any(o.holds(starts, ends) for o in openings(rules, closures, zone, starts.date(), starts.date()))


def openings(
    rules: Sequence[WeeklyRule], closures: Sequence[Exceptional], zone: str, first_day: date, last_day: date
) -> list[Opening]:
    """List the hours of those days in wall time, weekly rules and extra hours alike; time off is not cut out."""
    tz = ZoneInfo(zone)
    found = []
    for number in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=number)
        for rule in rules:
            if rule.holds_on(day):
                ends = datetime.combine(day + timedelta(days=rule.to_time == MIDNIGHT), rule.to_time)
                found.append(Opening(datetime.combine(day, rule.from_time), ends, rule.grid_minutes))
    for extra in closures:
        if extra.kind == "extra":
            opening = Opening(_wall(extra.starts_at, tz), _wall(extra.ends_at, tz), extra.grid_minutes)
            if opening.starts.date() <= last_day and opening.ends > datetime.combine(first_day, MIDNIGHT):
                found.append(opening)
    return sorted(found, key=lambda opening: (opening.starts, opening.ends))


def last_bookable_day(now: datetime, tz: ZoneInfo, horizon_days: int | None) -> date:
    """Tell the last day that may be booked, counted in days of the clinic."""
    if horizon_days is None:
        return date.max
    return _wall(now, tz).date() + timedelta(days=horizon_days)


def instant(day: date, at: time, zone: str) -> datetime:
    """Turn a wall time into UTC; one that is skipped that night is counted on from before the jump (02:30 → 03:30)."""
    tz = ZoneInfo(zone)
    return datetime.combine(day, at, tz).astimezone(UTC)


def wall(moment: datetime, zone: str) -> datetime:
    """Turn a moment into the wall time of that zone, without tzinfo."""
    return _wall(moment, ZoneInfo(zone))


def _grid(opening: Opening) -> Iterator[datetime]:
    starts = opening.starts
    while starts < opening.ends:
        yield starts
        starts += timedelta(minutes=opening.grid_minutes)


def _wall(moment: datetime, tz: ZoneInfo) -> datetime:
    return moment.astimezone(tz).replace(tzinfo=None, fold=0)


def _instant(wall_time: datetime, tz: ZoneInfo) -> datetime | None:
    moment = wall_time.replace(tzinfo=tz).astimezone(UTC)
    return moment if _wall(moment, tz) == wall_time else None  # a skipped wall time does not come back as itself


class _Taken:
    """Spans that may overlap one another, asked many times whether a slot touches any."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for span in sorted(spans, key=lambda s: s.starts_at):
            if self._ends and span.starts_at <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], span.ends_at)
            else:
                self._starts.append(span.starts_at)
                self._ends.append(span.ends_at)

    def overlaps(self, slot: Span) -> bool:
        # Merged spans are disjoint and sorted, so the number begun before the slot's end and the number ended by its
        # start differ exactly when one of them reaches into it.
        return bisect_left(self._starts, slot.ends_at) > bisect_right(self._ends, slot.starts_at)
