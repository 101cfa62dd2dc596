"""Dispensing: quantities with their lots, and the end of a pharmacy's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.errors import Invalid, NotFound, WrongRole
from core.events import emit
from prescriptions import access, codes, queries, safety
from prescriptions.actions.filing import queue_sale
from prescriptions.actions.standing import require_collectable, require_signature
from prescriptions.actions.taking import take_from_shelf
from prescriptions.errors import ItemsOpen, MoreThanPrescribed, NewFindings, NothingDispensed, WrongSecret
from prescriptions.events import PrescriptionDispensed
from prescriptions.models import Acceptance, Dispense, Item, Prescription


def _held(prescription: Prescription, secret: str, by: Actor) -> Acceptance:
    """Return this pharmacy's hold, proved by its secret. Raises WrongSecret."""
    if by.role != "pharmacist":
        raise WrongRole()
    held = prescription.acceptances.filter(ended_at__isnull=True, pharmacy_id=by.facility_id).first()
    kept = queries.secret_of(held) if held else ""
    if held is None or not kept or not codes.same_secret(secret, kept):
        raise WrongSecret()
    return held


@transaction.atomic
def dispense(
    *,
    prescription_id: UUID,
    secret: str,
    items: Sequence[dict[str, Any]],
    seen: Sequence[str] = (),
    by: Actor,
    now: datetime,
) -> list[Dispense]:
    """Hand out quantities: `items` are [{item: id, quantity, lot}], one entry per lot. All or nothing.

    The safety check runs again; `seen` are keys of grave findings that are new since signing and that the pharmacist
    answers for. Raises NotFound, WrongSecret, Cancelled, Expired, SignatureBroken, NewFindings, Invalid (not an item of
    this prescription), MoreThanPrescribed, NotOnTheShelf, LotExpired.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    held = _held(prescription, secret, by)
    require_collectable(prescription, now)
    require_signature(prescription)
    _answered_for(prescription, held, seen, now)
    known = {item.id: item for item in prescription.items.all()}
    handed_out = []
    for number, line in enumerate(items):
        item = known.get(line["item"])
        if item is None:
            raise Invalid(fields={f"items.{number}.item": [NotFound.message]})
        _take(item, line["quantity"], number)
        handed_out.append(
            Dispense(
                item=item,
                acceptance=held,
                pharmacy_id=held.pharmacy_id,
                quantity=line["quantity"],
                lot=line["lot"],
                dispensed_by=by.user_id,
                dispensed_name=by.name,
                at=now,
            )
        )
    Dispense.objects.bulk_create(handed_out)
    take_from_shelf(prescription, handed_out, by, now)
    if handed_out:
        queue_sale(prescription, handed_out, now)
    detail = {"items": len(handed_out), "past_findings": len(held.seen_findings)}
    audit.record(by, "prescription.dispense", prescription, person_id=prescription.person_id, detail=detail)
    return handed_out


def _answered_for(prescription: Prescription, held: Acceptance, seen: Sequence[str], now: datetime) -> None:
    """Let nothing grave slip past the counter that the doctor did not see. Raises NewFindings."""
    grave = {one.key for one in safety.blocking(queries.check_prescription(prescription, now).new)}
    if open_ones := grave - {*seen, *held.seen_findings}:
        raise NewFindings(fields={"seen": sorted(open_ones)})
    if fresh := grave - set(held.seen_findings):
        held.seen_findings = sorted({*held.seen_findings, *fresh})
        held.save(update_fields=["seen_findings"])


def _take(item: Item, quantity: int, number: int) -> None:
    """Take a quantity by one guarded statement: it fits into what is left, or nothing happens."""
    fits = Item.objects.filter(id=item.id, total__gte=F("dispensed_quantity") + quantity)
    if not fits.update(dispensed_quantity=F("dispensed_quantity") + quantity):
        raise MoreThanPrescribed(fields={f"items.{number}.quantity": [MoreThanPrescribed.message]})


@transaction.atomic
def complete(
    *, prescription_id: UUID, secret: str, not_dispensed: Sequence[dict[str, Any]] = (), by: Actor, now: datetime
) -> Prescription:
    """Close a prescription: what is left of any item carries a reason (`[{item, reason}]`), and nobody can collect it any more.

    Completing again changes nothing. Raises NotFound, WrongSecret, Invalid, ItemsOpen, NothingDispensed.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    if prescription.status == Prescription.Status.DISPENSED:
        return prescription
    held = _held(prescription, secret, by)
    reasons = {line["item"]: line["reason"] for line in not_dispensed}
    items = list(prescription.items.all())
    if set(reasons) - {item.id for item in items}:
        raise Invalid(fields={"not_dispensed": [NotFound.message]})
    if not any(item.dispensed_quantity for item in items):
        raise NothingDispensed()
    for item in items:
        if item.remaining == 0:
            continue
        if item.id not in reasons:
            raise ItemsOpen(fields={f"items.{item.rank - 1}": [ItemsOpen.message]})
        item.not_dispensed_reason = reasons[item.id]
        item.save(update_fields=["not_dispensed_reason"])
    held.ended_at, held.ending = now, Acceptance.Ending.COMPLETED
    held.save(update_fields=["ended_at", "ending"])
    prescription.move_to(Prescription.Status.DISPENSED, at=now)
    prescription.save(update_fields=["status", "dispensed_at"])
    audit.record(by, "prescription.complete", prescription, person_id=prescription.person_id)
    emit(
        PrescriptionDispensed(
            prescription_id=str(prescription.id),
            person_id=str(prescription.person_id),
            pharmacy_id=str(held.pharmacy_id),
        )
    )
    return prescription
