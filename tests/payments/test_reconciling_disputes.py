"""What a gateway's statement says of fees and disputes beside our ledger: found once, posted once, whoever says it first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.actor import Actor
from core.errors import NotAllowed, NotFound, WrongState
from core.money import Money
from identity.models import Facility
from payments import actions, gateways, queries
from payments.errors import StillDiffers, WrongResolution
from payments.gateways import ZONE, DisputeTruth
from payments.models import Difference, Dispute, Entry, GatewayAccount, Payment, Reconciliation, StatementLine
from tests.booking.test_races import all_at_once
from tests.jobs import run_jobs
from tests.make import actor_for, make_desk, make_facility
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe_stage import There
from tests.payments.test_reconciling import DAY, HEAD, NIGHT, Pay, day, found, line, pay, read  # noqa: F401

LATER = datetime(2031, 3, 26, 19, 30, tzinfo=UTC)


def books(payment: Payment) -> dict[str, int]:
    """What the ledger says, by the kind of account."""
    said = queries.balances(payment.facility_id)
    return {account.partition("/")[0]: total for (account, _), total in said.items() if total}


def is_proven() -> bool:
    return actions.prove_books(by=HOUSE, now=NIGHT).is_sound


def another(day: Reconciliation, by: int = 1) -> Reconciliation:  # noqa: F811
    """The day after."""
    return actions.begin_reconciliation(
        facility_id=day.facility_id, gateway=day.gateway, day=day.day + timedelta(days=by), by=HOUSE, now=NIGHT
    )


def dispute(payment: Payment, *, status: str = "needs_response", fee: int = 0, at: datetime | None = None) -> Dispute:
    """The gateway has told us of a dispute of all of it."""
    truth = DisputeTruth(
        reference=f"du_{payment.code}", payment_id=payment.id, money=payment.price, reason="fraudulent", status=status,
        is_taken=True, opened_at=at or payment.captured_at or NIGHT, fee=fee,
    )  # fmt: skip
    actions.record_dispute(payment_id=payment.id, truth=truth, by=HOUSE, now=at or payment.captured_at or NIGHT)
    return Dispute.objects.get(payment=payment)


# ---- fees that are named later


def test_a_fee_named_later_is_posted_by_the_comparison(pay: Pay, day: Reconciliation) -> None:  # noqa: F811
    payment = pay()
    for _ in range(3):
        row = read(day, HEAD + line(payment, fee=1_100))
    assert (row.status, row.fee_amount, found(day)) == ("agreed", 1_100, [])
    assert again(payment).fee_amount == 1_100
    assert books(payment) == {"clearing": 148_900, "income": -150_000, "fees": 1_100}
    assert Entry.objects.filter(kind="fee").count() == 2 and is_proven()


def test_a_fee_on_a_line_of_its_own_is_posted_too(pay: Pay, day: Reconciliation) -> None:  # noqa: F811
    payment = pay()
    read(day, HEAD + line(payment) + line(payment, kind="fee", number="F1", amount=900))
    read(another(day), HEAD + line(payment, kind="fee", number="F1", amount=900))  # told again the day after
    assert (again(payment).fee_amount, found(day), is_proven()) == (900, [], True)


def test_a_statement_that_names_no_fees_says_nothing_about_them(pay: Pay, day: Reconciliation) -> None:  # noqa: F811
    payment = pay()
    read(day, HEAD + line(payment, fee=1_100))
    read(day, HEAD + line(payment))
    assert (found(day), again(payment).fee_amount) == ([], 1_100)


@pytest.mark.parametrize("fee", [150_000, 151_000])
def test_a_fee_as_high_as_the_payment_is_not_plain(
    pay: Pay, day: Reconciliation, by_dan: Actor, fee: int  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    read(day, HEAD + line(payment, fee=fee))
    (one,) = found(day)
    assert (one.kind, one.side, one.our_amount, one.their_amount) == ("fee", "fee", 0, fee)
    assert not Entry.objects.filter(kind="fee").exists()
    actions.post_fee(difference_id=one.id, by=by_dan, now=NIGHT)
    assert again(payment).fee_amount == fee and is_proven()


def test_another_fee_than_was_posted_is_a_difference_posted_by_one_click(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    read(day, HEAD + line(payment, fee=1_100))
    read(day, HEAD + line(payment, fee=1_300))
    (one,) = found(day)
    assert (one.kind, one.our_amount, one.their_amount, one.gap) == ("fee", 1_100, 1_300, Money.vnd(-200))
    with pytest.raises(WrongResolution):
        actions.write_off(difference_id=one.id, note="x", by=by_dan, now=NIGHT)
    for _ in range(2):
        settled = actions.post_fee(difference_id=one.id, by=by_dan, now=NIGHT)
    assert (settled.status, settled.resolution, settled.resolved_by) == ("resolved", "recorded", by_dan.user_id)
    assert (again(payment).fee_amount, books(payment)["fees"], is_proven()) == (1_300, 1_300, True)
    row = read(day, HEAD + line(payment, fee=1_200))  # they correct themselves once more, downwards
    assert row.status == "differs"
    actions.post_fee(difference_id=found(day)[-1].id, by=by_dan, now=NIGHT)
    assert (again(payment).fee_amount, books(payment)["fees"], is_proven()) == (1_200, 1_200, True)


def test_two_days_that_name_more_and_more_post_each_part_once(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment, after = pay(), another(day)
    read(day, HEAD + line(payment, fee=1_000))
    read(day, HEAD + line(payment, fee=1_100))
    read(after, HEAD + line(payment, kind="fee", number="F2", amount=50))
    for one in (*found(after), *found(day)):  # the later day first: it knows of both
        actions.post_fee(difference_id=one.id, by=by_dan, now=LATER)
    assert (again(payment).fee_amount, is_proven()) == (1_150, True)
    assert Entry.objects.filter(kind="fee").count() == 4


def test_a_fee_of_no_payment_is_posted_by_one_click_once(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment, after = pay(), another(day)
    monthly = "2031-03-25 23:59:00,fee,,M3,55000,0\n"
    row = read(day, HEAD + line(payment) + monthly)
    (one,) = found(day)
    assert (one.kind, one.side, one.transaction, row.fee_amount) == ("missing_here", "fee", "M3", 55_000)
    read(after, HEAD + monthly)
    assert found(after) == []  # it is asked about once
    for _ in range(2):
        actions.post_fee(difference_id=one.id, by=by_dan, now=NIGHT)
    assert (books(payment)["fees"], books(payment)["clearing"], is_proven()) == (55_000, 95_000, True)
    assert read(day, HEAD + line(payment) + monthly).status == "agreed"


def test_posting_a_fee_fits_no_other_difference(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:  # noqa: F811
    read(day, HEAD + line(pay(), amount=1))
    (one,) = found(day)
    with pytest.raises(WrongResolution):
        actions.post_fee(difference_id=one.id, by=by_dan, now=NIGHT)
    assert found(day)[0].status == "open" and not Entry.objects.filter(kind="fee").exists()


# ---- disputes


def test_a_day_with_a_dispute_of_ours_agrees(pay: Pay, day: Reconciliation) -> None:  # noqa: F811
    lost, won = pay(), pay()
    first, second = dispute(lost, fee=20_000), dispute(won, status="won")
    text = HEAD + line(lost) + line(lost, kind="dispute", number=first.gateway_reference, fee=20_000) + line(won)
    text += line(won, kind="dispute", number=second.gateway_reference) + line(won, kind="dispute_won", number="back")
    row = read(day, text)
    assert (row.status, found(day)) == ("agreed", [])
    assert (row.their_count, row.our_count, row.matched_count) == (5, 5, 5)
    assert (row.their_amount, row.our_amount, row.fee_amount) == (150_000, 150_000, 20_000)
    assert set(StatementLine.objects.exclude(kind="capture").values_list("dispute", flat=True)) == {first.id, second.id}


def test_a_dispute_nobody_told_us_of_is_recorded_by_one_click(
    pay: Pay, day: Reconciliation, by_dan: Actor, told: list[str]  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    text = HEAD + line(payment) + line(payment, kind="dispute", number="du_9", fee=20_000)
    row = read(day, text)
    (one,) = found(day)
    assert (one.kind, one.side, one.payment_id, one.gap) == ("missing_here", "dispute", payment.id, Money.vnd(-150_000))
    assert (row.gap, row.status) == (Money.vnd(-150_000), "differs")
    for _ in range(2):
        settled = actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=NIGHT)
    assert (settled.resolution, Dispute.objects.get().gateway_reference) == ("recorded", "du_9")
    assert books(payment) == {"clearing": -20_000, "income": -150_000, "disputed": 150_000, "fees": 20_000}
    assert told.count("PaymentDisputed") == 1 and is_proven()
    assert read(day, text).status == "agreed"


def test_money_that_came_back_is_recorded_by_one_click(
    pay: Pay, day: Reconciliation, by_dan: Actor, told: list[str]  # noqa: F811
) -> None:  # fmt: skip
    payment, after = pay(), another(day)
    known = dispute(payment)
    read(day, HEAD + line(payment) + line(payment, kind="dispute", number=known.gateway_reference))
    read(after, HEAD + line(payment, kind="dispute_won", number="back"))
    (one,) = found(after)
    assert (one.kind, one.side, one.dispute_id, one.gap) == (
        "missing_here", "dispute_won", known.id, Money.vnd(150_000),
    )  # fmt: skip
    actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=LATER)
    assert Dispute.objects.get().status == "won" and "DisputeWon" in told
    assert books(payment) == {"clearing": 150_000, "income": -150_000} and is_proven()
    assert (found(day), read(after, HEAD + line(payment, kind="dispute_won", number="back")).status) == ([], "agreed")


def test_what_only_we_have_of_a_dispute_is_written_off_by_one_click(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    known = dispute(payment, status="won")
    read(day, HEAD + line(payment))
    assert {(one.kind, one.side, one.dispute_id, one.gap.amount) for one in found(day)} == {
        ("missing_there", "dispute", known.id, 150_000),
        ("missing_there", "dispute_won", known.id, -150_000),
    }
    for one in found(day):
        actions.write_off(difference_id=one.id, note="Ngân hàng không ghi", by=by_dan, now=NIGHT)
    assert books(payment) == {"clearing": 150_000, "income": -150_000} and is_proven()


def test_a_later_statement_that_names_the_dispute_settles_it(pay: Pay, day: Reconciliation) -> None:  # noqa: F811
    payment = pay()
    known = dispute(payment)
    read(day, HEAD + line(payment))
    assert [one.status for one in found(day)] == ["open"]
    read(another(day), HEAD + line(payment, kind="dispute", number=known.gateway_reference))
    assert [(one.status, one.resolution) for one in found(day)] == [("resolved", "agreed")]
    day.refresh_from_db()
    assert day.status == "agreed"


def test_another_amount_of_a_dispute_is_written_off(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:  # noqa: F811
    payment = pay()
    known = dispute(payment)
    read(day, HEAD + line(payment) + line(payment, kind="dispute", number=known.gateway_reference, amount=151_000))
    (one,) = found(day)
    assert (one.kind, one.side, one.gap) == ("amount", "dispute", Money.vnd(-1_000))
    actions.write_off(difference_id=one.id, note="Tỷ giá", by=by_dan, now=NIGHT)
    assert books(payment)["clearing"] == -1_000 and is_proven()


def test_the_fee_of_a_dispute_named_later_is_posted_and_given_back_by_one_click(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    known = dispute(payment)
    text = HEAD + line(payment) + line(payment, kind="dispute", number=known.gateway_reference, fee=20_000)
    read(day, text)
    read(day, text)
    known.refresh_from_db()
    assert (known.fee_amount, found(day), books(payment)["fees"], is_proven()) == (20_000, [], 20_000, True)
    after = another(day)
    read(after, HEAD + f"2031-03-26 09:00:00,fee,{known.gateway_reference},F9,5000,0\n")
    (one,) = found(after)
    assert (one.kind, one.dispute_id, one.our_amount, one.their_amount) == ("fee", known.id, 20_000, 25_000)
    actions.post_fee(difference_id=one.id, by=by_dan, now=LATER)
    known.refresh_from_db()
    assert (known.fee_amount, books(payment)["fees"], is_proven()) == (25_000, 25_000, True)
    assert again(payment).fee_amount == 0


def test_a_dispute_of_no_payment_of_ours_is_only_written_off(
    pay: Pay, day: Reconciliation, by_dan: Actor  # noqa: F811
) -> None:  # fmt: skip
    payment = pay()
    read(day, HEAD + line(payment) + "2031-03-25 13:00:00,dispute,unheard-of,du_1,70000,0\n")
    (one,) = found(day)
    with pytest.raises(WrongResolution):
        actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=NIGHT)
    actions.write_off(difference_id=one.id, note="Của chương trình khác", by=by_dan, now=NIGHT)
    assert books(payment)["clearing"] == 80_000 and is_proven()


def test_more_than_came_cannot_be_disputed(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:  # noqa: F811
    payment = pay()
    read(day, HEAD + line(payment) + line(payment, kind="dispute", number="du_1", amount=150_001))
    (one,) = found(day)
    with pytest.raises(StillDiffers):
        actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=NIGHT)
    assert not Dispute.objects.exists() and found(day)[0].status == "open" and is_proven()


def test_the_night_looks_where_only_a_dispute_moved(pay: Pay, hospital: Facility) -> None:  # noqa: F811
    payment = pay()
    dispute(payment, at=NIGHT)
    (row,) = actions.reconcile_yesterday(by=HOUSE, now=NIGHT + timedelta(days=1))
    assert (row.day, [one.side for one in found(row)]) == (date(2031, 3, 26), ["dispute"])


def test_strangers_post_no_fee(pay: Pay, day: Reconciliation, by_ana: Actor, by_eve: Actor) -> None:  # noqa: F811
    read(day, HEAD + line(pay(), fee=150_000))
    (one,) = found(day)
    elsewhere = actor_for(make_desk(facility=make_facility(name="Bệnh viện Hồng Hà")))
    for by, error in ((elsewhere, NotFound), (by_ana, NotAllowed), (by_eve, NotAllowed)):
        with pytest.raises(error):
            actions.post_fee(difference_id=one.id, by=by, now=NIGHT)
    assert found(day)[0].status == "open" and not Entry.objects.filter(kind="fee").exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_post_a_fee_and_a_dispute_once(pay: Pay, day: Reconciliation, hospital: Facility) -> None:  # noqa: F811
    payment, after = pay(), another(day)
    read(day, HEAD + line(payment, fee=1_000))
    read(day, HEAD + line(payment, fee=1_100) + line(payment, kind="dispute", number="du_1", fee=500))
    read(after, HEAD + line(payment, kind="fee", number="F2", amount=50))
    desks = [actor_for(make_desk(facility=hospital)) for _ in range(3)]
    acts: list[Callable[[], Any]] = []
    for one in (*found(day), *found(after)):
        act = actions.post_fee if one.side == "fee" else actions.record_what_is_missing
        acts += [lambda by=by, act=act, one=one: act(difference_id=one.id, by=by, now=NIGHT) for by in desks]
    assert all_at_once(acts) == ["ok"] * 9
    assert (again(payment).fee_amount, Dispute.objects.get().fee_amount) == (1_150, 500)
    assert books(payment)["fees"] == 1_650 and is_proven()


# ---- Stripe, asked


@pytest.fixture
def carded(payment: Payment, there: There, account: GatewayAccount, now: datetime) -> Payment:
    """150.000 ₫ paid through Stripe, and recorded."""
    started = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", started.gateway_reference)
    actions.ask_gateway(payment_id=started.id, by=HOUSE, now=now)
    return again(started)


def compare(payment: Payment, now: datetime) -> Reconciliation:
    row = actions.begin_reconciliation(
        facility_id=payment.facility_id, gateway="stripe", day=now.astimezone(ZONE).date(), by=HOUSE, now=now
    )
    return actions.ask_statement(reconciliation_id=row.id, by=HOUSE, now=now)


def test_a_won_dispute_at_stripe_that_we_heard_of_agrees(
    carded: Payment, account: GatewayAccount, there: There, now: datetime
) -> None:
    opened = there.act("dispute", carded.gateway_transaction)
    there.act("win", opened["id"])
    actions.look_into_dispute(gateway="stripe", account=account, reference=opened["id"], by=HOUSE, now=now)
    row = compare(carded, now)
    assert (row.status, row.their_count, row.matched_count) == ("agreed", 3, 3)
    assert (row.their_amount, row.our_amount) == (150_000, 150_000) and is_proven()


def test_a_lost_hook_of_a_dispute_at_stripe_is_asked_for_by_one_click(
    carded: Payment, there: There, by_dan: Actor, now: datetime
) -> None:
    there.act("win", there.act("dispute", carded.gateway_transaction)["id"])
    row = compare(carded, now)
    assert sorted(one.side for one in found(row)) == ["dispute", "dispute_won"]
    for one in sorted(found(row), key=lambda one: one.side, reverse=True):  # what came back first
        actions.record_what_is_missing(difference_id=one.id, by=by_dan, now=now)
    run_jobs()
    known = Dispute.objects.get()
    assert (known.status, known.is_taken, known.fee_amount) == ("won", True, 350_000)
    assert compare(carded, now).status == "agreed" and is_proven()
    row.refresh_from_db()
    assert not Difference.objects.exclude(status="resolved").exists()


def test_what_the_bank_decided_for_the_payer_is_noted_where_nobody_can_be_asked(
    pay: Pay,  # noqa: F811
    by_dan: Actor,
    by_eve: Actor,
    dan_browser: Client,
) -> None:
    payment = pay()
    known = dispute(payment)
    page = f"/hospital/disputes/{known.id}/lost/"
    assert page in dan_browser.get(f"/payments/{payment.id}/").content.decode()
    elsewhere = actor_for(make_desk(facility=make_facility(name="Elsewhere")))
    for by, error in ((by_eve, NotAllowed), (HOUSE, NotAllowed), (elsewhere, NotFound)):
        with pytest.raises(error):
            actions.note_lost_dispute(dispute_id=known.id, by=by, now=NIGHT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(gateways.get(payment.gateway), "tells_disputes", True)
        with pytest.raises(NotAllowed):  # it is asked, and says so itself
            actions.note_lost_dispute(dispute_id=known.id, by=by_dan, now=NIGHT)
    assert books(payment)["disputed"] == 150_000 and Dispute.objects.get().is_open
    for _ in range(2):
        assert dan_browser.post(page).status_code == 302
    assert (Dispute.objects.get().status, books(payment).get("disputed"), books(payment)["losses"]) == (
        "lost",
        None,
        150_000,
    )
    assert page not in dan_browser.get(f"/payments/{payment.id}/").content.decode() and is_proven()


def test_a_won_dispute_is_not_lost_any_more(pay: Pay, day: Reconciliation, by_dan: Actor) -> None:  # noqa: F811
    known = dispute(pay(), status="won")
    with pytest.raises(WrongState):
        actions.note_lost_dispute(dispute_id=known.id, by=by_dan, now=NIGHT)
