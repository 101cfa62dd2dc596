"""The day of somebody who takes medicines: which dose falls into which part of the day. Pure.

The doctor signs how often a day. One's own words in the instruction ("buổi tối", "trước khi ngủ") say when; without them the
doses are spread over the day. Doses more often than four times are told as hours between them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from identity.names import fold

SLOTS = ("morning", "noon", "evening", "night")
SPREAD: dict[int, tuple[str, ...]] = {
    1: ("morning",),
    2: ("morning", "evening"),
    3: ("morning", "noon", "evening"),
    4: SLOTS,
}
# Folded, so that tone marks do not matter; the longer ones first.
NAMED = (
    ("truoc khi ngu", "night"),
    ("truoc luc ngu", "night"),
    ("khi di ngu", "night"),
    ("bedtime", "night"),
    ("at night", "night"),
    ("before sleep", "night"),
    ("toi", "evening"),
    ("chieu", "evening"),
    ("evening", "evening"),
    ("trua", "noon"),
    ("noon", "noon"),
    ("midday", "noon"),
    ("sang", "morning"),
    ("morning", "morning"),
)


def slots_of(doses_a_day: int, instruction: str = "") -> tuple[str, ...]:
    """Return the parts of the day of a line's doses; empty for more than four doses a day."""
    if doses_a_day not in SPREAD:
        return ()
    text = f" {fold(instruction).replace(',', ' ').replace('.', ' ').replace(';', ' ')} "
    named = {slot for word, slot in NAMED if f" {word} " in text}
    if len(named) == doses_a_day:  # the doctor's words say it all
        return tuple(slot for slot in SLOTS if slot in named)
    return SPREAD[doses_a_day]


def hours_between(doses_a_day: int) -> int:
    """Return how many hours lie between doses that are told by the clock."""
    return max(1, 24 // doses_a_day)


@dataclass
class PartOfDay:
    """One part of the day and the lines whose dose falls into it."""

    slot: str
    lines: list[Any] = field(default_factory=list)


def day_of_lines(lines: Iterable[Any]) -> tuple[list[PartOfDay], list[Any]]:
    """Return the parts of the day that have something, and the lines that are told by the clock.

    A line has `doses_a_day` and `instruction`.
    """
    parts = {slot: PartOfDay(slot) for slot in SLOTS}
    by_clock = []
    for line in lines:
        slots = slots_of(line.doses_a_day, line.instruction)
        for slot in slots:
            parts[slot].lines.append(line)
        if not slots:
            by_clock.append(line)
    return [part for part in parts.values() if part.lines], by_clock


def is_quiet(at: time, quiet_from: time, quiet_to: time) -> bool:
    """Whether a wall time lies in the quiet hours [from, to), which may go over midnight; equal ends mean none."""
    if quiet_from == quiet_to:
        return False
    if quiet_from < quiet_to:
        return quiet_from <= at < quiet_to
    return at >= quiet_from or at < quiet_to


def due_between(times: dict[str, time], after: datetime, until: datetime, zone: str) -> list[tuple[date, str]]:
    """Return the parts of days whose wall time falls into (after, until], as (day, slot). A skipped hour rings when it is over."""
    there = ZoneInfo(zone)
    first, last = after.astimezone(there).date(), until.astimezone(there).date()
    found = []
    day = first - timedelta(days=1)
    while day <= last:
        for slot in SLOTS:
            at = datetime.combine(day, times[slot], there)
            if after < at <= until:
                found.append((day, slot))
        day += timedelta(days=1)
    return found


def is_taken_on(day: date, begun_on: date, days: int) -> bool:
    """Whether a line of so many days that was begun on one day is taken on another."""
    return begun_on <= day < begun_on + timedelta(days=days)
