"""What the desk does to schedules: weekly hours, time off, extra hours.

A change that would leave agreed appointments outside the hours is refused with AppointmentsAffected, which names them.
With `keep_agreed` the desk says that it has seen them: the hours change, the appointments stay agreed.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, queries, slots
from booking.errors import AppointmentsAffected, BadHours, BadZone, RuleOverlaps, ScheduleExists
from booking.models import Closure, Rule, Schedule
from booking.queries.free import LONGEST_HORIZON_DAYS
from booking.slots import MIDNIGHT
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from identity.models import Facility, Membership, Practitioner, VisitType

A_YEAR = timedelta(days=366)


@transaction.atomic
def add_schedule(
    *,
    practitioner_id: UUID,
    facility_id: UUID,
    zone: str = "",
    room: str = "",
    min_notice_minutes: int = 30,
    horizon_days: int = 60,
    by: Actor,
    now: datetime,
) -> Schedule:
    """Open a schedule for a practitioner of the facility; without `zone` it is the facility's.

    Raises NotFound, BadZone, ScheduleExists.
    """
    facility = Facility.objects.filter(pk=facility_id).first()
    practitioner = Practitioner.objects.filter(pk=practitioner_id).first()
    if facility is None or practitioner is None:
        raise NotFound
    if not by.is_system:
        if by.role != "desk":
            raise NotFound
        identity_access.require_facility(by, facility_id)
        if not Membership.objects.filter(practitioner=practitioner, facility=facility).exists():
            raise NotFound
    try:
        with transaction.atomic():
            schedule = Schedule.objects.create(
                practitioner=practitioner,
                facility=facility,
                zone=_zone(zone or facility.zone),
                room=room,
                min_notice_minutes=min_notice_minutes,
                horizon_days=min(horizon_days, LONGEST_HORIZON_DAYS),
                created_at=now,
            )
    except IntegrityError as error:
        raise ScheduleExists from error
    _note(by, schedule, "added")
    return schedule


@transaction.atomic
def change_schedule(
    *,
    schedule_id: UUID,
    room: str | None = None,
    active: bool | None = None,
    min_notice_minutes: int | None = None,
    horizon_days: int | None = None,
    by: Actor,
    now: datetime,
) -> Schedule:
    """Change what is given and leave the rest. Inactive: nothing more can be booked; what is agreed stays.

    Raises NotFound, ScheduleExists.
    """
    schedule = access.lock_schedule(by, schedule_id)
    wishes = {"room": room, "active": active, "min_notice_minutes": min_notice_minutes, "horizon_days": horizon_days}
    changes = {name: value for name, value in wishes.items() if value is not None}
    for name, value in changes.items():
        setattr(schedule, name, value)
    schedule.horizon_days = min(schedule.horizon_days, LONGEST_HORIZON_DAYS)
    try:
        with transaction.atomic():
            schedule.save(update_fields=[*changes])
    except IntegrityError as error:
        raise ScheduleExists from error
    _note(by, schedule, "changed", **changes)
    return schedule


@transaction.atomic
def add_rule(
    *,
    schedule_id: UUID,
    weekday: int,
    from_time: time,
    to_time: time,
    grid_minutes: int = 15,
    valid_from: date | None = None,
    valid_to: date | None = None,
    visit_type_ids: Iterable[UUID] = (),
    by: Actor,
    now: datetime,
) -> Rule:
    """Add weekly hours; `to_time` 00:00 is the end of the day. Raises NotFound, BadHours, RuleOverlaps."""
    schedule = access.lock_schedule(by, schedule_id)
    rule = Rule(
        schedule=schedule,
        weekday=weekday,
        from_time=from_time,
        to_time=to_time,
        grid_minutes=grid_minutes,
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=now,
    )
    visit_types = _visit_types(schedule, visit_type_ids)
    _refuse_bad_rule(rule)
    rule.save(force_insert=True)
    rule.visit_types.set(visit_types)
    _note(by, schedule, "rule added", rule=str(rule))
    return rule


@transaction.atomic
def change_rule(
    *,
    schedule_id: UUID,
    rule_id: UUID,
    weekday: int,
    from_time: time,
    to_time: time,
    grid_minutes: int,
    valid_from: date | None,
    valid_to: date | None,
    visit_type_ids: Iterable[UUID],
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Rule:
    """Give weekly hours new values, all of them. Raises NotFound, BadHours, RuleOverlaps, AppointmentsAffected."""
    schedule = access.lock_schedule(by, schedule_id)
    rule = access.get_rule(schedule, rule_id)
    covered = _covered(schedule, now)
    rule.weekday, rule.from_time, rule.to_time = weekday, from_time, to_time
    rule.grid_minutes, rule.valid_from, rule.valid_to = grid_minutes, valid_from, valid_to
    _refuse_bad_rule(rule)
    rule.save()
    rule.visit_types.set(_visit_types(schedule, visit_type_ids))
    _refuse_harm(schedule, covered, keep_agreed, now)
    _note(by, schedule, "rule changed", rule=str(rule))
    return rule


@transaction.atomic
def remove_rule(*, schedule_id: UUID, rule_id: UUID, keep_agreed: bool = False, by: Actor, now: datetime) -> None:
    """Take weekly hours away. Raises NotFound, AppointmentsAffected."""
    schedule = access.lock_schedule(by, schedule_id)
    rule = access.get_rule(schedule, rule_id)
    covered = _covered(schedule, now)
    said = str(rule)
    rule.delete()
    _refuse_harm(schedule, covered, keep_agreed, now)
    _note(by, schedule, "rule removed", rule=said)


@transaction.atomic
def add_closure(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    kind: str = Closure.Kind.CLOSED,
    reason: str = "",
    grid_minutes: int = 15,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Closure:
    """Add time off ("closed") or extra hours ("extra"), once, at most two years ahead.

    Raises NotFound, BadHours, AppointmentsAffected.
    """
    schedule = access.lock_schedule(by, schedule_id)
    if not now - A_YEAR <= starts_at < ends_at <= now + 2 * A_YEAR:
        raise BadHours
    covered = _covered(schedule, now)
    closure = Closure.objects.create(
        schedule=schedule,
        during=DateTimeTZRange(starts_at, ends_at),
        kind=kind,
        reason=reason,
        grid_minutes=grid_minutes,
        created_at=now,
    )
    _refuse_harm(schedule, covered, keep_agreed, now)
    _note(by, schedule, "exception added", exception=str(closure))
    return closure


@transaction.atomic
def remove_closure(*, schedule_id: UUID, closure_id: UUID, keep_agreed: bool = False, by: Actor, now: datetime) -> None:
    """Take an exception back. Raises NotFound, AppointmentsAffected."""
    schedule = access.lock_schedule(by, schedule_id)
    closure = access.get_closure(schedule, closure_id)
    covered = _covered(schedule, now)
    said = str(closure)
    closure.delete()
    _refuse_harm(schedule, covered, keep_agreed, now)
    _note(by, schedule, "exception removed", exception=said)


def _zone(zone: str) -> str:
    if zone not in available_timezones():
        raise BadZone
    return zone


def _visit_types(schedule: Schedule, visit_type_ids: Iterable[UUID]) -> list[VisitType]:
    wanted = set(visit_type_ids)
    found = list(VisitType.objects.filter(pk__in=wanted, facility=schedule.facility_id))
    if len(found) != len(wanted):
        raise NotFound
    return found


def _refuse_bad_rule(rule: Rule) -> None:
    if rule.to_time <= rule.from_time and rule.to_time != MIDNIGHT:
        raise BadHours(fields={"to_time": [BadHours.message]})
    if rule.valid_from and rule.valid_to and rule.valid_to < rule.valid_from:
        raise BadHours(fields={"valid_to": [BadHours.message]})
    for other in Rule.objects.filter(schedule=rule.schedule_id, weekday=rule.weekday).exclude(pk=rule.pk):
        if _hours_meet(rule, other) and _validity_meets(rule, other):
            raise RuleOverlaps


def _hours_meet(one: Rule, other: Rule) -> bool:
    return one.from_time < _end(other) and other.from_time < _end(one)


def _end(rule: Rule) -> time:
    return time.max if rule.to_time == MIDNIGHT else rule.to_time


def _validity_meets(one: Rule, other: Rule) -> bool:
    return (one.valid_from or date.min) <= (other.valid_to or date.max) and (other.valid_from or date.min) <= (
        one.valid_to or date.max
    )


def _covered(schedule: Schedule, now: datetime) -> set[UUID]:
    """Which agreed appointments lie inside the present hours."""
    agreed = queries.still_agreed(schedule, now)
    if not agreed:
        return set()
    first, last = min(one.starts_at for one in agreed), max(one.ends_at for one in agreed)
    times = queries.times_of([schedule], first, last, now)[schedule.pk]
    return {
        one.pk
        for one in agreed
        if slots.covers(times.rules_for(one.visit_type), times.closures, schedule.zone, one.as_span())
    }


def _refuse_harm(schedule: Schedule, covered: set[UUID], keep_agreed: bool, now: datetime) -> None:
    harmed = covered - _covered(schedule, now)
    if harmed and not keep_agreed:
        raise AppointmentsAffected(sorted(str(one) for one in harmed))


def _note(by: Actor, schedule: Schedule, what: str, **detail: object) -> None:
    audit.record(by, "booking.schedule", schedule, facility_id=schedule.facility_id, detail={"what": what, **detail})
