"""Every answer of the pretended Stripe has the fields and types of the published objects (fixtures/stripe_shapes.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import stripe

from tests.payments.stripe_stage import There, session_of

SHAPES = json.loads((Path(__file__).parent / "fixtures" / "stripe_shapes.json").read_text(encoding="utf-8"))["objects"]
TYPES = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", dict: "object"}
LISTS = (
    "payment_intents", "charges", "refunds", "disputes", "events", "balance_transactions", "checkout/sessions",
)  # fmt: skip


def wrongs(body: Any, where: str = "") -> Iterator[str]:
    """What is wrong with an answer and everything inside it."""
    if isinstance(body, list):
        for rank, one in enumerate(body):
            yield from wrongs(one, f"{where}[{rank}]")
    if not isinstance(body, dict):
        return
    shape = SHAPES.get(str(body.get("object")))
    if shape is not None:
        where = f"{where} {body['object']}"
        yield from _wrongs_of_one(body, shape, where)
    for name, value in body.items():
        yield from wrongs(value, f"{where}.{name}")


def _wrongs_of_one(body: dict[str, Any], shape: dict[str, Any], where: str) -> Iterator[str]:
    if not body["id"].startswith(tuple(shape["prefix"])):
        yield f"{where}: id {body['id']}"
    for name, rule in shape["fields"].items():
        if name not in body:
            if rule.get("required"):
                yield f"{where}: {name} is missing"
        elif body[name] is None:
            if not rule.get("null"):
                yield f"{where}: {name} is null"
        elif TYPES[type(body[name])] not in rule["types"] or ("values" in rule and body[name] not in rule["values"]):
            yield f"{where}: {name} is {body[name]!r}"
    for name in body.keys() - shape["fields"].keys():
        yield f"{where}: {name} is not published"


@pytest.fixture
def lived(there: There) -> There:
    """A life with everything in it."""
    client = there.client()
    wish: Any = {"amount": 150_000, "currency": "vnd"}
    client.v1.payment_intents.create(wish)
    for card in ("pm_card_visa", "pm_card_createDispute", "pm_card_authenticationRequired"):
        client.v1.payment_intents.create({**wish, "payment_method": card, "confirm": True})
    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create({**wish, "payment_method": "pm_card_chargeDeclined", "confirm": True})
    held = client.v1.payment_intents.create(
        {**wish, "payment_method": "pm_card_visa", "confirm": True, "capture_method": "manual"}
    )
    client.v1.payment_intents.capture(held.id, {"amount_to_capture": 70_000})
    client.v1.refunds.create({"payment_intent": held.id, "amount": 20_000, "reason": "duplicate"})
    there.act("win", client.v1.disputes.list().data[0].id)
    open_, paid, ended = (session_of(client) for _ in range(3))
    there.act("pay", paid.id, card="pm_card_authenticationRequired")
    client.v1.checkout.sessions.expire(ended.id)
    assert open_.url
    return there


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_their_rows_are_of_the_published_shape(lived: There, path: str) -> None:
    answer = lived.raw(f"/v1/{path}?limit=100")
    assert (answer["object"], answer["url"], answer["has_more"]) == ("list", f"/v1/{path}", False)
    assert answer["data"]
    assert list(wrongs(answer["data"])) == []
    alone = [lived.raw(f"/v1/{path}/{row['id']}") for row in answer["data"][:5]]
    assert list(wrongs(alone)) == []


def test_what_is_expanded_is_of_the_published_shape(lived: There) -> None:
    paths = ["data.payment_intent.latest_charge.balance_transaction", "data.payment_intent.payment_method"]
    query = "&".join(f"expand[{rank}]={path}" for rank, path in enumerate(paths))
    rows = lived.raw(f"/v1/checkout/sessions?limit=100&status=complete&{query}")["data"]
    assert rows and isinstance(rows[0]["payment_intent"]["latest_charge"]["balance_transaction"], dict)
    assert list(wrongs(rows)) == []


def test_each_kind_of_event_tells_of_its_own_object(lived: There) -> None:
    events = lived.raw("/v1/events?limit=100")["data"]
    for event in events:
        about = event["data"]["object"]["object"]
        begins = {"dispute": "charge.dispute.", "checkout.session": "checkout.session."}.get(about, f"{about}.")
        assert event["type"].startswith(begins)
    assert {event["type"] for event in events} >= {
        "payment_intent.created", "payment_intent.succeeded", "payment_intent.payment_failed",
        "payment_intent.requires_action", "payment_intent.amount_capturable_updated", "charge.succeeded",
        "charge.failed", "charge.captured", "charge.refunded", "charge.dispute.created",
        "charge.dispute.funds_withdrawn", "charge.dispute.closed", "charge.dispute.funds_reinstated", "refund.created",
        "checkout.session.completed", "checkout.session.expired",
    }  # fmt: skip
