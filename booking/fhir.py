"""Appointments as FHIR R4 resources."""

from datetime import datetime
from typing import Any
from uuid import UUID

from booking import access
from booking.models import Appointment, Status
from core.actor import Actor
from core.errors import Invalid, NotFound

# FHIR R4 AppointmentStatus; it knows neither "expired" nor "moved".
STATUS = {
    Status.HELD: "pending",
    Status.BOOKED: "booked",
    Status.CHECKED_IN: "checked-in",
    Status.IN_CONSULTATION: "arrived",
    Status.INTERRUPTED: "arrived",
    Status.FULFILLED: "fulfilled",
    Status.EXPIRED: "cancelled",
    Status.CANCELLED: "cancelled",
    Status.RESCHEDULED: "cancelled",
    Status.NO_SHOW: "noshow",
}
MOST = 100


class Appointments:
    """What /fhir/R4/Appointment answers, limited to what the actor may see."""

    @staticmethod
    def read(by: Actor, id: str | UUID, now: datetime) -> dict[str, Any]:
        """Give one appointment. Raises NotFound."""
        try:
            appointment_id = UUID(str(id))
        except ValueError as error:
            raise NotFound from error
        return resource(access.get_appointment(by, appointment_id), by, now)

    @staticmethod
    def search(by: Actor, params: dict[str, str], now: datetime) -> list[dict[str, Any]]:
        """List appointments, the latest first, at most 100; `patient` and `status` narrow. Raises Invalid."""
        rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type")
        rows = rows.filter(access.visible_appointments(by))
        if "patient" in params:
            try:
                rows = rows.filter(person=UUID(params["patient"].removeprefix("Patient/")))
            except ValueError as error:
                raise Invalid(fields={"patient": ["Patient/<id>"]}) from error
        if "status" in params:
            wanted = set(params["status"].split(","))
            rows = rows.filter(status__in=[ours for ours, theirs in STATUS.items() if theirs in wanted])
        return [resource(one, by, now) for one in rows.order_by("-during", "-pk")[:MOST]]


def resource(appointment: Appointment, by: Actor, now: datetime) -> dict[str, Any]:
    """Give one appointment as a FHIR R4 resource; the desk reads no clinical text."""
    status = Status.EXPIRED if appointment.is_overdue(now) else Status(appointment.status)
    found: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": str(appointment.pk),
        "status": STATUS[status],
        "serviceType": [{"text": appointment.visit_type.name_vi}],
        "appointmentType": {"text": appointment.mode},
        "start": appointment.starts_at.isoformat(),
        "end": appointment.ends_at.isoformat(),
        "minutesDuration": round((appointment.ends_at - appointment.starts_at).total_seconds() / 60),
        "created": appointment.created_at.isoformat(),
        "participant": [
            _participant("Patient", appointment.person_id, appointment.person.full_name),
            _participant("Practitioner", appointment.practitioner_id, appointment.practitioner.display_name),
            _participant("Location", appointment.facility_id, appointment.facility.name),
        ],
    }
    if appointment.reason and by.role != "desk":
        found["reasonCode"] = [{"text": appointment.reason}]
    if status in {Status.CANCELLED, Status.EXPIRED, Status.RESCHEDULED}:
        found["cancelationReason"] = {"text": appointment.cancelled_by or str(status)}
    return found


def _participant(kind: str, id: UUID, display: str) -> dict[str, Any]:
    return {"actor": {"reference": f"{kind}/{id}", "display": display}, "status": "accepted"}
