"""The bank's notices: believed with the right checksum or signature, each transfer once, the perfect fit confirmed."""

# ruff: noqa: F811 (fixtures)

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections

from identity.models import Membership
from payments import actions, gateways, queries, vietqr
from payments.models import BankLine, Delivery, Entry, GatewayAccount, Payment
from tests.jobs import run_jobs, waiting_jobs
from tests.payments.bank_stage import (  # noqa: F401
    HANOI,
    KEY,
    account,
    elsewhere,
    enter,
    facility_of,
    notice,
    offered,
    tell,
    tell_signed,
    waiting,
)
from tests.payments.conftest import HOUSE, again


def code_of(response: Any) -> str:
    assert response.status_code == 200
    return str(response.json()["code"])


def balance(name: str, payment: Payment) -> int:
    return queries.balances(payment.facility_id).get((f"{name}/{payment.facility_id}", "VND"), 0)


def nothing_happened(payment: Payment) -> bool:
    return (
        again(payment).status == "pending"
        and not BankLine.objects.exists()
        and not Delivery.objects.exists()
        and not Entry.objects.exists()
        and waiting_jobs() == []
    )


def test_the_code_says_account_amount_and_payment(waiting: Payment) -> None:
    said = vietqr.decode(waiting.qr)
    assert (said.bank, said.account, said.amount, said.memo) == ("970418", "12010000123456", 150_000, waiting.code)
    assert waiting.gateway_url == ""


def test_a_right_notice_confirms_the_payment(waiting: Payment, now: datetime, told: list[str]) -> None:
    assert code_of(tell(notice(waiting, now))) == "00"
    assert again(waiting).status == "pending"  # answered first
    run_jobs()
    paid, line = again(waiting), BankLine.objects.get()
    assert (paid.status, paid.captured_amount, paid.gateway_transaction) == ("captured", 150_000, "FT1")
    assert (line.status, line.payment_id, line.source) == ("matched", paid.id, "hook")
    assert balance("clearing/vietqr", paid) == 150_000
    assert balance("income", paid) == -150_000
    assert balance("unallocated", paid) == 0
    assert Delivery.objects.get().outcome == "captured"
    assert told.count("PaymentCaptured") == 1


@pytest.mark.parametrize("path", ["bank", "vietqr"])
def test_both_addresses_lead_to_the_same_door(waiting: Payment, now: datetime, path: str) -> None:
    assert code_of(tell(notice(waiting, now), path=path)) == "00"
    assert code_of(tell(notice(waiting, now), path=f"{path}/{waiting.account_id}")) == "03"
    run_jobs()
    assert again(waiting).status == "captured"


def test_the_same_notice_ten_times_is_one_transfer(waiting: Payment, now: datetime) -> None:
    codes = [code_of(tell(notice(waiting, now))) for _ in range(10)]
    run_jobs()
    assert codes == ["00", *["03"] * 9]
    assert (BankLine.objects.count(), Delivery.objects.count()) == (1, 1)
    assert balance("income", waiting) == -150_000
    assert code_of(tell(notice(waiting, now))) == "03"


@pytest.mark.parametrize(
    "change",
    [
        {"checksum": ""},
        {"checksum": "0" * 32},
        {"secret": "another secret"},
        {"secret": ""},
    ],
)
def test_forged_notices_leave_no_trace(waiting: Payment, now: datetime, change: dict[str, str]) -> None:
    assert code_of(tell(notice(waiting, now, **change))) == "06"
    assert nothing_happened(waiting)


@pytest.mark.parametrize(
    "field",
    ["code", "msgType", "txnId", "qrTrace", "bankCode", "mobile", "accountNo", "amount", "payDate", "merchantCode"],
)
def test_a_field_changed_on_the_way_is_noticed(waiting: Payment, now: datetime, field: str) -> None:
    fields = notice(waiting, now)
    for other in (f"{fields[field]}1", None):
        assert code_of(tell({**fields, field: other})) in {"06", "11"}
    assert nothing_happened(waiting)


def test_the_checksum_itself_is_the_banks() -> None:
    """MD5 in capitals of the fields and the secret, joined by bars (specs/vietnam.md 4.2)."""
    import hashlib

    from payments.gateways.vietqr import checksum

    fields = {"code": "00", "msgType": "1", "txnId": "T1", "qrTrace": "LH", "bankCode": "BIDV", "mobile": "",
              "accountNo": "1", "amount": "5", "payDate": "20310325140000", "merchantCode": "M"}  # fmt: skip
    said = "00|1|T1|LH|BIDV||1|5|20310325140000|M|s"
    assert checksum(fields, "s") == hashlib.md5(said.encode(), usedforsecurity=False).hexdigest().upper()


