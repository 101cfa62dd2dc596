"""Stripe: cards on Stripe's own page (Checkout), with 3-D Secure, holds, refunds and disputes. Through the official library.

The facility has its own Stripe account: its secret key speaks, its webhook secret signs. To Stripe goes the amount, the
facility's name and the payment's code; what the visit is about does not leave the house.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.money import EXPONENTS, Money
from payments.errors import BadNotice, BadSignature, GatewayUnavailable, RefundRefused
from payments.gateways import (
    Account,
    Asked,
    Basics,
    Call,
    DisputeTruth,
    Field,
    Movement,
    Redirect,
    Told,
    Truth,
    Wanted,
)

TOLERANCE_S = 300
# A Checkout Session lives 30 minutes at least and 24 hours at most; the margins are for clocks that differ.
SHORTEST, LONGEST = timedelta(minutes=31), timedelta(hours=23, minutes=55)
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,80}", re.ASCII)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WHOLE = ["payment_intent.latest_charge.balance_transaction"]
DISPUTES = {
    "needs_response": "needs_response",
    "warning_needs_response": "needs_response",
    "appeal_needs_response": "needs_response",
    "won": "won",
    "warning_closed": "won",
    "prevented": "won",
    "lost": "lost",
}

stripe.enable_telemetry = False  # how long our calls take is nobody else's business


class Stripe(Basics):
    """Our side of the wire to Stripe."""

    code = "stripe"
    name = _("International card")
    fields = (
        Field("secret_key", _("Secret key"), is_secret=True),
        Field("webhook_secret", _("Webhook secret"), is_secret=True),
        Field("publishable_key", _("Publishable key"), is_optional=True),
    )
    can_hold = True
    icon = "card"
    hint = _("Visa, Mastercard, JCB, American Express")

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        mark = {"payment": str(wanted.payment_id), "code": wanted.code}
        params: Any = {
            "mode": "payment",
            "payment_method_types": ["card"],
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": wanted.price.currency.lower(),
                        "unit_amount": wanted.price.amount,
                        "product_data": {"name": f"{wanted.payee} · {wanted.code}"[:250]},
                    },
                }
            ],
            "client_reference_id": str(wanted.payment_id),
            "metadata": mark,
            "payment_intent_data": {"metadata": mark, "capture_method": "manual" if wanted.hold else "automatic"},
            "success_url": wanted.return_url,
            "cancel_url": wanted.return_url,
            "expires_at": int(_bounded(wanted.expires_at, wanted.now).timestamp()),
            "locale": "vi" if wanted.language == "vi" else "en",
        }
        client = _client(account)
        with _words_of_ours():
            for key in _keys(wanted.payment_id):
                try:
                    session = client.v1.checkout.sessions.create(params, {"idempotency_key": key})
                except stripe.IdempotencyError:
                    continue  # asked before in another language or under another address: that page nobody has seen
                except stripe.APIError as error:
                    if not _is_stuck(error):
                        raise
                else:
                    return Redirect(url=session.url or "", reference=session.id)
        raise GatewayUnavailable()

    def ask(self, account: Account, asked: Asked) -> Truth:
        with _words_of_ours():
            session = _client(account).v1.checkout.sessions.retrieve(asked.reference, {"expand": WHOLE})
        return truth_of(session, asked.price)

    def capture(self, account: Account, asked: Asked, *, money: Money) -> Truth:
        client = _client(account)
        with _words_of_ours():
            session = client.v1.checkout.sessions.retrieve(asked.reference, {"expand": ["payment_intent"]})
            intent: Any = session.payment_intent
            if intent is not None and intent.status == "requires_capture":
                try:
                    client.v1.payment_intents.capture(
                        intent.id,
                        {"amount_to_capture": money.amount},
                        {"idempotency_key": f"{asked.payment_id}-capture-{money.amount}"},
                    )
                except stripe.InvalidRequestError as error:
                    if error.code != "payment_intent_unexpected_state":  # else: somebody was faster
                        raise
        return self.ask(account, asked)

    def void(self, account: Account, asked: Asked) -> None:
        client = _client(account)
        with _words_of_ours():
            session = client.v1.checkout.sessions.retrieve(asked.reference, {"expand": ["payment_intent"]})
            intent: Any = session.payment_intent
            try:
                if session.status == "open":
                    client.v1.checkout.sessions.expire(session.id)
                elif intent is not None and intent.status == "requires_capture":
                    client.v1.payment_intents.cancel(intent.id)
            except stripe.InvalidRequestError:
                pass  # it was over already: ask() says how

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        client = _client(account)
        # The reason stays here: it may speak of health.
        params: Any = {"amount": money.amount, "metadata": {"refund": str(key), "code": asked.code}}
        with _words_of_ours():
            params["payment_intent"] = self._intent_id(client, asked)
            for name in _keys(key):
                try:
                    made = client.v1.refunds.create(params, {"idempotency_key": name})
                except (stripe.InvalidRequestError, stripe.CardError) as error:
                    raise RefundRefused() from error
                except stripe.APIError as error:
                    if not _is_stuck(error):
                        raise
                    made_before = self._find_refund(client, params["payment_intent"], key)
                    if made_before is None:
                        continue
                    made = made_before
                if made.status in {"failed", "canceled"}:
                    raise RefundRefused()
                return str(made.id)
        raise GatewayUnavailable()

    @staticmethod
    def _intent_id(client: stripe.StripeClient, asked: Asked) -> str:
        intent = client.v1.checkout.sessions.retrieve(asked.reference).payment_intent
        if intent is None:
            raise RefundRefused()
        return intent if isinstance(intent, str) else intent.id

    @staticmethod
    def _find_refund(client: stripe.StripeClient, intent_id: str, key: UUID) -> Any:
        known = client.v1.refunds.list({"payment_intent": intent_id, "limit": 100}).auto_paging_iter()
        return next((one for one in known if _mark(one, "refund") == str(key)), None)

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        header = next((value for name, value in call.headers.items() if name.lower() == "stripe-signature"), "")
        secrets = [part.strip() for part in account.credentials.get("webhook_secret", "").split(",") if part.strip()]
        if not any(_is_signed(call.body, header, secret, now) for secret in secrets):
            raise BadSignature()
        try:
            body = json.loads(call.body)
            event_id, kind, about = body["id"], body["type"], body["data"]["object"]
            reference = _reference(about)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise BadNotice() from error
        if not all(isinstance(text, str) and NAME.fullmatch(text) for text in (event_id, kind, reference)):
            raise BadNotice()
        return Told(
            event_id=event_id, reference=reference, about="dispute" if about["object"] == "dispute" else "payment"
        )

    def dispute(self, account: Account, reference: str) -> DisputeTruth:
        with _words_of_ours():
            found = _client(account).v1.disputes.retrieve(reference, {"expand": ["charge"]})
        taken = [one for one in found.balance_transactions if one.reporting_category == "dispute"]
        fees = sum(one.fee for one in taken if one.currency == found.currency)
        return DisputeTruth(
            reference=found.id,
            payment_id=_our_id(found.charge),
            money=Money(found.amount, found.currency.upper()),
            reason=found.reason[:80],
            status=DISPUTES.get(found.status, "under_review"),
            is_taken=bool(taken),
            fee=fees,
            opened_at=datetime.fromtimestamp(found.created, tz=UTC),
            answer_by=datetime.fromtimestamp(due, tz=UTC) if (due := found.evidence_details.due_by) else None,
        )

    def movements(self, account: Account, day: date) -> Iterable[Movement]:
        since = datetime.combine(day, time(), ZONE)
        created: Any = {"gte": int(since.timestamp()), "lt": int((since + timedelta(days=1)).timestamp())}
        client = _client(account)
        with _words_of_ours():
            sessions = _Sessions(client, created)
            rows = client.v1.balance_transactions.list({"created": created, "limit": 100, "expand": ["data.source"]})
            yield from (found for row in rows.auto_paging_iter() if (found := _movement(row, sessions)) is not None)


class _Sessions:
    """Which session an intent belongs to: those of the day and the day before at once, older ones one by one."""

    def __init__(self, client: stripe.StripeClient, created: dict[str, int]) -> None:
        self.client = client
        window: Any = {"gte": created["gte"] - 86_400, "lt": created["lt"]}
        rows = client.v1.checkout.sessions.list({"created": window, "limit": 100})
        self.known = {_id_of(one.payment_intent): one.id for one in rows.auto_paging_iter() if one.payment_intent}

    def of(self, intent: Any) -> str:
        id_ = _id_of(intent)
        if id_ and id_ not in self.known:
            found = self.client.v1.checkout.sessions.list({"payment_intent": id_, "limit": 1}).data
            self.known[id_] = found[0].id if found else ""
        return self.known.get(id_, "")


def _movement(row: Any, sessions: _Sessions) -> Movement | None:
    """Read one balance transaction; None for what is no payer's money (payouts, reserves)."""
    kinds = {
        "charge": "capture",
        "refund": "refund",
        "dispute": "dispute",
        "dispute_reversal": "dispute_won",
        "fee": "fee",
    }
    kind = kinds.get(row.reporting_category)
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


