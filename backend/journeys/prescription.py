"""A prescription's way to the citizen and the pharmacy: who is told what, when."""

from __future__ import annotations

from uuid import UUID

import notifications.actions
import prescriptions.actions
import prescriptions.queries
import realtime.actions
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.queries import contacts_of, staff_of
from prescriptions.events import (
    PrescriptionAccepted,
    PrescriptionCancelled,
    PrescriptionDispensed,
    PrescriptionExpired,
    PrescriptionPartDispensed,
    PrescriptionReturned,
    PrescriptionRouted,
    PrescriptionSigned,
)

STORY = Actor.system("prescription")


def _tell_citizen(kind: str, prescription_id: str, person_id: str, part: int = 0) -> None:
    facts = prescriptions.queries.get_facts(UUID(prescription_id))
    notifications.actions.send(
        kind=kind,
        to_person_id=UUID(person_id),
        params={
            "code": facts.code,
            "practitioner": facts.practitioner_name,
            "pharmacy": facts.pharmacy_name,
            "valid_until": facts.valid_until.isoformat() if facts.valid_until else "",
        },
        key=f"{kind}:{prescription_id}" + (f":{part}" if part else ""),
        about=Ref("prescription", UUID(prescription_id)),
        by=STORY,
        now=this_instant(),
    )


def _ring(kind: str, prescription_id: str, person_id: str, pharmacy_id: str = "") -> None:
    listeners = [user.id for user in contacts_of(UUID(person_id))]
    if pharmacy_id:
        listeners += [user.id for user in staff_of(UUID(pharmacy_id), "pharmacist")]
    subject = Ref("prescription", UUID(prescription_id))
    realtime.actions.publish(user_ids=listeners, kind=kind, subject=subject, by=STORY, now=this_instant())


@on(PrescriptionSigned)
def tell_the_citizen_it_is_ready(event: PrescriptionSigned) -> None:
    """Signed: the citizen can choose a pharmacy."""
    _tell_citizen("prescription_ready", event.prescription_id, event.person_id)
    _ring("prescription.signed", event.prescription_id, event.person_id)


@on(PrescriptionSigned)
def set_it_on_paper(event: PrescriptionSigned) -> None:
    """Signed: the paper is made while the doctor's signature is fresh, whoever asks for it later."""
    prescriptions.actions.make_document(prescription_id=UUID(event.prescription_id), by=STORY, now=this_instant())


@on(PrescriptionRouted)
def tell_the_pharmacy(event: PrescriptionRouted) -> None:
    """Chosen: the pharmacy's staff see it in their list."""
    for user in staff_of(UUID(event.pharmacy_id), "pharmacist"):
        notifications.actions.send(
            kind="prescription_routed",
            to_user_id=user.id,
            params={},
            key=f"prescription_routed:{event.prescription_id}:{event.pharmacy_id}:{user.id}",
            about=Ref("prescription", UUID(event.prescription_id)),
            by=STORY,
            now=this_instant(),
        )
    _ring("prescription.routed", event.prescription_id, event.person_id, event.pharmacy_id)


@on(PrescriptionDispensed)
def tell_the_citizen_it_was_dispensed(event: PrescriptionDispensed) -> None:
    """Collected: the citizen (and who reads for them) hears of it, wanted or not by whom."""
    _tell_citizen("prescription_dispensed", event.prescription_id, event.person_id)
    _ring("prescription.dispensed", event.prescription_id, event.person_id, event.pharmacy_id)


@on(PrescriptionPartDispensed)
def tell_the_citizen_a_part_was_dispensed(event: PrescriptionPartDispensed) -> None:
    """One part collected: the citizen hears of each."""
    _tell_citizen("prescription_dispensed", event.prescription_id, event.person_id, event.part)
    _ring("prescription.dispensed", event.prescription_id, event.person_id, event.pharmacy_id)


@on(PrescriptionAccepted)
def ring_accepted(event: PrescriptionAccepted) -> None:
    """Taken in hand: open pages show it."""
    _ring("prescription.accepted", event.prescription_id, event.person_id, event.pharmacy_id)


@on(PrescriptionReturned)
def ring_returned(event: PrescriptionReturned) -> None:
    """Given back: open pages show it."""
    _ring("prescription.returned", event.prescription_id, event.person_id, event.pharmacy_id)


@on(PrescriptionCancelled)
def ring_cancelled(event: PrescriptionCancelled) -> None:
    """Cancelled: open pages show it, the counter's too where a pharmacy holds it or was chosen."""
    pharmacy_id = prescriptions.queries.get_facts(UUID(event.prescription_id)).pharmacy_id
    _ring("prescription.cancelled", event.prescription_id, event.person_id, str(pharmacy_id or ""))


@on(PrescriptionExpired)
def ring_expired(event: PrescriptionExpired) -> None:
    """Its days ran out: open pages show it."""
    _ring("prescription.expired", event.prescription_id, event.person_id)
