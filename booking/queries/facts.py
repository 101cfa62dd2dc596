"""All that decides whether somebody may have a time, read in one statement; who decides are actions and `slots`.

The same facts stand in `times`, `terms` and the actions for whoever needs one of them; here they come together, because
a booking asks for all of them and everybody books at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, models

from booking import holidays
from booking.models import Policy, Schedule
from booking.queries.search import weekly_rule
from booking.slots import Exceptional, WeeklyRule
from core import rounds
from core.errors import NotFound
from identity.models import Facility, Person, Practitioner, Province, VisitType

AROUND = timedelta(days=2)  # as far as a holiday may reach into the day
LONGEST_WAIT = timedelta(days=800)  # what is farther away is refused, whatever the hours are there


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours in which a kind of visit is offered around a moment; who is there already is not among them."""

    rules: tuple[WeeklyRule, ...]
    closures: tuple[Exceptional, ...]
    specialties: frozenset[str]  # of the practitioner
    is_registered: bool = False  # the practitioner, at the facility on that day

    @property
    def are_shared(self) -> bool:
        """Say whether several people may have one time."""
        return any(rule.capacity > 1 for rule in self.rules)


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """What a wish for a time is decided by."""

    person: Person
    schedule: Schedule
    visit_type: VisitType
    policy: Policy
    hours: Hours
    holds_of_person: int
    holds_of_account: int
    block: tuple[UUID, datetime] | None
    open_acts: int  # visits ahead at this facility; a series counts as one
    was_here: bool  # within the days in which a revisit has its own price


def hold_facts(
    *,
    person_id: UUID,
    user_id: UUID | None,
    schedule_id: UUID,
    visit_type_id: UUID,
    starts_at: datetime,
    now: datetime,
) -> HoldFacts:
    """Line up behind others who book for this person or by this account, then read: one round trip. Raises NotFound.

    One person at two doctors' doors at once: the second waits, so that the number of holds is exact; the same for one
    account that books for several people. First the person, then the account, so lines cannot wait for each other.
    """
    asked = {
        "person": person_id,
        "account": user_id,
        "schedule": schedule_id,
        "kind": visit_type_id,
        "starts_at": starts_at,
        "now": now,
    }
    rows = rounds.ask(_line(person_id, user_id), (_facts(), asked))
    if not rows:
        raise NotFound
    return _read(rows[0], starts_at, now)


def line_up(person_id: UUID, user_id: UUID | None) -> None:
    """Stand behind others who book for this person or by this account, until the transaction ends; before any day."""
    with connection.cursor() as cursor:
        cursor.execute(*_line(person_id, user_id))


def _line(person_id: UUID, user_id: UUID | None) -> rounds.Statement:
    return _LINE, {"person_line": f"booking person {person_id}", "account_line": f"booking account {user_id}"}


def _read(row: tuple[Any, ...], starts_at: datetime, now: datetime) -> HoldFacts:
    at = 0
    made: list[Any] = []
    for model in _MODELS:
        count = len(model._meta.concrete_fields)
        made.append(_made(model, row[at : at + count]))
        at += count
    person, schedule, practitioner, facility, province, visit_type, policy = made
    rules, specialties, exceptions, person_holds, account_holds, block, open_acts, was_here, registered = row[at:]
    schedule.practitioner, schedule.facility = practitioner, facility
    facility.province = province
    if visit_type.facility_id == facility.pk:
        visit_type.facility = facility
    closures = [
        Exceptional(datetime.fromisoformat(begins), datetime.fromisoformat(ends), kind, grid)
        for begins, ends, kind, grid in exceptions
    ]
    if abs(starts_at - now) < LONGEST_WAIT:
        closures += holidays.closures(policy, schedule.zone, starts_at - AROUND, starts_at + AROUND)
    return HoldFacts(
        person=person,
        schedule=schedule,
        visit_type=visit_type,
        policy=policy or Policy(facility_id=schedule.facility_id),
        hours=Hours(tuple(map(weekly_rule, rules)), tuple(closures), frozenset(specialties), registered),
        holds_of_person=person_holds,
        holds_of_account=account_holds,
        block=(UUID(block[0]), datetime.fromisoformat(block[1])) if block else None,
        open_acts=open_acts,
        was_here=was_here,
    )


_MODELS: tuple[type[models.Model], ...] = (Person, Schedule, Practitioner, Facility, Province, VisitType, Policy)


@cache
def _converters(model: type[models.Model]) -> tuple[list[str], list[tuple[int, Any]]]:
    fields = model._meta.concrete_fields
    readers = [(n, field.from_db_value) for n, field in enumerate(fields) if hasattr(field, "from_db_value")]
    return [field.attname for field in fields], readers


