"""What the desk does to schedules: weekly hours, time off, extra hours, other hours for once, buffers.

A change that would leave agreed appointments without their place (outside the hours, without a seat, without the minutes
kept free around them) is refused with AppointmentsAffected, which names them. With `keep_agreed` the desk says that it
has seen them: the hours change, the appointments stay agreed. Every change ends with the days that search reads.
"""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import available_timezones

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, days
from booking.actions import buffers, harm
from booking.actions.hours import refuse_bad_exception, refuse_bad_rule, refuse_odd, refuse_overlap
from booking.actions.undoing import undoable
from booking.errors import AppointmentsAffected, BadHours, BadZone, ScheduleExists
from booking.models import Closure, Rule, Schedule
from booking.queries.free import LONGEST_HORIZON_DAYS
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from identity.models import Facility, Membership, Practitioner, VisitType

A_YEAR = timedelta(days=366)
AT_ONCE = 20  # schedules


@transaction.atomic
def add_schedule(
    *,
    practitioner_id: UUID,
    facility_id: UUID,
    zone: str = "",
    room: str = "",
    min_notice_minutes: int = 30,
    horizon_days: int = 60,
    buffer_before_minutes: int = 0,
    buffer_after_minutes: int = 0,
    by: Actor,
    now: datetime,
) -> Schedule:
    """Open a schedule for a practitioner of the facility; without `zone` it is the facility's.

    Raises NotFound, BadZone, OffMarks, ScheduleExists.
    """
    refuse_odd("buffer_before_minutes", buffer_before_minutes)
    refuse_odd("buffer_after_minutes", buffer_after_minutes)
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
                buffer_before_minutes=buffer_before_minutes,
                buffer_after_minutes=buffer_after_minutes,
                created_at=now,
            )
    except IntegrityError as error:
        raise ScheduleExists from error
    days.rebuild([schedule.pk], now=now)
    _note(by, schedule, "added")
    return schedule


@undoable
@transaction.atomic
def change_schedule(
    *,
    schedule_id: UUID,
    room: str | None = None,
    active: bool | None = None,
    min_notice_minutes: int | None = None,
    horizon_days: int | None = None,
    buffer_before_minutes: int | None = None,
    buffer_after_minutes: int | None = None,
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Schedule:
    """Change what is given and leave the rest. Inactive: nothing more can be booked; what is agreed stays.

    New buffers hold for what is agreed already, too; visits too close to another one for that are AppointmentsAffected,
    and with `keep_agreed` they keep what room there is. Raises NotFound, OffMarks, ScheduleExists, AppointmentsAffected.
    """
    refuse_odd("buffer_before_minutes", buffer_before_minutes or 0)
    refuse_odd("buffer_after_minutes", buffer_after_minutes or 0)
    schedule = access.lock_schedule(by, schedule_id)
    old = timedelta(minutes=schedule.buffer_before_minutes), timedelta(minutes=schedule.buffer_after_minutes)
    wishes: dict[str, Any] = {
        "room": room,
        "active": active,
        "min_notice_minutes": min_notice_minutes,
        "horizon_days": horizon_days,
        "buffer_before_minutes": buffer_before_minutes,
        "buffer_after_minutes": buffer_after_minutes,
    }
    changes = {name: value for name, value in wishes.items() if value is not None and value != getattr(schedule, name)}
    if not changes:
        return schedule
    for name, value in changes.items():
        setattr(schedule, name, value)
    schedule.horizon_days = min(schedule.horizon_days, LONGEST_HORIZON_DAYS)
    try:
        with transaction.atomic():
            schedule.save(update_fields=[*changes])
    except IntegrityError as error:
        raise ScheduleExists from error
    touched = [schedule.pk]
    if {"buffer_before_minutes", "buffer_after_minutes"} & changes.keys():
        days.lock([schedule.practitioner_id], (now, now + days.FARTHEST))
        short = buffers.widen(schedule, *old, now)
        if short and not keep_agreed:
            raise AppointmentsAffected(sorted(str(one) for one in short))
        touched = list(Schedule.objects.filter(practitioner=schedule.practitioner_id).values_list("pk", flat=True))
    if changes.keys() - {"room", "horizon_days"}:
        days.rebuild(touched, now=now)
    _note(by, schedule, "changed", **changes)
    return schedule


@undoable
@transaction.atomic
def add_rule(
    *,
    schedule_id: UUID,
    weekday: int,
    from_time: time,
    to_time: time,
    grid_minutes: int = 15,
    offset_minutes: int = 0,
    capacity: int = 1,
    room: str = "",
    valid_from: date | None = None,
    valid_to: date | None = None,
    visit_type_ids: Iterable[UUID] = (),
    by: Actor,
    now: datetime,
) -> Rule:
    """Add weekly hours; `to_time` 00:00 is the end of the day. Raises NotFound, BadHours, OffMarks, RuleOverlaps."""
    schedule = access.lock_schedule(by, schedule_id)
    rule = Rule(
        schedule=schedule,
        weekday=weekday,
        from_time=from_time,
        to_time=to_time,
        grid_minutes=grid_minutes,
        offset_minutes=offset_minutes,
        capacity=capacity,
        room=room,
        valid_from=valid_from,
        valid_to=valid_to,
        created_at=now,
    )
    visit_types = _visit_types(schedule, visit_type_ids)
    refuse_bad_rule(rule)
    refuse_overlap(rule)
    rule.save(force_insert=True)
    rule.visit_types.set(visit_types)
    days.rebuild([schedule.pk], now=now)
    _note(by, schedule, "rule added", rule=str(rule))
    return rule


@undoable
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
    offset_minutes: int = 0,
    capacity: int = 1,
    room: str = "",
    keep_agreed: bool = False,
    by: Actor,
    now: datetime,
) -> Rule:
    """Give weekly hours new values, all of them.

    Raises NotFound, BadHours, OffMarks, RuleOverlaps, AppointmentsAffected.
    """
    schedule = access.lock_schedule(by, schedule_id)
    rule = access.get_rule(schedule, rule_id)
    covered = harm.covered([schedule], now)
    rule.weekday, rule.from_time, rule.to_time = weekday, from_time, to_time
    rule.grid_minutes, rule.offset_minutes = grid_minutes, offset_minutes
    rule.capacity, rule.room = capacity, room
    rule.valid_from, rule.valid_to = valid_from, valid_to
    refuse_bad_rule(rule)
    refuse_overlap(rule)
    rule.save()
    rule.visit_types.set(_visit_types(schedule, visit_type_ids))
    _settle(schedule, covered, keep_agreed, now)
    _note(by, schedule, "rule changed", rule=str(rule))
    return rule


