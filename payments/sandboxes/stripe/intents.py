"""Paying by card: an intent is created, confirmed, perhaps answered for at the bank, captured or cancelled."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from payments.sandboxes.stripe import afterwards, cards, forms, shapes
from payments.sandboxes.stripe.desk import Desk, check_amount, currency_of, fee_of
from payments.sandboxes.stripe.errors import Refused, card, invalid, missing, no_such, wrong_state

Body = dict[str, Any]
_CREATE = forms.names(
    "amount currency automatic_payment_methods capture_method confirm confirmation_method description metadata off_session"
    " payment_method payment_method_data payment_method_options payment_method_types receipt_email return_url"
)
CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture")


def make_method(desk: Desk, params: Body) -> Body:
    """Keep a card. Raises Refused for a number that is none."""
    if forms.required(params, "type") != "card":
        raise invalid("This sandbox plays cards only.", param="type")
    given = forms.inner(params, "card")
    number = cards.clean(forms.required(given, "number"))
    month, year = forms.whole(given, "exp_month"), forms.whole(given, "exp_year")
    if month is None or year is None:
        raise missing("card[exp_month]")
    if not cards.is_number(number):
        raise card("Your card number is incorrect.", code="incorrect_number", param="number")
    if not 1 <= month <= 12:
        raise card("Your card's expiration month is invalid.", code="invalid_expiry_month", param="exp_month")
    year += 2000 if year < 100 else 0
    this_year, this_month = _year_and_month(desk.now)
    if not this_year <= year < this_year + 50 or (year, month) < (this_year, this_month):
        raise card("Your card's expiration year is invalid.", code="invalid_expiry_year", param="exp_year")
    billing = forms.inner(params, "billing_details")
    return _keep_method(
        desk, number, month=month, year=year,
        billing=shapes.billing_details(forms.text_of(billing, "name"), forms.text_of(billing, "email")),
    )  # fmt: skip


def _year_and_month(now: int) -> tuple[int, int]:
    at = datetime.fromtimestamp(now, tz=UTC)
    return at.year, at.month


def _keep_method(desk: Desk, number: str, *, month: int, year: int, billing: Body) -> Body:
    known = cards.CARDS.get(number)
    if known is None:
        words = "Your card was declined. Your request was in test mode, but used a non test card."
        raise card(words, code="card_declined", decline_code="test_mode_live_card")
    return desk.put(shapes.payment_method(desk.new_id("pm"), desk.now, known, month=month, year=year, billing=billing))


def method_of(desk: Desk, id_: str) -> Body:
    """Return a kept card, or one made of a test token such as pm_card_visa. Raises Refused."""
    if id_ in cards.TOKENS:
        year = _year_and_month(desk.now)[0] + 1
        return _keep_method(desk, cards.TOKENS[id_], month=12, year=year, billing=shapes.billing_details())
    found = desk.find(id_, "payment_method")
    if found is None:
        raise no_such("PaymentMethod", id_, "payment_method")
    return found


def create(desk: Desk, params: Body) -> Body:
    forms.only(params, _CREATE)
    amount = forms.whole(params, "amount")
    if amount is None:
        raise missing("amount")
    currency = currency_of(params)
    check_amount(amount, currency)
    intent = shapes.payment_intent(desk.new_id("pi"), desk.now, desk.new_id("s")[2:])
    intent |= {
        "amount": amount,
        "currency": currency,
        "capture_method": forms.one_of(params, "capture_method", ("automatic", "automatic_async", "manual"), "automatic_async"),
        "description": forms.text_of(params, "description"),
        "receipt_email": forms.text_of(params, "receipt_email"),
        "metadata": forms.metadata(params),
    }  # fmt: skip
    if params.get("automatic_payment_methods"):
        intent["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
    if wanted := forms.text_of(params, "payment_method"):
        intent |= {"payment_method": method_of(desk, wanted)["id"], "status": "requires_confirmation"}
    desk.put(intent)
    desk.tell("payment_intent.created", intent)
    if params.get("confirm") == "true":
        return confirm(desk, intent["id"], {"return_url": params.get("return_url")})
    return intent


def confirm(desk: Desk, id_: str, params: Body) -> Body:
    """Try the card. Raises Refused when its bank declines; the intent then waits for another card."""
    forms.only(
        params, frozenset({"payment_method", "return_url", "off_session", "payment_method_data", "capture_method"})
    )
    intent = desk.get(id_, "payment_intent")
    if intent["status"] not in ("requires_payment_method", "requires_confirmation", "requires_action"):
        raise unexpected(intent, "confirm")
    if wanted := forms.text_of(params, "payment_method"):
        intent["payment_method"] = method_of(desk, wanted)["id"]
    elif params.get("payment_method_data"):
        intent["payment_method"] = make_method(desk, forms.inner(params, "payment_method_data"))["id"]
    if intent["payment_method"] is None:
        words = "You cannot confirm this PaymentIntent because it's missing a payment method."
        raise wrong_state(words, code="payment_intent_unexpected_state", payment_intent=intent)
    known = card_of(desk, intent)
    if known.asks:
        url = f"{desk.url}/c/authenticate/{intent['id']}"
        intent["status"] = "requires_action"
        intent["next_action"] = {
            "type": "redirect_to_url",
            "redirect_to_url": {"return_url": forms.text_of(params, "return_url"), "url": url},
        }
        desk.put(intent)
        desk.tell("payment_intent.requires_action", intent)
        return intent
    return charge_card(desk, intent)


def card_of(desk: Desk, intent: Body) -> cards.Card:
    method = desk.get(intent["payment_method"], "payment_method")
    return cards.BY_FINGERPRINT[method["card"]["fingerprint"]]


def answer_bank(desk: Desk, id_: str, *, approved: bool) -> Body:
    """The card's owner has answered their bank. Raises Refused when they said no."""
    intent = desk.get(id_, "payment_intent")
    if intent["status"] != "requires_action":
        raise unexpected(intent, "confirm")
    intent["next_action"] = None
    if approved:
        return charge_card(desk, intent, authenticated=True)
    words = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    raise _failed(desk, intent, card(words, code="payment_intent_authentication_failure"))


