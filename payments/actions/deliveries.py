"""Calls of gateways that were believed: keep each once, and let a job find out what it means."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from core.tasks import later
from payments import access
from payments.actions.recording import ask_gateway, record_unknown
from payments.errors import GatewayUnavailable
from payments.gateways import Standing, Told
from payments.models import Delivery, GatewayAccount, Payment


def receive_delivery(
    *, gateway: str, account: GatewayAccount | None, told: Told, raw: bytes, now: datetime
) -> Standing:
    """Keep a call whose signature was right, and write the job that looks into it; say how it meets our books.

    A second one with the same event finds the first. A call whose amount is not ours is kept, too: it did come.
    """
    with transaction.atomic():
        delivery, fresh = Delivery.objects.get_or_create(
            gateway=gateway,
            event_id=told.event_id,
            defaults={"reference": told.reference, "account": account, "body": raw, "received_at": now},
        )
        if fresh:
            later("payments.tasks.settle_delivery", delivery_id=str(delivery.id))
    payment = _payment_of(gateway, account, told.reference)
    if payment is None:
        return Standing(is_known=False, is_new=fresh)
    fits = told.claimed is None or told.claimed == payment.price
    return Standing(is_known=True, is_final=payment.captured_at is not None, fits=fits, is_new=fresh)


def _payment_of(gateway: str, account: GatewayAccount | None, reference: str) -> Payment | None:
    """Return the payment a call is about: of the very account it was signed for."""
    rows = Payment.objects.filter(gateway=gateway, gateway_reference=reference, account=account)
    return rows.first()


def settle_delivery(*, delivery_id: UUID, by: Actor, now: datetime) -> Delivery:
    """Find out what a call means by asking its gateway: the message itself is never believed further than "look there".

    Repeatable. Raises GatewayUnavailable; until it answers, the payment is being checked.
    """
    delivery = Delivery.objects.select_related("account").get(id=delivery_id)
    if delivery.handled_at is not None:
        return delivery
    payment = _payment_of(delivery.gateway, delivery.account, delivery.reference)
    if payment is None:
        delivery.outcome = Delivery.Outcome.UNKNOWN
    else:
        delivery.outcome = look_into(payment_id=payment.id, by=by, now=now)
    delivery.handled_at = now
    delivery.save(update_fields=["outcome", "handled_at"])
    return delivery


def look_into(*, payment_id: UUID, by: Actor, now: datetime) -> str:
    """Ask about a payment whose payer has been at the gateway; while it does not answer, nobody is to pay again.

    Returns a Delivery.Outcome. Raises GatewayUnavailable.
    """
    try:
        return ask_gateway(payment_id=payment_id, by=by, now=now)
    except GatewayUnavailable:
        record_unknown(payment_id=payment_id, by=by, now=now)
        raise


@transaction.atomic
def note_return(*, payment_id: UUID, by: Actor, now: datetime) -> Payment:
    """The payer comes back from the gateway: look at once how it went. What the address says is not read."""
    payment = access.get_payment(by, payment_id)
    if payment.is_waiting:
        later("payments.tasks.look_into", lock=payment.subject, payment_id=str(payment.id))
    return payment
