"""A statement handed in: each row once, however often and in whatever form it comes; the report says how it was taken."""

# ruff: noqa: F811 (fixtures)

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.errors import NotAllowed, NotFound
from identity.models import Membership, Person
from payments import access, actions, gateways, queries
from payments.errors import AccountIncomplete, AccountTaken, NoAccount, StatementUnfit
from payments.models import BankLine, BankStatement, Entry, GatewayAccount, Payment
from tests import make
from tests.jobs import run_jobs
from tests.payments.bank_stage import HANOI, account, elsewhere, enter, notice, offered, tell, waiting  # noqa: F401
from tests.payments.conftest import HOUSE, again


def csv_of(*rows: tuple[str, str, str, str], numbered: bool = True) -> bytes:
    """Number, amount, memo, date."""
    lines = ["SAO KÊ TÀI KHOẢN", "Số tài khoản: 12010000123456", ""]
    lines.append(("Mã giao dịch;" if numbered else "") + "Ngày;Ghi nợ;Ghi có;Nội dung")
    lines += [(f"{number};" if numbered else "") + f"{day};;{amount};{memo}" for number, amount, memo, day in rows]
    return "\r\n".join(lines).encode("utf-8-sig")


def day_of(now: datetime) -> str:
    return now.astimezone(HANOI).strftime("%d/%m/%Y")


def hand_in(by: Membership, content: bytes, now: datetime, name: str = "sao-ke.csv") -> BankStatement:
    handed = actions.hand_in_statement(file_name=name, content=content, by=make.actor_for(by), now=now)
    run_jobs()
    return BankStatement.objects.get(id=handed.id)


def test_rows_are_matched_queued_and_reported(waiting: Payment, dan: Membership, now: datetime) -> None:
    content = csv_of(
        ("FT1", "150.000", f"MBVCB {waiting.code} CT", day_of(now)),
        ("FT2", "99.000", "quà biếu", day_of(now)),
        ("FT3", "abc", "x", day_of(now)),
        ("FT4", "-20.000", "phí", day_of(now)),
    )
    read = hand_in(dan, content, now)
    assert (read.status, read.counts) == ("read", {"matched": 1, "queued": 1, "wrong": 1, "passed": 1})
    assert [(row["line"], row["outcome"], row["reason"]) for row in read.report] == [
        (5, "matched", ""), (6, "queued", "no_code"), (7, "wrong", "bad_amount"), (8, "passed", "going_out"),
    ]  # fmt: skip
    assert again(waiting).status == "captured"
    assert bytes(read.content) == b""  # what it said is in the lines


@pytest.mark.parametrize("numbered", [True, False])
def test_the_same_statement_again_changes_nothing(
    waiting: Payment, dan: Membership, now: datetime, numbered: bool
) -> None:
    rows = [
        ("FT1", "150.000", waiting.code, day_of(now)),
        ("FT2", "99.000", "mua vé", day_of(now)),
        ("FT3", "99.000", "mua vé", day_of(now)),
    ]
    content = csv_of(*rows, numbered=numbered)
    hand_in(dan, content, now)
    before = Entry.objects.count()
    assert (hand_in(dan, content, now).counts, BankLine.objects.count()) == ({"known": 3}, 3)
    assert Entry.objects.count() == before
    longer = csv_of(*rows, ("FT4", "5.000", "x", day_of(now)), numbered=numbered)
    assert hand_in(dan, longer, now).counts == {"known": 3, "queued": 1}


@pytest.mark.parametrize("numbered", [True, False])
def test_what_the_notice_told_is_known_to_the_statement(
    waiting: Payment, dan: Membership, now: datetime, numbered: bool
) -> None:
    tell(notice(waiting, now))
    run_jobs()
    content = csv_of(("FT1", "150.000", f"MBVCB.1.{waiting.code}.CT tu A", day_of(now)), numbered=numbered)
    assert hand_in(dan, content, now).counts == {"known": 1}
    assert hand_in(dan, content, now).counts == {"known": 1}
    line = BankLine.objects.get()
    assert (line.source, line.in_statement) == ("hook", True)


def test_what_the_statement_told_first_is_known_to_the_notice(waiting: Payment, dan: Membership, now: datetime) -> None:
    hand_in(dan, csv_of(("", "150.000", waiting.code, day_of(now)), numbered=False), now)
    assert again(waiting).status == "captured"
    for _ in range(2):
        tell(notice(waiting, now))
        run_jobs()
    assert BankLine.objects.count() == 1


