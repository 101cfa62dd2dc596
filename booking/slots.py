"""From weekly rules in wall time to free times: pure, no database, no clock of its own.

A rule says "Mondays 09:00 to 12:00 in Asia/Ho_Chi_Minh". Wall time, not UTC: the clinic opens at nine also after the
clocks change. This module alone converts between the two.

On the night clocks go forward a wall time may not exist: it is not offered. On the night they go back it exists
twice: the first one is offered, so that nobody is told "02:30" and wonders which.

Hours are of four kinds. Weekly rules hold, except on days with other hours instead and on public holidays; extra hours
come on top; time off wins over all of them. A visit lies in the hours with its own length; the minutes kept free before
and after it (buffers) may lie outside of them, but never on another visit or its buffers.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from booking.errors import NotBookable, OffGrid, SlotPast, SlotTaken

MIDNIGHT = time(0)
NOTHING = timedelta(0)
Kind = Literal["closed", "extra", "instead", "holiday"]


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
    """A free time somebody may ask for.

    With a `session` people share the time already: whoever comes now joins those who have `taken` a seat, on seat
    number `seat` of `capacity`.
    """

    capacity: int = 1
    room: str = ""
    session: UUID | None = None
    seat: int = 0
    taken: int = field(default=0, compare=False)

    @property
    def seats_left(self) -> int | None:
        """Tell how many may still come to a time that people share; None where everybody comes alone."""
        return self.capacity - self.taken if self.capacity > 1 else None


@dataclass(frozen=True, slots=True)
class Busy(Span):
    """What a visit keeps from the practitioner's others, its own buffers included.

    Somebody may still join it, if it begins at the same moment, for the same `purpose` (schedule, kind of visit, mode),
    and the hours have more seats than are taken.
    """

    begins_at: datetime | None = None
    purpose: Hashable = None
    session: UUID | None = None
    seat: int = 0


@dataclass(frozen=True, slots=True)
class WeeklyRule:
    """Opening hours on one weekday (0 is Monday), in wall time; `to_time` 00:00 means the end of that day."""

    weekday: int
    from_time: time
    to_time: time
    grid_minutes: int
    valid_from: date | None = None
    valid_to: date | None = None  # the last day on which the rule holds
    offset_minutes: int = 0  # the first visit begins so long after `from_time`
    capacity: int = 1  # how many people may share one time
    room: str = ""

    def holds_on(self, day: date) -> bool:
        """Say whether the clinic works by this rule on that day."""
        return (
            day.weekday() == self.weekday
            and (self.valid_from is None or self.valid_from <= day)
            and (self.valid_to is None or day <= self.valid_to)
        )


@dataclass(frozen=True, slots=True)
class Exceptional(Span):
    """What is different for once; see the top of this module for which kind wins.

    "instead" and "holiday" set the weekly rules aside on every day of the clinic they touch; "instead" brings hours of
    its own, just as "extra" does.
    """

    kind: Kind
    grid_minutes: int = 15


@dataclass(frozen=True, slots=True)
class Opening:
    """Open hours of one day: `starts` and `ends` in wall time, as a calendar draws them, `span` in real time."""

    starts: datetime
    ends: datetime
    grid_minutes: int
    span: Span
    offset_minutes: int = 0
    capacity: int = 1
    room: str = ""
    kind: Kind | None = field(default=None, compare=False)  # of the exception it comes from; None: a weekly rule

    def holds(self, starts: datetime, ends: datetime) -> bool:
        """Say whether that stretch of wall time lies inside."""
        return self.starts <= starts and ends <= self.ends

    def covers(self, span: Span) -> bool:
        """Say whether that stretch of real time lies inside."""
        return self.span.starts_at <= span.starts_at and span.ends_at <= self.span.ends_at

    def is_on_grid(self, starts: datetime) -> bool:
        """Say whether a visit may begin at that wall time."""
        since = starts - self.starts - timedelta(minutes=self.offset_minutes)
        return since >= NOTHING and since % timedelta(minutes=self.grid_minutes) == NOTHING

    def grid(self) -> Iterator[datetime]:
        """Walk through the wall times at which a visit may begin."""
        starts = self.starts + timedelta(minutes=self.offset_minutes)
        # Hours across the doubled hour may end at an earlier wall time than they began.
        until = max(self.ends, self.starts + (self.span.ends_at - self.span.starts_at))
        while starts < until:
            yield starts
            starts += timedelta(minutes=self.grid_minutes)


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
    buffer_before: timedelta = NOTHING,
    buffer_after: timedelta = NOTHING,
    purposes: Collection[Hashable] = (),
) -> list[Slot]:
    """List the free times from `first_day` to `last_day` (days of the clinic, both included), in order of time.

    `busy` is what the practitioner's other visits keep, buffers included; `notice` the shortest time between asking and
    coming; `horizon_days` how many days ahead of today may be booked; `purposes` which shared times the visit could join.
    """
    tz = ZoneInfo(zone)
    last_day = min(last_day, last_bookable_day(now, tz, horizon_days))
    length = timedelta(minutes=visit_minutes)
    closed = _Taken(closure for closure in closures if closure.kind == "closed")
    visits = _Visits(busy, purposes)
    candidates: dict[datetime, list[Opening]] = defaultdict(list)
    for opening in openings(rules, closures, zone, first_day, last_day):
        for starts in opening.grid():
            if first_day <= starts.date() <= last_day:
                starts_at = _instant(starts, tz)
                if (
                    starts_at is not None
                    and starts_at >= now + notice
                    and opening.covers(Span(starts_at, starts_at + length))
                ):
                    candidates[starts_at].append(opening)
    found = []
    for starts_at in sorted(candidates):
        slot = _slot(starts_at, length, candidates[starts_at])
        if not closed.overlaps(slot):
            seated = visits.seat(slot, Span(starts_at - buffer_before, slot.ends_at + buffer_after))
            if seated is not None:
                found.append(seated)
    return found


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
    buffer_before: timedelta = NOTHING,
    buffer_after: timedelta = NOTHING,
    purposes: Collection[Hashable] = (),
) -> Slot:
    """Give the slot that begins at `starts_at`, or say why there is none.

    Raises SlotPast, NotBookable (too soon, too far, closed), OffGrid, SlotTaken.
    """
    tz = ZoneInfo(zone)
    if starts_at < now:
        raise SlotPast
    if starts_at < now + notice:
        raise NotBookable
    starts, starts_at = _wall(starts_at, tz), starts_at.astimezone(UTC)
    if starts.date() > last_bookable_day(now, tz, horizon_days):
        raise NotBookable
    length = timedelta(minutes=visit_minutes)
    visit = Span(starts_at, starts_at + length)
    if any(closure.kind == "closed" and closure.overlaps(visit) for closure in closures):
        raise NotBookable
    around = openings(rules, closures, zone, starts.date(), starts.date())
    covering = [opening for opening in around if opening.covers(visit)]
    if not covering:
        raise NotBookable
    # The second 02:30 of a night with two is off the grid: only the first is ever offered.
    offering = [opening for opening in covering if opening.is_on_grid(starts)]
    if not offering or _instant(starts, tz) != starts_at:
        raise OffGrid
    slot = _slot(starts_at, length, offering)
    seated = _Visits(busy, purposes).seat(slot, Span(starts_at - buffer_before, slot.ends_at + buffer_after))
    if seated is None:
        raise SlotTaken
    return seated


def covers(rules: Sequence[WeeklyRule], closures: Sequence[Exceptional], zone: str, span: Span) -> bool:
    """Say whether an agreed time still lies in the opening hours; the grid does not matter any more."""
    tz = ZoneInfo(zone)
    if any(closure.kind == "closed" and closure.overlaps(span) for closure in closures):
        return False
    day = _wall(span.starts_at, tz).date()
    return any(opening.covers(span) for opening in openings(rules, closures, zone, day, day))


def seats_at(rules: Sequence[WeeklyRule], closures: Sequence[Exceptional], zone: str, span: Span) -> int:
    """Tell how many people the hours let share that time; none where they do not cover it."""
    day = wall(span.starts_at, zone).date()
    around = openings(rules, closures, zone, day, day)
    return max((opening.capacity for opening in around if opening.covers(span)), default=0)


def openings(
    rules: Sequence[WeeklyRule], closures: Sequence[Exceptional], zone: str, first_day: date, last_day: date
) -> list[Opening]:
    """List the hours of those days, in order: weekly rules, extra hours, other hours; time off is not cut out."""
    tz = ZoneInfo(zone)
    aside = days_without_rules(closures, zone)
    found = []
    for number in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=number)
        found += [_weekly(rule, day, tz) for rule in rules if day not in aside and rule.holds_on(day)]
    for other in closures:
        if other.kind in {"extra", "instead"}:
            starts, ends = _wall(other.starts_at, tz), _wall(other.ends_at, tz)
            if starts.date() <= last_day and ends > datetime.combine(first_day, MIDNIGHT):
                span = Span(other.starts_at, other.ends_at)
                found.append(Opening(starts, ends, other.grid_minutes, span, kind=other.kind))
    return sorted(found, key=lambda opening: (opening.starts, opening.ends))


def days_without_rules(closures: Iterable[Exceptional], zone: str) -> set[date]:
    """Tell on which days of the clinic the weekly rules do not hold: public holidays, and days with other hours."""
    found = set()
    for one in closures:
        if one.kind in {"instead", "holiday"}:
            first, last = wall(one.starts_at, zone).date(), wall(one.ends_at - timedelta(seconds=1), zone).date()
            found |= {first + timedelta(days=number) for number in range((last - first).days + 1)}
    return found


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


def _weekly(rule: WeeklyRule, day: date, tz: ZoneInfo) -> Opening:
    starts = datetime.combine(day, rule.from_time)
    ends = datetime.combine(day + timedelta(days=rule.to_time == MIDNIGHT), rule.to_time)
    span = Span(_edge(starts, tz), _edge(ends, tz))
    return Opening(starts, ends, rule.grid_minutes, span, rule.offset_minutes, rule.capacity, rule.room)


def _slot(starts_at: datetime, length: timedelta, offering: Sequence[Opening]) -> Slot:
    """Make a slot of the hours that offer it; where several do, the most generous count."""
    best = max(offering, key=lambda opening: opening.capacity)
    return Slot(starts_at, starts_at + length, best.capacity, best.room)


def _wall(moment: datetime, tz: ZoneInfo) -> datetime:
    return moment.astimezone(tz).replace(tzinfo=None, fold=0)


def _instant(wall_time: datetime, tz: ZoneInfo) -> datetime | None:
    moment = wall_time.replace(tzinfo=tz).astimezone(UTC)
    return moment if _wall(moment, tz) == wall_time else None  # a skipped wall time does not come back as itself


def _edge(wall_time: datetime, tz: ZoneInfo) -> datetime:
    """Tell when that wall time is reached for the first time: one that is skipped is reached with the jump."""
    moment = _instant(wall_time, tz)
    if moment is not None:
        return moment
    # Read with the offset after the jump it lies before it, and the other way round: halve until both meet.
    before, after = (wall_time.replace(tzinfo=tz, fold=fold).astimezone(UTC) for fold in (1, 0))
    while after - before > timedelta(minutes=1):
        middle = before + max(1, (after - before) // timedelta(minutes=2)) * timedelta(minutes=1)
        before, after = (middle, after) if _wall(middle, tz) < wall_time else (before, middle)
    return after


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


class _Visits:
    """The practitioner's other visits: nobody may touch them, but some may be joined."""

    def __init__(self, busy: Iterable[Span], purposes: Collection[Hashable]) -> None:
        self._all = list(busy)
        self._taken = _Taken(self._all)
        self._company: dict[datetime, list[Busy]] = defaultdict(list)
        for one in self._all:
            if isinstance(one, Busy) and one.begins_at is not None and one.purpose in purposes:
                self._company[one.begins_at].append(one)

    def seat(self, slot: Slot, blocked: Span) -> Slot | None:
        """Give the slot if nothing else is in its way, in company where a seat is left; else None."""
        if not self._taken.overlaps(blocked):
            return slot
        company = self._company.get(slot.starts_at, [])
        if not company or len(company) >= slot.capacity:
            return None
        if any(other not in company and other.overlaps(blocked) for other in self._all):
            return None
        seat = min(set(range(slot.capacity)) - {one.seat for one in company})
        return Slot(slot.starts_at, slot.ends_at, slot.capacity, slot.room, company[0].session, seat, len(company))
