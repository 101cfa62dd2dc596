"""A facility's own limit of what is given back without a second person: narrowed by one, widened by two."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import Line
from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongState
from core.money import Money
from identity.models import Facility
from payments import actions, queries
from payments.errors import BadLimit, SamePerson
from payments.models import Credit, Payment, Refund, RefundLimit
from tests.make import actor_for, make_desk, make_facility, page_client
from tests.payments.conftest import at_once

HOUSES = 100_000


@pytest.fixture(autouse=True)
def houses(settings: Any) -> None:
    settings.REFUND_APPROVAL_ABOVE = HOUSES


@pytest.fixture
def by_second(hospital: Facility) -> Actor:
    """Dan's colleague at the desk."""
    return actor_for(make_desk(facility=hospital, full_name="Lê Thị Thu Ngân"))


@pytest.fixture
def by_elsewhere() -> Actor:
    return actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))


def put(amount: int | None, by: Actor, now: datetime) -> RefundLimit:
    limit = actions.set_refund_limit(amount=amount, by=by, now=now)
    assert limit is not None
    return limit


def ask(payment: Payment, amount: int, by: Actor, now: datetime) -> str:
    money = Money.vnd(amount)
    return actions.request_refund(payment_id=payment.id, reason="Đổi ý", money=money, by=by, now=now).status


def rows() -> list[tuple[Any, ...]]:
    return list(RefundLimit.objects.order_by("id").values_list("id", "amount", "status", "set_by", "decided_by"))


def test_a_lower_limit_holds_at_once(paid: Payment, by_dan: Actor, now: datetime) -> None:
    limit = put(20_000, by_dan, now)
    assert (limit.status, limit.raises, limit.before, limit.decided_by) == ("holds", False, HOUSES, None)
    assert ask(paid, 20_000, by_dan, now) == "requested"
    assert ask(paid, 1, by_dan, now) == "awaiting_approval"
    assert Line.objects.get(action="payments.set_limit").detail == {"amount": 20_000, "before": HOUSES}


def test_zero_lets_nothing_through_alone(paid: Payment, by_dan: Actor, now: datetime) -> None:
    put(0, by_dan, now)
    assert ask(paid, 1, by_dan, now) == "awaiting_approval"


def test_a_higher_limit_changes_nothing_until_a_colleague_confirms(
    paid: Payment, by_dan: Actor, by_second: Actor, hospital: Facility, now: datetime
) -> None:
    wish = put(140_000, by_dan, now)
    assert wish.status == "wished" and queries.approval_above(hospital.id) == HOUSES
    assert ask(paid, 120_000, by_dan, now) == "awaiting_approval"
    for _ in range(2):
        limit = actions.confirm_refund_limit(limit_id=wish.id, by=by_second, now=now)
        assert (limit.status, limit.set_by, limit.decided_by) == ("holds", by_dan.user_id, by_second.user_id)
    assert queries.approval_above(hospital.id) == 140_000
    assert Refund.objects.get().status == "awaiting_approval"  # what waits goes on waiting
    assert Line.objects.filter(action="payments.confirm_limit").count() == 1


def test_who_wished_for_it_cannot_confirm_it(by_dan: Actor, hospital: Facility, now: datetime) -> None:
    wish = put(140_000, by_dan, now)
    before = rows()
    with pytest.raises(SamePerson):
        actions.confirm_refund_limit(limit_id=wish.id, by=by_dan, now=now)
    assert rows() == before and queries.approval_above(hospital.id) == HOUSES


def test_nobody_raises_gives_back_and_lowers_again(paid: Payment, by_dan: Actor, now: datetime) -> None:
    put(10_000, by_dan, now)
    put(150_000, by_dan, now)
    assert ask(paid, 20_000, by_dan, now) == "awaiting_approval"
    put(None, by_dan, now)  # the house's is higher than what holds: that is a raise, too
    assert ask(paid, 20_000, by_dan, now) == "awaiting_approval"
    assert [row.status for row in RefundLimit.objects.order_by("id")] == ["holds", "dropped", "wished"]