@undoable
@transaction.atomic
def remove_rule(*, schedule_id: UUID, rule_id: UUID, keep_agreed: bool = False, by: Actor, now: datetime) -> None:
    """Take weekly hours away. Raises NotFound, AppointmentsAffected."""
    schedule = access.lock_schedule(by, schedule_id)
    rule = access.get_rule(schedule, rule_id)
    covered = harm.covered([schedule], now)
    said = str(rule)
    rule.delete()
    _settle(schedule, covered, keep_agreed, now)
    _note(by, schedule, "rule removed", rule=said)


@undoable
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
    """Add time off ("closed"), extra hours ("extra"), or other hours that day ("instead"), at most two years ahead.

    Raises NotFound, BadHours, OffMarks, AppointmentsAffected.
    """
    schedule = access.lock_schedule(by, schedule_id)
    if not now - A_YEAR <= starts_at < ends_at <= now + 2 * A_YEAR:
        raise BadHours
    refuse_bad_exception(kind, starts_at, grid_minutes)
    covered = harm.covered([schedule], now)
    closure = Closure.objects.create(
        schedule=schedule,
        during=DateTimeTZRange(starts_at, ends_at),
        kind=kind,
        reason=reason,
        grid_minutes=grid_minutes,
        created_at=now,
    )
    _settle(schedule, covered, keep_agreed, now)
    _note(by, schedule, "exception added", exception=str(closure))
    return closure


@undoable
@transaction.atomic
def remove_closure(*, schedule_id: UUID, closure_id: UUID, keep_agreed: bool = False, by: Actor, now: datetime) -> None:
    """Take an exception back. Raises NotFound, AppointmentsAffected."""
    schedule = access.lock_schedule(by, schedule_id)
    closure = access.get_closure(schedule, closure_id)
    covered = harm.covered([schedule], now)
    said = str(closure)
    closure.delete()
    _settle(schedule, covered, keep_agreed, now)
    _note(by, schedule, "exception removed", exception=said)


def reckon_again(
    *, facility_id: UUID | None = None, practitioner_id: UUID | None = None, by: Actor, now: datetime
) -> int:
    """What may be booked has changed outside of schedules: bring their days up to it; tell how many schedules there are.

    A few at a time, each few in a transaction of their own, so that nobody waits for a whole hospital. Repeatable.
    """
    if not by.is_system:
        raise NotFound
    here = {"facility": facility_id} if facility_id is not None else {"practitioner": practitioner_id}
    ids = list(Schedule.objects.filter(**here).order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(ids), AT_ONCE):
        days.rebuild(ids[start : start + AT_ONCE], now=now)
    return len(ids)


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


def _settle(schedule: Schedule, covered: set[UUID], keep_agreed: bool, now: datetime) -> None:
    harm.refuse([schedule], covered, keep_agreed, now)
    days.rebuild([schedule.pk], now=now)


def _note(by: Actor, schedule: Schedule, what: str, **detail: object) -> None:
    audit.record(by, "booking.schedule", schedule, facility_id=schedule.facility_id, detail={"what": what, **detail})
