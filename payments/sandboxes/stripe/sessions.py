"""Checkout: a page of Stripe's own where the payer enters a card. The intent is made when they first press "pay"."""

from __future__ import annotations

from typing import Any

from payments.sandboxes.stripe import forms, intents, shapes
from payments.sandboxes.stripe.desk import Desk, check_amount, currency_of
from payments.sandboxes.stripe.errors import invalid, missing, wrong_state

Body = dict[str, Any]
_CREATE = forms.names(
    "cancel_url client_reference_id customer_email expires_at line_items locale metadata mode payment_intent_data"
    " payment_method_types submit_type success_url ui_mode"
)
SHORTEST_S, LONGEST_S = 1800, 86_400


def create(desk: Desk, params: Body) -> Body:
    """Open a session for one payment. Raises Refused."""
    forms.only(params, _CREATE)
    if forms.required(params, "mode") != "payment":
        raise invalid("This sandbox plays the mode `payment` only.", param="mode")
    wanted = forms.inner(params, "payment_intent_data")
    forms.only(wanted, frozenset({"capture_method", "metadata", "description", "receipt_email"}))
    currency, total, words = _total(params)
    expires_at = forms.whole(params, "expires_at") or desk.now + LONGEST_S
    if not desk.now + SHORTEST_S <= expires_at <= desk.now + LONGEST_S:
        told = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        if expires_at < desk.now + SHORTEST_S:
            told = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(told, param="expires_at")
    session = shapes.checkout_session(desk.new_id("cs_test"), desk.now)
    session |= {
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": forms.text_of(params, "cancel_url"),
        "client_reference_id": forms.text_of(params, "client_reference_id", longest=200),
        "currency": currency,
        "customer_email": forms.text_of(params, "customer_email"),
        "expires_at": expires_at,
        "locale": forms.text_of(params, "locale"),
        "metadata": forms.metadata(params),
        "success_url": forms.required(params, "success_url"),
        "url": f"{desk.url}/c/pay/{session['id']}",
    }
    desk.put(session)
    desk.books.ask(
        "INSERT INTO wish (session, capture_method, description, metadata) VALUES (?, ?, ?, ?)", session["id"],
        forms.one_of(wanted, "capture_method", ("automatic", "automatic_async", "manual"), "automatic_async"),
        forms.text_of(wanted, "description") or words, _packed(forms.metadata(wanted)),
    )  # fmt: skip
    return session


def _total(params: Body) -> tuple[str, int, str]:
    lines = params.get("line_items")
    if not isinstance(lines, list) or not lines:
        raise missing("line_items")
    currency, total, words = "", 0, []
    for rank, line in enumerate(lines):
        where = f"line_items[{rank}]"
        if not isinstance(line, dict):
            raise invalid(f"Invalid object: {where}", param=where)
        price = forms.inner(line, "price_data")
        amount, quantity = forms.whole(price, "unit_amount", low=0), forms.whole(line, "quantity", low=1)
        if amount is None or quantity is None:
            raise missing(f"{where}[{'price_data][unit_amount' if amount is None else 'quantity'}]")
        words.append(forms.required(forms.inner(price, "product_data"), "name", longest=250))
        if currency and currency_of(price) != currency:
            raise invalid("All line items must have the same currency.", param=where)
        currency, total = currency_of(price), total + amount * quantity
    check_amount(total, currency, "line_items")
    return currency, total, ", ".join(words)


def _packed(metadata: dict[str, str]) -> str:
    return "\n".join(f"{name}\t{value}" for name, value in metadata.items())


def wish_of(desk: Desk, session: Body) -> Body:
    """What the intent will be like."""
    method, words, packed = desk.books.ask(
        "SELECT capture_method, description, metadata FROM wish WHERE session = ?", session["id"]
    )[0]
    metadata = dict(line.partition("\t")[::2] for line in packed.split("\n") if line)
    return {"capture_method": method, "description": words, "metadata": metadata}


def current(desk: Desk, id_: str) -> Body:
    """Return a session as it is now: what nobody finished in time has expired. Raises Refused."""
    session = desk.get(id_, "checkout.session")
    if session["status"] == "open" and desk.now >= session["expires_at"]:
        return _expire(desk, session)
    return session


def expire(desk: Desk, id_: str, params: Body) -> Body:
    """Close an open session. Raises Refused."""
    forms.only(params, frozenset())
    session = current(desk, id_)
    if session["status"] != "open":
        words = f"Only Checkout Sessions with a status in ['open'] can be expired, not {session['status']}."
        raise wrong_state(words, code="")
    return _expire(desk, session)


def _expire(desk: Desk, session: Body) -> Body:
    session |= {"status": "expired", "url": None}
    desk.put(session)
    if session["payment_intent"]:
        intent = desk.get(session["payment_intent"], "payment_intent")
        if intent["status"] in intents.CANCELLABLE:
            intents.cancel(desk, intent["id"], {})
    desk.tell("checkout.session.expired", session)
    return session


def pay(desk: Desk, id_: str, method: Body, *, name: str, email: str) -> Body:
    """The payer pressed "pay". Returns the intent, which may ask for the bank's step. Raises Refused: the page says why."""
    session = current(desk, id_)
    if session["status"] != "open":
        raise wrong_state("This Checkout Session is no longer open.", code="")
    session["customer_details"] = {
        "address": None, "business_name": None, "email": email, "individual_name": None, "name": name, "phone": None,
        "tax_exempt": "none", "tax_ids": None,
    }  # fmt: skip
    if session["payment_intent"] is None:
        intent = shapes.payment_intent(desk.new_id("pi"), desk.now, desk.new_id("s")[2:])
        intent |= {"amount": session["amount_total"], "currency": session["currency"], **wish_of(desk, session)}
        desk.put(intent)
        desk.tell("payment_intent.created", intent)
        session["payment_intent"] = intent["id"]
    desk.put(session)
    intent = intents.confirm(desk, session["payment_intent"], {"payment_method": method["id"]})
    return settle(desk, intent)


def settle(desk: Desk, intent: Body) -> Body:
    """Complete the session whose intent is paid or held."""
    session = of_intent(desk, intent["id"])
    if session is not None and session["status"] == "open" and intent["status"] in ("succeeded", "requires_capture"):
        # A hold counts as unpaid until it is taken.
        paid = "paid" if intent["status"] == "succeeded" else "unpaid"
        session |= {"status": "complete", "payment_status": paid, "url": None}
        desk.put(session)
        desk.tell("checkout.session.completed", session)
    return intent


def answer_bank(desk: Desk, intent_id: str, *, approved: bool) -> Body:
    """The bank's page was answered. Raises Refused when the owner said no."""
    return settle(desk, intents.answer_bank(desk, intent_id, approved=approved))


def capture(desk: Desk, intent_id: str, params: Body) -> Body:
    """Take held money, and say so on its session. Raises Refused."""
    intent = intents.capture(desk, intent_id, params)
    session = of_intent(desk, intent_id)
    if session is not None:
        session["payment_status"] = "paid"
        desk.put(session)
    return intent


def of_intent(desk: Desk, intent_id: str) -> Body | None:
    where = [("json_extract(body, '$.payment_intent') = ?", intent_id)]
    found = desk.books.listed(desk.account.key, "checkout.session", where=where, limit=1, upwards=False)
    return found[0] if found else None


def success_url(session: Body) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])
