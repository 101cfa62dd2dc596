"""Reading Stripe's objects: what they say in our words. Pure, but for the sessions a statement asks for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import stripe

from core.money import EXPONENTS, Money
from payments.gateways import DisputeTruth, Movement, Truth

# Statuses of an intent on whose page the payer may still try.
OPEN = frozenset({"requires_payment_method", "requires_confirmation", "requires_action", "processing"})
DISPUTES = {
    "needs_response": "needs_response",
    "warning_needs_response": "needs_response",
    "appeal_needs_response": "needs_response",
    "won": "won",
    "warning_closed": "won",
    "prevented": "won",
    "lost": "lost",
}
MOVEMENTS = {
    "charge": "capture",
    "refund": "refund",
    "dispute": "dispute",
    "dispute_reversal": "dispute_won",
    "fee": "fee",
}


def truth_of(session: Any, price: Money) -> Truth:
    """Read a session with its intent, charge and balance transaction."""
    intent = session.payment_intent
    if intent is None or intent.status in OPEN:
        if session.status == "expired":
            return Truth("declined", price.amount, price.currency, reason=_reason(intent))
        return Truth("waiting", price.amount, price.currency)
    currency = intent.currency.upper()
    charge = intent.latest_charge
    if intent.status == "requires_capture":
        return Truth("authorised", intent.amount_capturable, currency, transaction=charge.id)
    if intent.status == "succeeded":
        moved = charge.balance_transaction
        fee = moved.fee if moved is not None and moved.currency == intent.currency else 0
        return Truth("paid", intent.amount_received, currency, transaction=charge.id, fee=fee)
    return Truth("declined", intent.amount, currency, reason=_reason(intent))


def _reason(intent: Any) -> str:
    """Why the last card was refused; without one, the page's time ran out."""
    error = intent.last_payment_error.to_dict() if intent is not None and intent.last_payment_error else {}
    return str(error.get("decline_code") or error.get("code") or "expired")


def dispute_of(found: Any) -> DisputeTruth:
    """Read a dispute with its charge."""
    taken = [one for one in found.balance_transactions if one.reporting_category == "dispute"]
    due = found.evidence_details.due_by
    return DisputeTruth(
        reference=found.id,
        payment_id=_our_id(found.charge),
        money=Money(found.amount, found.currency.upper()),
        reason=found.reason[:80],
        status=DISPUTES.get(found.status, "under_review"),
        is_taken=bool(taken),
        fee=sum(one.fee for one in taken if one.currency == found.currency),
        opened_at=datetime.fromtimestamp(found.created, tz=UTC),
        answer_by=datetime.fromtimestamp(due, tz=UTC) if due else None,
    )


def movement_of(row: Any, sessions: Sessions) -> Movement | None:
    """Read one balance transaction; None for what is no payer's money (payouts, reserves)."""
    kind = MOVEMENTS.get(row.reporting_category)
    if kind is None:
        return None
    source = row.source if not isinstance(row.source, str | None) else None
    amount, currency, fee = abs(row.amount), row.currency, row.fee
    if source is not None and source.currency != currency:  # the account settles in another currency than was paid
        amount, currency, fee = getattr(source, "amount_captured", None) or source.amount, source.currency, 0
    if currency.upper() not in EXPONENTS:
        return None
    own_number = source is not None and kind in {"capture", "refund", "dispute"}
    return Movement(
        kind=kind,
        reference=sessions.of(source.payment_intent) if source is not None else "",
        transaction=source.id if source is not None and own_number else row.id,
        money=Money(amount, currency.upper()),
        at=datetime.fromtimestamp(row.created, tz=UTC),
        fee=fee,
    )


class Sessions:
    """Which session an intent belongs to: those of the day and the day before at once, older ones one by one."""

    def __init__(self, client: stripe.StripeClient, created: dict[str, int]) -> None:
        self.client = client
        window: Any = {"gte": created["gte"] - 86_400, "lt": created["lt"]}
        rows = client.v1.checkout.sessions.list({"created": window, "limit": 100})
        self.known = {_id_of(one.payment_intent): one.id for one in rows.auto_paging_iter() if one.payment_intent}

    def of(self, intent: Any) -> str:
        """Return the session's id; empty for money that came another way."""
        id_ = _id_of(intent)
        if id_ and id_ not in self.known:
            found = self.client.v1.checkout.sessions.list({"payment_intent": id_, "limit": 1}).data
            self.known[id_] = found[0].id if found else ""
        return self.known.get(id_, "")


def mark_of(thing: Any, name: str) -> str:
    """Return what we wrote on a thing when we made it; empty without."""
    return str(thing.metadata.to_dict().get(name, "")) if thing.metadata is not None else ""


def _our_id(charge: Any) -> UUID | None:
    try:
        return UUID(mark_of(charge, "payment"))
    except ValueError:
        return None


def _id_of(value: Any) -> str:
    return value if isinstance(value, str) else value.id if value is not None else ""
