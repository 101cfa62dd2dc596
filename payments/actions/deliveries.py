"""Webhooks that were believed: keep each once, and let a job find out what it means."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from core.tasks import later
from payments.actions.recording import ask_gateway
from payments.gateways import Told
from payments.models import Delivery, Payment


@transaction.atomic
def receive_delivery(*, gateway: str, told: Told, raw: bytes, now: datetime) -> Delivery:
    """Keep a webhook whose signature was right, and write the job that looks into it. A second one finds the first."""
    delivery, fresh = Delivery.objects.get_or_create(
        gateway=gateway,
        event_id=told.event_id,
        defaults={"reference": told.reference, "body": raw, "received_at": now},
    )
    if fresh:
        later("payments.tasks.settle_delivery", delivery_id=str(delivery.id))
    return delivery


def settle_delivery(*, delivery_id: UUID, by: Actor, now: datetime) -> Delivery:
    """Find out what a webhook means by asking its gateway: the message itself is never believed further than "look there".

    Repeatable. Raises GatewayUnavailable.
    """
    delivery = Delivery.objects.get(id=delivery_id)
    if delivery.handled_at is not None:
        return delivery
    payment_id = (
        Payment.objects.filter(gateway=delivery.gateway, gateway_reference=delivery.reference)
        .values_list("id", flat=True)
        .first()
    )
    if payment_id is None:
        delivery.outcome = Delivery.Outcome.UNKNOWN
    else:
        delivery.outcome = ask_gateway(payment_id=payment_id, by=by, now=now)
    delivery.handled_at = now
    delivery.save(update_fields=["outcome", "handled_at"])
    return delivery