def charge_card(desk: Desk, intent: Body, *, authenticated: bool = False) -> Body:
    known, method = card_of(desk, intent), desk.get(intent["payment_method"], "payment_method")
    charge = shapes.charge(
        desk.new_id("ch"), desk.now, intent=intent, method=method, receipt_url=f"{desk.url}/receipts/{intent['id']}"
    )
    if known.code:
        charge |= {
            "paid": False,
            "status": "failed",
            "failure_code": known.code,
            "failure_message": known.words,
            "outcome": _outcome("declined_by_network", known.decline_code, known.words, "issuer_declined"),
        }
        desk.put(charge)
        desk.tell("charge.failed", charge)
        intent["latest_charge"] = charge["id"]
        refusal = card(known.words, code=known.code, decline_code=known.decline_code, charge=charge["id"])
        raise _failed(desk, intent, refusal)
    charge["outcome"] = _outcome("approved_by_network", None, "Payment complete.", "authorized")
    if authenticated:
        charge["payment_method_details"]["card"]["three_d_secure"] = {
            "authentication_flow": "challenge", "electronic_commerce_indicator": "05", "exemption_indicator": None,
            "exemption_indicator_applied": None, "result": "authenticated", "result_reason": None,
            "transaction_id": desk.new_id("3ds"), "version": "2.2.0",
        }  # fmt: skip
    intent |= {"latest_charge": charge["id"], "last_payment_error": None}
    desk.put(charge)
    if intent["capture_method"] == "manual":
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        desk.put(intent)
        desk.tell("charge.succeeded", charge)
        desk.tell("payment_intent.amount_capturable_updated", intent)
        return intent
    return _take(desk, intent, charge, intent["amount"], told="charge.succeeded")


def _outcome(network: str, reason: str | None, words: str, kind: str) -> Body:
    return {
        "advice_code": None, "network_advice_code": None, "network_decline_code": None, "network_status": network,
        "reason": reason, "risk_level": "normal", "risk_score": 12, "seller_message": words, "type": kind,
    }  # fmt: skip


def _failed(desk: Desk, intent: Body, refusal: Refused) -> Refused:
    intent |= {"status": "requires_payment_method", "payment_method": None}
    intent["last_payment_error"] = dict(refusal.error)
    desk.put(intent)
    desk.tell("payment_intent.payment_failed", intent)
    refusal.error["payment_intent"] = intent
    return refusal


def _take(desk: Desk, intent: Body, charge: Body, amount: int, *, told: str) -> Body:
    moved = desk.move(
        "charge", "charge", source=charge["id"], amount=amount, fee=fee_of(amount, charge["currency"]),
        currency=charge["currency"], words=charge["description"] or "",
    )  # fmt: skip
    charge |= {"captured": True, "amount_captured": amount, "balance_transaction": moved["id"]}
    if amount < charge["amount"]:  # the rest of the hold is let go
        charge |= {"amount_refunded": charge["amount"] - amount}
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0}
    desk.put(charge)
    desk.put(intent)
    desk.tell(told, charge)
    desk.tell("payment_intent.succeeded", intent)
    if card_of(desk, intent).disputes:
        afterwards.open_dispute(desk, charge["id"], reason="fraudulent")
    return intent


def capture(desk: Desk, id_: str, params: Body) -> Body:
    """Take held money, all or a part. Raises Refused."""
    forms.only(params, frozenset({"amount_to_capture", "metadata", "final_capture", "statement_descriptor_suffix"}))
    intent = desk.get(id_, "payment_intent")
    amount = forms.whole(params, "amount_to_capture", low=1)
    if intent["status"] != "requires_capture":
        raise unexpected(intent, "capture")
    if amount is not None and amount > intent["amount_capturable"]:
        words = "The requested capture amount is greater than the amount you can capture for this charge."
        raise invalid(words, code="amount_too_large", param="amount_to_capture")
    charge = desk.get(intent["latest_charge"], "charge")
    return _take(desk, intent, charge, amount or intent["amount_capturable"], told="charge.captured")


def cancel(desk: Desk, id_: str, params: Body) -> Body:
    """Stop an intent; held money is let go. Raises Refused."""
    forms.only(params, frozenset({"cancellation_reason"}))
    reasons = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
    reason = (
        forms.one_of(params, "cancellation_reason", reasons, "requested_by_customer")
        if params.get("cancellation_reason")
        else None
    )
    intent = desk.get(id_, "payment_intent")
    if intent["status"] not in CANCELLABLE:
        raise unexpected(intent, "cancel")
    if intent["status"] == "requires_capture":
        charge = desk.get(intent["latest_charge"], "charge")
        charge |= {"refunded": True, "amount_refunded": charge["amount"]}
        desk.put(charge)
        desk.tell("charge.refunded", charge)
    intent |= {
        "status": "canceled",
        "canceled_at": desk.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
        "next_action": None,
    }
    desk.put(intent)
    desk.tell("payment_intent.canceled", intent)
    return intent


def unexpected(intent: Body, verb: str) -> Refused:
    words = f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}."
    return wrong_state(words, code="payment_intent_unexpected_state", payment_intent=intent)