@pytest.mark.parametrize("age", [timedelta(days=1, minutes=1), timedelta(days=400), -timedelta(minutes=6)])
def test_stale_and_future_notices_leave_no_trace(waiting: Payment, now: datetime, age: timedelta) -> None:
    assert code_of(tell(notice(waiting, now - age))) == "11"
    assert nothing_happened(waiting)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"[]", b"null", b"{", b"[" * 60_000, b'{"a":' * 10_000, b"\xff\xfe{\x00}\x00", b'{"bankCode": {}}',
        b" " * (64 * 1024) + b"{}", b'{"bankCode":"BIDV","accountNo":"12010000123456","txnId":"a\\u0000"}',
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_leaves_no_trace(waiting: Payment, body: bytes) -> None:
    assert code_of(tell(body)) in {"06", "11"}
    assert nothing_happened(waiting)


@pytest.mark.parametrize(
    "change",
    [
        {"amount": "0"}, {"amount": "-5"}, {"amount": "1.5"}, {"amount": "1e5"}, {"amount": "9" * 14}, {"code": "01"},
        {"number": ""}, {"number": "a" * 51}, {"number": "a b"}, {"payDate": "2031"}, {"payDate": "20311325000000"},
        {"qrTrace": "a\x00b"}, {"qrTrace": "a\ud800b"},
    ],
)  # fmt: skip
def test_signed_nonsense_is_refused_too(waiting: Payment, now: datetime, change: dict[str, str]) -> None:
    try:
        fields = notice(waiting, now, **change)
    except UnicodeEncodeError:  # no checksum can be made of it
        fields = notice(waiting, now) | change
    assert code_of(tell(fields)) in {"06", "11"}
    assert nothing_happened(waiting)


def test_another_facilitys_key_cannot_speak_for_this_account(
    waiting: Payment,
    now: datetime,
    elsewhere: Membership,
) -> None:
    other = enter(elsewhere, now, account="99990000", secret="theirs")
    assert code_of(tell(notice(waiting, now, secret="theirs"))) == "06"
    assert code_of(tell(notice(waiting, now, secret="theirs"), path=f"bank/{other.id}")) == "11"
    assert nothing_happened(waiting)


def test_the_same_number_at_two_banks_is_two_transfers(
    waiting: Payment,
    now: datetime,
    elsewhere: Membership,
) -> None:
    enter(elsewhere, now, account="99990000", secret="theirs")
    assert code_of(tell(notice(waiting, now, secret="theirs", accountNo="99990000"))) == "00"
    assert code_of(tell(notice(waiting, now))) == "00"
    run_jobs()
    assert again(waiting).status == "captured"
    theirs = BankLine.objects.get(account__merchant__endswith="99990000")
    assert (theirs.status, theirs.reason, theirs.facility_id) == (
        "unmatched",
        "unknown_code",
        facility_of(elsewhere).id,
    )


def test_an_account_with_a_key_believes_nothing_weaker(dan: Membership, payment: Payment, now: datetime) -> None:
    enter(dan, now, hook_key=KEY)
    started = actions.start_payment(payment_id=payment.id, gateway="vietqr", by=HOUSE, now=now)
    assert code_of(tell(notice(started, now))) == "06"
    assert code_of(tell_signed(notice(started, now), at=now - timedelta(seconds=301))) == "06"
    assert code_of(tell_signed(notice(started, now), at=now, key="another")) == "06"
    assert nothing_happened(started)
    memo = f"MBVCB.9876.{started.code.lower()[:5]} {started.code[5:]}.CT tu 0123 NGUYEN THI AN"
    fields = notice(started, now, qrTrace="", memo=memo, counterAccount="0123", counterName="NGUYEN THI AN")
    assert code_of(tell_signed(fields, at=now)) == "00"
    run_jobs()
    line = BankLine.objects.get()
    assert (line.memo, line.counter_account, line.counter_name) == (memo, "0123", "NGUYEN THI AN")
    assert again(started).status == "captured"


def test_what_the_checksum_does_not_cover_is_not_read(waiting: Payment, now: datetime) -> None:
    fields = notice(None, now) | {"memo": waiting.code, "counterName": "X"}
    assert code_of(tell(fields)) == "00"
    run_jobs()
    assert again(waiting).status == "pending"
    assert (BankLine.objects.get().memo, BankLine.objects.get().counter_name) == ("", "")


# ---- what is not a perfect fit waits for the desk


def queued(payment: Payment, reason: str, *, unallocated: int) -> None:
    line = BankLine.objects.filter(status="unmatched").latest("created_at")
    assert (line.reason, line.payment_id) == (reason, None)
    assert balance("unallocated", payment) == -unallocated


