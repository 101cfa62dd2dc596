"""Paying by Stripe: what Stripe tells of, how it calls us, and how we speak to it."""

from __future__ import annotations

import json
import time
from datetime import datetime
from typing import Any

import stripe
from django.test import Client

from payments import gateways, queries
from payments.gateways import Account, Asked
from payments.models import GatewayAccount, Payment
from tests.payments.stripe_stage import HOOK_SECRET, There


def events_of(there: There, kind: str = "") -> list[dict[str, Any]]:
    """What Stripe tells of, oldest first."""
    rows = there.raw("/v1/events?limit=100")["data"][::-1]
    return [row for row in rows if row["type"].startswith(kind)]


def call(
    account: GatewayAccount, event: Any, *, age: int = 0, secret: str = HOOK_SECRET, header: str | None = None
) -> Any:
    """Bring an event to our door, signed by the official library."""
    raw = event if isinstance(event, str) else json.dumps(event, ensure_ascii=False, indent=2)
    signed = stripe.WebhookSignature.generate_signature_header(raw, secret, int(time.time()) - age)
    return Client().post(
        queries.hook_path("stripe", account.id), raw.encode(), content_type="application/json",
        headers={"Stripe-Signature": signed if header is None else header},
    )  # fmt: skip


def speaks(payment: Payment, now: datetime) -> tuple[Any, Account, Asked]:
    account = queries.speaks_for(payment.account, payment.facility_id)
    return gateways.get("stripe"), account, queries.asked(payment, now)
