"""What a hospital's system may write over FHIR: make an appointment in a slot, and give it up (settings.FHIR_WRITERS)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from booking import access, actions
from booking.fhir import appointments
from booking.fhir.words import SlotName, mode_system
from core import fhir
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.fhir import Resource, WrongParameter
from identity.queries import visit_types

NEW = {"proposed", "pending", "booked"}


class AppointmentWriter:
    """Create and update of Appointment."""

    def create(self, by: Actor, body: Resource, if_none_exist: str, now: datetime) -> tuple[Resource, bool]:
        """Book the slot for the patient; gives the appointment, and whether it is new.

        Raises Invalid, NotFound and what booking raises.
        """
        if if_none_exist:
            known = self._known(by, if_none_exist, now)
            if known is not None:
                return known, False
        if body.get("status") not in NEW:
            raise _wrong("Appointment.status", _("A new appointment is proposed, pending or booked."))
        slot = self._slot(body)
        appointment, fresh = actions.book_for_hospital(
            schedule_id=slot.schedule_id,
            starts_at=slot.starts_at,
            visit_type_id=slot.visit_type_id,
            person_id=self._patient(by, body),
            mode=self._mode(slot, body),
            reason=_text_of(body)[:500],
            condition=_condition_of(body),
            numbers=_numbers(body),
            by=by,
            now=now,
        )
        return appointments.resource(appointment, by, now), fresh

    def update(self, by: Actor, id: UUID, body: Resource, now: datetime) -> Resource:
        """Give an appointment up: the one change we take. Raises Invalid, NotFound, TooLate, WrongState."""
        if body.get("id") != str(id):
            raise _wrong("Appointment.id", _("The body is about another appointment."))
        known = access.get_appointment(by, id)
        if body.get("status") != "cancelled":
            raise _wrong("Appointment.status", _("An appointment can only be cancelled here."))
        starts_at = _instant(body.get("start"))
        if starts_at is not None and starts_at != known.starts_at:
            raise _wrong("Appointment.start", _("An appointment can only be cancelled here."))
        return self._cancel(by, id, _reason_of(body.get("cancelationReason")), now)

    def patch(self, by: Actor, id: UUID, steps: list[Any], now: datetime) -> Resource:
        """The same as JSON Patch: replace /status by cancelled, perhaps with a /cancelationReason. Raises like update."""
        values: dict[str, Any] = {}
        now_so = appointments.resource(access.get_appointment(by, id), by, now)
        for step in steps:
            if not isinstance(step, dict) or step.get("op") not in ("replace", "add", "test"):
                raise _wrong("op", _("An appointment can only be cancelled here."))
            if step.get("path") not in ("/status", "/cancelationReason"):
                raise _wrong("path", _("An appointment can only be cancelled here."))
            if step["op"] != "test":
                values[step["path"]] = step.get("value")
            elif step.get("value") != {**now_so, **_named(values)}.get(step["path"][1:]):
                raise _wrong("path", _("The appointment is not as the patch expects it to be."))
        if values.get("/status") != "cancelled":
            raise _wrong("path", _("An appointment can only be cancelled here."))
        return self._cancel(by, id, _reason_of(values.get("/cancelationReason")), now)

    def _cancel(self, by: Actor, id: UUID, reason: str, now: datetime) -> Resource:
        cancelled = actions.cancel_appointment(appointment_id=id, reason=reason, by=by, now=now)
        return appointments.resource(cancelled, by, now)

    def _known(self, by: Actor, if_none_exist: str, now: datetime) -> Resource | None:
        name, _equals, value = if_none_exist.partition("=")
        if name != "identifier" or not value or "&" in value:
            raise WrongParameter(fields={"If-None-Exist": [_("identifier=<system>|<value> is expected.")]})
        found = appointments.Appointments.search(by, {"identifier": value}, now)
        if len(found) > 1:
            raise WrongParameter(fields={"If-None-Exist": [_("This fits several appointments.")]})
        return found[0] if found else None

    def _slot(self, body: Resource) -> SlotName:
        slots = body.get("slot") or []
        reference = str(slots[0].get("reference", "")) if len(slots) == 1 else ""
        try:
            slot = SlotName.parse(reference.rpartition("Slot/")[2])
        except NotFound as error:
            raise _wrong("Appointment.slot", _("Name one slot of this server: Slot/<id>.")) from error
        starts_at = _instant(body.get("start"))
        if starts_at is not None and starts_at != slot.starts_at:
            raise _wrong("Appointment.start", _("The appointment begins when its slot does."))
        return slot

    def _mode(self, slot: SlotName, body: Resource) -> str:
        """The way of the visit: said in appointmentType, or the only one there is."""
        kind = visit_types().filter(pk=slot.visit_type_id).first()
        if kind is None:
            raise NotFound
        modes = kind.modes
        concept = body.get("appointmentType") or {}
        codes = [one.get("code") for one in concept.get("coding") or [] if one.get("system") == mode_system()]
        said = codes[0] if codes else concept.get("text")
        if said is None and len(modes) == 1:
            return modes[0]
        if said not in modes:
            raise _wrong(
                "Appointment.appointmentType", _("One of %(modes)s is expected.") % {"modes": ", ".join(modes)}
            )
        return str(said)

    def _patient(self, by: Actor, body: Resource) -> UUID:
        patients = []
        for part in body.get("participant") or []:
            actor = part.get("actor") or {}
            reference = str(actor.get("reference", ""))
            if "Patient/" in reference or (not reference and actor.get("type", "Patient") == "Patient"):
                patients.append(actor)
        if len(patients) != 1:
            raise _wrong("Appointment.participant", _("Exactly one patient is expected."))
        try:
            return self._known_patient(by, patients[0])
        except NotFound as error:
            raise _wrong("Appointment.participant", _("This facility does not know this patient.")) from error

    def _known_patient(self, by: Actor, actor: Resource) -> UUID:
        reference = str(actor.get("reference", ""))
        if reference:
            try:
                return access.get_patient(by, UUID(reference.rpartition("Patient/")[2])).pk
            except ValueError as error:
                raise NotFound from error
        identifier = actor.get("identifier") or {}
        if identifier.get("system") != fhir.system("national_id"):
            raise NotFound
        return access.get_patient_with(by, national_id=str(identifier.get("value", ""))).pk


def _named(values: dict[str, Any]) -> dict[str, Any]:
    """What the steps so far have said, by the names of the resource."""
    return {path[1:]: value for path, value in values.items()}


def _wrong(where: str, words: str) -> Invalid:
    return Invalid(fields={where: [words]})


def _instant(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        at = parse_datetime(str(text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise _wrong("Appointment.start", _("An instant with its offset is expected."))
    return at


def _numbers(body: Resource) -> list[tuple[str, str]]:
    found = []
    for one in body.get("identifier") or []:
        system, value = str(one.get("system") or ""), str(one.get("value") or "")
        if not value or len(value) > 100 or len(system) > 200 or "|" in value:
            raise _wrong("Appointment.identifier", _("A value of at most 100 characters is expected."))
        if (system, value) not in found:
            found.append((system, value))
    if len(found) > 5:
        raise _wrong("Appointment.identifier", _("At most five numbers."))
    return found


def _text_of(body: Resource) -> str:
    return " · ".join(_reason_of(one) for one in body.get("reasonCode") or [] if _reason_of(one))


def _condition_of(body: Resource) -> str:
    """What the visit is about as ICD-10, where a reasonCode says so: visits at a distance need one of TT 30/2023."""
    for concept in body.get("reasonCode") or []:
        codings = concept.get("coding") if isinstance(concept, dict) else None
        for one in codings if isinstance(codings, list) else []:
            if isinstance(one, dict) and one.get("system") == fhir.ICD10:
                return str(one.get("code") or "")[:12]
    return ""


def _reason_of(concept: Any) -> str:
    if not isinstance(concept, dict):
        return ""
    codings = concept.get("coding")
    shown = (
        [str(one.get("display") or "") for one in codings if isinstance(one, dict)] if isinstance(codings, list) else []
    )
    return str(concept.get("text") or next((one for one in shown if one), ""))[:500]
