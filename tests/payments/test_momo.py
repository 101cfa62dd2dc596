"""MoMo's formats, byte for byte, and what is made of its calls. No network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.money import Money
from payments.errors import BadNotice, BadSignature
from payments.gateways import Standing
from payments.gateways.momo import Momo, wire, words
from tests.payments.vectors import AT_MOMO, MOMO, one, posted

NOW = datetime(2026, 1, 15, 2, 32, tzinfo=UTC)
ACCESS, SECRET = MOMO["access_key"], MOMO["secret_key"]
DENIED = one(MOMO["vectors"], "IPN-DENIED")["body"]
KINDS = {"CREATE": "create", "IPN-DENIED": "ipn", "QUERY": "query", "CONFIRM": "confirm"}


@pytest.mark.parametrize("vector", MOMO["vectors"], ids=lambda vector: vector["id"])
def test_signatures_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    kind = KINDS[vector["id"]]
    assert wire.raw(kind, ACCESS, vector["body"]) == vector["raw"]
    bare = {name: value for name, value in vector["body"].items() if name != "signature"}
    assert wire.sealed(kind, ACCESS, SECRET, bare) == vector["body"]
    assert wire.is_sealed(kind, ACCESS, SECRET, vector["body"])


def test_a_refund_is_signed_over_its_own_fields() -> None:
    body = {"amount": 5, "description": "d", "orderId": "o", "partnerCode": "p", "requestId": "r", "transId": 7}
    said = f"accessKey={ACCESS}&amount=5&description=d&orderId=o&partnerCode=p&requestId=r&transId=7"
    assert wire.raw("refund", ACCESS, body) == said


def test_a_right_call_names_order_and_amount() -> None:
    told = Momo().verify(AT_MOMO, posted(DENIED), now=NOW)
    assert (told.reference, told.claimed) == ("BK20260115001", Money.vnd(150_000))
    assert Momo().merchant_of(posted(DENIED)) == "MOMODEMO"
    assert Momo().verify(AT_MOMO, posted(dict(reversed(DENIED.items()))), now=NOW) == told


@pytest.mark.parametrize("name", [name for name in DENIED if name != "signature"])
def test_whatever_is_changed_is_noticed(name: str) -> None:
    value = DENIED[name]
    changed = {**DENIED, name: value + 1 if isinstance(value, int) else f"{value}x"}
    with pytest.raises(BadSignature):
        Momo().verify(AT_MOMO, posted(changed), now=NOW)


def test_another_partners_call_is_not_ours() -> None:
    with pytest.raises(BadSignature):
        Momo().verify(replace(AT_MOMO, merchant="OTHER"), posted(DENIED), now=NOW)


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b"{", b"[" * 60_000, b"\xff", {**DENIED, "amount": [1]}, {**DENIED, "amount": 1.5}]
)
def test_nonsense_is_refused(body: Any) -> None:
    with pytest.raises(BadNotice):
        Momo().verify(AT_MOMO, posted(body), now=NOW)
    assert Momo().merchant_of(posted(b"[" * 60_000)) == ""


def test_half_a_character_is_refused() -> None:
    raw = posted(DENIED).body.replace("Thanh toán".encode(), b"\\ud800")
    with pytest.raises(BadNotice):
        Momo().verify(AT_MOMO, posted(raw), now=NOW)


def test_hears_only_that_it_came() -> None:
    for standing in (Standing(is_known=True), Standing(is_known=False), Standing(is_known=True, is_new=False)):
        assert (Momo().reply(standing).status, Momo().reply(standing).body) == (204, b"")


def test_every_code_has_words_for_the_payer() -> None:
    assert {int(code) for code in MOMO["result_codes"]} == set(words.RESULT)
