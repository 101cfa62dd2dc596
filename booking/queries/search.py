"""Free times from the projection: one statement brings all that is needed, the rest is arithmetic on whole numbers.

The projection knows what is open and taken; the weekly hours say on which grid a kind of visit begins. Only shared times
and days beyond the window need the truth itself (`booking.queries.free`).
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
    return _OFFERED.format(which=which, days=days, only="AND v.id = %(kind)s" if kind else ""), {
        "now": now,
        "kind": kind,
        "practitioner": practitioner_id,
        "first": first_day,
        "last": last_day,
        "from": datetime.combine(first_day, time(), UTC) - A_DAY,
        "to": datetime.combine(last_day, time(), UTC) + A_DAY,
    }


def of_rows(schedule_ids: Collection[UUID], row_ids: Sequence[UUID], now: datetime) -> list[Offered]:
    """Read schedules with some days of the projection, by their ids: one statement."""
    return _read(*of_rows_statement(schedule_ids, row_ids, now))


def of_rows_statement(
    schedule_ids: Collection[UUID], row_ids: Sequence[UUID], now: datetime
) -> tuple[str, dict[str, Any]]:
    """Give the statement behind `of_rows` with its values."""
    statement = _OFFERED.format(which="s.id = ANY(%(schedules)s)", days="d.id = ANY(%(rows)s)", only="")
    return statement, {"now": now, "schedules": list(schedule_ids), "rows": list(row_ids)}


def of_schedules(schedule_ids: Sequence[UUID], first_day: date, last_day: date, now: datetime) -> list[Offered]:
    """Read schedules with the projection of these days: one statement."""
    days = "d.schedule_id = ANY(%(schedules)s) AND d.day BETWEEN %(first)s AND %(last)s"
    statement = _OFFERED.format(which="s.id = ANY(%(schedules)s)", days=days, only="")
    return _read(statement, {"now": now, "schedules": list(schedule_ids), "first": first_day, "last": last_day})


def _from(midnight_at: datetime, moment: datetime) -> int:
    return marks.ALL ^ marks.between(midnight_at, midnight_at, moment) if moment > midnight_at else marks.ALL


def _touches(extra: Exceptional, midnight_at: datetime) -> bool:
    return extra.starts_at < midnight_at + 2 * A_DAY and extra.ends_at > midnight_at - A_DAY


def _read(statement: str, values: dict[str, Any]) -> list[Offered]:
    return [_offered(row) for row in rounds.ask((statement, values))]


def _offered(row: Sequence[Any]) -> Offered:
    rules = [(_weekly(*one[:9]), set(one[9] or ())) for one in row[13]]
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
        for one in row[14]
    )
    extras = tuple(
        Exceptional(_moment(one["from"]), _moment(one["to"]), one["kind"], one["grid_minutes"]) for one in row[15]
    )
    kept = tuple(
        DayKept(date.fromisoformat(day), _moment(midnight), int(opened, 2), int(taken, 2), version)
        for day, midnight, opened, taken, version in row[16]
    )
    return Offered(
        row[0],
        row[1],
        row[2].strip(),
        row[3],
        row[4],
        row[5],
        row[6],
        timedelta(minutes=row[7]),
        row[8],
        row[9] // marks.MINUTES,
        row[10] // marks.MINUTES,
        row[11],
        row[12],
        kinds,
        extras,
        kept,
        tuple(Span(_moment(begins), _moment(ends)) for begins, ends in row[17]),
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


_OFFERED = """
WITH kept AS MATERIALIZED (
  SELECT d.schedule_id, json_agg(json_build_array(
      d.day, extract(epoch FROM d.midnight_at), d.open::text, d.taken::text, d.version) ORDER BY d.day) AS days
  FROM booking_practitionerday d WHERE {days} GROUP BY d.schedule_id)
SELECT s.id, s.practitioner_id, p.title || ' ' || p.full_name, s.facility_id, f.name,
  concat_ws(', ', nullif(f.address, ''), nullif(f.commune, ''), pr.name),
  s.zone, s.min_notice_minutes, s.horizon_days, s.buffer_before_minutes, s.buffer_after_minutes,
  p.licence_valid_from, p.licence_valid_to,
  coalesce((SELECT json_agg(json_build_array(r.weekday, r.from_time, r.to_time, r.grid_minutes, r.valid_from, r.valid_to,
      r.offset_minutes, r.capacity, r.room,
      (SELECT json_agg(x.visittype_id) FROM booking_rule_visit_types x WHERE x.rule_id = r.id)
    ) ORDER BY r.weekday, r.from_time, r.id) FROM booking_rule r WHERE r.schedule_id = s.id), '[]'),
  coalesce((SELECT json_agg(json_build_array(v.id, v.minutes, v.modes, v.specialty_id, v.name_vi, v.name_en,
      v.price_amount, v.price_currency, v.mode_prices) ORDER BY v.id)
    FROM identity_visittype v WHERE v.facility_id = s.facility_id AND v.active {only}
      AND (v.specialty_id IS NULL OR EXISTS (SELECT FROM identity_practitioner_specialties x
           WHERE x.practitioner_id = p.id AND x.specialty_id = v.specialty_id))), '[]'),
  coalesce((SELECT json_agg(json_build_object('from', extract(epoch FROM lower(c.during)),
      'to', extract(epoch FROM upper(c.during)), 'kind', c.kind, 'grid_minutes', c.grid_minutes) ORDER BY c.during)
    FROM booking_closure c WHERE c.schedule_id = s.id AND c.kind <> 'closed' AND upper(c.during) > now() - interval '2 days'), '[]'),
  coalesce(k.days, '[]'),
  coalesce((SELECT json_agg(json_build_array(extract(epoch FROM lower(a.blocked)), extract(epoch FROM upper(a.blocked))))
    FROM booking_appointment a WHERE a.status = 'held' AND a.hold_expires_at <= %(now)s
      AND a.practitioner_id = s.practitioner_id), '[]')
FROM booking_schedule s
JOIN identity_practitioner p ON p.id = s.practitioner_id
JOIN identity_facility f ON f.id = s.facility_id
JOIN identity_province pr ON pr.code = f.province_id
LEFT JOIN kept k ON k.schedule_id = s.id
WHERE {which} AND s.active AND f.active
ORDER BY s.id
"""
