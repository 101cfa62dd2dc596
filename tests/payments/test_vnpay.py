"""VNPAY's formats, byte for byte, and what is made of its calls. No network."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pytest

from core.ids import new_id
from core.money import Money
from payments.errors import AmountNotTaken, BadNotice, BadSignature
from payments.gateways import Standing, Wanted
from payments.gateways.vnpay import Vnpay, wire, words
from tests.payments.vectors import AT_VNPAY, VNPAY, got, one

SECRET = VNPAY["secret"]
OK = one(VNPAY["ipn"], "IPN-OK")
NOW = datetime(2026, 1, 15, 2, 30, tzinfo=UTC)  # 09:30 in Vietnam
SPOKEN = {case["case"]: case["reply"] for case in VNPAY["ipn_scenarios"]}


def wanted(**values: Any) -> Wanted:
    return replace(
        Wanted(
            payment_id=new_id(),
            code="LH0123456789A",
            price=Money.vnd(150_000),
            payee="Bệnh viện Đa khoa Hà Đông",
            description="Khám từ xa – nội tiết",
            return_url="https://khambenh.example.vn/payments/1/",
            hook_url="https://khambenh.example.vn/hooks/vnpay/",
            expires_at=datetime(2026, 1, 15, 2, 45, tzinfo=UTC),
            now=NOW,
        ),
        **values,
    )


@pytest.mark.parametrize("vector", VNPAY["pay_urls"], ids=lambda vector: vector["id"])
def test_pay_addresses_are_those_of_other_libraries(vector: dict[str, Any]) -> None:
    params = {
        **vector["params"],
        "vnp_Amount": vector["amount_vnd"] * 100,
        "vnp_TmnCode": VNPAY["tmn_code"],
    }
    page = vector["url"].partition("?")[0]
    assert wire.pay_url(page, SECRET, params) == vector["url"]
    assert wire.signed_text(vector["url"].partition("?")[2]) == vector["hash_data"]


@pytest.mark.parametrize("vector", VNPAY["ipn"], ids=lambda vector: vector["id"])
def test_calls_are_believed_by_their_raw_query(vector: dict[str, Any]) -> None:
    assert wire.signed_text(vector["query_string"]) == vector["hash_data"]
    assert wire.mac(SECRET, vector["hash_data"]) == vector["secure_hash"]
    told = Vnpay().verify(AT_VNPAY, got(vector["query_string"]), now=NOW)
    assert (told.reference, told.claimed) == ("BK20260115001", Money.vnd(150_000))
    assert Vnpay().merchant_of(got(vector["query_string"])) == "TESTTMN1"


@pytest.mark.parametrize("name", ["QUERYDR-REQ", "QUERYDR-RESP", "REFUND-REQ", "REFUND-RESP"])
def test_questions_refunds_and_their_answers(name: str) -> None:
    vector = one(VNPAY["query_refund"], name)
    order = {
        "QUERYDR-REQ": wire.QUERY,
        "QUERYDR-RESP": wire.QUERIED,
        "REFUND-REQ": wire.REFUND,
        "REFUND-RESP": wire.REFUNDED,
    }[name]
    assert wire.piped(vector["body"], order) == vector["hash_data"]
    assert wire.is_sealed(SECRET, vector["body"], order)
    bare = {key: value for key, value in vector["body"].items() if key != "vnp_SecureHash"}
    assert wire.sealed(SECRET, bare, order) == vector["body"]
    assert not wire.is_sealed(SECRET, {**vector["body"], "vnp_TxnRef": "BK20260115002"}, order)


def test_the_payers_address_carries_our_wish() -> None:
    redirect = Vnpay().begin(AT_VNPAY, wanted())
    fields = dict(parse_qsl(redirect.url.partition("?")[2], strict_parsing=True))
    assert redirect.reference == fields["vnp_TxnRef"] == "LH0123456789A"
    assert fields["vnp_Amount"] == "15000000"
    assert (fields["vnp_CreateDate"], fields["vnp_ExpireDate"]) == ("20260115093000", "20260115094500")
    assert fields["vnp_OrderInfo"] == "LH0123456789A Kham tu xa noi tiet"
    assert fields["vnp_OrderType"] == "270000"
    assert Vnpay().begin(AT_VNPAY, wanted()) == redirect  # the same wish has the same address


def test_what_libraries_encode_unlike_each_other_is_never_sent() -> None:
    url = Vnpay().begin(AT_VNPAY, wanted(return_url="https://a.example/~b/*", description="~*đường*~")).url
    assert (
        "*" not in url
        and "~" not in url
        and "%2A" not in url.replace("%252A", "")
        and "%7E" not in url.replace("%257E", "")
    )
    with pytest.raises(ValueError):
        wire.encoded({"vnp_OrderInfo": "a*b"})


@pytest.mark.parametrize("price", [Money(100, "USD"), Money.vnd(0), Money.vnd(10**10)])
def test_refuses_amounts_vnpay_does_not_take(price: Money) -> None:
    with pytest.raises(AmountNotTaken):
        Vnpay().begin(AT_VNPAY, wanted(price=price))


@pytest.mark.parametrize(
    "query",
    [
        OK["query_string"].replace("vnp_Amount=15000000", "vnp_Amount=1500"),
        OK["query_string"].replace("vnp_ResponseCode=00", "vnp_ResponseCode=24"),
        OK["query_string"][:-1] + "e",
        OK["query_string"].partition("&vnp_SecureHash")[0],
        OK["query_string"] + "&vnp_Extra=1",
        "",
        "vnp_SecureHash=",
    ],
)
def test_forged_calls_are_not_believed(query: str) -> None:
    with pytest.raises(BadSignature):
        Vnpay().verify(AT_VNPAY, got(query), now=NOW)


@pytest.mark.parametrize("query", [OK["query_string"] + "&vnp_Amount=1", OK["query_string"] + "&vnp_X=%FF%FE"])
def test_calls_that_say_two_things_or_nothing_are_refused(query: str) -> None:
    with pytest.raises(BadNotice):
        Vnpay().verify(AT_VNPAY, got(query), now=NOW)


def test_the_order_case_and_strangers_of_a_query_do_not_matter() -> None:
    parts = OK["query_string"].split("&")
    upper = parts[-1].partition("=")[2].upper()
    query = "&".join([f"vnp_SecureHash={upper}", "vnp_SecureHashType=SHA512", "utm=1", *reversed(parts[:-1])])
    first = Vnpay().verify(AT_VNPAY, got(OK["query_string"]), now=NOW)
    assert Vnpay().verify(AT_VNPAY, got(query), now=NOW) == first


def test_another_terminals_call_is_not_ours() -> None:
    with pytest.raises(BadSignature):
        Vnpay().verify(replace(AT_VNPAY, merchant="TESTTMN2"), got(OK["query_string"]), now=NOW)


@pytest.mark.parametrize(
    ("standing", "case"),
    [
        (Standing(is_known=False), "unknown vnp_TxnRef"),
        (Standing(is_known=True, fits=False), "amount differs from order*100"),
        (Standing(is_known=True, fits=False, is_final=True), "amount differs from order*100"),
        (Standing(is_known=True, is_final=True), "order no longer pending"),
        (Standing(is_known=True, is_new=False), "order no longer pending"),
        (Standing(is_known=True), "recorded (success or failure)"),
    ],
)
def test_answers_in_vnpays_words(standing: Standing, case: str) -> None:
    reply = Vnpay().reply(standing)
    assert (reply.status, json.loads(reply.body), reply.content_type) == (200, SPOKEN[case], "application/json")


@pytest.mark.parametrize(("refusal", "case"), [("bad_signature", "checksum wrong"), ("error", "own error")])
def test_refuses_in_vnpays_words(refusal: str, case: str) -> None:
    reply = Vnpay().refuse(refusal)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)) == (200, SPOKEN[case])


def test_every_code_has_words_for_the_payer() -> None:
    assert set(VNPAY["response_codes"]) == set(words.RESPONSE)
    assert set(VNPAY["transaction_status"]) == set(words.STATUS)
