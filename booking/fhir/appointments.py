"""Appointments as FHIR R4 resources."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from booking import access
from booking.fhir.words import SlotName, between, id_of, mode_concept
from booking.models import Appointment, OutsideNumber, Status
from core import fhir
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
ZONE = "Asia/Ho_Chi_Minh"  # of a day in a search across schedules


class Appointments:
    """What /fhir/R4/Appointment answers, limited to what the actor may see."""

    parameters = {
        "patient": "reference",
        "status": "token",
        "identifier": "token",
        "date": "date",
        "practitioner": "reference",
    }

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
        """List appointments, the latest first, at most 100; see `parameters` for what narrows. Raises Invalid."""
        rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule")
        rows = rows.prefetch_related("outside_numbers")
        rows = rows.filter(access.visible_appointments(by))
        if "patient" in params:
            try:
                rows = rows.filter(person=UUID(params["patient"].removeprefix("Patient/")))
            except ValueError as error:
                raise Invalid(fields={"patient": ["Patient/<id>"]}) from error
        if "status" in params:
            wanted = set(params["status"].split(","))
            rows = rows.filter(status__in=[ours for ours, theirs in STATUS.items() if theirs in wanted])
        practitioner_id = id_of(params, "practitioner", "Practitioner")
        if practitioner_id is not None:
            rows = rows.filter(practitioner=practitioner_id)
        if params.get("identifier"):
            rows = rows.filter(outside_numbers__in=numbers(by, params["identifier"]))
        if params.get("date"):
            days = between(fhir.values_of(params, "date"), "date", ZONE)
            if days.since is not None:
                rows = rows.filter(during__startswith__gte=days.since)
            if days.until is not None:
                rows = rows.filter(during__startswith__lt=days.until)
        return [resource(one, by, now) for one in rows.order_by("-during", "-pk")[:MOST]]


def resource(appointment: Appointment, by: Actor, now: datetime) -> dict[str, Any]:
    """Give one appointment as a FHIR R4 resource; the desk reads no clinical text."""
    status = Status.EXPIRED if appointment.is_overdue(now) else Status(appointment.status)
    found: dict[str, Any] = {
        "resourceType": "Appointment",
        "id": str(appointment.pk),
        "status": STATUS[status],
        "serviceType": [{"text": appointment.visit_type.name_vi}],
        "appointmentType": mode_concept(appointment.mode),
        "slot": [{"reference": f"Slot/{slot_of(appointment)}"}],
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
    if appointment.reason and by.role not in {"desk", "hospital"}:
        found["reasonCode"] = [{"text": appointment.reason}]
    if status in {Status.CANCELLED, Status.EXPIRED, Status.RESCHEDULED}:
        found["cancelationReason"] = {"text": appointment.cancelled_by or str(status)}
    if by.role == "hospital":  # its own numbers are for its systems
        found["identifier"] = [
            {"system": one.system or None, "value": one.value} for one in appointment.outside_numbers.all()
        ]
    return found


def slot_of(appointment: Appointment) -> SlotName:
    """Name the slot an appointment fills."""
    return SlotName(appointment.schedule_id, appointment.visit_type_id, appointment.starts_at)


def numbers(by: Actor, identifier: str) -> QuerySet[OutsideNumber]:
    """Return the numbers of the facility's own systems that fit `system|value` or `value`."""
    system, bar, value = identifier.rpartition("|")
    rows = OutsideNumber.objects.filter(value=value, facility=by.facility_id if by.role == "hospital" else None)
    return rows.filter(system=system) if bar else rows


def _participant(kind: str, id: UUID, display: str) -> dict[str, Any]:
    return {"actor": {"reference": f"{kind}/{id}", "display": display}, "status": "accepted"}


def bare(appointment: Appointment, now: datetime) -> dict[str, Any]:
    """Give an appointment for a web hook: ids, times and state; neither names nor why people come."""
    system = Actor.hospital(appointment.pk, appointment.facility_id, "", frozenset())
    found = resource(appointment, system, now)
    for part in found["participant"]:
        part["actor"].pop("display", None)
    found.pop("cancelationReason", None)
    return found
