"""Calls of gateways that were believed: keep each once, and let a job find out what it means."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from core.actor import Actor
from core.tasks import later
from payments import access, gateways
from payments.actions import bank
from payments.actions.disputes import look_into_dispute
from payments.actions.recording import ask_gateway, record_unknown
from payments.errors import GatewayUnavailable
from payments.gateways import Standing, Told
from payments.models import BankLine, Delivery, GatewayAccount, Payment


def receive_delivery(
    *, gateway: str, account: GatewayAccount | None, told: Told, raw: bytes, now: datetime
) -> Standing:
    """Keep a call whose signature was right, and write the job that looks into it; say how it meets our books.

    A second one with the same event finds the first. A call whose amount is not ours is kept, too: it did come.
    """
    with transaction.atomic():
        delivery, fresh = Delivery.objects.get_or_create(
            gateway=gateway,
            account=account,
            event_id=told.event_id,
            defaults={
                "reference": told.reference,
                "about": told.about,
                "reason": told.reason[:40],
                "body": raw,
                "received_at": now,
            },
        )
        if fresh:
            later("payments.tasks.settle_delivery", delivery_id=str(delivery.id))
    payment = _payment_of(gateway, account, told.reference)
    if payment is None:
        return Standing(is_known=False, is_new=fresh)
    fits = told.claimed is None or told.claimed == payment.price
    return Standing(
        is_known=True,
        is_final=payment.captured_at is not None,
        is_late=payment.status in {Payment.Status.CANCELLED, Payment.Status.EXPIRED},
        fits=fits,
        is_new=fresh,
    )


def _payment_of(gateway: str, account: GatewayAccount | None, reference: str) -> Payment | None:
    """Return the payment a call is about: of the very account it was signed for.

    It may name the payment by the gateway's reference, by the number of the money's movement, or by our own id.
    """
    rows = Payment.objects.filter(gateway=gateway, account=account).exclude(gateway_reference="")
    meant = [Q(gateway_reference=reference), Q(gateway_transaction=reference) & ~Q(gateway_transaction="")]
    with suppress(ValueError):
        meant.append(Q(id=UUID(reference)))
    # One after the other: each has its index, and together they would have none.
    return next((found for one in meant if (found := rows.filter(one).first()) is not None), None)


def settle_delivery(*, delivery_id: UUID, by: Actor, now: datetime) -> Delivery:
    """Find out what a call means by asking its gateway: the message itself is never believed further than "look there".

    Repeatable. Raises GatewayUnavailable; until it answers, the payment is being checked.
    """
    delivery = Delivery.objects.select_related("account").get(id=delivery_id)
    if delivery.handled_at is not None:
        return delivery
    taken = _take_lines(delivery, by=by, now=now)
    payment = _payment_of(delivery.gateway, delivery.account, delivery.reference)
    if delivery.about == "dispute" and delivery.account is not None:
        delivery.outcome = look_into_dispute(
            gateway=delivery.gateway, account=delivery.account, reference=delivery.reference, by=by, now=now
        )
    elif taken:
        fits = all(line.status == BankLine.Status.MATCHED for line in taken)
        delivery.outcome = Delivery.Outcome.CAPTURED if fits else Delivery.Outcome.FLAGGED
    elif payment is None:
        delivery.outcome = Delivery.Outcome.UNKNOWN
    else:
        delivery.outcome = look_into(payment_id=payment.id, by=by, now=now)
        _keep_reason(payment.id, delivery.reason)
    delivery.handled_at = now
    delivery.save(update_fields=["outcome", "handled_at"])
    return delivery


def _keep_reason(payment_id: UUID, reason: str) -> None:
    """Some gateways say why they said no in their call alone, not when asked."""
    failed = Q(status=Payment.Status.FAILED) | Q(flaw=Payment.Flaw.REVIEW)
    if reason:
        Payment.objects.filter(failed, id=payment_id, gateway_reason="").update(gateway_reason=reason)


def _take_lines(delivery: Delivery, *, by: Actor, now: datetime) -> list[BankLine]:
    """Write down the money a bank's notice tells of: its word, signed, is the only one there is."""
    if delivery.account is None:
        return []
    told = gateways.get(delivery.gateway).came(bytes(delivery.body))
    return [
        bank.take_line(account=delivery.account, came=came, source=BankLine.Source.HOOK, by=by, now=now).line
        for came in told
    ]


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
