"""Who has it: asking, answering, comparing, reserving, letting go. Distances and sums are reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.errors import NotFound, WrongRole
from prescriptions import access, actions, queries
from prescriptions.distances import band_of
from prescriptions.errors import (
    AlreadyReserved,
    AskedEnough,
    BadAnswer,
    Cancelled,
    InquiryOver,
    NobodyToAsk,
    NothingToReserve,
    NotOnTheShelf,
    StockGone,
    TakenElsewhere,
)
from prescriptions.models import AnswerRule, Dispense, Inquiry, Lot, PharmacyAnswer, Reservation, Sale, StockMove
from prescriptions.queries.stock import first_to_expire
from prescriptions.tasks import end_what_was_kept
from tests import make
from tests.jobs import run_jobs
from tests.prescriptions import stage
from tests.prescriptions.stage import handed, line, make_held, make_signed

HOME = (21.0285, 105.8542)  # where make.make_pharmacy puts a pharmacy, unless said
LATER = date(2032, 1, 31)


@pytest.fixture
def three(ana, ben):
    """Amoxicillin 14 capsules, paracetamol 6 tablets, cefixime 10 capsules."""
    lines = [line(), line(stage.PARACETAMOL, "1", 2, 3), line(stage.CEFIXIME, "1", 2, 5)]
    return make_signed(person=ana, practitioner=ben, items=lines)


def ask(prescription, by, now, **wish: Any):
    wish.setdefault("near", HOME)
    return actions.ask_pharmacies(prescription_id=prescription.id, by=by, now=now, **wish)


def answer_of(inquiry, pharmacy):
    return PharmacyAnswer.objects.get(inquiry=inquiry, pharmacy=pharmacy)


def say(answer, by, now, *prices: int | None, ready: int = 30):
    """Answer with all that is wanted of each line at these prices for one unit; None: not in stock."""
    lines = [
        {"line": one.id, "quantity": one.wanted, "unit_price": price}
        for one, price in zip(answer.inquiry.lines.all(), prices, strict=True)
        if price is not None
    ]
    ready_at = now + timedelta(minutes=ready)
    return actions.answer_inquiry(answer_id=answer.id, lines=lines, ready_at=ready_at, by=by, now=now)


def put(by, now, drug, quantity, price, number="A1", expires_on=LATER):
    return actions.receive_lot(
        drug_code=drug, number=number, expires_on=expires_on, quantity=quantity, unit_price=price, by=by, now=now
    )


# ---- asking


def test_asks_those_in_range_that_are_open(three, ana, by_ana, pharmacy, now):
    # One hundredth of a degree of latitude is 1,112 m (the earth's radius 6,371 km × π / 180 / 100).
    near = make.make_pharmacy(name="Gần", latitude=HOME[0] + 0.01)
    far = make.make_pharmacy(name="Xa", latitude=HOME[0] + 0.05)
    make.make_pharmacy(name="Đóng", opening_hours={"tue": [["18:00", "22:00"]]})
    unknown = make.make_pharmacy(name="Không rõ giờ", latitude=HOME[0] + 0.02, opening_hours={})
    inquiry = ask(three, by_ana, now)
    asked = list(inquiry.answers.order_by("distance_m").values_list("pharmacy_id", "distance_m"))
    assert [one for one, _metres in asked] == [pharmacy.id, near.id, unknown.id]
    assert asked[1][1] == pytest.approx(1112, abs=2)
    assert inquiry.answers.count() == 3
    wider = ask(three, by_ana, now, radius_km=10, include_closed=True)
    assert wider.answers.count() == 5
    assert wider.answers.filter(pharmacy=far).exists()
    inquiry.refresh_from_db()
    assert (inquiry.ending, wider.ending) == ("withdrawn", "")
    with pytest.raises(NobodyToAsk):
        ask(three, by_ana, now, near=(10.0, 105.0))
    assert Inquiry.objects.get(ended_at__isnull=True) == wider
    for _more in range(4):
        ask(three, by_ana, now)
    with pytest.raises(AskedEnough):
        ask(three, by_ana, now)
    assert ask(three, by_ana, now + timedelta(hours=24, minutes=1), include_closed=True)


def test_who_may_ask(three, pharmacy, by_ana, by_eve, by_ben, by_dan, by_cara, now):
    for by in (by_eve, by_ben, by_dan, by_cara):
        with pytest.raises(NotFound):
            ask(three, by, now)
    assert not Inquiry.objects.exists()
    actions.cancel(prescription_id=three.id, reason="not_needed", by=by_ana, now=now)
    with pytest.raises(Cancelled):
        ask(three, by_ana, now)


@pytest.mark.parametrize(
    ("metres", "band"), [(None, ""), (0, "2"), (2000, "2"), (2001, "5"), (30_000, "30"), (30_001, "far")]
)
def test_a_pharmacy_sees_a_band_of_distance(metres, band):
    assert band_of(metres) == band


def test_a_pharmacy_sees_medicines_and_no_person(three, pharmacy, by_ana, by_cara, now):
    inquiry = ask(three, by_ana, now)
    (here,) = queries.asked_here(by_cara, now)
    assert [one.line.item.drug.code for one in here.lines] == [stage.AMOXICILLIN, stage.PARACETAMOL, stage.CEFIXIME]
    assert [one.line.wanted for one in here.lines] == [14, 6, 10]
    assert here.band == "2"
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, three.id, now)
    say(here.answer, by_cara, now, 1000, 500, 4000)
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, three.id, now)
    actions.reserve(answer_id=here.answer.id, by=by_ana, now=now)
    assert access.get_prescription(by_cara, three.id, now).id == three.id
    assert queries.asked_here(by_cara, now) == []
    inquiry.refresh_from_db()
    assert inquiry.ending == "settled"


# ---- answering


def test_answers_are_checked_and_may_be_changed_until_reserved(three, pharmacy, hoa, by_ana, by_cara, by_eve, now):
    inquiry = ask(three, by_ana, now)
    answer = answer_of(inquiry, pharmacy)
    first = inquiry.lines.first()
    good = {"line": first.id, "quantity": 14, "unit_price": 1200}
    ready = now + timedelta(minutes=30)

    def said(lines, ready_at=ready, by=by_cara, at=now):
        return actions.answer_inquiry(answer_id=answer.id, lines=lines, ready_at=ready_at, by=by, now=at)

    for bad in ({"quantity": 0}, {"quantity": 15}, {"unit_price": -1}, {"unit_price": 100_000_001}):
        with pytest.raises(BadAnswer):
            said([good | bad])
    with pytest.raises(BadAnswer):
        said([])
    for ready_at in (now - timedelta(hours=1), now + timedelta(hours=49)):
        with pytest.raises(BadAnswer):
            said([good], ready_at)
    with pytest.raises(NotFound):
        said([good], by=make.actor_for(hoa))
    for by in (by_eve, by_ana):
        with pytest.raises(WrongRole):
            said([good], by=by)
    assert answer_of(inquiry, pharmacy).said == "nothing"
    said([good])
    actions.refuse_inquiry(answer_id=answer.id, by=by_cara, now=now)
    assert not answer.lines.exists()
    said([good | {"unit_price": 900}])
    assert answer.lines.get().unit_price == 900
    actions.reserve(answer_id=answer.id, by=by_ana, now=now)
    with pytest.raises(AlreadyReserved):
        said([good])
    with pytest.raises(InquiryOver):
        said([good], ready_at=now + timedelta(hours=3), at=now + timedelta(hours=2))


def test_the_citizen_compares(three, pharmacy, hoa, other_pharmacy, by_ana, by_cara, now):
    dear = make.make_pharmacy(name="Đắt", latitude=HOME[0] + 0.02)
    by_dear = make.actor_for(make.make_pharmacist(pharmacy=dear))
    type(pharmacy).objects.filter(id=other_pharmacy.id).update(latitude=HOME[0] + 0.01)
    inquiry = ask(three, by_ana, now)
    say(answer_of(inquiry, pharmacy), by_cara, now, 1000, 500, None, ready=15)  # 14,000 + 3,000
    say(answer_of(inquiry, other_pharmacy), make.actor_for(hoa), now, 1000, 400, 4000)  # 14,000 + 2,400 + 40,000
    say(answer_of(inquiry, dear), by_dear, now, 1500, 500, 4500, ready=60)  # 21,000 + 3,000 + 45,000
    found = queries.compare(inquiry, now)
    names = {pharmacy.id: "near", other_pharmacy.id: "cheap", dear.id: "dear"}
    assert [(names[one.answer.pharmacy_id], one.total) for one in found.has] == [
        ("cheap", 56_400),
        ("dear", 69_000),
        ("near", 17_000),
    ]
    assert [(one.is_cheapest, one.is_nearest, one.missing) for one in found.has] == [
        (True, False, 0),
        (False, False, 0),
        (False, True, 1),
    ]

    def order(by):
        return [names[one.answer.pharmacy_id] for one in queries.compare(inquiry, now, by).has]

    assert order("near") == ["near", "cheap", "dear"]
    assert order("soon") == ["near", "cheap", "dear"]
    assert order("all") == ["cheap", "dear", "near"]


# ---- from the stock


def test_answers_from_the_stock_at_once(three, pharmacy, by_ana, by_cara, now):
    put(by_cara, now, stage.AMOXICILLIN, 10, 1000)
    put(by_cara, now, stage.AMOXICILLIN, 20, 1100, "A2", LATER + timedelta(days=1))
    put(by_cara, now, stage.CEFIXIME, 4, 4000)
    put(by_cara, now, stage.CEFIXIME, 50, 4000, "OLD", date(2031, 3, 24))  # yesterday
    actions.set_answer_rule(automatic=True, ready_in_minutes=20, by=by_cara, now=now)
    empty = make.make_pharmacy(name="Hết thuốc")
    AnswerRule.objects.create(pharmacy=empty, automatic=True)
    inquiry = ask(three, by_ana, now)
    answer = answer_of(inquiry, pharmacy)
    assert (answer.said, answer.automatic, answer.ready_at) == ("has", True, now + timedelta(minutes=20))
    # 10 at 1,000 and 4 at 1,100: never more at the counter than was said.
    assert list(answer.lines.values_list("quantity", "unit_price")) == [(14, 1100), (4, 4000)]
    assert answer_of(inquiry, empty).said == "refused"
    kept = actions.reserve(answer_id=answer.id, by=by_ana, now=now)
    assert actions.reserve(answer_id=answer.id, by=by_ana, now=now) == kept
    assert set(Lot.objects.values_list("drug__code", "number", "reserved")) == {
        (stage.AMOXICILLIN, "A1", 10),
        (stage.AMOXICILLIN, "A2", 4),
        (stage.CEFIXIME, "A1", 4),
        (stage.CEFIXIME, "OLD", 0),
    }
    assert kept.until == now + timedelta(minutes=20, hours=3)
    # What is left can be asked for elsewhere: paracetamol, and 6 of the cefixime.
    assert [quantity for _item, quantity in queries.left_of(three)] == [6, 6]


def test_what_is_kept_is_nobody_elses(three, ana, ben, eve, pharmacy, cara, by_ana, by_cara, by_eve, now):
    put(by_cara, now, stage.AMOXICILLIN, 20, 1000)
    actions.set_answer_rule(automatic=True, ready_in_minutes=20, by=by_cara, now=now)
    hers = make_signed(person=eve, practitioner=ben)
    both = [ask(three, by_ana, now), ask(hers, by_eve, now)]
    first, second = (answer_of(one, pharmacy) for one in both)
    kept = actions.reserve(answer_id=first.id, by=by_ana, now=now)
    with pytest.raises(StockGone):
        actions.reserve(answer_id=second.id, by=by_eve, now=now)
    assert Reservation.objects.count() == 1
    # Nor over the counter, nor by counting anew.
    secret = make_held(prescription=hers, pharmacist=cara)
    item = hers.items.get()
    with pytest.raises(NotOnTheShelf):
        actions.dispense(prescription_id=hers.id, secret=secret, items=[handed(item, 7, "A1")], by=by_cara, now=now)
    with pytest.raises(NotOnTheShelf):
        actions.correct_lot(lot_id=Lot.objects.get().id, quantity=13, reason="counted", by=by_cara, now=now)
    assert not Dispense.objects.exists()
    actions.dispense(prescription_id=hers.id, secret=secret, items=[handed(item, 6, "A1")], by=by_cara, now=now)
    assert Lot.objects.values_list("quantity", "reserved").get() == (14, 14)
    with pytest.raises(NotFound):
        actions.take_back_reservation(reservation_id=kept.id, by=by_eve, now=now)
    actions.take_back_reservation(reservation_id=kept.id, by=by_ana, now=now)
    assert Lot.objects.values_list("quantity", "reserved").get() == (14, 0)
    assert actions.take_back_reservation(reservation_id=kept.id, by=by_ana, now=now).ending == "taken_back"


def test_it_ends_by_itself_unless_it_is_in_hand(three, pharmacy, cara, by_ana, by_cara, now, standing_clock):
    put(by_cara, now, stage.AMOXICILLIN, 20, 1000)
    actions.set_answer_rule(automatic=True, ready_in_minutes=20, by=by_cara, now=now)
    kept = actions.reserve(answer_id=answer_of(ask(three, by_ana, now), pharmacy).id, by=by_ana, now=now)
    end_what_was_kept(timestamp=int(kept.until.timestamp()) - 1)
    assert Lot.objects.get().reserved == 14
    make_held(prescription=three, pharmacist=cara)
    end_what_was_kept(timestamp=int(kept.until.timestamp()))
    assert Lot.objects.get().reserved == 14
    actions.return_(prescription_id=three.id, reason="patient_left", by=by_cara, now=now)
    run_jobs()
    kept.refresh_from_db()
    assert (kept.ending, Lot.objects.get().reserved) == ("moot", 0)
    again = actions.reserve(answer_id=answer_of(ask(three, by_ana, now), pharmacy).id, by=by_ana, now=now)
    standing_clock.move_to(again.until)
    end_what_was_kept(timestamp=int(again.until.timestamp()))
    run_jobs()
    again.refresh_from_db()
    assert (again.ending, Lot.objects.get().reserved) == ("expired", 0)
    assert not Inquiry.objects.filter(ended_at__isnull=True).exists()
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, three.id, again.until)


def test_two_items_here_and_one_there(three, pharmacy, cara, other_pharmacy, hoa, by_ana, by_cara, now):
    by_hoa = make.actor_for(hoa)
    for drug, price in ((stage.AMOXICILLIN, 1000), (stage.PARACETAMOL, 500)):
        put(by_cara, now, drug, 30, price)
    put(by_hoa, now, stage.CEFIXIME, 10, 4000, "C9")
    for by in (by_cara, by_hoa):
        actions.set_answer_rule(automatic=True, ready_in_minutes=20, by=by, now=now)
    inquiry = ask(three, by_ana, now)
    here = actions.reserve(answer_id=answer_of(inquiry, pharmacy).id, by=by_ana, now=now)
    there = actions.reserve(answer_id=answer_of(inquiry, other_pharmacy).id, by=by_ana, now=now)
    assert (here.total, there.total) == (14 * 1000 + 6 * 500, 40_000)
    with pytest.raises(NothingToReserve):
        ask(three, by_ana, now)
    first, second, third = three.items.all()
    secret = actions.accept(prescription_id=three.id, by=by_cara, now=now).secret
    with pytest.raises(TakenElsewhere):
        actions.take_back_reservation(reservation_id=there.id, by=by_ana, now=now)
    proposed = queries.proposals(pharmacy.id, [first, second, third], three.id, date(2031, 3, 25))
    assert [(take.lot.number, take.quantity) for take in proposed[first.id]] == [("A1", 14)]
    assert proposed[third.id] == []
    given = [handed(first, 14, "A1"), handed(second, 6, "A1")]
    actions.dispense(prescription_id=three.id, secret=secret, items=given, by=by_cara, now=now)
    actions.return_(prescription_id=three.id, reason="out_of_stock", by=by_cara, now=now)
    run_jobs()
    here.refresh_from_db()
    assert here.ending == "collected"
    secret = actions.accept(prescription_id=three.id, by=by_hoa, now=now).secret
    actions.dispense(prescription_id=three.id, secret=secret, items=[handed(third, 10, "C9")], by=by_hoa, now=now)
    actions.complete(prescription_id=three.id, secret=secret, by=by_hoa, now=now)
    run_jobs()
    there.refresh_from_db()
    assert there.ending == "collected"
    assert sorted(Sale.objects.values_list("unit_price", flat=True)) == [500, 1000, 4000]
    assert set(Lot.objects.values_list("drug__code", "quantity", "reserved")) == {
        (stage.AMOXICILLIN, 16, 0),
        (stage.PARACETAMOL, 24, 0),
        (stage.CEFIXIME, 0, 0),
    }
    for lot in Lot.objects.all():
        assert lot.quantity == sum(StockMove.objects.filter(lot=lot).values_list("change", flat=True))
    day = now - timedelta(hours=7), now + timedelta(hours=17)
    sold = queries.sales_of(by_cara, *day, "Asia/Ho_Chi_Minh")
    assert [(one.drug.code, one.quantity, one.amount) for one in sold] == [
        (stage.AMOXICILLIN, 14, 14_000),
        (stage.PARACETAMOL, 6, 3_000),
    ]


def test_what_is_about_to_expire_goes_first():
    def lot(number, expires_on, quantity, reserved=0):
        return Lot(number=number, expires_on=expires_on, quantity=quantity, reserved=reserved, unit_price=1)

    today = date(2031, 3, 25)
    lots = [
        lot("late", date(2032, 1, 1), 100),
        lot("soon", date(2031, 4, 1), 5),
        lot("today", today, 3, reserved=1),
        lot("over", date(2031, 3, 24), 50),
        lot("kept", date(2031, 3, 30), 4, reserved=4),
    ]

    def taken(wanted):
        return [(take.lot.number, take.quantity) for take in first_to_expire(lots, wanted, today)]

    assert taken(1) == [("today", 1)]
    assert taken(10) == [("today", 2), ("soon", 5), ("late", 3)]
    assert sum(quantity for _number, quantity in taken(1000)) == 107
    assert taken(0) == []
