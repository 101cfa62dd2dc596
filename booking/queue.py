"""Who is next, and how long it still takes: pure, no database, no clock of its own.

The order, decided once and shown as it is:

1. An emergency comes before everybody.
2. Then come two streams: people with a priority (small children, high age, pregnancy, severe disability), and everybody
   else. Priority goes first, but not for ever: after TWO_IN_A_ROW of them, somebody of the other stream whose turn has
   come is called.
3. In each stream, whose promised time has come is called before who merely waits. What is promised is the agreed time; to
   a walk-in, to be called within PATIENCE of coming. Until then a walk-in fills the gaps between agreed times.
4. Who has come before the agreed time is called early only when nobody else waits: also with a priority, which is a place
   in front of those who wait now, not of those who were promised an earlier time.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil, floor, sqrt
from typing import Literal
from uuid import UUID

Priority = Literal["emergency", "child", "elderly", "pregnant", "disabled", "none"]
TWO_IN_A_ROW = 2
PATIENCE = timedelta(minutes=60)
SMALL_CHILD = 6  # years: younger than that
HIGH_AGE = 80
PRIOR_WEIGHT = 4  # visits: what the plan says weighs as much as four visits of today
PRIOR_SPREAD = 0.4  # of the planned minutes
LONGEST = 180.0  # a visit that lasted longer was forgotten to be closed
STEP = 5  # minutes: nobody believes "17 to 34"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody in the line. `promised_at`: the agreed time; for a walk-in the moment of coming."""

    id: UUID
    number: int
    promised_at: datetime
    priority: Priority = "none"
    walk_in: bool = False

    @property
    def due_at(self) -> datetime:
        """When their turn has come, whoever else waits."""
        return self.promised_at + PATIENCE if self.walk_in else self.promised_at


@dataclass(frozen=True, slots=True)
class Range:
    """An expected wait in minutes, both ends included."""

    from_minutes: int
    to_minutes: int


def priority_by_age(born_on: date | None, day: date, high_age: int = HIGH_AGE) -> Priority:
    """Tell the priority that a date of birth gives on that day."""
    if born_on is None:
        return "none"
    years = day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
    if years < SMALL_CHILD:
        return "child"
    return "elderly" if years >= high_age else "none"


def in_order(waiting: Iterable[Waiting], now: datetime, in_a_row: int = 0) -> list[Waiting]:
    """Put the line into the order of the calls, if nobody else came. `in_a_row`: priority calls since the last other one."""
    emergencies, priority, others, early = [], [], [], []
    for one in sorted(waiting, key=lambda one: (one.due_at > now, one.due_at, one.number)):
        if one.priority == "emergency":
            emergencies.append(one)
        elif not one.walk_in and one.due_at > now:
            early.append(one)
        elif one.priority != "none":
            priority.append(one)
        else:
            others.append(one)
    emergencies.sort(key=lambda one: (one.promised_at, one.number))
    early.sort(key=lambda one: (one.promised_at, one.priority == "none", one.number))
    return emergencies + _interleaved(priority, others, now, in_a_row) + early


def next_of(waiting: Iterable[Waiting], now: datetime, in_a_row: int = 0) -> Waiting | None:
    """Tell who is called next, or None when nobody waits."""
    return next(iter(in_order(waiting, now, in_a_row)), None)


def calls_in_a_row(priorities: Sequence[str]) -> int:
    """Count the priority calls at the end of the day's calls, in order of time; emergencies do not count."""
    count = 0
    for priority in reversed(priorities):
        if priority == "none":
            break
        count += priority != "emergency"
    return count


def minutes_a_visit(lasted: Sequence[float], planned: float) -> tuple[float, float]:
    """Learn the mean and the spread of a visit from today's, starting from the planned minutes."""
    known = [min(max(minutes, 0.0), LONGEST) for minutes in lasted]
    weight = PRIOR_WEIGHT + len(known)
    mean = (PRIOR_WEIGHT * planned + sum(known)) / weight
    prior = (PRIOR_SPREAD * planned) ** 2 + (planned - mean) ** 2
    variance = (PRIOR_WEIGHT * prior + sum((minutes - mean) ** 2 for minutes in known)) / weight
    return mean, min(sqrt(variance), mean)


def expected_wait(before: int, lasted: Sequence[float], planned: float, inside_since: Sequence[float] = ()) -> Range:
    """Say how long it takes until somebody with `before` people in front is called.

    `lasted` are the minutes of today's finished visits, `inside_since` the minutes for which people have been inside.
    The range grows with each person in front, at both ends, and never begins below zero.
    """
    mean, spread = minutes_a_visit(lasted, planned)
    rest = max((max(mean - minutes, 0.0) for minutes in inside_since), default=0.0)
    expected = rest + before * mean
    # Visits differ from one another: over n of them the difference grows with the root of n. The spread is at most the
    # mean, so one more person never makes the earliest moment earlier.
    give = spread * sqrt(before + (rest > 0))
    return Range(floor(max(expected - give, 0.0) / STEP) * STEP, max(ceil((expected + give) / STEP) * STEP, STEP))


def _interleaved(priority: list[Waiting], others: list[Waiting], now: datetime, in_a_row: int) -> list[Waiting]:
    order: list[Waiting] = []
    priority, others = priority[::-1], others[::-1]  # taken from the end
    while priority or others:
        theirs_has_come = bool(others) and others[-1].due_at <= now
        if priority and not (in_a_row >= TWO_IN_A_ROW and theirs_has_come):
            order.append(priority.pop())
            in_a_row += 1
        else:
            order.append(others.pop())
            in_a_row = 0
    return order
