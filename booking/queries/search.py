"""Free times from the projection: one statement brings all that is needed, the rest is arithmetic on whole numbers.

The projection knows what is open and taken; the schedule's profile says on which grid a kind of visit begins, and how all is
called. Only shared times and days beyond the window need the truth itself (`booking.queries.free`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import orjson

from booking import marks, reckoning, slots
from booking.slots import Exceptional, Span, WeeklyRule
from core import rounds

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class KindOffered:
    """A kind of visit as a schedule offers it."""

    id: UUID
    minutes: int
    modes: tuple[str, ...]
    specialty: str | None
    name_vi: str
    name_en: str
    price_amount: int
    price_currency: str
    mode_prices: dict[str, int]
    rules: tuple[WeeklyRule, ...]

    @property
    def is_shared(self) -> bool:
        """Say whether several people may have one time."""
        return any(rule.capacity > 1 for rule in self.rules)


@dataclass(frozen=True, slots=True)
class DayKept:
    """A row of the projection."""

    day: date
    midnight_at: datetime
    open: int
    taken: int
    version: int


@dataclass(frozen=True, slots=True)
class Offered:
    """A schedule with what it offers and the days that were asked for, as one row of the database says it."""

    id: UUID
    practitioner_id: UUID
    practitioner_name: str
    facility_id: UUID
    facility_name: str
    facility_address: str
    zone: str
    notice: timedelta
    horizon_days: int
    before: int  # buffers, in marks
    after: int
    licence_from: date
    licence_to: date | None
    kinds: tuple[KindOffered, ...]
    extras: tuple[Exceptional, ...]
    days: tuple[DayKept, ...]
    overdue: tuple[Span, ...]  # kept by holds whose time ran out, and nobody has let them go yet

    def starts(self, kind: KindOffered, kept: DayKept, now: datetime) -> int:
        """Give the marks of a day at which this kind of visit may begin for somebody who asks now."""
        last = slots.last_bookable_day(now, ZoneInfo(self.zone), self.horizon_days)
        if kept.day > last or kept.day < self.licence_from or (self.licence_to and kept.day > self.licence_to):
            return 0
        taken = kept.taken & ~reckoning.taken_marks(kept.midnight_at, self.overdue)
        free = kept.open & ~taken
        if not free:
            return 0
        length = kind.minutes // marks.MINUTES
        near = tuple(one for one in self.extras if _touches(one, kept.midnight_at))
        found = reckoning.grid(kept.day, self.zone, kind.minutes, kind.rules, near) & marks.starts_of_runs(free, length)
        if self.before or self.after:
            found &= reckoning.clear_of(taken, self.before, length + self.after)
        return found & _from(kept.midnight_at, now + self.notice)


def of_practitioner(
    practitioner_id: UUID, first_day: date, last_day: date, now: datetime, kind: UUID | None = None
) -> list[Offered]:
    """Read a practitioner's schedules with the projection of these days: one statement."""
    return _read(*of_practitioner_statement(practitioner_id, first_day, last_day, now, kind))


def of_practitioner_statement(
    practitioner_id: UUID, first_day: date, last_day: date, now: datetime, kind: UUID | None = None
) -> tuple[str, dict[str, Any]]:
    """Give the statement behind `of_practitioner` with its values."""
    which = "s.practitioner_id = %(practitioner)s"
    # The moments are for the index: no zone's midnight is further from UTC's than a day.
    days = (
        "d.practitioner_id = %(practitioner)s AND d.day BETWEEN %(first)s AND %(last)s"
        " AND d.midnight_at BETWEEN %(from)s AND %(to)s"
    )
    return _OFFERED.format(which=which, days=days), {
        "now": now,
        "kind": kind,
        "practitioner": practitioner_id,
        "first": first_day,
        "last": last_day,
        "from": datetime.combine(first_day, time(), UTC) - A_DAY,
        "to": datetime.combine(last_day, time(), UTC) + A_DAY,
    }


def of_rows(row_ids: Sequence[UUID], now: datetime) -> list[Offered]:
    """Read some days of the projection by their ids, each with its schedule: one statement, by keys alone."""
    rows = rounds.ask(of_rows_statement(row_ids, now))
    read = ((one[0], one[1], (_kept(*one[2:7]),), one[7]) for one in rows)
    return [offered for one in read if (offered := _offered(*one))]


def of_rows_statement(row_ids: Sequence[UUID], now: datetime) -> tuple[str, dict[str, Any]]:
    """Give the statement behind `of_rows` with its values."""
    return _OF_ROWS, {"now": now, "rows": list(row_ids)}


def of_schedules(schedule_ids: Sequence[UUID], first_day: date, last_day: date, now: datetime) -> list[Offered]:
    """Read schedules with the projection of these days: one statement."""
    days = "d.schedule_id = ANY(%(schedules)s) AND d.day BETWEEN %(first)s AND %(last)s"
    statement = _OFFERED.format(which="s.id = ANY(%(schedules)s)", days=days)
    return _read(statement, {"now": now, "schedules": list(schedule_ids), "first": first_day, "last": last_day})


def _from(midnight_at: datetime, moment: datetime) -> int:
    return marks.ALL ^ marks.between(midnight_at, midnight_at, moment) if moment > midnight_at else marks.ALL


def _touches(extra: Exceptional, midnight_at: datetime) -> bool:
    return extra.starts_at < midnight_at + 2 * A_DAY and extra.ends_at > midnight_at - A_DAY


