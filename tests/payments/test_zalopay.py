"""ZaloPay's formats, byte for byte, and what is made of its calls. No network."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.money import Money
from payments.errors import BadNotice, BadSignature
from payments.gateways import Standing, sealing
from payments.gateways.zalopay import Zalopay, wire
from tests.payments.vectors import AT_ZALOPAY, ZALOPAY, one, posted

NOW = datetime(2026, 1, 15, 2, 32, tzinfo=UTC)
KEY1, KEY2 = ZALOPAY["key1"], ZALOPAY["key2"]
TAMPERED = one(ZALOPAY["vectors"], "CALLBACK-TAMPERED")


def callback(**changes: Any) -> dict[str, Any]:
    """A callback that is signed rightly, unlike the vector's."""
    data = json.dumps({**json.loads(TAMPERED["body"]["data"]), "amount": 150_000, **changes}, separators=(",", ":"))
    return {"data": data, "mac": sealing.mac(KEY2, data), "type": 1}


@pytest.mark.parametrize(("name", "kind"), [("CREATE", "create"), ("REFUND", "refund")])
def test_signatures_are_those_of_the_vectors(name: str, kind: str) -> None:
    vector = one(ZALOPAY["vectors"], name)
    assert wire.signed_text(kind, vector["body"]) == vector["mac_input"]
    bare = {key: value for key, value in vector["body"].items() if key != "mac"}
    assert wire.sealed(kind, KEY1, bare) == vector["body"]


def test_questions_are_signed_as_the_specification_says() -> None:
    assert wire.signed_text("query", {"app_id": 9999, "app_trans_id": "260115_A"}, KEY1) == f"9999|260115_A|{KEY1}"
    asked = {"app_id": 9999, "m_refund_id": "260115_9999_1", "timestamp": 7}
    assert wire.signed_text("query_refund", asked) == "9999|260115_9999_1|7"


def test_the_tampered_callback_is_refused_in_zalopays_words() -> None:
    with pytest.raises(BadSignature):
        Zalopay().verify(AT_ZALOPAY, posted(TAMPERED["body"]), now=NOW)
    reply = Zalopay().refuse("bad_signature")
    assert reply is not None
    assert (reply.status, json.loads(reply.body)) == (200, TAMPERED["reply"])


def test_a_right_callback_names_order_and_amount() -> None:
    told = Zalopay().verify(AT_ZALOPAY, posted(callback()), now=NOW)
    assert (told.reference, told.claimed) == ("260115_BK20260115001", Money.vnd(150_000))
    assert Zalopay().merchant_of(posted(callback())) == "9999"


def test_the_signature_is_over_the_text_not_over_what_it_means() -> None:
    body = callback()
    body["data"] = json.dumps(json.loads(body["data"]), indent=1)
    with pytest.raises(BadSignature):
        Zalopay().verify(AT_ZALOPAY, posted(body), now=NOW)


def test_key1_does_not_sign_callbacks_and_another_apps_are_not_ours() -> None:
    body = callback()
    with pytest.raises(BadSignature):
        Zalopay().verify(AT_ZALOPAY, posted({**body, "mac": sealing.mac(KEY1, body["data"])}), now=NOW)
    with pytest.raises(BadSignature):
        Zalopay().verify(replace(AT_ZALOPAY, merchant="9998"), posted(body), now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"[" * 60_000,
        {"data": 5, "mac": ""},
        {"data": "\ud800", "mac": ""},
        callback(amount="x"),
        callback(app_trans_id="a b"),
    ],
)
def test_nonsense_is_refused(body: Any) -> None:
    call = posted(body if isinstance(body, bytes) else json.dumps(body).encode())
    with pytest.raises(BadNotice):
        Zalopay().verify(AT_ZALOPAY, call, now=NOW)


@pytest.mark.parametrize(
    ("standing", "code"),
    [
        (Standing(is_known=True), 1),
        (Standing(is_known=True, is_final=True), 1),
        (Standing(is_known=True, is_new=False), 2),
        (Standing(is_known=False), -1),
    ],
)
def test_answers_in_zalopays_words(standing: Standing, code: int) -> None:
    reply = Zalopay().reply(standing)
    assert (reply.status, json.loads(reply.body)["return_code"]) == (200, code)


def test_asks_to_be_called_again_after_an_error_of_ours() -> None:
    reply = Zalopay().refuse("error")
    assert reply is not None and json.loads(reply.body)["return_code"] == 0


def test_names_begin_with_vietnams_date() -> None:
    assert wire.dated(datetime(2026, 1, 14, 17, 30, tzinfo=UTC), "A") == "260115_A"
