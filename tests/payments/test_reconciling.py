"""The gateway's books beside ours: what differs is found once, and each decision about it posts balanced entries once."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from openpyxl import Workbook

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility
from payments import actions, gateways, ledger, queries
from payments.errors import BadStatement, ReasonMissing, StillDiffers, UnknownGateway, WrongResolution
from payments.gateways import Basics
from payments.gateways.sandbox import Sandbox, bank
from payments.models import (
    Charge,
    ChargeRefund,
    Credit,
    Difference,
    Entry,
    GatewayAccount,
    Payment,
    Reconciliation,
    StatementLine,
)
from tests.booking.test_races import all_at_once
from tests.jobs import run_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.conftest import HOUSE, again

DAY = date(2031, 3, 25)
NOON = datetime(2031, 3, 25, 5, 0, tzinfo=UTC)
NIGHT = datetime(2031, 3, 25, 19, 30, tzinfo=UTC)  # 02:30 of the 26th in Vietnam
Pay = Callable[..., Payment]


@pytest.fixture
def pay(open_payment: Callable[..., Payment]) -> Pay:
    """Pay at the sandbox bank at noon; ours is recorded unless `heard` is False."""

    def make(*, amount: int = 150_000, at: datetime = NOON, heard: bool = True) -> Payment:
        wish = open_payment(
            subject=Ref("thing", new_id()), price=Money.vnd(amount), expires_at=at + timedelta(minutes=10), now=at
        )
        started = actions.start_payment(payment_id=wish.id, gateway="sandbox", by=HOUSE, now=at)
        bank.pay(started.gateway_reference, now=at)
        if heard:
            actions.ask_gateway(payment_id=started.id, by=HOUSE, now=at)
        return again(started)

    return make


@pytest.fixture
def day(hospital: Facility) -> Reconciliation:
    return actions.begin_reconciliation(facility_id=hospital.id, gateway="sandbox", day=DAY, by=HOUSE, now=NIGHT)


def compare(day: Reconciliation, by: Actor = HOUSE) -> list[Difference]:
    actions.ask_statement(reconciliation_id=day.id, by=by, now=NIGHT)
    return found(day)


def found(day: Reconciliation) -> list[Difference]:
    return list(Difference.objects.filter(reconciliation=day).order_by("at", "created_at"))


def read(day: Reconciliation, text: str, name: str = "sao-ke.csv", by: Actor = HOUSE) -> Reconciliation:
    file = io.BytesIO(text.encode())
    return actions.import_statement(reconciliation_id=day.id, file=file, name=name, by=by, now=NIGHT)


HEAD = "time,kind,reference,transaction,amount,fee\n"


def line(payment: Payment, *, number: str = "", amount: int | None = None, kind: str = "capture", fee: int = 0) -> str:
    money = payment.amount if amount is None else amount
    return (
        f"2031-03-25 12:00:05,{kind},{payment.gateway_reference},{number or payment.gateway_reference},{money},{fee}\n"
    )


def test_a_day_that_agrees(pay: Pay, day: Reconciliation) -> None:
    first, _second = pay(), pay(amount=200_000)
    actions.request_refund(payment_id=first.id, reason="x", money=Money.vnd(50_000), by=HOUSE, now=NOON)
    run_jobs()
    ChargeRefund.objects.update(created_at=NOON)
    first.refunds.update(done_at=NOON)
    assert compare(day) == []
    day.refresh_from_db()
    assert (day.status, day.source) == ("agreed", "asked")
    assert (day.their_count, day.our_count, day.matched_count) == (3, 3, 3)
    assert (day.their_amount, day.our_amount) == (300_000, 300_000)


def test_money_there_that_we_never_heard_of(pay: Pay, day: Reconciliation) -> None:
    lost = pay(heard=False)
    (one,) = compare(day)
    assert (one.kind, one.payment_id, one.their_amount) == ("missing_here", lost.id, 150_000)
    day.refresh_from_db()
    assert day.status == "differs" and day.gap == Money.vnd(150_000)


def test_money_here_that_they_do_not_have(pay: Pay, day: Reconciliation) -> None:
    payment = pay()
    Charge.objects.update(paid_at=NOON - timedelta(days=30))
    (one,) = compare(day)
    assert (one.kind, one.payment_id, one.our_amount, one.their_amount) == ("missing_there", payment.id, 150_000, None)


def test_another_amount_a_double_a_refund_and_a_stranger_in_a_file(pay: Pay, day: Reconciliation) -> None:
    more, twice, back, fine = pay(), pay(), pay(), pay()
    text = HEAD + line(more, amount=160_000) + line(twice) + line(twice, number="again") + line(back)
    text += line(back, number="R1", kind="refund", amount=150_000) + line(fine, fee=1_100)
    text += "2031-03-25 13:00:00,capture,unheard-of,T99,70000,0\n"
    row = read(day, text)
    kinds = {(one.kind, one.side, one.transaction) for one in found(day)}
    assert kinds == {
        ("amount", "capture", more.gateway_reference),
        ("twice", "capture", "again"),
        ("missing_here", "refund", "R1"),
        ("missing_here", "capture", "T99"),
    }
    assert (row.their_count, row.our_count, row.matched_count, row.fee_amount) == (7, 4, 5, 1_100)


def test_the_same_line_twice_in_a_file_is_one_line(pay: Pay, day: Reconciliation) -> None:
    payment = pay()
    assert read(day, HEAD + line(payment) * 3).their_count == 1
    assert found(day) == []


def test_comparing_again_adds_nothing_and_keeps_decisions(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    pay(heard=False)
    (one,) = compare(day)
    actions.write_off(difference_id=one.id, note="Chuyển nhầm", by=by_dan, now=NIGHT)
    (same,) = compare(day)
    assert (same.id, same.status, same.resolution) == (one.id, "resolved", "written_off")
    day.refresh_from_db()
    assert day.status == "agreed"


def test_what_is_heard_of_later_settles_itself(pay: Pay, day: Reconciliation) -> None:
    lost = pay(heard=False)
    compare(day)
    actions.ask_gateway(payment_id=lost.id, by=HOUSE, now=NOON)
    (one,) = compare(day)
    assert (one.status, one.resolution) == ("resolved", "agreed")


def test_midnight_between_two_clocks_is_no_difference_for_long(
    pay: Pay, day: Reconciliation, hospital: Facility
) -> None:
    payment = pay(at=datetime(2031, 3, 25, 16, 59, 59, tzinfo=UTC))  # a second before midnight in Vietnam
    Charge.objects.update(paid_at=datetime(2031, 3, 25, 17, 0, 1, tzinfo=UTC))
    (one,) = compare(day)
    assert one.kind == "missing_there" and one.payment_id == payment.id
    after = actions.begin_reconciliation(
        facility_id=hospital.id, gateway="sandbox", day=DAY + timedelta(days=1), by=HOUSE, now=NIGHT
    )
    assert compare(after) == []
    one.refresh_from_db()
    day.refresh_from_db()
    assert (one.status, one.resolution, day.status) == ("resolved", "agreed", "agreed")
    assert compare(day) and found(day)[0].status == "resolved"


def test_recording_what_is_missing_asks_the_gateway(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    lost = pay(heard=False)
    (one,) = compare(day)
    settled = actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=NIGHT)
    assert (settled.status, settled.resolution, settled.resolved_by) == ("resolved", "recorded", by_dan.user_id)
    assert again(lost).status == "captured"
    day.refresh_from_db()
    assert day.status == "agreed" and actions.prove_books(by=HOUSE, now=NIGHT).is_sound


def test_what_the_gateway_denies_when_asked_still_differs(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    lost = pay(heard=False)
    (one,) = compare(day)
    Charge.objects.update(status="open")
    with pytest.raises(StillDiffers):
        actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=NIGHT)
    assert again(lost).status == "pending" and found(day)[0].status == "open"


@pytest.mark.parametrize("amount, gap", [(160_000, 10_000), (140_000, -10_000)])
def test_writing_off_takes_over_what_they_say(
    pay: Pay, day: Reconciliation, by_dan: Actor, amount: int, gap: int
) -> None:
    payment = pay()
    read(day, HEAD + line(payment, amount=amount))
    (one,) = found(day)
    with pytest.raises(ReasonMissing):
        actions.write_off(difference_id=one.id, note=" ", by=by_dan, now=NIGHT)
    assert not Entry.objects.filter(kind="write_off").exists()
    for _ in range(2):
        actions.write_off(difference_id=one.id, note="Phí chuyển khoản", by=by_dan, now=NIGHT)
    balances = queries.balances(payment.facility_id)
    assert balances[ledger.clearing("sandbox", payment.facility_id), "VND"] == amount
    assert balances[ledger.written_off(payment.facility_id), "VND"] == -gap
    assert actions.prove_books(by=HOUSE, now=NIGHT).is_sound


def test_what_was_collected_twice_is_owed_to_the_payer(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    payment = pay()
    read(day, HEAD + line(payment) + line(payment, number="again"))
    (one,) = found(day)
    for _ in range(2):
        actions.owe_the_double(difference_id=one.id, by=by_dan, now=NIGHT)
    credit = Credit.objects.get()
    assert (credit.payer_id, credit.amount, credit.cause, credit.refund) == (payment.payer_id, 150_000, "twice", None)
    balances = queries.balances(payment.facility_id)
    assert balances[ledger.credits_owed(payment.facility_id), "VND"] == -150_000
    assert balances[ledger.clearing("sandbox", payment.facility_id), "VND"] == 300_000
    actions.pay_out(credit_id=credit.id, way="transfer", transfer_reference="FT1", by=by_dan, now=NIGHT)
    assert again(payment).status == "captured" and actions.prove_books(by=HOUSE, now=NIGHT).is_sound


def test_looking_into_it_posts_nothing(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    pay(heard=False)
    (one,) = compare(day)
    actions.investigate(difference_id=one.id, note="Hỏi ngân hàng", by=by_dan, now=NIGHT)
    assert found(day)[0].status == "looked_into" and not Entry.objects.exists()
    day.refresh_from_db()
    assert day.status == "differs"


def test_a_way_out_that_does_not_fit_is_refused(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:
    payment = pay()
    read(day, HEAD + line(payment, amount=1))
    (one,) = found(day)
    for act in (actions.record_what_is_missing, actions.owe_the_double):
        with pytest.raises(WrongResolution):
            act(difference_id=one.id, by=by_dan, now=NIGHT)
    assert found(day)[0].status == "open" and not Credit.objects.exists()


def test_strangers_see_and_settle_nothing(
    pay: Pay, day: Reconciliation, by_ana: Actor, by_eve: Actor, hospital: Facility
) -> None:
    pay(heard=False)
    (one,) = compare(day)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))
    for by, error in ((elsewhere, NotFound), (by_ana, NotAllowed), (by_eve, NotAllowed)):
        for act in (actions.record_what_is_missing, actions.owe_the_double):
            with pytest.raises(error):
                act(difference_id=one.id, by=by, now=NIGHT)
        with pytest.raises(error):
            actions.write_off(difference_id=one.id, note="x", by=by, now=NIGHT)
        with pytest.raises(error):
            actions.ask_statement(reconciliation_id=day.id, by=by, now=NIGHT)
        with pytest.raises(error):
            actions.begin_reconciliation(facility_id=hospital.id, gateway="sandbox", day=DAY, by=by, now=NIGHT)
    assert found(day)[0].status == "open" and not Entry.objects.exists()


def test_the_night_compares_each_gateway_where_money_moved(pay: Pay) -> None:
    pay()
    assert [row.status for row in actions.reconcile_yesterday(by=HOUSE, now=NIGHT)] == ["agreed"]
    assert Reconciliation.objects.get().day == DAY


def test_a_gateway_without_books_where_nothing_moved_leaves_no_trace(
    hospital: Facility, monkeypatch: pytest.MonkeyPatch
) -> None:
    account_of(hospital)
    monkeypatch.setattr("payments.gateways.sandbox.Sandbox.movements", Basics.movements)
    assert actions.reconcile_yesterday(by=HOUSE, now=NIGHT) == []
    assert not Reconciliation.objects.exists()


def test_a_transfer_of_nobody_is_settled_in_its_own_queue(day: Reconciliation, by_dan: Actor, settings: Any) -> None:
    settings.PAYMENT_GATEWAYS = {"sandbox": "tests.payments.test_reconciling.Bank"}
    read(day, HEAD + "2031-03-25 13:00:00,capture,,FT1,70000,0\n")
    (one,) = found(day)
    with pytest.raises(WrongResolution):
        actions.write_off(difference_id=one.id, note="x", by=by_dan, now=NIGHT)
    actions.settled_elsewhere(difference_id=one.id, note="Đã trả lại", by=by_dan, now=NIGHT)
    assert found(day)[0].resolution == "elsewhere" and not Entry.objects.exists()


class Bank(Sandbox):
    """A gateway whose money is in our books before anybody knows whose it is."""

    keeps_lines = True


def account_of(hospital: Facility) -> GatewayAccount:
    row = GatewayAccount(facility=hospital, gateway="sandbox", merchant="M1")
    row.seal({})
    row.save()
    return row


def test_a_gateway_without_books_waits_for_a_file(
    pay: Pay, day: Reconciliation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nothing(self: Any, account: Any, day: date) -> Any:
        raise gateways.NoStatement

    monkeypatch.setattr("payments.gateways.sandbox.Sandbox.movements", nothing)
    assert actions.ask_statement(reconciliation_id=day.id, by=HOUSE, now=NIGHT).status == "waiting"


def test_cash_is_counted_not_compared(hospital: Facility) -> None:
    with pytest.raises(UnknownGateway):
        actions.begin_reconciliation(facility_id=hospital.id, gateway="cash", day=DAY, by=HOUSE, now=NIGHT)


def test_a_vietnamese_workbook_reads_like_the_csv(pay: Pay, day: Reconciliation) -> None:
    payment = pay()
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["Thời gian", "Loại", "Mã tham chiếu", "Mã giao dịch", "Số tiền", "Phí"])
    sheet.append(
        [NOON.astimezone(gateways.ZONE).replace(tzinfo=None), "Thu", payment.gateway_reference, "T1", 150_000, 1_100]
    )
    file = io.BytesIO()
    book.save(file)
    file.seek(0)
    row = actions.import_statement(reconciliation_id=day.id, file=file, name="sao-ke.xlsx", by=HOUSE, now=NIGHT)
    assert (row.status, row.source, row.file_name, row.fee_amount) == ("agreed", "file", "sao-ke.xlsx", 1_100)
    assert StatementLine.objects.get().at == NOON


@pytest.mark.parametrize(
    "text",
    [
        "",
        "what,is,this\n1,2,3\n",
        HEAD + "yesterday,capture,r,t,1,0\n",
        HEAD + "2031-03-25,capture,r,t,1.5,0\n",
        HEAD + "2031-03-25,capture,r,,1,0\n",
        HEAD + "2031-03-25,stolen,r,t,1,0\n",
        HEAD + f"2031-03-25,capture,{'r' * 81},t,1,0\n",
        "\xff\xfe",
    ],
)
def test_a_file_that_cannot_be_read_changes_nothing(pay: Pay, day: Reconciliation, text: str) -> None:
    pay(heard=False)
    compare(day)
    before = [one.id for one in found(day)]
    with pytest.raises(BadStatement):
        read(day, text)
    assert [one.id for one in found(day)] == before and StatementLine.objects.count() == 1


def test_amounts_and_times_as_banks_write_them(pay: Pay, day: Reconciliation) -> None:
    payment = pay()
    text = "Ngày giờ;Tham chiếu;Số giao dịch;Số tiền\n"
    text += f"25/03/2031 12:00:05;{payment.code};T1;150.000 ₫\n25/03/2031 12:01;x;T2;-20.000\n"
    read(day, text)
    assert [(one.kind, one.amount) for one in StatementLine.objects.order_by("id")] == [
        ("capture", 150_000),
        ("refund", 20_000),
    ]
    assert StatementLine.objects.earliest("id").payment_id == payment.id


@pytest.mark.django_db(transaction=True)
def test_two_people_at_once_settle_it_once(pay: Pay, day: Reconciliation, hospital: Facility) -> None:
    payment = pay()
    read(day, HEAD + line(payment) + line(payment, number="again"))
    (one,) = found(day)
    desks = [actor_for(make_desk(facility=hospital)) for _ in range(3)]
    acts = [lambda by=by: actions.owe_the_double(difference_id=one.id, by=by, now=NIGHT) for by in desks]
    acts += [lambda by=by: actions.write_off(difference_id=one.id, note="x", by=by, now=NIGHT) for by in desks]
    assert all_at_once(acts) == ["ok"] * 6
    assert Entry.objects.filter(kind__in=["credit", "write_off"]).count() == 2
    assert actions.prove_books(by=HOUSE, now=NIGHT).is_sound
