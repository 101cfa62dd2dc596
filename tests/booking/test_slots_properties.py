"""Free times against a slow and obvious reference, over worlds that Hypothesis makes up.

The reference walks through every minute and asks the plain questions: is the clinic open in it, is it closed, is
somebody else there? It shares no line with `slots`. Some 300 worlds in the suite; SLOTS_CASES=10000 for the long form.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from booking import slots
from booking.slots import Busy, Exceptional, WeeklyRule
from core.errors import DomainError

CASES = int(os.environ.get("SLOTS_CASES", "300"))


def cases(number: int) -> settings:
    return settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck), database=None)


A_MINUTE = timedelta(minutes=1)
A_DAY = timedelta(days=1)
OURS, THEIRS = "a visit like this one", "another kind of visit"
# Days on which clocks go forward or back, midnight and half an hour among them, and days on which nothing happens.
DAYS = {
    "Europe/Berlin": [date(2026, 3, 29), date(2026, 10, 25), date(2026, 3, 28), date(2026, 6, 1)],
    "America/New_York": [date(2026, 3, 8), date(2026, 11, 1), date(2026, 10, 31)],
    "Australia/Lord_Howe": [date(2026, 4, 5), date(2026, 10, 4), date(2026, 4, 4)],
    "Africa/Cairo": [date(2026, 4, 23), date(2026, 4, 24), date(2026, 10, 29)],  # forward at midnight
    "Asia/Ho_Chi_Minh": [date(2026, 11, 24)],
}


@dataclass
class World:
    """All that `free_slots` is asked with."""

    zone: str
    first_day: date
    days: int
    rules: list[WeeklyRule]
    closures: list[Exceptional]
    busy: list[Busy]
    minutes: int
    now: datetime
    notice: timedelta
    horizon: int | None
    before: timedelta
    after: timedelta
    last_day: date = field(init=False)

    def __post_init__(self) -> None:
        self.last_day = self.first_day + timedelta(days=self.days - 1)

    def free(self) -> list[slots.Slot]:
        return slots.free_slots(
            self.rules,
            self.closures,
            self.busy,
            self.zone,
            self.minutes,
            self.first_day,
            self.last_day,
            self.now,
            self.notice,
            self.horizon,
            self.before,
            self.after,
            {OURS},
        )

    def fit(self, starts_at: datetime) -> slots.Slot:
        return slots.fit(
            self.rules,
            self.closures,
            self.busy,
            self.zone,
            self.minutes,
            starts_at,
            self.now,
            self.notice,
            self.horizon,
            self.before,
            self.after,
            {OURS},
        )


# ---- worlds


def steps(first: int, last: int, step: int = 5) -> st.SearchStrategy[int]:
    return st.integers(first // step, last // step).map(lambda number: number * step)


def clock(minutes: int) -> time:
    return time(minutes // 60 % 24, minutes % 60)


@st.composite
def weekly_rules(draw: st.DrawFn, first_day: date) -> WeeklyRule:
    # Mostly the small hours, in which clocks change.
    begin = draw(st.one_of(steps(0, 180), steps(0, 180), steps(0, 1380)))
    end = draw(st.one_of(steps(begin + 60, min(begin + 300, 1440)), steps(begin + 5, 1440)))
    grid = draw(st.sampled_from([5, 10, 15, 20, 30, 45, 60]))
    return WeeklyRule(
        (first_day + A_DAY * draw(st.sampled_from([0, 0, 0, 1, 2]))).weekday(),
        clock(begin),
        clock(end),
        grid,
        draw(st.sampled_from([None, None, None, None, first_day, first_day + A_DAY])),
        draw(st.sampled_from([None, None, None, first_day])),
        draw(steps(0, grid - 5)),
        draw(st.sampled_from([1, 1, 1, 2, 3])),
    )


@st.composite
def exceptions(draw: st.DrawFn, zone: str, first_day: date) -> Exceptional:
    kind = draw(st.sampled_from(["closed", "closed", "extra", "instead", "holiday"]))
    midnight = datetime.combine(first_day, time(), ZoneInfo(zone)).astimezone(UTC)
    if kind == "holiday":
        day = first_day + A_DAY * draw(st.integers(-1, 2))
        ends = (datetime.combine(day + A_DAY * n, time(), ZoneInfo(zone)).astimezone(UTC) for n in (0, 1))
        return Exceptional(*ends, kind)
    step = 1 if kind == "closed" else 5
    starts_at = midnight + A_MINUTE * draw(st.one_of(steps(0, 300, step), steps(-600, 2880, step)))
    length = draw(st.one_of(steps(5, 240, step), steps(5, 1500, step)))
    return Exceptional(starts_at, starts_at + A_MINUTE * length, kind, draw(st.sampled_from([5, 15, 20, 30])))


@st.composite
def sessions(draw: st.DrawFn, zone: str, first_day: date) -> list[Busy]:
    """One visit, or the people who share one."""
    midnight = datetime.combine(first_day, time(), ZoneInfo(zone)).astimezone(UTC)
    begins_at = midnight + A_MINUTE * draw(st.one_of(steps(0, 300), steps(-60, 2880)))
    before, length, after = draw(steps(0, 20)), draw(steps(5, 60)), draw(steps(0, 20))
    people = draw(st.sampled_from([1, 1, 1, 2, 3]))
    one = Busy(
        begins_at - A_MINUTE * before,
        begins_at + A_MINUTE * (length + after),
        begins_at,
        draw(st.sampled_from([OURS, OURS, THEIRS])),
        UUID(int=draw(st.integers(1, 10**9))),
    )
    seats = draw(st.permutations(range(3)))
    return [replace(one, seat=seat) for seat in seats[:people]]


@st.composite
def worlds(draw: st.DrawFn) -> World:
    zone = draw(st.sampled_from(sorted(DAYS)))
    first_day = draw(st.sampled_from(DAYS[zone]))
    midnight = datetime.combine(first_day, time(), ZoneInfo(zone)).astimezone(UTC)
    busy: list[Busy] = []
    for company in draw(st.lists(sessions(zone, first_day), max_size=3)):
        # A practitioner's visits do not overlap one another: the database sees to that.
        if not any(one.overlaps(other) for one in busy for other in company):
            busy += company
    return World(
        zone,
        first_day,
        draw(st.integers(1, 2)),
        draw(st.lists(weekly_rules(first_day), min_size=1, max_size=3)),
        draw(st.lists(exceptions(zone, first_day), max_size=2)),
        busy,
        draw(st.one_of(steps(5, 40), steps(5, 40), steps(5, 180))),
        midnight + A_MINUTE * draw(st.one_of(st.just(-9000), st.just(-9000), st.integers(-2000, 1500))),
        A_MINUTE * draw(st.sampled_from([0, 0, 7, 30, 120])),
        draw(st.sampled_from([None, None, 7, 7, 0])),
        A_MINUTE * draw(st.sampled_from([0, 0, 5, 15])),
        A_MINUTE * draw(st.sampled_from([0, 0, 5, 20])),
    )


# ---- the reference: minutes, one after the other

BEHIND, AHEAD = 2, 4  # days around the first one


@lru_cache(maxsize=64)
def minutes_of(zone: str, first_day: date) -> tuple[datetime, list[datetime], dict[datetime, int]]:
    """Every minute from two days before to four days after: where it begins, what the clock shows, and when it first does."""
    begin = datetime.combine(first_day - A_DAY * BEHIND, time(), UTC)
    tz = ZoneInfo(zone)
    shown = [(begin + A_MINUTE * n).astimezone(tz).replace(tzinfo=None, fold=0) for n in range((BEHIND + AHEAD) * 1440)]
    first: dict[datetime, int] = {}
    for number, wall in enumerate(shown):
        first.setdefault(wall, number)
    return begin, shown, first


def reached(shown: list[datetime], wall: datetime) -> int:
    """The first minute in which the clock shows this time or a later one."""
    return next(number for number, seen in enumerate(shown) if seen >= wall)


@dataclass
class Hours:
    """The minutes of one stretch of hours, and the wall time its grid is counted from."""

    minutes: range
    origin: datetime
    grid: int
    offset: int
    capacity: int

    def offers(self, wall: datetime) -> bool:
        since = round((wall - self.origin).total_seconds()) // 60 - self.offset
        return since >= 0 and since % self.grid == 0


def expected(world: World) -> dict[datetime, tuple[int, UUID | None, int]]:
    """Each free time with its capacity, the session to join and the seat in it."""
    begin, shown, first = minutes_of(world.zone, world.first_day)

    def number(moment: datetime) -> int:
        return round((moment - begin).total_seconds()) // 60

    def span(one: slots.Span) -> range:
        return range(number(one.starts_at), number(one.ends_at))

    without_rules = {
        shown[minute].date()
        for one in world.closures
        if one.kind in {"instead", "holiday"}
        for minute in span(one)
        if 0 <= minute < len(shown)
    }
    hours: list[Hours] = []
    for extra in world.closures:
        if extra.kind in {"extra", "instead"}:
            minutes = span(extra)
            hours.append(Hours(minutes, shown[minutes.start], extra.grid_minutes, 0, 1))
    for offset in range(world.days):
        day = world.first_day + A_DAY * offset
        for rule in world.rules:
            holds = rule.weekday == day.weekday()
            holds &= rule.valid_from is None or day >= rule.valid_from
            holds &= rule.valid_to is None or day <= rule.valid_to
            if holds and day not in without_rules:
                opens = datetime.combine(day, rule.from_time)
                shuts = (
                    datetime.combine(day, rule.to_time)
                    if rule.to_time != time(0)
                    else datetime.combine(day + A_DAY, time(0))
                )
                minutes = range(reached(shown, opens), reached(shown, shuts))
                hours.append(Hours(minutes, opens, rule.grid_minutes, rule.offset_minutes, rule.capacity))
    closed = {minute for one in world.closures if one.kind == "closed" for minute in span(one)}
    present: dict[int, set[UUID]] = {}
    for one in world.busy:
        for minute in span(one):
            present.setdefault(minute, set()).add(one.session)  # type: ignore[arg-type]
    today = world.now.astimezone(ZoneInfo(world.zone)).date()
    found = {}
    for minute, wall in enumerate(shown):
        if not world.first_day <= wall.date() <= world.last_day or first[wall] != minute:
            continue
        starts_at = begin + A_MINUTE * minute
        if starts_at < world.now + world.notice:
            continue
        if world.horizon is not None and (wall.date() - today).days > world.horizon:
            continue
        visit = range(minute, minute + world.minutes)
        offering = [
            one.capacity
            for one in hours
            if minute in one.minutes and one.offers(wall) and all(needed in one.minutes for needed in visit)
        ]
        if not offering or any(needed in closed for needed in visit):
            continue
        kept = range(number(starts_at - world.before), number(starts_at + world.after) + world.minutes)
        others = {session for needed in kept for session in present.get(needed, ())}
        if not others:
            found[starts_at] = (max(offering), None, 0)
            continue
        company = [one for one in world.busy if one.begins_at == starts_at and one.purpose == OURS]
        if others == {one.session for one in company} and len(company) < max(offering):
            seat = next(seat for seat in range(99) if seat not in {one.seat for one in company})
            found[starts_at] = (max(offering), company[0].session, seat)
    return found


# ---- properties


@cases(CASES)
@given(worlds(), st.data())
def test_offers_exactly_what_the_slow_reference_offers(world: World, data: st.DataObject) -> None:
    """Inside rules, minus closures and bookings, buffers, seats, other hours, nights on which clocks change."""
    found = world.free()
    wanted = expected(world)

    event("offers something" if found else "offers nothing")
    assert [slot.starts_at for slot in found] == sorted({slot.starts_at for slot in found})
    assert {slot.starts_at: (slot.capacity, slot.session, slot.seat) for slot in found} == wanted
    for slot in found:
        assert slot.ends_at - slot.starts_at == A_MINUTE * world.minutes
        assert slots.covers(world.rules, world.closures, world.zone, slot)
        assert slots.seats_at(world.rules, world.closures, world.zone, slot) >= slot.capacity
    # `fit` gives the same times and refuses all others.
    for slot in found[:: max(1, len(found) // 10)]:
        assert world.fit(slot.starts_at) == slot
    midnight = datetime.combine(world.first_day, time(), ZoneInfo(world.zone)).astimezone(UTC)
    for number in data.draw(st.lists(st.integers(0, world.days * 288 - 13), max_size=5)):
        starts_at = midnight + A_MINUTE * 5 * number
        if starts_at not in wanted:
            with pytest.raises(DomainError):
                world.fit(starts_at)


@cases(max(CASES // 5, 50))
@given(worlds(), st.data())
def test_taking_one_time_after_the_other_never_lets_two_meet(world: World, data: st.DataObject) -> None:
    """Take whatever is offered, four times: no visits of different company overlap, and no seat is given twice."""
    for turn in range(4):
        free = world.free()
        if not free:
            break
        slot = data.draw(st.sampled_from(free))
        session = slot.session or UUID(int=10**12 + turn)
        kept = Busy(slot.starts_at - world.before, slot.ends_at + world.after, slot.starts_at, OURS, session, slot.seat)
        if slot.session is not None:
            mates = [one for one in world.busy if one.session == session]
            assert len(mates) < slot.capacity
            assert slot.seat not in {one.seat for one in mates}
        assert not any(one.overlaps(kept) for one in world.busy if one.session != session)
        world.busy.append(kept)
