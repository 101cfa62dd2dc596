"""More came than was asked for: the price counts, the rest is the payer's; one click, both parts or nothing."""

# ruff: noqa: F811 (fixtures)

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from audit.models import Line as AuditLine
from core.errors import NotFound, WrongState
from core.ids import new_id
from core.refs import Ref
from identity.models import Facility, Membership, Person
from payments import actions, bank_queue, gateways, queries
from payments.errors import AlreadyPaid, SamePerson, SayWhy, SumDiffers, WaitsElsewhere
from payments.models import BankLine, Credit, Entry, GatewayAccount, Payment
from tests import make
from tests.payments.bank_stage import account, elsewhere, facility_of, offered, waiting  # noqa: F401
from tests.payments.conftest import HOUSE, again, at_once
from tests.payments.test_resolving import Come, come  # noqa: F401

QUEUE = "/hospital/transfers/"


def books(facility: Facility) -> dict[str, int]:
    said = queries.balances(facility.id)
    return {account.rpartition("/")[0]: total for (account, _), total in said.items() if total}


def is_proven(now: datetime) -> bool:
    return actions.prove_books(by=HOUSE, now=now).is_sound


def split(by: Membership, payment: Payment, line: BankLine, now: datetime, sent_back: str | None = None) -> Payment:
    who = make.actor_for(by)
    return actions.split_line(line_id=line.id, payment_id=payment.id, sent_back=sent_back, by=who, now=now)


def test_the_price_counts_and_the_rest_is_owed_to_the_payer(
    waiting: Payment, come: Come, dan: Membership, hospital: Facility, now: datetime, told: list[str]
) -> None:
    line = come(160_000, waiting.code)
    assert line.reason == "more"
    paid = split(dan, waiting, line, now)
    line.refresh_from_db()
    credit = Credit.objects.get()
    assert (paid.status, paid.captured_amount) == ("captured", 150_000)
    assert (line.status, line.payment_id, line.over_amount, line.over_note) == ("matched", paid.id, 10_000, "")
    assert (credit.amount, credit.cause, credit.payer_id, credit.refund) == (10_000, "more", paid.payer_id, None)
    assert credit.made_by == dan.user_id
    assert books(hospital) == {"clearing/vietqr": 160_000, "income": -150_000, "credits": -10_000}
    assert is_proven(now) and {"PaymentCaptured", "CreditOwed"} <= set(told)
    noted = AuditLine.objects.get(action="payments.bank_split")
    assert (noted.person_id, noted.detail["over"]) == (paid.payer_id, 10_000)
    actions.pay_out(
        credit_id=credit.id, way="transfer", transfer_reference="FT9", by=make.actor_for(dan), now=now
    )  # fmt: skip
    assert books(hospital)["by_hand"] == -10_000 and is_proven(now)


def test_the_rest_was_sent_back_by_a_transfer(
    waiting: Payment, come: Come, dan: Membership, hospital: Facility, now: datetime
) -> None:
    line = come(160_000, waiting.code)
    split(dan, waiting, line, now, sent_back=" FT999 ")
    line.refresh_from_db()
    assert (line.over_amount, line.over_note, Credit.objects.count()) == (10_000, "FT999", 0)
    assert books(hospital) == {"clearing/vietqr": 150_000, "income": -150_000} and is_proven(now)


