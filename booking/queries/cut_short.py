"""What the journeys need to know of a visit that was too short."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking import access
from booking.models import Appointment, CutShort
from core.actor import Actor


@dataclass(frozen=True)
class CutShortFacts:
    """How it stands; `rebooked_as` is the visit that took its place."""

    id: UUID
    is_open: bool
    decide_by: datetime
    rebooked_as: UUID | None


def cut_short_facts(appointment_id: UUID) -> CutShortFacts | None:
    """Give it to a journey; None where the visit was long enough."""
    case = CutShort.objects.filter(appointment_id=appointment_id).first()
    if case is None:
        return None
    return CutShortFacts(case.pk, case.status == CutShort.Status.OPEN, case.decide_by, case.rebooked_as_id)


def cut_short_of_encounter(by: Actor, encounter_id: UUID) -> CutShort | None:
    """Give the case of a visit to who may choose for its citizen; None for anybody else and where it was long enough."""
    if by.role != "citizen":
        return None
    visits = Appointment.objects.filter(access.visible_appointments(by, "book"), encounter=encounter_id)
    return CutShort.objects.filter(appointment__in=visits).first()