def test_going_back_to_a_lower_limit_of_the_house_needs_nobody(
    by_dan: Actor, by_second: Actor, hospital: Facility, now: datetime
) -> None:
    actions.confirm_refund_limit(limit_id=put(900_000, by_dan, now).id, by=by_second, now=now)
    back = put(None, by_dan, now)
    assert (back.status, back.amount, back.raises) == ("holds", None, False)
    assert queries.approval_above(hospital.id) == HOUSES
    assert [row.status for row in RefundLimit.objects.order_by("id")] == ["ended", "holds"]


def test_asking_again_is_the_same_and_a_newer_wish_replaces_the_older(
    by_dan: Actor, by_second: Actor, hospital: Facility, now: datetime
) -> None:
    assert actions.set_refund_limit(amount=None, by=by_dan, now=now) is None  # so it is already
    first = put(200_000, by_dan, now)
    assert put(200_000, by_dan, now).id == first.id
    assert put(200_000, by_second, now).id == first.id  # to ask for the same is not to confirm it
    second = put(900_000, by_dan, now)
    with pytest.raises(WrongState):  # what the colleague has read on their page is no longer what is wished for
        actions.confirm_refund_limit(limit_id=first.id, by=by_second, now=now)
    assert queries.approval_above(hospital.id) == HOUSES
    assert {row.id: row.status for row in RefundLimit.objects.all()} == {first.id: "dropped", second.id: "wished"}


def test_a_wish_is_refused_by_a_colleague_or_taken_back(by_dan: Actor, by_second: Actor, now: datetime) -> None:
    for by in (by_second, by_dan):
        wish = put(200_000, by_dan, now)
        for _ in range(2):
            assert actions.drop_refund_limit(limit_id=wish.id, by=by, now=now).status == "dropped"
        with pytest.raises(WrongState):
            actions.confirm_refund_limit(limit_id=wish.id, by=by_second, now=now)
    holding = put(50_000, by_dan, now)
    with pytest.raises(WrongState):
        actions.drop_refund_limit(limit_id=holding.id, by=by_second, now=now)
    assert Line.objects.filter(action="payments.drop_limit").count() == 2


@pytest.mark.parametrize("amount", [-1, 1_000_000_000_000, 2**70])
def test_nonsense_is_refused(amount: int, by_dan: Actor, now: datetime) -> None:
    with pytest.raises(BadLimit):
        actions.set_refund_limit(amount=amount, by=by_dan, now=now)
    assert rows() == []


def test_strangers_neither_see_nor_move_it(
    by_dan: Actor, by_ana: Actor, by_eve: Actor, by_elsewhere: Actor, hospital: Facility, now: datetime
) -> None:
    wish, acts = put(200_000, by_dan, now), (actions.confirm_refund_limit, actions.drop_refund_limit)
    before = rows()
    for act in acts:
        for by, error in ((by_elsewhere, NotFound), (by_ana, NotAllowed), (by_eve, NotAllowed)):
            with pytest.raises(error):
                act(limit_id=wish.id, by=by, now=now)
    for by in (by_ana, by_eve):
        with pytest.raises(NotAllowed):
            actions.set_refund_limit(amount=1, by=by, now=now)
    assert rows() == before
    put(30_000, by_elsewhere, now)  # theirs is theirs
    assert queries.approval_above(hospital.id) == HOUSES


def test_the_database_wants_two_people_as_well(by_dan: Actor, by_second: Actor, now: datetime) -> None:
    wish = put(200_000, by_dan, now)
    wrong: list[dict[str, Any]] = [
        {"status": "holds"},
        {"status": "holds", "decided_by": by_dan.user_id},
        {"raises": False},
        {"amount": -5, "raises": False},
        {"status": "unknown"},
    ]
    for values in wrong:
        with pytest.raises(IntegrityError), transaction.atomic():
            RefundLimit.objects.filter(id=wish.id).update(**values)
    assert RefundLimit.objects.get().status == "wished"