@lru_cache(maxsize=64)
def _speaker(secret_key: str, address: str, timeout_s: int) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret_key,
        base_addresses={"api": address},
        max_network_retries=2,
        http_client=stripe.RequestsClient(timeout=timeout_s),
    )


def _client(account: Account) -> stripe.StripeClient:
    return _speaker(account.credentials["secret_key"], settings.STRIPE_URL, settings.STRIPE_TIMEOUT_S)


@contextmanager
def _words_of_ours() -> Iterator[None]:
    """Turn the library's errors into ours. What a person at the facility must put right counts as unavailable until then."""
    try:
        yield
    except stripe.StripeError as error:
        raise GatewayUnavailable() from error


def _keys(id_: UUID) -> list[str]:
    """The keys to try in turn: an answer 5xx stays with its key for a day, so a stuck wish needs another."""
    return [str(id_), f"{id_}-2", f"{id_}-3"]


def _is_stuck(error: stripe.APIError) -> bool:
    headers = {str(name).lower(): value for name, value in (error.headers or {}).items()}
    return headers.get("idempotent-replayed") == "true"


def _is_signed(body: bytes, header: str, secret: str, now: datetime) -> bool:
    try:
        stripe.WebhookSignature.verify_header(body, header, secret, tolerance=TOLERANCE_S)
        at, _ = stripe.WebhookSignature._get_timestamp_and_signatures(header, "v1")
    except (stripe.SignatureVerificationError, ValueError, TypeError, OverflowError):
        return False
    # The library refuses what is old; what is from the future is as wrong.
    return bool(abs(now.timestamp() - at) <= TOLERANCE_S)


