"""Visits that were too short: their citizen, and who books for them."""

from uuid import UUID

from booking.access.appointments import lock_appointment, visible_appointments
from booking.models import Appointment, CutShort
from core.actor import Actor
from core.errors import NotFound


def get_cut_short(by: Actor, appointment_id: UUID) -> CutShort:
    """Give what became of a visit that was too short. Raises NotFound, also where it was not."""
    visits = Appointment.objects.filter(visible_appointments(by), pk=appointment_id)
    case = CutShort.objects.select_related("appointment", "rebooked_as").filter(appointment__in=visits).first()
    if case is None:
        raise NotFound
    return case


def find_cut_short(by: Actor, case_id: UUID) -> CutShort:
    """Give the same by its own id, to who may book for its citizen. Raises NotFound."""
    visits = Appointment.objects.filter(visible_appointments(by, "book"))
    rows = CutShort.objects.select_related(
        "appointment__practitioner", "appointment__facility", "appointment__visit_type", "rebooked_as"
    )
    case = rows.filter(appointment__in=visits, pk=case_id).first()
    if case is None:
        raise NotFound
    return case


def lock_cut_short(by: Actor, appointment_id: UUID) -> CutShort:
    """Give the same locked, behind its appointment, to who may book for its citizen. Raises NotFound."""
    appointment = lock_appointment(by, appointment_id)
    case = CutShort.objects.select_for_update().filter(appointment=appointment).first()
    if case is None:
        raise NotFound
    case.appointment = appointment
    return case
