"""Appointments: their citizen, their practitioner, the desk."""

from uuid import UUID

from django.db.models import Q

import audit
from booking.models import Appointment
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from identity.models import Person


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
    if by.role in {"desk", "hospital"} and by.facility_id:
        return Q(facility_id=by.facility_id)
    return Q(pk__in=[])


def get_appointment(by: Actor, appointment_id: UUID) -> Appointment:
    """Give an appointment to its citizen, its practitioner or the desk; staff and systems leave a line.

    Raises NotFound.
    """
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule", "pilot")
    appointment = rows.filter(visible_appointments(by), pk=appointment_id).first()
    if appointment is None:
        raise NotFound
    if by.is_staff or by.role == "hospital":
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


def get_patient(by: Actor, person_id: UUID) -> Person:
    """Give a hospital's system a patient its facility knows: one who ever had a visit agreed there. Raises NotFound."""
    return _patient_of(by, Q(pk=person_id))


def get_patient_with(by: Actor, *, national_id: str) -> Person:
    """Give the same by the personal identification number. Raises NotFound, also for a number of somebody unknown here."""
    return _patient_of(by, Q(national_id=national_id))


def _patient_of(by: Actor, who: Q) -> Person:
    if by.role != "hospital" or by.facility_id is None:
        raise NotFound
    here = Appointment.objects.filter(facility=by.facility_id, booked_at__isnull=False)
    person = Person.objects.filter(who, pk__in=here.values("person_id")).first()
    if person is None:
        raise NotFound
    return person