@pytest.mark.parametrize(("amount", "reason"), [(149_999, "less"), (150_001, "more"), (1, "less"), (1_500_000, "more")])
def test_another_amount_is_never_confirmed(waiting: Payment, now: datetime, amount: int, reason: str) -> None:
    assert code_of(tell(notice(waiting, now, amount=str(amount)))) == "07"
    run_jobs()
    assert again(waiting).status == "pending"
    queued(waiting, reason, unallocated=amount)
    assert Delivery.objects.get().outcome == "flagged"


def test_paid_twice_waits_for_the_desk(waiting: Payment, now: datetime, told: list[str]) -> None:
    tell(notice(waiting, now))
    run_jobs()
    assert code_of(tell(notice(waiting, now, number="FT2"))) == "03"
    run_jobs()
    queued(waiting, "double", unallocated=150_000)
    assert balance("income", waiting) == -150_000
    assert told.count("PaymentCaptured") == 1
    assert not waiting.refunds.exists()


def test_late_money_waits_for_the_desk(waiting: Payment, now: datetime) -> None:
    actions.expire_payment(payment_id=waiting.id, by=HOUSE, now=waiting.expires_at)
    assert code_of(tell(notice(waiting, now))) == "09"
    run_jobs()
    queued(waiting, "late", unallocated=150_000)
    assert again(waiting).status == "expired"


def test_a_payment_the_payer_makes_elsewhere_is_not_taken_over(
    account: GatewayAccount,
    pending: Payment,
    now: datetime,
) -> None:
    assert pending.gateway == "sandbox"
    tell(notice(pending, now))
    run_jobs()
    queued(pending, "other_way", unallocated=150_000)
    assert again(pending).status == "pending"


@pytest.mark.parametrize("memo", ["", "chuyen tien kham benh", "LH0000000000X"])
def test_a_memo_without_a_code_waits_for_the_desk(waiting: Payment, now: datetime, memo: str) -> None:
    tell(notice(waiting, now, qrTrace=memo))
    run_jobs()
    queued(waiting, "no_code", unallocated=150_000)


def test_two_codes_wait_for_the_desk(waiting: Payment, now: datetime, open_payment: Any) -> None:
    other = open_payment()
    tell(notice(waiting, now, qrTrace=f"{waiting.code} {other.code}"))
    run_jobs()
    queued(waiting, "two_codes", unallocated=150_000)


def test_a_code_with_one_wrong_character_is_no_code(waiting: Payment, now: datetime) -> None:
    wrong = waiting.code[:-1] + ("0" if waiting.code[-1] != "0" else "1")
    tell(notice(waiting, now, qrTrace=wrong))
    run_jobs()
    queued(waiting, "no_code", unallocated=150_000)


def test_the_gateway_asked_answers_from_our_book(waiting: Payment, now: datetime) -> None:
    gateway, speaks = gateways.get("vietqr"), queries.speaks_for(waiting.account, waiting.facility_id)
    assert gateway.ask(speaks, queries.asked(waiting, now)).status == "waiting"
    tell(notice(waiting, now))
    run_jobs()
    truth = gateway.ask(speaks, queries.asked(again(waiting), now))
    assert (truth.status, truth.amount, truth.transaction) == ("paid", 150_000, "FT1")
    with pytest.raises(gateways.NoStatement):  # a notice is no statement
        gateway.movements(speaks, now.astimezone(HANOI).date())


def test_a_refund_is_for_a_person(waiting: Payment, now: datetime) -> None:
    tell(notice(waiting, now))
    run_jobs()
    actions.request_refund(payment_id=waiting.id, reason="cancelled", by=HOUSE, now=now)
    run_jobs()
    assert waiting.refunds.get().status == "credited"  # the desk sends it
    assert balance("refunds_due", waiting) == 0


# ---- races


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("numbers", [["FT1", "FT1", "FT1"], ["FT1", "FT2", "FT3"]])
def test_notices_at_once_confirm_once(waiting: Payment, now: datetime, numbers: list[str]) -> None:
    account = GatewayAccount.objects.get()
    lined_up = threading.Barrier(len(numbers))
    failures: list[Exception] = []

    def take(number: str) -> None:
        came = gateways.Came(amount=150_000, at=now, memo=waiting.code, number=number)
        try:
            lined_up.wait()
            actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=now)
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=take, args=[number]) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert BankLine.objects.count() == len(set(numbers))
    assert BankLine.objects.filter(status="matched").count() == 1
    assert Entry.objects.filter(kind="capture").count() == 2
    assert set(BankLine.objects.exclude(status="matched").values_list("reason", flat=True)) <= {"double"}
    assert json.dumps(sorted(queries.balances().values())) == json.dumps(
        sorted([150_000 * len(set(numbers)), -150_000, -150_000 * (len(set(numbers)) - 1)])
    )