def test_again_changes_nothing_and_another_wish_is_refused(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    line = come(160_000, waiting.code)
    for _ in range(3):
        split(dan, waiting, line, now)
    lines = Entry.objects.count()
    with pytest.raises(WrongState):
        split(dan, waiting, line, now, sent_back="FT999")
    assert (Credit.objects.count(), Entry.objects.count()) == (1, lines)


@pytest.mark.parametrize("amount", [149_999, 150_000])
def test_what_is_not_too_much_is_not_split(
    waiting: Payment, come: Come, dan: Membership, hospital: Facility, now: datetime, amount: int
) -> None:
    line = come(amount)
    before = books(hospital)
    with pytest.raises(SumDiffers):
        split(dan, waiting, line, now)
    line.refresh_from_db()
    assert (line.status, line.over_amount, again(waiting).status, books(hospital)) == (
        "unmatched", 0, "pending", before,
    )  # fmt: skip


def test_without_a_number_nothing_was_sent_back(waiting: Payment, come: Come, dan: Membership, now: datetime) -> None:
    line = come(160_000, waiting.code)
    with pytest.raises(SayWhy):
        split(dan, waiting, line, now, sent_back="  ")
    line.refresh_from_db()
    assert (line.status, again(waiting).status) == ("unmatched", "pending")


def test_what_is_paid_or_settled_otherwise_is_refused(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    first, second = come(150_000, waiting.code), come(160_000, waiting.code)
    assert first.status == "matched"
    with pytest.raises(AlreadyPaid):
        split(dan, waiting, second, now)
    actions.ignore_line(line_id=second.id, reason="Tiền thuê", by=make.actor_for(dan), now=now)
    with pytest.raises(WrongState):
        split(dan, waiting, second, now)
    assert not Credit.objects.exists() and is_proven(now)


def test_a_payment_that_waits_at_another_gateway_is_left_alone(
    account: GatewayAccount, pending: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    line = come(160_000)
    with pytest.raises(WaitsElsewhere):
        split(dan, pending, line, now)
    line.refresh_from_db()
    assert (line.status, again(pending).gateway, Credit.objects.count()) == ("unmatched", "sandbox", 0)


def test_late_money_that_is_too_much_is_split_as_well(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    actions.expire_payment(payment_id=waiting.id, by=HOUSE, now=waiting.expires_at)
    line = come(160_000, waiting.code)
    assert split(dan, waiting, line, now).status == "captured" and is_proven(now)


def test_who_found_a_large_rest_does_not_pay_it_out(
    waiting: Payment, come: Come, dan: Membership, now: datetime, settings: Any
) -> None:
    settings.REFUND_APPROVAL_ABOVE = 5_000
    split(dan, waiting, come(160_000, waiting.code), now)
    with pytest.raises(SamePerson):
        actions.pay_out(
            credit_id=Credit.objects.get().id, way="transfer", transfer_reference="FT9", by=make.actor_for(dan), now=now
        )


def test_strangers_split_nothing(
    waiting: Payment, come: Come, ana: Person, eve: Person, ben: Any, elsewhere: Membership, now: datetime
) -> None:
    line = come(160_000, waiting.code)
    for by in map(make.actor_for, (ana, eve, ben, elsewhere)):
        with pytest.raises(NotFound):
            actions.split_line(line_id=line.id, payment_id=waiting.id, by=by, now=now)
    line.refresh_from_db()
    assert (line.status, again(waiting).status, Credit.objects.count()) == ("unmatched", "pending", 0)


def test_another_hospitals_payment_is_not_found(
    come: Come, dan: Membership, elsewhere: Membership, open_payment: Any, now: datetime
) -> None:
    theirs = open_payment(facility_id=facility_of(elsewhere).id, subject=Ref("thing", new_id()))
    with pytest.raises(NotFound):
        split(dan, theirs, come(160_000), now)


def test_the_table_itself_keeps_the_parts_within_the_whole(come: Come, waiting: Payment) -> None:
    line = come(160_000)
    whole = {"status": "matched", "payment": waiting, "over_amount": 160_000}
    for wrong in ({"over_amount": 10_000}, {"over_note": "FT9"}, whole):
        with pytest.raises(IntegrityError), transaction.atomic():
            BankLine.objects.filter(id=line.id).update(**wrong)


def test_the_banks_own_books_agree_with_what_was_counted(
    waiting: Payment, come: Come, dan: Membership, hospital: Facility, now: datetime
) -> None:
    line = come(160_000, waiting.code)
    split(dan, waiting, line, now)
    BankLine.objects.update(in_statement=True)
    speaks = queries.speaks_for(waiting.account, hospital.id)
    (moved,) = gateways.get("vietqr").movements(speaks, now.astimezone(gateways.ZONE).date())
    assert moved.money.amount == 150_000
    assert gateways.get("vietqr").ask(speaks, queries.asked(again(waiting), now)).amount == 150_000


# ---- the desk's page


def test_the_queue_offers_to_split_what_names_an_unpaid_payment(
    waiting: Payment, come: Come, dan: Membership, now: datetime
) -> None:
    line, nameless, less = come(160_000, waiting.code), come(170_000), come(140_000, waiting.code)
    shown = bank_queue.waiting(make.actor_for(dan), [line, nameless, less], now=now)
    assert [one.over.amount if one.over else None for one in shown] == [10_000, None, None]
    desk = make.page_client(dan)
    page = desk.get(QUEUE).content.decode()
    assert page.count(f' action="{QUEUE}{line.id}/split/"') == 2  # owe it, or it was sent back
    desk.post(f"{QUEUE}{line.id}/split/", {"payment": str(waiting.id)})
    assert again(waiting).status == "captured" and Credit.objects.get().amount == 10_000
    assert "10.000" in desk.get(f"{QUEUE}?state=matched").content.decode()


def test_a_typed_code_splits_and_a_number_says_it_was_sent_back(
    waiting: Payment, come: Come, dan: Membership, elsewhere: Membership, ana: Person, now: datetime
) -> None:
    line = come(160_000)
    address, desk = f"{QUEUE}{line.id}/split/", make.page_client(dan)
    assert make.page_client(elsewhere).post(address, {"payment": str(waiting.id)}).status_code == 404
    assert make.page_client(ana).post(address, {"payment": str(waiting.id)}).status_code in {302, 403, 404}
    for nonsense in ({}, {"code": "LH 000"}, {"code": waiting.code, "note": " "}):
        assert desk.post(address, nonsense).status_code == 302
    line.refresh_from_db()
    assert (line.status, again(waiting).status) == ("unmatched", "pending")
    desk.post(address, {"code": waiting.code.lower(), "note": "FT31084009"})
    line.refresh_from_db()
    assert (line.over_note, again(waiting).status, Credit.objects.count()) == ("FT31084009", "captured", 0)
    assert "FT31084009" in desk.get(f"{QUEUE}?state=matched").content.decode()


# ---- races


@pytest.mark.django_db(transaction=True)
def test_many_at_the_desk_split_one_transfer_once(
    waiting: Payment, come: Come, dan: Membership, hospital: Facility, now: datetime
) -> None:
    line, by = come(160_000, waiting.code), make.actor_for(dan)
    works: list[Any] = [lambda: actions.split_line(line_id=line.id, payment_id=waiting.id, by=by, now=now)] * 3
    works += [
        lambda: actions.split_line(line_id=line.id, payment_id=waiting.id, sent_back="FT9", by=by, now=now),
        lambda: actions.note_transfer_back(line_id=line.id, number="FT9", by=by, now=now),
        lambda: actions.ignore_line(line_id=line.id, reason="x", by=by, now=now),
    ]
    ends = at_once(works)
    refused = [end for end in ends if isinstance(end, BaseException)]
    assert all(isinstance(end, WrongState) for end in refused), refused
    line.refresh_from_db()
    assert Credit.objects.count() == (1 if line.over_amount and not line.over_note else 0)
    assert len(refused) in {3, 5} and sum(queries.balances().values()) == 0
    assert books(hospital).get("unallocated", 0) == 0 and is_proven(now)


@pytest.mark.django_db(transaction=True)
def test_a_split_and_the_right_amount_at_once_capture_once(
    waiting: Payment, come: Come, dan: Membership, account: GatewayAccount, hospital: Facility, now: datetime
) -> None:
    line = come(160_000, waiting.code)
    came = gateways.Came(amount=150_000, at=now, memo=waiting.code, number="FT77")
    ends = at_once(
        [
            lambda: split(dan, waiting, line, now),
            lambda: actions.take_line(account=account, came=came, source="hook", by=HOUSE, now=now),
        ]
    )
    assert all(isinstance(end, AlreadyPaid) for end in ends if isinstance(end, BaseException)), ends
    assert Entry.objects.filter(kind="capture").count() == 2
    assert sorted(BankLine.objects.values_list("status", flat=True)) == ["matched", "unmatched"]
    assert books(hospital)["income"] == -150_000 and is_proven(now)
