"""Who has it, told on: pharmacies hear a question at once, the citizen hears the answers, and nothing kept is forgotten."""

from __future__ import annotations

from datetime import datetime
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
    InquiryEnded,
    MedicinesReserved,
    PharmaciesAsked,
    PharmacyAnswered,
    PrescriptionCancelled,
    PrescriptionDispensed,
    PrescriptionExpired,
    PrescriptionReturned,
    ReservationEnded,
)

STORY = Actor.system("asking")


def _ring_pharmacies(kind: str, subject: Ref, pharmacy_ids: list[str]) -> None:
    staff = [user.id for pharmacy_id in pharmacy_ids for user in staff_of(UUID(pharmacy_id), "pharmacist")]
    if staff:
        realtime.actions.publish(user_ids=staff, kind=kind, subject=subject, by=STORY, now=this_instant())


def _ring_citizen(kind: str, prescription_id: str, person_id: str) -> None:
    listeners = [user.id for user in contacts_of(UUID(person_id))]
    subject = Ref("prescription", UUID(prescription_id))
    realtime.actions.publish(user_ids=listeners, kind=kind, subject=subject, by=STORY, now=this_instant())


@on(PharmaciesAsked)
def ring_the_pharmacies(event: PharmaciesAsked) -> None:
    """Asked: open counters show the question. The bell names the question, not the prescription and not the person."""
    _ring_pharmacies("inquiry.asked", Ref("inquiry", UUID(event.inquiry_id)), event.pharmacy_ids)


@on(InquiryEnded)
def clear_the_counters(event: InquiryEnded) -> None:
    """Over: it leaves the counters, and the citizen's page says so."""
    _ring_pharmacies("inquiry.ended", Ref("inquiry", UUID(int=0)), event.pharmacy_ids)
    _ring_citizen("prescription.inquiry", event.prescription_id, event.person_id)


@on(PharmacyAnswered)
def ring_the_citizen(event: PharmacyAnswered) -> None:
    """Answered: the citizen's page shows it; the first pharmacy that has something is told of by a message as well."""
    _ring_citizen("prescription.answered", event.prescription_id, event.person_id)
    if not event.has_it:
        return
    inquiry = prescriptions.queries.get_inquiry_facts(UUID(event.prescription_id), UUID(event.pharmacy_id))
    if inquiry is None:
        return
    notifications.actions.send(
        kind="pharmacy_has_it",
        to_person_id=UUID(event.person_id),
        params={"pharmacy": inquiry.pharmacy_name},
        key=f"pharmacy_has_it:{inquiry.id}",
        about=Ref("prescription", UUID(event.prescription_id)),
        by=STORY,
        now=this_instant(),
    )


@on(MedicinesReserved)
def tell_the_pharmacy(event: MedicinesReserved) -> None:
    """Reserved: the pharmacy's staff get it ready."""
    facts = prescriptions.queries.get_reservation_facts(UUID(event.reservation_id))
    for user in staff_of(UUID(event.pharmacy_id), "pharmacist"):
        notifications.actions.send(
            kind="reservation_made",
            to_user_id=user.id,
            params={"kept_until": facts.until.isoformat(), "zone": facts.zone},
            key=f"reservation_made:{event.reservation_id}:{user.id}",
            about=Ref("prescription", UUID(event.prescription_id)),
            by=STORY,
            now=this_instant(),
        )
    subject = Ref("prescription", UUID(event.prescription_id))
    _ring_pharmacies("prescription.reserved", subject, [event.pharmacy_id])
    _ring_citizen("prescription.reserved", event.prescription_id, event.person_id)


@on(ReservationEnded)
def tell_that_nothing_is_kept(event: ReservationEnded) -> None:
    """Ended: both pages show it; who let it run out is told."""
    subject = Ref("prescription", UUID(event.prescription_id))
    _ring_pharmacies("prescription.reservation_ended", subject, [event.pharmacy_id])
    _ring_citizen("prescription.reservation_ended", event.prescription_id, event.person_id)
    if event.ending != "expired":
        return
    facts = prescriptions.queries.get_reservation_facts(UUID(event.reservation_id))
    notifications.actions.send(
        kind="reservation_expired",
        to_person_id=UUID(event.person_id),
        params={"pharmacy": facts.pharmacy_name},
        key=f"reservation_expired:{event.reservation_id}",
        about=Ref("prescription", UUID(event.prescription_id)),
        by=STORY,
        now=this_instant(),
    )


def _settle(prescription_id: str, now: datetime, gave_back: str = "") -> None:
    prescriptions.actions.settle_reservations(
        prescription_id=UUID(prescription_id), gave_back=UUID(gave_back) if gave_back else None, by=STORY, now=now
    )


@on(PrescriptionDispensed)
def free_what_was_kept(event: PrescriptionDispensed) -> None:
    """Collected: whatever is still kept elsewhere is free again."""
    _settle(event.prescription_id, this_instant())


@on(PrescriptionReturned)
def free_what_is_left(event: PrescriptionReturned) -> None:
    """Given back: what this pharmacy kept and did not hand out is free again."""
    _settle(event.prescription_id, this_instant(), event.pharmacy_id)


@on(PrescriptionCancelled)
def free_what_nobody_collects(event: PrescriptionCancelled) -> None:
    """Cancelled: every counter that has it on a screen hears it, and nothing is kept for it any more."""
    watching = prescriptions.queries.watched_by(UUID(event.prescription_id), this_instant())
    subject = Ref("prescription", UUID(event.prescription_id))
    _ring_pharmacies("prescription.cancelled", subject, [str(one) for one in watching])
    _settle(event.prescription_id, this_instant())


@on(PrescriptionExpired)
def free_what_nobody_collected(event: PrescriptionExpired) -> None:
    """Its days ran out: nothing is kept for it any more."""
    _settle(event.prescription_id, this_instant())