def _read(statement: str, values: dict[str, Any]) -> list[Offered]:
    found = []
    for schedule_id, words, days, overdue in rounds.ask((statement, values)):
        kept = tuple(_kept(date.fromisoformat(one[0]), *one[1:]) for one in orjson.loads(days or "[]"))
        offered = _offered(schedule_id, words, kept, overdue, values.get("kind"))
        if offered is not None:
            found.append(offered)
    return found


def _kept(day: date, midnight: float, opened: str, taken: str, version: int) -> DayKept:
    return DayKept(day, _moment(midnight), int(opened, 2), int(taken, 2), version)


def _offered(
    schedule_id: UUID, words: str, days: tuple[DayKept, ...], overdue: str | None, only: UUID | None = None
) -> Offered | None:
    profile = _profile(schedule_id, words)
    if profile is None:
        return None
    kinds = profile.kinds if only is None else tuple(kind for kind in profile.kinds if kind.id == only)
    spans = tuple(Span(_moment(begins), _moment(ends)) for begins, ends in orjson.loads(overdue or "[]"))
    return replace(profile, kinds=kinds, days=days, overdue=spans)


@lru_cache(maxsize=5_000)
def _profile(schedule_id: UUID, words: str) -> Offered | None:
    """Read what `booking_profile_of` wrote, days apart; None for a schedule that offers nothing. The same words mean the same."""
    said = orjson.loads(words)
    if said is None:
        return None
    facts, weekly, offered, exceptional = said
    rules = [(_weekly(*one[:9]), set(one[9] or ())) for one in weekly]
    kinds = tuple(
        KindOffered(
            UUID(one[0]),
            one[1],
            tuple(one[2]),
            specialty=one[3],
            name_vi=one[4],
            name_en=one[5],
            price_amount=one[6],
            price_currency=one[7],
            mode_prices=one[8],
            rules=tuple(rule for rule, only in rules if not only or one[0] in only),
        )
        for one in offered
    )
    extras = tuple(Exceptional(_moment(one[0]), _moment(one[1]), one[2], one[3]) for one in exceptional)
    practitioner, name, facility, place, address, zone, notice, horizon, before, after, since, until = facts
    return Offered(
        id=schedule_id,
        practitioner_id=UUID(practitioner),
        practitioner_name=name.strip(),
        facility_id=UUID(facility),
        facility_name=place,
        facility_address=address,
        zone=zone,
        notice=timedelta(minutes=notice),
        horizon_days=horizon,
        before=before // marks.MINUTES,
        after=after // marks.MINUTES,
        licence_from=date.fromisoformat(since),
        licence_to=date.fromisoformat(until) if until else None,
        kinds=kinds,
        extras=extras,
        days=(),
        overdue=(),
    )


@lru_cache(maxsize=20_000)
def _weekly(
    weekday: int,
    from_time: str,
    to_time: str,
    grid_minutes: int,
    valid_from: str | None,
    valid_to: str | None,
    offset_minutes: int,
    capacity: int,
    room: str,
) -> WeeklyRule:
    """Make weekly hours of what the database says as JSON; most doctors share theirs with others."""
    return WeeklyRule(
        weekday,
        time.fromisoformat(from_time),
        time.fromisoformat(to_time),
        grid_minutes,
        valid_from and date.fromisoformat(valid_from),  # type: ignore[arg-type]
        valid_to and date.fromisoformat(valid_to),  # type: ignore[arg-type]
        offset_minutes,
        capacity,
        room,
    )


def weekly_rule(one: dict[str, Any]) -> WeeklyRule:
    """Make weekly hours of what the database says as JSON."""
    return _weekly(
        one["weekday"],
        one["from_time"],
        one["to_time"],
        one["grid_minutes"],
        one["valid_from"],
        one["valid_to"],
        one["offset_minutes"],
        one["capacity"],
        one["room"],
    )


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def each_start(kept: DayKept, starts: int) -> Iterator[datetime]:
    """Walk through the moments of these marks."""
    for index in marks.each(starts):
        yield kept.midnight_at + index * marks.STEP


# Whoever's time ran out while nobody has let it go yet keeps it from nobody.
_OVERDUE = """(SELECT json_agg(json_build_array(extract(epoch FROM lower(a.blocked)), extract(epoch FROM upper(a.blocked))))::text
   FROM booking_appointment a WHERE a.status = 'held' AND a.hold_expires_at <= %(now)s
     AND a.practitioner_id = {practitioner})"""
_OFFERED = f"""
WITH kept AS MATERIALIZED (
  SELECT d.schedule_id, json_agg(json_build_array(
      d.day, extract(epoch FROM d.midnight_at), d.open::text, d.taken::text, d.version) ORDER BY d.day)::text AS days
  FROM booking_practitionerday d WHERE {{days}} GROUP BY d.schedule_id)
SELECT s.id, coalesce(nullif(f.words, ''), booking_profile_of(s.id, %(now)s)), k.days,
  {_OVERDUE.format(practitioner="s.practitioner_id")}
FROM booking_schedule s
LEFT JOIN booking_profile f ON f.schedule_id = s.id
LEFT JOIN kept k ON k.schedule_id = s.id
WHERE {{which}}
ORDER BY s.id
"""
_OF_ROWS = f"""
SELECT d.schedule_id, coalesce(nullif(f.words, ''), booking_profile_of(d.schedule_id, %(now)s)),
  d.day, extract(epoch FROM d.midnight_at)::float, d.open::text, d.taken::text, d.version,
  {_OVERDUE.format(practitioner="d.practitioner_id")}
FROM booking_practitionerday d
LEFT JOIN booking_profile f ON f.schedule_id = d.schedule_id
WHERE d.id = ANY(%(rows)s)
"""
