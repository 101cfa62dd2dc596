"""The desk's pages of transfers: the queue and its one-click answers, statements dropped and reported; nobody else's."""

# ruff: noqa: F811 (fixtures)

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from identity.models import Membership, Person
from payments import actions, gateways
from payments.models import BankLine, BankStatement, GatewayAccount, Payment
from tests import make
from tests.jobs import run_jobs
from tests.payments.bank_stage import account, elsewhere, facility_of, offered, waiting  # noqa: F401
from tests.payments.conftest import HOUSE, again
from tests.payments.test_bank_statements import csv_of, day_of

QUEUE = "/hospital/transfers/"
STATEMENTS = "/hospital/statements/"


def come(
    account: GatewayAccount, now: datetime, amount: int = 150_000, memo: str = "chuyen tien", number: str = "FT1"
) -> BankLine:
    came = gateways.Came(amount=amount, at=now, memo=memo, number=number, counter_name="TRAN VAN B")
    return actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=now).line


def test_the_queue_shows_what_came_and_what_is_meant(
    waiting: Payment, account: GatewayAccount, dan: Membership, now: datetime
) -> None:
    come(account, now, memo="NGUYEN THI AN chuyen tien")
    html = make.page_client(dan).get(QUEUE).content.decode()
    assert "NGUYEN THI AN chuyen tien" in html
    assert waiting.payer.full_name in html
    assert "150.000\u00a0₫" in html


def test_one_click_puts_a_transfer_to_the_suggested_payment(
    waiting: Payment, account: GatewayAccount, dan: Membership, now: datetime
) -> None:
    line = come(account, now)
    desk = make.page_client(dan)
    answer = desk.post(f"{QUEUE}{line.id}/assign/", {"payment": str(waiting.id), "line": [str(line.id)]}, follow=True)
    assert answer.redirect_chain[0][0] == QUEUE
    assert again(waiting).status == "captured"
    assert waiting.payer.full_name in desk.get(f"{QUEUE}?state=matched").content.decode()


def test_a_typed_code_is_read_as_people_write_it(
    waiting: Payment, account: GatewayAccount, dan: Membership, now: datetime
) -> None:
    line = come(account, now)
    desk = make.page_client(dan)
    desk.post(f"{QUEUE}{line.id}/assign/", {"code": "LH 000"}, follow=True)
    assert again(waiting).status == "pending"
    typed = f" {waiting.code[:4].lower()}-{waiting.code[4:]} "
    assert desk.post(f"{QUEUE}{line.id}/assign/", {"code": typed}).status_code == 302
    assert again(waiting).status == "captured"


@pytest.mark.parametrize(("how", "status"), [("returned", "returned"), ("ignored", "ignored")])
def test_a_transfer_is_settled_by_hand(
    account: GatewayAccount, dan: Membership, now: datetime, how: str, status: str
) -> None:
    line = come(account, now)
    desk = make.page_client(dan)
    desk.post(f"{QUEUE}{line.id}/settle/", {"how": how, "note": " "})
    line.refresh_from_db()
    assert line.status == "unmatched"
    desk.post(f"{QUEUE}{line.id}/settle/", {"how": how, "note": "FT31084009"})
    line.refresh_from_db()
    assert (line.status, line.note) == (status, "FT31084009")
    assert "FT31084009" in desk.get(f"{QUEUE}?state={status}").content.decode()


def test_a_sum_that_differs_is_refused_in_words(
    waiting: Payment, account: GatewayAccount, dan: Membership, now: datetime
) -> None:
    line = come(account, now, amount=100_000)
    desk = make.page_client(dan)
    answer = desk.post(f"{QUEUE}{line.id}/assign/", {"payment": str(waiting.id)}, follow=True)
    assert "không bằng số tiền cần thanh toán" in answer.content.decode()
    assert again(waiting).status == "pending"


