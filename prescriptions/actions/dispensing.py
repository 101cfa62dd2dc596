"""Dispensing: quantities with their lots, and the end of a pharmacy's work."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.errors import Invalid, NotFound, WrongRole
from core.events import emit
from prescriptions import access, codes, queries, safety
from prescriptions.actions.collecting import nothing_left
from prescriptions.actions.filing import queue_sale
from prescriptions.actions.standing import (
    require_collectable,
    require_held_open,
    require_not_withdrawn,
    require_signature,
)
from prescriptions.actions.taking import take_from_shelf
from prescriptions.errors import (
    ItemsOpen,
    LotExpired,
    MoreThanPrescribed,
    NewFindings,
    NotASubstitute,
    NothingDispensed,
    SubstituteNotAgreed,
    WrongSecret,
)
from prescriptions.events import PrescriptionDispensed, PrescriptionPartDispensed
from prescriptions.models import Acceptance, Dispense, Drug, Item, Prescription, Share
from prescriptions.substitutes import substitution_of

Status = Prescription.Status


def _held(prescription: Prescription, secret: str, by: Actor) -> Acceptance:
    """Return this pharmacy's hold, proved by its secret. Raises WrongSecret."""
    if by.role != "pharmacist":
        raise WrongRole()
    mine = prescription.acceptances.select_related("part", "pharmacy")
    held = mine.filter(ended_at__isnull=True, pharmacy_id=by.facility_id).first()
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
    """Hand out quantities: `items` are [{item: id, quantity, lot, expires_on?, substitute?}], one entry per lot. All or nothing.

    A substitute is {drug: code, reason, agreed: true}: the same composition, and the patient agrees. Of a prescription in
    parts, only the share of the part that was taken in hand. The safety check runs again; `seen` are keys of grave findings
    that are new since signing and that the pharmacist answers for. Raises NotFound, WrongSecret, Cancelled, Replaced, Expired,
    PartTooLate, SignatureBroken, NewFindings, Invalid (not an item of this prescription), MoreThanPrescribed, LotExpired, NotOnTheShelf,
    NotASubstitute, SubstituteNotAgreed.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    held = _held(prescription, secret, by)
    require_not_withdrawn(prescription, by, now)
    require_held_open(held, now)
    require_collectable(prescription, by, now)
    require_signature(prescription)
    _answered_for(prescription, held, seen, now)
    known = {item.id: item for item in prescription.items.select_related("drug")}
    drugs = _substitutes(items, now, held)
    handed_out = []
    for number, line in enumerate(items):
        item = known.get(line["item"])
        if item is None:
            raise Invalid(fields={f"items.{number}.item": [NotFound.message]})
        one = Dispense(
            item=item,
            acceptance=held,
            pharmacy_id=held.pharmacy_id,
            quantity=line["quantity"],
            lot=line["lot"],
            expires_on=line.get("expires_on"),
            dispensed_by=by.user_id,
            dispensed_name=by.name,
            at=now,
        )
        _look_at_lot(one, number, held, now)
        _substitute(one, line.get("substitute"), drugs, number)
        _take(item, held, line["quantity"], number)
        handed_out.append(one)
    Dispense.objects.bulk_create(handed_out)
    take_from_shelf(prescription, handed_out, by, now)
    if handed_out:
        queue_sale(prescription, handed_out, now)
    detail = {
        "items": len(handed_out),
        "past_findings": len(held.seen_findings),
        "substituted": sum(one.given_id is not None for one in handed_out),
    }
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


def _look_at_lot(one: Dispense, number: int, held: Acceptance, now: datetime) -> None:
    """A lot may be handed out on its last day still, on the pharmacy's calendar. Raises LotExpired."""
    if one.expires_on is not None and one.expires_on < now.astimezone(ZoneInfo(held.pharmacy.zone)).date():
        raise LotExpired(fields={f"items.{number}.expires_on": [LotExpired.message]})


def _substitutes(items: Sequence[dict[str, Any]], now: datetime, held: Acceptance) -> dict[str, Drug]:
    wanted = [line["substitute"]["drug"] for line in items if line.get("substitute")]
    return queries.get_drugs(wanted, on=now.astimezone(ZoneInfo(held.pharmacy.zone)).date()) if wanted else {}


def _substitute(one: Dispense, wish: dict[str, Any] | None, drugs: dict[str, Drug], number: int) -> None:
    """Put another drug of the same composition in the prescribed one's place. Raises NotASubstitute, SubstituteNotAgreed."""
    if not wish:
        return
    at = f"items.{number}.substitute"
    given = drugs.get(wish["drug"])
    if given is not None and given.id == one.item.drug_id:
        return
    kind = substitution_of(one.item.drug, given) if given is not None else None
    if given is None or kind is None:
        raise NotASubstitute(fields={f"{at}.drug": [NotASubstitute.message]})
    if not wish.get("reason") or not wish.get("agreed"):
        raise SubstituteNotAgreed(fields={at: [SubstituteNotAgreed.message]})
    one.given, one.substitution, one.substitution_reason = given, kind, wish["reason"]