def _made(model: type[models.Model], values: tuple[Any, ...]) -> models.Model | None:
    names, readers = _converters(model)
    if values[0] is None:  # there is none; the key comes first
        return None
    read = list(values)
    for number, reader in readers:
        read[number] = reader(read[number], None, connection)
    return model.from_db(connection.alias, names, read)


@cache
def _facts() -> str:
    aliases = ("person", "s", "p", "f", "province", "v", "policy")
    columns = ", ".join(
        f'{alias}."{field.column}"'
        for alias, model in zip(aliases, _MODELS, strict=True)
        for field in model._meta.concrete_fields
    )
    return f"SELECT {columns}, {_FURTHER}"


_LINE = """SELECT pg_advisory_xact_lock(hashtextextended(%(person_line)s, 0)),
  pg_advisory_xact_lock(hashtextextended(%(account_line)s, 0))"""
_FURTHER = """
  coalesce((SELECT json_agg(json_build_object(
      'weekday', r.weekday, 'from_time', r.from_time, 'to_time', r.to_time, 'grid_minutes', r.grid_minutes,
      'valid_from', r.valid_from, 'valid_to', r.valid_to, 'offset_minutes', r.offset_minutes,
      'capacity', r.capacity, 'room', r.room) ORDER BY r.weekday, r.from_time)
    FROM booking_rule r WHERE r.schedule_id = s.id
      AND (NOT EXISTS (SELECT FROM booking_rule_visit_types x WHERE x.rule_id = r.id)
        OR EXISTS (SELECT FROM booking_rule_visit_types x WHERE x.rule_id = r.id AND x.visittype_id = v.id))), '[]'),
  ARRAY(SELECT x.specialty_id FROM identity_practitioner_specialties x WHERE x.practitioner_id = p.id),
  coalesce((SELECT json_agg(json_build_array(lower(c.during), upper(c.during), c.kind, c.grid_minutes))
    FROM booking_closure c WHERE c.schedule_id = s.id
      AND c.during && tstzrange(%(starts_at)s::timestamptz - interval '72 hours', %(starts_at)s::timestamptz + interval '72 hours')),
    '[]'),
  (SELECT count(*) FROM booking_appointment a
    WHERE a.person_id = person.id AND a.status = 'held' AND a.hold_expires_at > %(now)s::timestamptz
      AND NOT EXISTS (SELECT FROM booking_offer o JOIN booking_waitingentry e ON e.id = o.entry_id
        WHERE o.appointment_id = a.id AND o.status = 'open' AND e.person_id = a.person_id)),
  (SELECT count(*) FROM booking_appointment a
    WHERE a.booked_by = %(account)s::uuid AND a.status = 'held' AND a.hold_expires_at > %(now)s::timestamptz),
  (SELECT json_build_array(b.id, b.until) FROM booking_block b
    WHERE b.person_id = person.id AND b.facility_id = s.facility_id AND b.status = 'active'
      AND b.until > %(now)s::timestamptz LIMIT 1),
  (SELECT count(DISTINCT coalesce(a.series, a.id)) FROM booking_appointment a
    WHERE a.person_id = person.id AND a.facility_id = s.facility_id AND NOT a.walk_in
      AND upper(a.during) > %(now)s::timestamptz
      AND (a.status IN ('booked', 'checked_in')
        OR a.status = 'held' AND a.hold_expires_at > %(now)s::timestamptz AND a.moved_from_id IS NULL)),
  coalesce(policy.revisit_days > 0 AND EXISTS (SELECT FROM booking_appointment a
    WHERE a.person_id = person.id AND a.practitioner_id = s.practitioner_id AND a.facility_id = s.facility_id
      AND a.status = 'fulfilled' AND a.fulfilled_at < %(starts_at)s::timestamptz
      AND a.fulfilled_at >= %(starts_at)s::timestamptz - make_interval(hours => 24 * policy.revisit_days)), false),
  EXISTS (SELECT FROM identity_membership m
    WHERE m.practitioner_id = s.practitioner_id AND m.facility_id = s.facility_id AND m.role = 'practitioner'
      AND m.active_from <= (%(starts_at)s::timestamptz AT TIME ZONE s.zone)::date
      AND (m.active_to IS NULL OR m.active_to >= (%(starts_at)s::timestamptz AT TIME ZONE s.zone)::date))
FROM booking_schedule s
JOIN identity_practitioner p ON p.id = s.practitioner_id
JOIN identity_facility f ON f.id = s.facility_id
JOIN identity_province province ON province.code = f.province_id
JOIN identity_visittype v ON v.id = %(kind)s::uuid
JOIN identity_person person ON person.id = %(person)s::uuid
LEFT JOIN booking_policy policy ON policy.facility_id = s.facility_id
WHERE s.id = %(schedule)s::uuid
"""