def test_what_a_gateway_collected_twice_is_paid_out_by_the_same_limit(
    paid: Payment, by_dan: Actor, hospital: Facility, now: datetime
) -> None:
    credit = Credit.objects.create(
        payment=paid, payer=paid.payer, facility=hospital, amount=60_000, cause="twice", made_by=by_dan.user_id
    )
    put(50_000, by_dan, now)
    with pytest.raises(SamePerson):
        actions.pay_out(credit_id=credit.id, way="transfer", transfer_reference="FT1", by=by_dan, now=now)
    assert Credit.objects.get().status == "owed"


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_one_limit_and_at_most_one_wish(hospital: Facility, now: datetime) -> None:
    desks = [actor_for(make_desk(facility=hospital)) for _ in range(4)]
    amounts = [300_000, 400_000, 50_000, 20_000]
    put_all = [
        lambda by=by, amount=amount: actions.set_refund_limit(amount=amount, by=by, now=now)
        for by, amount in zip(desks, amounts, strict=True)
    ]
    assert not [end for end in at_once(put_all) if isinstance(end, BaseException)]
    held = RefundLimit.objects.get(status="holds")
    assert held.amount in {50_000, 20_000} and queries.approval_above(hospital.id) == held.amount
    assert RefundLimit.objects.filter(status="wished").count() <= 1

    RefundLimit.objects.filter(status="wished").update(status="dropped")
    wish = put(700_000, desks[0], now)
    decide: list[Callable[[], Any]] = [
        lambda by=by: actions.confirm_refund_limit(limit_id=wish.id, by=by, now=now) for by in desks
    ]
    decide += [lambda by=by: actions.drop_refund_limit(limit_id=wish.id, by=by, now=now) for by in desks]
    at_once(decide)
    wish.refresh_from_db()
    assert wish.status in {"holds", "dropped"}
    assert queries.approval_above(hospital.id) == (700_000 if wish.status == "holds" else held.amount)
    assert wish.status == "dropped" or wish.decided_by not in {None, desks[0].user_id}


# ---- the page


PAGE = "/hospital/money/refunds/"


def text(answer: Any) -> str:
    assert answer.status_code in {200, 422}, answer.status_code
    return str(answer.content.decode())


def test_the_page_says_whose_limit_holds_and_who_has_to_confirm(
    dan: Any, hospital: Facility, eve_browser: Client, now: datetime
) -> None:
    desk, colleague = page_client(dan), page_client(make_desk(facility=hospital, full_name="Lê Thị Thu Ngân"))
    elsewhere = page_client(make_desk(facility=make_facility(name="Bệnh viện Khác")))
    assert "100.000\u00a0₫" in text(desk.get(PAGE))
    for nonsense in ("x", "-5", "1e3", "9" * 40):
        assert desk.post(f"{PAGE}limit/", {"amount": nonsense}).status_code == 422
    assert not RefundLimit.objects.exists()
    assert desk.post(f"{PAGE}limit/", {"amount": "7.654.000 ₫"}).status_code == 302
    wish = RefundLimit.objects.get()
    decide = f"{PAGE}limit/{wish.id}/decide/"
    own = text(desk.get(PAGE))
    assert "7.654.000" in own and 'value="confirm"' not in own
    desk.post(decide, {"answer": "confirm"})
    assert elsewhere.post(decide, {"answer": "confirm"}).status_code == 404
    assert eve_browser.post(decide, {"answer": "confirm"}).status_code in {403, 404}
    assert "7.654.000" not in text(elsewhere.get(PAGE))
    assert RefundLimit.objects.get().status == "wished"
    assert 'value="confirm"' in text(colleague.get(PAGE))
    colleague.post(decide, {"answer": "confirm"})
    assert RefundLimit.objects.get().status == "holds"
    assert "Lê Thị Thu Ngân" in text(desk.get(PAGE))
    desk.post(f"{PAGE}limit/", {"amount": ""})
    assert queries.approval_above(hospital.id) == HOUSES
