"""Replacing: nothing signed is edited; a new prescription with a new code takes the old one's place (QĐ 425, article 9)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from prescriptions import access
from prescriptions.actions.writing import draft
from prescriptions.choices import CancelReason
from prescriptions.errors import AlreadySigned, CannotReplace, DraftInTheWay
from prescriptions.events import PrescriptionCancelled
from prescriptions.models import Item, Prescription

Status = Prescription.Status


@transaction.atomic
def replace(*, prescription_id: UUID, encounter_id: UUID | None = None, by: Actor, now: datetime) -> Prescription:
    """Begin a draft with the same lines that will take a signed prescription's place once it is signed; until then nothing changes.

    The draft belongs to the same visit, or to a later one of the same person. Begun already, it is returned as it is.
    Raises NotFound, CannotReplace, NotTheVisit, NotAPrescriber, DraftInTheWay.
    """
    old = access.lock_prescription(by, prescription_id, now)
    if by.role != "practitioner":
        raise NotFound()
    if not can_be_replaced(old, now):
        raise CannotReplace()
    begun = draft(encounter_id=encounter_id or old.encounter_id, by=by, now=now)
    if begun.person_id != old.person_id:
        raise NotFound()
    if begun.replaces_id == old.id:
        return begun
    if begun.items.exists():
        raise DraftInTheWay()
    begun.replaces, begun.kind = old, old.kind
    begun.advice = begun.advice or old.advice
    begun.save(update_fields=["replaces", "kind", "advice"])
    Item.objects.bulk_create(
        Item(
            prescription=begun,
            rank=one.rank,
            drug_id=one.drug_id,
            dose_quantity=one.dose_quantity,
            doses_a_day=one.doses_a_day,
            days=one.days,
            total=one.total,
            instruction=one.instruction,
        )
        for one in old.items.order_by("rank")
    )
    return begun


def can_be_replaced(prescription: Prescription, now: datetime) -> bool:
    """Say whether somebody could still collect from it, and nobody has taken it back."""
    if not prescription.is_open or prescription.is_past(now) or prescription.cancel_asked_at is not None:
        return False
    return any(item.remaining for item in prescription.items.all())


@transaction.atomic
def keep_old(*, prescription_id: UUID, by: Actor, now: datetime) -> Prescription:
    """Make a draft one of its own again, which replaces nothing. Raises NotFound, AlreadySigned."""
    prescription = access.lock_prescription(by, prescription_id, now)
    if not prescription.is_draft:
        raise AlreadySigned()
    prescription.replaces = None
    prescription.save(update_fields=["replaces"])
    return prescription


def lock_replaced(new: Prescription, now: datetime) -> Prescription | None:
    """Return the one whose place a draft about to be signed takes, locked. None when there is none to take any more."""
    if new.replaces_id is None:
        return None
    old = Prescription.objects.select_for_update().get(pk=new.replaces_id)
    if can_be_replaced(old, now):
        return old
    new.replaces = None  # collected, cancelled or over meanwhile
    return None


def take_the_place(old: Prescription, new: Prescription, by: Actor, now: datetime) -> None:
    """The new one is signed: from this transaction on every pharmacy refuses the old one.

    While a pharmacy holds it, it is marked, and ends when it is given back, as any cancellation.
    """
    old.cancelled_by, old.cancel_reason = by.role, CancelReason.REPLACED
    old.replaced_by = new
    if old.status == Status.ACCEPTED:
        old.cancel_asked_at = now
    else:
        old.move_to(Status.CANCELLED, at=now)
    old.save()
    audit.record(by, "prescription.replace", old, person_id=old.person_id, detail={"by": new.code})
    emit(PrescriptionCancelled(prescription_id=str(old.id), person_id=str(old.person_id), cancelled_by=by.role))