def test_paid_twice_while_one_notice_was_lost(waiting: Payment, dan: Membership, now: datetime) -> None:
    tell(notice(waiting, now))
    run_jobs()
    row = ("", "150.000", waiting.code, day_of(now))
    assert hand_in(dan, csv_of(row, row, numbered=False), now).counts == {"known": 1, "queued": 1}
    assert BankLine.objects.get(status="unmatched").reason == "double"


def test_the_same_number_with_another_amount_is_shown(waiting: Payment, dan: Membership, now: datetime) -> None:
    tell(notice(waiting, now))
    run_jobs()
    read = hand_in(dan, csv_of(("FT1", "151.000", waiting.code, day_of(now))), now)
    assert [(row["outcome"], row["reason"]) for row in read.report] == [("wrong", "differs")]
    assert BankLine.objects.get().amount == 150_000


def test_a_crash_half_way_is_no_harm(
    waiting: Payment, dan: Membership, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = csv_of(("FT1", "150.000", waiting.code, day_of(now)), ("FT2", "9.000", "x", day_of(now)))
    handed = actions.hand_in_statement(file_name="a.csv", content=content, by=make.actor_for(dan), now=now)
    with monkeypatch.context() as patch:
        patch.setattr("payments.actions.bank_statements._end", lambda *values: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            actions.read_statement(statement_id=handed.id, by=HOUSE, now=now)
    assert BankLine.objects.count() == 2
    run_jobs()
    read = BankStatement.objects.get()
    assert (read.counts, BankLine.objects.count()) == ({"matched": 1, "queued": 1}, 2)


def test_a_file_nobody_can_read_says_why(account: GatewayAccount, dan: Membership, now: datetime) -> None:
    failed = hand_in(dan, b"a;b\n1;2\n", now)
    assert (failed.status, failed.report[0]["reason"]) == ("failed", "no_header")
    other = hand_in(dan, csv_of().replace(b"12010000123456", b"99990000111122"), now)
    assert (other.status, other.report[0]["reason"]) == ("failed", "other_account")
    for content in (b"", b"  \n", b" " * (5 * 1024 * 1024 + 1)):
        with pytest.raises(StatementUnfit):
            hand_in(dan, content, now)
    assert not BankLine.objects.exists()


def test_strangers_hand_in_and_see_nothing(
    account: GatewayAccount, dan: Membership, ana: Person, eve: Person, elsewhere: Membership, now: datetime
) -> None:
    read = hand_in(dan, csv_of(("FT1", "9.000", "x", day_of(now))), now)
    for by in map(make.actor_for, (ana, eve)):
        with pytest.raises(NotAllowed):
            actions.hand_in_statement(file_name="a.csv", content=b"x", by=by, now=now)
    with pytest.raises(NoAccount):
        actions.hand_in_statement(file_name="a.csv", content=b"x", by=make.actor_for(elsewhere), now=now)
    for by in map(make.actor_for, (ana, eve, elsewhere)):
        with pytest.raises(NotFound):
            access.get_statement(by, read.id)
    assert BankStatement.objects.count() == 1


def test_a_bank_account_is_entered_by_the_banks_name(dan: Membership, elsewhere: Membership, now: datetime) -> None:
    entered = enter(dan, now, bank="Vietcombank", account="0011 0012 34567")
    assert entered.merchant == "970436/0011001234567"
    assert entered.credentials()["holder"] == "BENH VIEN SONG HONG"
    for wrong in (
        {"bank": "Ngân hàng ma"},
        {"account": "12-34"},
        {"account": ""},
        {"secret": ""},
        {"holder": " "},
    ):
        with pytest.raises(AccountIncomplete):
            enter(elsewhere, now, **wrong)
    with pytest.raises(AccountTaken):
        enter(elsewhere, now, bank="970436", account="0011001234567")
    assert GatewayAccount.objects.filter(gateway="vietqr").count() == 1


def test_movements_of_a_day_are_the_banks(waiting: Payment, dan: Membership, now: datetime) -> None:
    yesterday = now - timedelta(days=1)
    content = csv_of(
        ("FT1", "150.000", waiting.code, day_of(now)),
        ("FT2", "9.000", "x", day_of(now)),
        ("FT3", "7.000", "y", day_of(yesterday)),
    )
    hand_in(dan, content, now)
    speaks: Any = queries.speaks_for(waiting.account, waiting.facility_id)
    moved = list(gateways.get("vietqr").movements(speaks, now.astimezone(HANOI).date()))
    assert [(one.reference, one.transaction, one.money.amount) for one in moved] == [(waiting.code, "FT1", 150_000)]
    with pytest.raises(gateways.NoStatement):
        gateways.get("vietqr").movements(speaks, now.astimezone(HANOI).date() - timedelta(days=2))
