"""The desk settles what fits no payment by itself: put to a payment, sent back by hand, or not for a payment."""

# ruff: noqa: F811 (fixtures)

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connections, transaction

from audit.models import Line as AuditLine
from core.errors import NotAllowed, NotFound, WrongState
from core.ids import new_id
from core.refs import Ref
from identity.models import Facility, Membership, Person
from payments import access, actions, bank_queue, gateways, queries
from payments.errors import AlreadyPaid, SayWhy, SumDiffers, WaitsElsewhere
from payments.models import BankLine, Entry, GatewayAccount, Payment
from tests import make
from tests.payments.bank_stage import account, elsewhere, facility_of, offered, waiting  # noqa: F401
from tests.payments.conftest import HOUSE, again

Come = Callable[..., BankLine]


@pytest.fixture
def come(account: GatewayAccount, now: datetime) -> Come:
    """Money comes to the account."""
    count = iter(range(1, 100))

    def make_line(amount: int = 150_000, memo: str = "chuyen tien", **values: Any) -> BankLine:
        said = {"amount": amount, "memo": memo, "at": now, "number": f"FT{next(count)}", **values}
        return actions.take_line(
            account=account, came=gateways.Came(**said), source="hook", by=HOUSE, now=now
        ).line  # fmt: skip

    return make_line


def balance(name: str, facility: Facility) -> int:
    return queries.balances(facility.id).get((f"{name}/{facility.id}", "VND"), 0)


def books(facility: Facility) -> dict[str, int]:
    return {name: balance(name, facility) for name in ("clearing/vietqr", "unallocated", "income", "set_aside")}


def assign(by: Membership, payment: Payment, *lines: BankLine, now: datetime) -> Payment:
    ids = [line.id for line in lines]
    return actions.assign_lines(line_ids=ids, payment_id=payment.id, by=make.actor_for(by), now=now)


def test_one_transfer_is_put_to_a_payment(
    waiting: Payment, come: Come, dan: Membership, now: datetime, told: list[str], hospital: Facility
) -> None:
    line = come()
    assert books(hospital) == {"clearing/vietqr": 150_000, "unallocated": -150_000, "income": 0, "set_aside": 0}
    assert assign(dan, waiting, line, now=now).status == "captured"
    line.refresh_from_db()
    assert (line.status, line.payment_id, line.resolved_by) == ("matched", waiting.id, dan.user_id)
    assert books(hospital) == {"clearing/vietqr": 150_000, "unallocated": 0, "income": -150_000, "set_aside": 0}
    assert "PaymentCaptured" in told
    noted = AuditLine.objects.get(action="payments.bank_assign")
    assert (noted.person_id, noted.facility_id) == (waiting.payer_id, hospital.id)


def test_doing_it_again_changes_nothing(waiting: Payment, come: Come, dan: Membership, now: datetime) -> None:
    line = come()
    assign(dan, waiting, line, now=now)
    assign(dan, waiting, line, now=now)
    assert Entry.objects.filter(kind="capture").count() == 2
    assert AuditLine.objects.filter(action="payments.bank_assign").count() == 1


def test_several_transfers_pay_one_payment_together(
    waiting: Payment, come: Come, dan: Membership, now: datetime, hospital: Facility
) -> None:
    first, second, third = come(100_000, waiting.code), come(30_000, waiting.code), come(20_000, waiting.code)
    assert [one.reason for one in (first, second, third)] == ["less"] * 3
    assert again(waiting).status == "pending"  # the third makes the sum; a person looks all the same
    assign(dan, waiting, first, second, third, now=now)
    assert again(waiting).status == "captured"
    assert books(hospital) == {"clearing/vietqr": 150_000, "unallocated": 0, "income": -150_000, "set_aside": 0}
    speaks = queries.speaks_for(waiting.account, hospital.id)
    truth = gateways.get("vietqr").ask(speaks, queries.asked(again(waiting), now))
    assert (truth.status, truth.amount) == ("paid", 150_000)


@pytest.mark.parametrize("amounts", [[100_000], [100_000, 60_000], [150_001], [75_000, 75_000, 1]])
def test_a_sum_that_differs_is_refused(
    waiting: Payment, come: Come, dan: Membership, now: datetime, hospital: Facility, amounts: list[int]
) -> None:
    lines = [come(amount) for amount in amounts]
    before = books(hospital)
    with pytest.raises(SumDiffers):
        assign(dan, waiting, *lines, now=now)
    assert again(waiting).status == "pending"
    assert books(hospital) == before
    assert set(BankLine.objects.values_list("status", flat=True)) == {"unmatched"}