def _reference(about: dict[str, Any]) -> str:
    """The name under which we find the payment: the session's, ours out of the metadata, or the charge's."""
    if about["object"] in {"checkout.session", "dispute"}:
        return str(about["id"])
    ours = (about.get("metadata") or {}).get("payment")
    return str(ours or about.get("latest_charge") or about.get("charge") or about["id"])


def _mark(thing: Any, name: str) -> str:
    return str(thing.metadata.to_dict().get(name, "")) if thing.metadata is not None else ""


def _our_id(charge: Any) -> UUID | None:
    try:
        return UUID(_mark(charge, "payment"))
    except ValueError:
        return None


def _id_of(value: Any) -> str:
    return value if isinstance(value, str) else value.id if value is not None else ""


def _bounded(moment: datetime, now: datetime) -> datetime:
    """The session's end: ours, as near as Stripe allows. What is paid after our own end goes back."""
    return max(now + SHORTEST, min(moment, now + LONGEST))


def truth_of(session: Any, price: Money) -> Truth:
    """Read a session with its intent, charge and balance transaction. Pure."""
    intent = session.payment_intent
    if intent is None or intent.status in {
        "requires_payment_method",
        "requires_confirmation",
        "requires_action",
        "processing",
    }:
        status = "declined" if session.status == "expired" else "waiting"
        return Truth(status, price.amount, price.currency)
    currency = intent.currency.upper()
    charge = intent.latest_charge
    if intent.status == "requires_capture":
        return Truth("authorised", intent.amount_capturable, currency, transaction=charge.id)
    if intent.status == "succeeded":
        moved = charge.balance_transaction
        fee = moved.fee if moved is not None and moved.currency == intent.currency else 0
        return Truth("paid", intent.amount_received, currency, transaction=charge.id, fee=fee)
    return Truth("declined", intent.amount, currency)
