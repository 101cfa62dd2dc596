"""From an id to a price list, an invoice, a receipt or a link to pay by, asking on the way whether the actor may."""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from identity.access import people_of
from identity.names import fold
from payments.models import Invoice, PayLink, PriceList, Receipt

SHOWN_AFTER = timedelta(days=1)  # a link shows how the payment ended this long after its time


def require_desk_of(by: Actor, facility_id: UUID) -> None:
    """Only the facility's own desk, and the house, set prices and write bills. Raises NotAllowed."""
    if not by.is_system and not (by.role == "desk" and by.facility_id == facility_id):
        raise NotAllowed()


def lists_of(by: Actor) -> QuerySet[PriceList]:
    """Return the price lists the actor may work on, drafts as well."""
    if by.is_system:
        return PriceList.objects.all()
    if by.role == "desk" and by.facility_id is not None:
        return PriceList.objects.filter(facility_id=by.facility_id)
    return PriceList.objects.none()


def get_list(by: Actor, list_id: UUID) -> PriceList:
    """Return a price list to look at from the desk. Raises NotFound."""
    found = lists_of(by).filter(id=list_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_list(by: Actor, list_id: UUID) -> PriceList:
    """Return a price list, locked. Raises NotFound."""
    found = lists_of(by).select_for_update().filter(id=list_id).first()
    if found is None:
        raise NotFound()
    return found


def invoices_of(by: Actor) -> QuerySet[Invoice]:
    """Return the invoices the actor may see: the payer's and who may pay for them; the desk's, drafts as well."""
    if by.is_system:
        return Invoice.objects.all()
    if by.role == "citizen":
        people = people_of(by, "pay")
        return Invoice.objects.filter(Q(payer__in=people) | Q(person__in=people)).exclude(status="draft")
    if by.role == "desk" and by.facility_id is not None:
        return Invoice.objects.filter(facility_id=by.facility_id)
    return Invoice.objects.none()


def get_invoice(by: Actor, invoice_id: UUID) -> Invoice:
    """Return an invoice. Raises NotFound for "absent" and "not yours" alike."""
    rows = invoices_of(by).select_related("facility__province", "person", "payer", "adjusts", "replaces")
    found = rows.filter(id=invoice_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_invoice(by: Actor, invoice_id: UUID) -> Invoice:
    """Return an invoice, locked. Raises NotFound."""
    rows = invoices_of(by).select_related("facility").select_for_update(of=("self",))
    found = rows.filter(id=invoice_id).first()
    if found is None:
        raise NotFound()
    return found


def receipts_of(by: Actor) -> QuerySet[Receipt]:
    """Return the receipts and refund slips the actor may see."""
    if by.is_system:
        return Receipt.objects.all()
    if by.role == "citizen":
        return Receipt.objects.filter(payer__in=people_of(by, "pay"))
    if by.role == "desk" and by.facility_id is not None:
        return Receipt.objects.filter(facility_id=by.facility_id)
    return Receipt.objects.none()


def get_receipt(by: Actor, receipt_id: UUID) -> Receipt:
    """Return a receipt or refund slip. Raises NotFound for "absent" and "not yours" alike."""
    found = receipts_of(by).select_related("facility__province", "payment", "refund").filter(id=receipt_id).first()
    if found is None:
        raise NotFound()
    return found


def hash_of(token: str) -> str:
    """Return what is kept of a link's token."""
    return sha256(token.encode()).hexdigest()


def get_link(token: str, now: datetime) -> PayLink:
    """Return the link with this token, until a day after its time. Raises NotFound for guessed, revoked and old ones alike."""
    rows = PayLink.objects.select_related("payment__facility", "payment__payer")
    found = rows.filter(token_hash=hash_of(token), revoked_at=None, expires_at__gt=now - SHOWN_AFTER).first()
    if found is None:
        raise NotFound()
    return found


def bearer_of(link: PayLink) -> Actor:
    """Return who acts with a link: somebody without an account, who may pay this and nothing else."""
    return Actor.guest(link.id, "pay link")


def invoice_with(by: Actor, item_id: UUID) -> UUID:
    """Return the id of the invoice a charged item stands on. Raises NotFound."""
    found = invoices_of(by).filter(items__id=item_id).values_list("id", flat=True).first()
    if found is None:
        raise NotFound()
    return found


def found_by(by: Actor, q: str) -> QuerySet[Invoice]:
    """Return the desk's invoices by a part of their number or of the payer's name; all without one."""
    rows = invoices_of(by).select_related("payer", "person").order_by("-created_at", "-id")
    return rows.filter(Q(number__icontains=q) | Q(payer__sort_name__contains=fold(q))) if q else rows