def _take(item: Item, held: Acceptance, quantity: int, number: int) -> None:
    """Take a quantity by guarded statements: it fits into what is left of share and whole, or nothing happens."""
    refused = MoreThanPrescribed(fields={f"items.{number}.quantity": [MoreThanPrescribed.message]})
    fits = Item.objects.filter(id=item.id, total__gte=F("dispensed_quantity") + quantity)
    if not fits.update(dispensed_quantity=F("dispensed_quantity") + quantity):
        raise refused
    if held.part_id is not None:
        share = Share.objects.filter(part_id=held.part_id, item=item, quantity__gte=F("dispensed_quantity") + quantity)
        if not share.update(dispensed_quantity=F("dispensed_quantity") + quantity):
            raise refused


@transaction.atomic
def complete(
    *, prescription_id: UUID, secret: str, not_dispensed: Sequence[dict[str, Any]] = (), by: Actor, now: datetime
) -> Prescription:
    """Close a prescription: what is left of any item carries a reason (`[{item, reason}]`), and nobody can collect it any more.

    Of one in parts, the part that was taken in hand is closed, and with the last part the whole. Completing again changes
    nothing. Raises NotFound, WrongSecret, Cancelled, Replaced (with something left: give it back), Invalid, ItemsOpen,
    NothingDispensed.
    """
    prescription = access.lock_prescription(by, prescription_id, now)
    if prescription.status == Status.DISPENSED:
        return prescription
    held = _held(prescription, secret, by)
    if not nothing_left(prescription, held):
        require_not_withdrawn(prescription, by, now)
    part = held.part
    more_to_come = part is not None and prescription.parts.filter(rank__gt=part.rank).exists()
    _write_reasons(prescription, held, not_dispensed, is_last=not more_to_come)
    held.ended_at, held.ending = now, Acceptance.Ending.COMPLETED
    held.save(update_fields=["ended_at", "ending"])
    if part is not None:
        part.collected_at = now
        part.save(update_fields=["collected_at"])
    _move_on(prescription, more_to_come, now)
    detail = {"part": part.rank} if part is not None else {}
    audit.record(by, "prescription.complete", prescription, person_id=prescription.person_id, detail=detail)
    ids = {
        "prescription_id": str(prescription.id),
        "person_id": str(prescription.person_id),
        "pharmacy_id": str(held.pharmacy_id),
    }
    if part is not None and more_to_come:
        emit(PrescriptionPartDispensed(**ids, part=part.rank))
    else:
        emit(PrescriptionDispensed(**ids))
    return prescription


def _move_on(prescription: Prescription, more_to_come: bool, now: datetime) -> None:
    """To its end, or back to waiting for its next part."""
    if not more_to_come:
        prescription.move_to(Status.DISPENSED, at=now)
    elif prescription.cancel_asked_at is not None:  # all of this part was out already; the rest is taken back
        prescription.move_to(Status.CANCELLED, at=now)
    elif prescription.is_past(now):
        prescription.move_to(Status.EXPIRED, at=now)
    else:
        signed_at = prescription.signed_at
        prescription.move_to(Status.SIGNED, at=now)
        prescription.signed_at = signed_at  # going back to "signed" is no second signature
        prescription.routed_to = prescription.routed_at = None
    prescription.save()


def _write_reasons(
    prescription: Prescription, held: Acceptance, not_dispensed: Sequence[dict[str, Any]], *, is_last: bool
) -> None:
    """Whatever is left in this hold has a reason, and something was handed out. Raises Invalid, ItemsOpen, NothingDispensed."""
    reasons = {line["item"]: line["reason"] for line in not_dispensed}
    items = list(prescription.items.all())
    if set(reasons) - {item.id for item in items}:
        raise Invalid(fields={"not_dispensed": [NotFound.message]})
    counted: dict[UUID, Item | Share] = {item.id: item for item in items}
    if held.part_id is not None:
        counted = {share.item_id: share for share in Share.objects.filter(part_id=held.part_id)}
    if not any(one.dispensed_quantity for one in counted.values()):
        raise NothingDispensed()
    for item in items:
        left = counted.get(item.id)
        if left is None or left.remaining == 0:
            continue
        if item.id not in reasons:
            raise ItemsOpen(fields={f"items.{item.rank - 1}": [ItemsOpen.message]})
        for row in {left, item} if is_last else {left}:
            row.not_dispensed_reason = reasons[item.id]
            row.save(update_fields=["not_dispensed_reason"])
