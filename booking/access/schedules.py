"""Schedules and what is in them."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from booking.models import Closure, Rule, Schedule, Undo
from core.actor import Actor
from core.errors import NotFound


def visible_schedules(by: Actor) -> Q:
    """Say which schedules this actor may see: desk and systems those of the facility, a practitioner their own."""
    if by.is_system:
        return Q()
    if by.role in {"desk", "hospital"} and by.facility_id:
        return Q(facility_id=by.facility_id)
    if by.role == "practitioner" and by.practitioner_id:
        return Q(practitioner_id=by.practitioner_id)
    return Q(pk__in=[])


def get_schedule(by: Actor, schedule_id: UUID) -> Schedule:
    """Give a schedule to the desk or its practitioner. Raises NotFound."""
    rows = Schedule.objects.select_related("practitioner", "facility")
    schedule = rows.filter(visible_schedules(by), pk=schedule_id).first()
    if schedule is None:
        raise NotFound
    return schedule


def lock_schedule(by: Actor, schedule_id: UUID) -> Schedule:
    """Give a schedule to those who may change it: the desk of its facility. Raises NotFound."""
    if not (by.is_system or by.role == "desk"):
        raise NotFound
    get_schedule(by, schedule_id)
    return lock_times_of(schedule_id)


def lock_times_of(schedule_id: UUID) -> Schedule:
    """Make all who want this practitioner's time, at whatever facility, stand in one line. Raises NotFound.

    All schedules of the practitioner are locked, in the order of their ids, so two lines cannot wait for each other. Their
    keys are not: who books holds the row of a day and then points at its schedule; the desk goes the other way round.
    """
    practitioner = Schedule.objects.filter(pk=schedule_id).values("practitioner_id")
    locked = Schedule.objects.select_for_update(of=("self",), no_key=True).select_related("practitioner", "facility")
    for schedule in locked.filter(practitioner_id__in=practitioner).order_by("pk"):
        if schedule.pk == schedule_id:
            found = schedule
            break
    else:
        raise NotFound
    return found


def lock_schedules(by: Actor, schedule_ids: Collection[UUID]) -> list[Schedule]:
    """Give several schedules to those who may change them, all times of their practitioners locked. Raises NotFound."""
    wanted = set(schedule_ids)
    mine = Schedule.objects.filter(visible_schedules(by), pk__in=wanted)
    if not (by.is_system or by.role == "desk") or mine.count() != len(wanted):
        raise NotFound
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True).select_related("practitioner", "facility")
    locked = rows.filter(practitioner_id__in=mine.values("practitioner_id")).order_by("pk")
    return [schedule for schedule in locked if schedule.pk in wanted]


def lock_undo(by: Actor, undo_id: UUID) -> Undo:
    """Give a change that may be taken back to the one who made it. Raises NotFound."""
    if by.role != "desk" or by.user_id is None or by.facility_id is None:
        raise NotFound
    row = Undo.objects.select_for_update().filter(pk=undo_id, user_id=by.user_id, facility_id=by.facility_id).first()
    if row is None:
        raise NotFound
    return row


def get_bookable(schedule_id: UUID) -> Schedule:
    """Give a schedule to whoever asks for a time of it; anyone may. Raises NotFound."""
    rows = Schedule.objects.select_related("practitioner", "facility").prefetch_related("practitioner__specialties")
    schedule = rows.filter(pk=schedule_id).first()
    if schedule is None:
        raise NotFound
    return schedule


def get_rule(schedule: Schedule, rule_id: UUID) -> Rule:
    """Give a rule of this very schedule. Raises NotFound."""
    rule = Rule.objects.filter(pk=rule_id, schedule=schedule).first()
    if rule is None:
        raise NotFound
    return rule


def get_closure(schedule: Schedule, closure_id: UUID) -> Closure:
    """Give an exception of this very schedule. Raises NotFound."""
    closure = Closure.objects.filter(pk=closure_id, schedule=schedule).first()
    if closure is None:
        raise NotFound
    return closure
