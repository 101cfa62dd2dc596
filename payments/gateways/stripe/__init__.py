"""Stripe: cards on Stripe's own page (Checkout), with 3-D Secure, holds, refunds and disputes. Through the official library.

The facility has its own Stripe account: its secret key speaks, its webhook secret signs. To Stripe goes the amount, the
facility's name and the payment's code; what the visit is about does not leave the house.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import stripe
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments.errors import AmountNotTaken, BadNotice, BadSignature, GatewayUnavailable, RefundRefused
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
from payments.gateways.stripe import reading, words

TOLERANCE_S = 300
# A Checkout Session lives 30 minutes at least and 24 hours at most; the margins are for clocks that differ.
SHORTEST, LONGEST = timedelta(minutes=31), timedelta(hours=23, minutes=55)
NAME = re.compile(r"[A-Za-z0-9_.:-]{1,80}", re.ASCII)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
WHOLE = ["payment_intent.latest_charge.balance_transaction"]

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
    tells_disputes = True
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
                except stripe.InvalidRequestError as error:
                    if error.code in {"amount_too_small", "amount_too_large"}:
                        raise AmountNotTaken() from error
                    raise
                except stripe.APIError as error:
                    if not _is_stuck(error):
                        raise
                else:
                    return Redirect(url=session.url or "", reference=session.id)
        raise GatewayUnavailable()

    def ask(self, account: Account, asked: Asked) -> Truth:
        with _words_of_ours():
            session = _client(account).v1.checkout.sessions.retrieve(asked.reference, {"expand": WHOLE})
        return reading.truth_of(session, asked.price)

    def why(self, reason: str) -> Any:
        return words.REASON.get(reason, words.REFUSED)

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
        return next((one for one in known if reading.mark_of(one, "refund") == str(key)), None)

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
        return reading.dispute_of(found)

    def movements(self, account: Account, day: date) -> Iterable[Movement]:
        since = datetime.combine(day, time(), ZONE)
        created: Any = {"gte": int(since.timestamp()), "lt": int((since + timedelta(days=1)).timestamp())}
        client = _client(account)
        with _words_of_ours():
            sessions = reading.Sessions(client, created)
            rows = client.v1.balance_transactions.list({"created": created, "limit": 100, "expand": ["data.source"]})
            yield from (
                found for row in rows.auto_paging_iter() if (found := reading.movement_of(row, sessions)) is not None
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


def _bounded(moment: datetime, now: datetime) -> datetime:
    """The session's end: ours, as near as Stripe allows. What is paid after our own end goes back."""
    return max(now + SHORTEST, min(moment, now + LONGEST))
