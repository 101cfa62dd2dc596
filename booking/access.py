"""The only ways from an id to a row. What is absent and what is not yours are told alike: NotFound."""

from uuid import UUID

from django.db.models import Q

import audit
from booking.models import Appointment, Closure, Rule, Schedule
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access


def visible_appointments(by: Actor, *scopes: str) -> Q:
    """Say which appointments this actor may touch; a citizen with any of these scopes of delegation."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        people = Q(pk__in=[])
        for scope in scopes or ("read", "book"):
            people |= Q(person__in=identity_access.people_of(by, scope))
        return people
    if by.role == "practitioner" and by.practitioner_id:
        return Q(practitioner_id=by.practitioner_id)
    if by.role == "desk" and by.facility_id:
        return Q(facility_id=by.facility_id)
    return Q(pk__in=[])


def get_appointment(by: Actor, appointment_id: UUID) -> Appointment:
    """Give an appointment to its citizen, its practitioner or the desk; staff leave a line in the access log.

    Raises NotFound.
    """
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule")
    appointment = rows.filter(visible_appointments(by), pk=appointment_id).first()
    if appointment is None:
        raise NotFound
    if by.is_staff:
        audit.record(
            by, "booking.read", appointment, person_id=appointment.person_id, facility_id=appointment.facility_id
        )
    return appointment


def lock_appointment(by: Actor, appointment_id: UUID, *scopes: str) -> Appointment:
    """Give the row locked until the transaction ends. Raises NotFound."""
    rows = Appointment.objects.select_for_update(of=("self",)).filter(pk=appointment_id)
    appointment = rows.filter(visible_appointments(by, *(scopes or ("book",)))).first()
    if appointment is None:
        raise NotFound
    return appointment


def visible_schedules(by: Actor) -> Q:
    """Say which schedules this actor may see in the consoles: the desk its facility's, a practitioner their own."""
    if by.is_system:
        return Q()
    if by.role == "desk" and by.facility_id:
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

    All schedules of the practitioner are locked, in the order of their ids, so two lines cannot wait for each other.
    """
    practitioner = Schedule.objects.filter(pk=schedule_id).values("practitioner_id")
    locked = Schedule.objects.select_for_update(of=("self",)).select_related("practitioner", "facility")
    for schedule in locked.filter(practitioner_id__in=practitioner).order_by("pk"):
        if schedule.pk == schedule_id:
            found = schedule
            break
    else:
        raise NotFound
    return found


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