def test_late_money_can_still_be_put_to_its_payment(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    actions.expire_payment(payment_id=waiting.id, by=HOUSE, now=waiting.expires_at)
    line = come(memo=waiting.code)
    assert line.reason == "late"
    assert assign(dan, waiting, line, now=now).status == "captured"


def test_a_payment_nobody_began_is_paid_by_transfer(
    payment: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    paid = assign(dan, payment, come(), now=now)
    assert (paid.status, paid.gateway, paid.gateway_reference) == ("captured", "vietqr", payment.code)


def test_a_payment_that_waits_at_another_gateway_is_left_alone(
    account: GatewayAccount, pending: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    line = come()
    with pytest.raises(WaitsElsewhere):
        assign(dan, pending, line, now=now)
    assert (again(pending).status, again(pending).gateway) == ("pending", "sandbox")
    line.refresh_from_db()
    assert line.status == "unmatched"


def test_a_try_that_ended_elsewhere_stays_as_it_ended(
    account: GatewayAccount, pending: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    actions.record_failure(payment_id=pending.id, by=HOUSE, now=now)
    paid = assign(dan, pending, come(), now=now)
    assert (paid.status, paid.subject, paid.gateway) == ("captured", pending.subject, "vietqr")
    assert paid.id != pending.id
    assert (again(pending).status, again(pending).gateway) == ("failed", "sandbox")


def test_what_is_paid_is_not_paid_again(waiting: Payment, come: Come, dan: Membership, now: datetime) -> None:
    come(memo=waiting.code)
    second = come(memo=waiting.code)
    assert second.reason == "double"
    with pytest.raises(AlreadyPaid):
        assign(dan, waiting, second, now=now)
    second.refresh_from_db()
    assert second.status == "unmatched"


def test_money_is_sent_back_by_hand(
    waiting: Payment, come: Come, dan: Membership, now: datetime, hospital: Facility
) -> None:
    line = come()
    back = actions.note_transfer_back(line_id=line.id, number=" FT999 ", by=make.actor_for(dan), now=now)
    actions.note_transfer_back(line_id=line.id, number="FT999", by=make.actor_for(dan), now=now)
    assert (back.status, back.note, back.resolved_by) == ("returned", "FT999", dan.user_id)
    assert books(hospital) == {"clearing/vietqr": 0, "unallocated": 0, "income": 0, "set_aside": 0}
    assert AuditLine.objects.filter(action="payments.bank_return").count() == 1
    with pytest.raises(WrongState):
        assign(dan, waiting, line, now=now)
    assert again(waiting).status == "pending"


def test_money_that_is_not_for_a_payment_stays(come: Come, dan: Membership, now: datetime, hospital: Facility) -> None:
    line = come()
    aside = actions.ignore_line(line_id=line.id, reason="Tiền thuê căng tin", by=make.actor_for(dan), now=now)
    actions.ignore_line(line_id=line.id, reason="Tiền thuê căng tin", by=make.actor_for(dan), now=now)
    assert aside.status == "ignored"
    assert books(hospital) == {"clearing/vietqr": 150_000, "unallocated": 0, "income": 0, "set_aside": -150_000}
    with pytest.raises(WrongState):
        actions.note_transfer_back(line_id=line.id, number="FT9", by=make.actor_for(dan), now=now)
    assert AuditLine.objects.filter(action="payments.bank_ignore").count() == 1


def test_nothing_is_settled_without_a_word(come: Come, dan: Membership, now: datetime) -> None:
    line = come()
    for act in (
        lambda: actions.note_transfer_back(line_id=line.id, number="  ", by=make.actor_for(dan), now=now),
        lambda: actions.ignore_line(line_id=line.id, reason="", by=make.actor_for(dan), now=now),
    ):
        with pytest.raises(SayWhy):
            act()
    line.refresh_from_db()
    assert line.status == "unmatched"


def test_strangers_find_nothing(
    waiting: Payment, come: Come, ana: Person, eve: Person, ben: Any, elsewhere: Membership, now: datetime
) -> None:
    line = come()
    for by in map(make.actor_for, (ana, eve, ben, elsewhere)):
        with pytest.raises(NotFound):
            actions.assign_lines(line_ids=[line.id], payment_id=waiting.id, by=by, now=now)
        with pytest.raises(NotFound):
            actions.note_transfer_back(line_id=line.id, number="FT9", by=by, now=now)
        with pytest.raises(NotFound):
            actions.ignore_line(line_id=line.id, reason="x", by=by, now=now)
        with pytest.raises(NotFound):
            access.get_bank_line(by, line.id)
        assert not bank_queue.lines_of(by, "unmatched").exists()
        with pytest.raises((NotAllowed, NotFound)):
            came = gateways.Came(amount=1, at=now, memo="", number="X")
            actions.take_line(account=line.account, came=came, source="hook", by=by, now=now)
    line.refresh_from_db()
    assert (line.status, again(waiting).status, BankLine.objects.count()) == ("unmatched", "pending", 1)


def test_another_hospitals_payment_and_mine_do_not_mix(
    come: Come, dan: Membership, elsewhere: Membership, open_payment: Any, now: datetime
) -> None:
    theirs = open_payment(facility_id=facility_of(elsewhere).id)
    line = come(memo=theirs.code)
    assert line.reason == "unknown_code"
    with pytest.raises(NotFound):
        assign(dan, theirs, line, now=now)
    with pytest.raises(NotFound):
        actions.assign_lines(line_ids=[], payment_id=theirs.id, by=make.actor_for(dan), now=now)
    with pytest.raises(NotFound):
        actions.assign_lines(line_ids=[line.id, uuid4()], payment_id=theirs.id, by=make.actor_for(dan), now=now)


def test_the_database_keeps_a_number_and_a_state_once(come: Come) -> None:
    line = come()
    with pytest.raises(IntegrityError), transaction.atomic():
        BankLine.objects.create(
            facility=line.facility, account=line.account, number=line.number, amount=1, at=line.at, source="hook"
        )  # fmt: skip
    with pytest.raises(IntegrityError), transaction.atomic():
        BankLine.objects.filter(id=line.id).update(status="matched")


# ---- what the queue suggests


def suggested(by: Membership, line: BankLine, now: datetime) -> list[tuple[Payment, tuple[str, ...]]]:
    [shown] = [one for one in bank_queue.waiting(make.actor_for(by), [line], now=now)]
    return [(one.payment, one.why) for one in shown.suggestions]


def test_the_likeliest_payment_comes_first(
    waiting: Payment, come: Come, dan: Membership, open_payment: Any, now: datetime
) -> None:
    child = make.make_person(full_name="Lê Hoàng Đức")
    by_name = open_payment(payer_id=child.id, subject=Ref("thing", new_id()))
    wrong = waiting.code[:6] + waiting.code[7:]
    assert suggested(dan, come(memo=wrong), now)[0] == (waiting, ("near_code", "amount", "waiting"))
    [first, second] = suggested(dan, come(memo="LE HOANG DUC chuyen tien kham"), now)
    assert first == (by_name, ("name", "amount", "waiting"))
    assert second == (waiting, ("amount", "waiting"))
    assert suggested(dan, come(149_999), now) == []


def test_parts_that_make_up_the_sum_are_suggested_together(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    first = come(100_000, waiting.code)
    assert suggested(dan, first, now) == []
    second = come(50_000, waiting.code)
    [shown] = bank_queue.waiting(make.actor_for(dan), [first], now=now)
    [found] = shown.suggestions
    assert (found.payment, set(found.lines), found.why) == (waiting, {first, second}, ("code", "together"))
    assert shown.named == waiting


def test_what_is_paid_already_is_not_suggested(
    waiting: Payment, come: Come, dan: Membership, open_payment: Any, now: datetime
) -> None:
    come(memo=waiting.code)
    double = come(memo=waiting.code)
    [shown] = bank_queue.waiting(make.actor_for(dan), [double], now=now)
    assert (shown.named, shown.suggestions) == (waiting, ())
    old = open_payment(expires_at=now + timedelta(minutes=1))
    Payment.objects.filter(id=old.id).update(created_at=now - timedelta(days=15))
    assert suggested(dan, double, now) == []


# ---- races


@pytest.mark.django_db(transaction=True)
def test_two_at_the_desk_settle_one_transfer_once(waiting: Payment, come: Come, dan: Membership, now: datetime) -> None:
    line = come()
    by, ended = make.actor_for(dan), []
    lined_up = threading.Barrier(3)

    def run(act: Callable[[], Any]) -> None:
        try:
            lined_up.wait()
            act()
            ended.append("done")
        except WrongState:
            ended.append("refused")
        finally:
            connections.close_all()

    acts = [
        lambda: actions.assign_lines(line_ids=[line.id], payment_id=waiting.id, by=by, now=now),
        lambda: actions.note_transfer_back(line_id=line.id, number="FT9", by=by, now=now),
        lambda: actions.ignore_line(line_id=line.id, reason="x", by=by, now=now),
    ]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ended) == ["done", "refused", "refused"]
    assert sum(queries.balances().values()) == 0
    assert queries.balances().get((f"unallocated/{line.facility_id}", "VND"), 0) == 0


@pytest.mark.django_db(transaction=True)
def test_a_notice_and_the_desk_at_once_confirm_once(
    waiting: Payment, come: Come, dan: Membership, account: GatewayAccount, now: datetime
) -> None:
    line = come()
    lined_up = threading.Barrier(2)
    failures: list[Exception] = []

    def run(act: Callable[[], Any]) -> None:
        try:
            lined_up.wait()
            act()
        except AlreadyPaid:
            pass
        except Exception as error:
            failures.append(error)
        finally:
            connections.close_all()

    came = gateways.Came(amount=150_000, at=now, memo=waiting.code, number="FT77")
    acts = [
        lambda: assign(dan, waiting, line, now=now),
        lambda: actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=now),
    ]
    threads = [threading.Thread(target=run, args=[act]) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Entry.objects.filter(kind="capture").count() == 2
    assert sorted(BankLine.objects.values_list("status", flat=True)) == ["matched", "unmatched"]