def test_a_statement_is_handed_in_and_reported(waiting: Payment, dan: Membership, now: datetime) -> None:
    desk = make.page_client(dan)
    content = csv_of(
        ("FT1", "150.000", waiting.code, day_of(now)),
        ("FT2", "9.000", "mua nước", day_of(now)),
        ("FT3", "x", "y", day_of(now)),
    )
    answer = desk.post(STATEMENTS, {"file": SimpleUploadedFile("sao-ke\x00.csv", content)})
    [handed] = BankStatement.objects.all()
    assert (answer.status_code, answer["Location"]) == (302, f"{STATEMENTS}{handed.id}/")
    run_jobs()
    html = desk.get(f"{STATEMENTS}{handed.id}/").content.decode()
    assert "mua nước" in html
    narrowed = desk.get(f"{STATEMENTS}{handed.id}/?outcome=wrong").content.decode()
    assert "mua nước" not in narrowed
    assert desk.get(STATEMENTS).content.decode().count(f"{STATEMENTS}{handed.id}/") == 1
    assert again(waiting).status == "captured"


@pytest.mark.parametrize("content", [None, b""])
def test_no_file_or_an_empty_one_is_said_beside_the_field(
    account: GatewayAccount, dan: Membership, content: bytes | None
) -> None:
    files = {} if content is None else {"file": SimpleUploadedFile("a.csv", content)}
    answer = make.page_client(dan).post(STATEMENTS, files)
    assert answer.status_code == 422
    assert 'id="file-error"' in answer.content.decode()
    assert not BankStatement.objects.exists()


def test_without_an_account_the_page_says_where_to_enter_it(dan: Membership) -> None:
    desk = make.page_client(dan)
    for path in (QUEUE, STATEMENTS):
        assert "/hospital/payment-accounts/" in desk.get(path).content.decode()
    answer = desk.post(STATEMENTS, {"file": SimpleUploadedFile("a.csv", b"x")})
    assert answer.status_code == 422


def test_another_hospitals_desk_sees_and_settles_nothing(
    waiting: Payment, account: GatewayAccount, dan: Membership, elsewhere: Membership, now: datetime
) -> None:
    line = come(account, now, memo="bí mật của An")
    handed = actions.hand_in_statement(
        file_name="rieng.csv", content=b"x", by=make.actor_for(dan), now=now
    )  # fmt: skip
    other = make.page_client(elsewhere)
    assert "bí mật của An" not in other.get(QUEUE).content.decode()
    assert "rieng.csv" not in other.get(STATEMENTS).content.decode()
    for path, form in (
        (f"{QUEUE}{line.id}/assign/", {"payment": str(waiting.id)}),
        (f"{QUEUE}{line.id}/assign/", {"code": waiting.code}),
        (f"{QUEUE}{line.id}/settle/", {"how": "returned", "note": "FT9"}),
        (f"{QUEUE}{uuid4()}/settle/", {"how": "returned", "note": "FT9"}),
    ):
        assert other.post(path, form).status_code == 404
    assert other.get(f"{STATEMENTS}{handed.id}/").status_code == 404
    line.refresh_from_db()
    assert (line.status, again(waiting).status) == ("unmatched", "pending")


def test_citizens_and_doctors_have_no_business_here(
    account: GatewayAccount, ana: Person, eve: Person, ben: Any, now: datetime
) -> None:
    line = come(account, now)
    for person in (ana, eve, ben):
        client = make.page_client(person)
        assert client.get(QUEUE).status_code in {302, 403, 404}
        assert client.post(f"{QUEUE}{line.id}/settle/", {"how": "returned", "note": "FT9"}).status_code in {
            302,
            403,
            404,
        }
    line.refresh_from_db()
    assert line.status == "unmatched"


def test_the_desk_enters_its_bank_account(dan: Membership) -> None:
    desk = make.page_client(dan)
    form = {"key_bank": "Vietcombank", "key_account": "0011 0012 34567", "key_holder": "BENH VIEN", "key_secret": "s"}
    assert desk.post("/hospital/payment-accounts/vietqr/enter/", form).status_code == 302
    kept = GatewayAccount.objects.get(facility_id=facility_of(dan).id)
    assert kept.merchant == "970436/0011001234567"
    assert "970436/0011001234567" in desk.get("/hospital/payment-accounts/").content.decode()
    wrong = desk.post("/hospital/payment-accounts/vietqr/enter/", {**form, "key_bank": "ma"})
    assert wrong.status_code == 422
