"""One day of one schedule in marks: pure, from rules, exceptions and agreed times to open, taken and where a visit may begin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from booking import marks, slots
from booking.slots import Exceptional, Span, WeeklyRule

A_DAY = timedelta(days=1)
MIDNIGHT = time(0)


@dataclass(frozen=True)
class Kind:
    """A kind of visit as one schedule offers it: how long, and in which weekly hours."""

    minutes: int
    rules: tuple[WeeklyRule, ...]


@dataclass(frozen=True)
class DayMarks:
    """What `PractitionerDay` keeps. `reach_before` and `reach_after` are those of the shortest visit, buffers included."""

    midnight_at: datetime
    open: int = 0
    taken: int = 0
    starts: int = 0
    reach_before: int = 0
    reach_after: int = 1

    @property
    def first_free_at(self) -> datetime | None:
        index = marks.first(self.starts)
        return None if index is None else self.midnight_at + index * marks.STEP


def midnight(day: date, zone: str) -> datetime:
    """Tell when a day of the clinic begins; where clocks skip midnight, the first moment after it."""
    return slots.instant(day, MIDNIGHT, zone)


def lay_out(
    day: date,
    zone: str,
    rules: Sequence[WeeklyRule],
    kinds: Sequence[Kind],
    closures: Sequence[Exceptional],
    taken: Iterable[Span],
    before_minutes: int = 0,
    after_minutes: int = 0,
    joinable: Iterable[datetime] = (),
) -> DayMarks:
    """Reckon a day: `taken` are the practitioner's visits with their buffers, `joinable` starts of sessions with seats left.

    `starts` holds each time at which some kind of visit may begin if the shortest one fits between what is taken: never
    too few for any kind, so the first of them bounds everybody's first free time from below.
    """
    zero = midnight(day, zone)
    busy = taken_marks(zero, taken)
    opened = open_marks(day, zone, rules, closures)
    if not kinds:
        return DayMarks(zero, opened, busy)
    before, shortest = before_minutes // marks.MINUTES, min(kind.minutes for kind in kinds) // marks.MINUTES
    after = shortest + after_minutes // marks.MINUTES
    undisturbed = clear_of(busy, before, after)
    starts = 0
    extras = tuple(closure for closure in closures if closure.kind != "closed" and _touches(closure, zero))
    for kind in kinds:
        length = kind.minutes // marks.MINUTES
        hours = grid(day, zone, kind.minutes, kind.rules, extras)
        starts |= hours & marks.starts_of_runs(opened, length) & undisturbed
    for moment in joinable:
        starts |= marks.between(zero, moment, moment + marks.STEP) & opened
    return DayMarks(zero, opened, busy, starts, before, after)


def _touches(closure: Exceptional, zero: datetime) -> bool:
    return closure.starts_at < zero + 2 * A_DAY and closure.ends_at > zero - A_DAY


def taken_marks(zero: datetime, taken: Iterable[Span]) -> int:
    """Set every mark of the day that one of these spans touches."""
    bits = 0
    for span in taken:
        bits |= marks.between(zero, span.starts_at, span.ends_at)
    return bits


def open_marks(day: date, zone: str, rules: Sequence[WeeklyRule], closures: Sequence[Exceptional]) -> int:
    """Set every mark in which the clinic is open, to the end of the 26 hours; time off is cut out."""
    zero = midnight(day, zone)
    bits = 0
    for opening in slots.openings(rules, closures, zone, day, day + A_DAY):
        bits |= marks.within(zero, opening.span.starts_at, opening.span.ends_at)
    for closure in closures:
        if closure.kind == "closed":
            bits &= ~marks.between(zero, closure.starts_at, closure.ends_at)
    return bits


@lru_cache(maxsize=50_000)
def grid(day: date, zone: str, minutes: int, rules: tuple[WeeklyRule, ...], extras: tuple[Exceptional, ...]) -> int:
    """Set each mark at which a visit of that length may begin by the hours alone: pure, so it is remembered."""
    return starts_of(day, zone, Kind(minutes, rules), extras, marks.ALL)


def starts_of(day: date, zone: str, kind: Kind, closures: Sequence[Exceptional], opened: int) -> int:
    """Set each mark at which this kind of visit may begin that day, whatever is taken; `opened` has the time off cut out."""
    zero = midnight(day, zone)
    length = timedelta(minutes=kind.minutes)
    bits = 0
    for opening in slots.openings(kind.rules, closures, zone, day, day):
        for starts in opening.grid():
            starts_at = slots.instant(starts.date(), starts.time(), zone)
            if starts.date() != day or slots.wall(starts_at, zone) != starts:
                continue  # of another day, or skipped that night
            if opening.covers(Span(starts_at, starts_at + length)):
                bits |= marks.between(zero, starts_at, starts_at + marks.STEP)
    return bits & marks.starts_of_runs(opened, kind.minutes // marks.MINUTES)


def clear_of(taken: int, before: int, after: int) -> int:
    """Set each mark around which nothing is taken: `before` marks ahead of it and `after` from it on.

    Beyond the day everything counts as free: the neighbouring day's row knows, and the database asks it too.
    """
    reach = before + after
    every = (1 << marks.MARKS + 2 * reach) - 1
    runs = marks.starts_of_runs(every & ~(taken << reach), reach, every)
    return runs >> before + reach & marks.ALL
