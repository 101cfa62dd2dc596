"""Collecting: routing, looking up, accepting, giving back, handing out, closing, cancelling, running out of time."""

from datetime import timedelta

import pytest

from audit.queries import lines_about
from core.actor import Actor
from core.errors import Invalid, NotFound, WrongRole, WrongState
from prescriptions import access, actions, queries
from prescriptions.errors import (
    AlreadyDispensed,
    Cancelled,
    Expired,
    ItemsOpen,
    MoreThanPrescribed,
    NoSuchPrescription,
    NotAPharmacy,
    NothingDispensed,
    TakenElsewhere,
    TooManyAttempts,
    WrongSecret,
)
from prescriptions.models import Acceptance, Dispense, Prescription, WrongTry
from prescriptions.tasks import expire_prescriptions
from tests import make
from tests.prescriptions.stage import codes_of, handed, line, make_held, make_signed, only_item


def status_of(prescription):
    return Prescription.objects.values_list("status", flat=True).get(id=prescription.id)


# ---- sending it ahead


def test_the_citizen_sends_it_to_a_pharmacy_which_then_may_read_it(signed, ana, pharmacy, by_ana, by_cara, now):
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now)
    actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    assert [one.id for one in queries.queue_of(pharmacy.id)] == [signed.id]
    assert access.get_prescription(by_cara, signed.id, now).id == signed.id
    actions_told = set(lines_about(ana.id).values_list("action", "role"))
    assert {("prescription.route", "citizen"), ("prescription.read", "pharmacist")} <= actions_told


def test_only_a_pharmacy_can_be_chosen(signed, hospital, by_ana, now):
    for place in (hospital.id, signed.id):
        with pytest.raises(NotAPharmacy):
            actions.route(prescription_id=signed.id, pharmacy_id=place, by=by_ana, now=now)
    assert not Prescription.objects.filter(routed_to__isnull=False).exists()


def test_a_chosen_pharmacy_is_a_hint_not_a_lock(signed, pharmacy, hoa, by_ana, by_cara, now):
    actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    make_held(prescription=signed, pharmacist=hoa)
    assert not queries.queue_of(pharmacy.id).exists()
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now)
    with pytest.raises(TakenElsewhere):
        actions.accept(prescription_id=signed.id, by=by_cara, now=now)
    with pytest.raises(TakenElsewhere):
        actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)


def test_strangers_and_staff_do_not_send_it_anywhere(signed, pharmacy, by_eve, by_dan, by_ben, by_cara, now):
    actions.lookup(**codes_of(signed), by=by_cara, now=now)
    for by in (by_eve, by_dan, by_ben, by_cara):
        with pytest.raises(NotFound):
            actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by, now=now)
    assert Prescription.objects.get().routed_to is None


def test_a_mother_collects_for_her_child(ana, child, ben, pharmacy, by_ana, now):
    for_child = make_signed(person=child, practitioner=ben)
    actions.route(prescription_id=for_child.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
    assert [one.id for one in queries.of_people([child])] == [for_child.id]


# ---- the code at the counter


def test_both_codes_open_it_for_half_an_hour(signed, by_cara, now):
    shown = codes_of(signed)
    code = f" {shown['code'][:5]} {shown['code'][5:].upper()} "
    access_code = f"{shown['access_code'][:4]} {shown['access_code'][4:]}"
    assert actions.lookup(code=code, access_code=access_code, by=by_cara, now=now).id == signed.id
    access.get_prescription(by_cara, signed.id, now + timedelta(minutes=29))
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now + timedelta(minutes=31))


def test_a_wrong_access_code_and_an_unknown_code_sound_the_same(signed, by_cara, now):
    shown = codes_of(signed)
    wrong = f"{(int(shown['access_code']) + 1) % 10**8:08d}"
    for code, access_code in [
        (shown["code"], wrong),
        ("99999zzzzzzz-c", wrong),
        (shown["code"], ""),
        ("nonsense", wrong),
    ]:
        with pytest.raises(NoSuchPrescription):
            actions.lookup(code=code, access_code=access_code, by=by_cara, now=now)
    assert WrongTry.objects.count() == 3
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now)


def test_five_wrong_access_codes_slow_down_even_the_right_one(signed, by_cara, hoa, now):
    shown = codes_of(signed)
    for _ in range(5):
        with pytest.raises(NoSuchPrescription):
            actions.lookup(code=shown["code"], access_code="0000000x", by=by_cara, now=now)
    for by in (by_cara, make.actor_for(hoa)):
        with pytest.raises(TooManyAttempts) as refusal:
            actions.lookup(**shown, by=by, now=now + timedelta(seconds=30))
        assert 0 < refusal.value.retry_after_s <= 31
    assert actions.lookup(**shown, by=by_cara, now=now + timedelta(seconds=61)).id == signed.id


def test_an_account_that_guesses_over_many_codes_is_slowed(signed, by_cara, now):
    for number in range(20):
        with pytest.raises(NoSuchPrescription):
            actions.lookup(code=f"79999{number:07d}-c", access_code="12345678", by=by_cara, now=now)
    with pytest.raises(TooManyAttempts):
        actions.lookup(**codes_of(signed), by=by_cara, now=now)


def test_only_pharmacists_look_up(signed, by_ana, by_ben, by_eve, by_dan, now):
    for by in (by_ana, by_ben, by_eve, by_dan, Actor.anonymous()):
        with pytest.raises(WrongRole):
            actions.lookup(**codes_of(signed), by=by, now=now)


# ---- taking it in hand, giving it back


def test_accepting_needs_the_code_or_a_routing(signed, by_cara, now):
    with pytest.raises(NotFound):
        actions.accept(prescription_id=signed.id, by=by_cara, now=now)
    assert not Acceptance.objects.exists()


def test_the_same_pharmacy_reads_its_secret_again(signed, cara, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    colleague = make.actor_for(make.make_pharmacist(pharmacy=cara.facility, full_name="Mai"))
    assert actions.accept(prescription_id=signed.id, by=by_cara, now=now).secret == secret
    assert actions.accept(prescription_id=signed.id, by=colleague, now=now).secret == secret
    assert Acceptance.objects.count() == 1
    assert secret.encode() not in bytes(Acceptance.objects.get().sealed_secret)


def test_another_pharmacy_is_told_that_it_is_taken(signed, cara, hoa, now):
    make_held(prescription=signed, pharmacist=cara)
    with pytest.raises(TakenElsewhere):
        actions.lookup(**codes_of(signed), by=make.actor_for(hoa), now=now)


def test_given_back_it_can_be_taken_elsewhere_with_what_is_left(signed, cara, hoa, by_cara, now):
    item = only_item(signed)
    secret = make_held(prescription=signed, pharmacist=cara)
    actions.dispense(prescription_id=signed.id, secret=secret, items=[handed(item, 6)], by=by_cara, now=now)
    signed_at = Prescription.objects.get().signed_at
    actions.return_(prescription_id=signed.id, reason="out_of_stock", by=by_cara, now=now + timedelta(hours=1))
    assert (status_of(signed), Prescription.objects.get().signed_at) == ("signed", signed_at)
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now + timedelta(hours=1))
    with pytest.raises(NotFound):  # the pharmacy no longer sees it at all
        actions.dispense(
            prescription_id=signed.id, secret=secret, items=[handed(item, 1)], by=by_cara, now=now + timedelta(hours=1)
        )
    other = make_held(prescription=signed, pharmacist=hoa, now=now + timedelta(hours=2))
    by_hoa = make.actor_for(hoa)
    with pytest.raises(MoreThanPrescribed):
        actions.dispense(prescription_id=signed.id, secret=other, items=[handed(item, 9)], by=by_hoa, now=now)
    actions.dispense(prescription_id=signed.id, secret=other, items=[handed(item, 8)], by=by_hoa, now=now)
    actions.complete(prescription_id=signed.id, secret=other, by=by_hoa, now=now)
    assert (only_item(signed).dispensed_quantity, status_of(signed)) == (14, "dispensed")


def test_returning_twice_changes_nothing_and_others_cannot_return(signed, cara, hoa, by_cara, by_ana, now):
    make_held(prescription=signed, pharmacist=cara)
    with pytest.raises(NotFound):
        actions.return_(prescription_id=signed.id, reason="patient_left", by=make.actor_for(hoa), now=now)
    with pytest.raises(WrongRole):
        actions.return_(prescription_id=signed.id, reason="patient_left", by=by_ana, now=now)
    assert status_of(signed) == "accepted"
    for _ in range(2):
        actions.return_(prescription_id=signed.id, reason="patient_left", by=by_cara, now=now)
    assert status_of(signed) == "signed"


def test_what_was_given_back_is_not_read_through_returning_it_again(signed, cara, hoa, by_cara, now):
    make_held(prescription=signed, pharmacist=cara)
    values = {"prescription_id": signed.id, "reason": "patient_left", "by": by_cara}
    actions.return_(**values, now=now)
    with pytest.raises(NotFound):
        actions.return_(**values, now=now + timedelta(minutes=31))
    make_held(prescription=signed, pharmacist=hoa, now=now + timedelta(minutes=1))
    with pytest.raises(NotFound):
        actions.return_(**values, now=now + timedelta(minutes=2))
    assert status_of(signed) == "accepted"


# ---- handing out


def test_two_lots_of_one_item_and_the_rest_with_a_reason(ana, ben, cara, by_cara, now):
    prescription = make_signed(
        person=ana, practitioner=ben, items=[line(), line("paracetamol-500-mg-tablet", "1", 2, 3)]
    )
    first, second = prescription.items.order_by("rank")
    secret = make_held(prescription=prescription, pharmacist=cara)
    lots = [handed(first, 10, "A1"), handed(first, 4, "B2"), handed(second, 2, "C3")]
    actions.dispense(prescription_id=prescription.id, secret=secret, items=lots, by=by_cara, now=now)
    with pytest.raises(ItemsOpen) as refusal:
        actions.complete(prescription_id=prescription.id, secret=secret, by=by_cara, now=now)
    assert list(refusal.value.fields) == ["items.1"]
    assert status_of(prescription) == "accepted"
    left = [{"item": second.id, "reason": "out_of_stock"}]
    for _ in range(2):
        actions.complete(prescription_id=prescription.id, secret=secret, not_dispensed=left, by=by_cara, now=now)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state, second.remaining) == ("dispensed", "not_dispensed", 4)
    assert sorted(Dispense.objects.values_list("lot", "quantity")) == [("A1", 10), ("B2", 4), ("C3", 2)]
    assert {"prescription.dispense", "prescription.complete"} <= set(
        lines_about(ana.id).values_list("action", flat=True)
    )


def test_too_much_of_one_item_hands_out_nothing_at_all(ana, ben, cara, by_cara, now):
    prescription = make_signed(person=ana, practitioner=ben, items=[line(), line("paracetamol-500-mg-tablet")])
    first, second = prescription.items.order_by("rank")
    secret = make_held(prescription=prescription, pharmacist=cara)
    with pytest.raises(MoreThanPrescribed) as refusal:
        lots = [handed(first, 14), handed(second, 15)]
        actions.dispense(prescription_id=prescription.id, secret=secret, items=lots, by=by_cara, now=now)
    assert list(refusal.value.fields) == ["items.1.quantity"]
    first.refresh_from_db()
    assert first.dispensed_quantity == 0
    assert not Dispense.objects.exists()


def test_an_item_of_another_prescription_is_refused(signed, ana, ben, cara, by_cara, now):
    other = make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])
    secret = make_held(prescription=signed, pharmacist=cara)
    with pytest.raises(Invalid):
        actions.dispense(
            prescription_id=signed.id, secret=secret, items=[handed(only_item(other), 1)], by=by_cara, now=now
        )
    assert only_item(other).dispensed_quantity == 0


def test_a_wrong_secret_hands_out_nothing(signed, cara, hoa, by_cara, now):
    make_held(prescription=signed, pharmacist=cara)
    for secret in ("", "wrong", "é"):
        with pytest.raises(WrongSecret):
            actions.dispense(
                prescription_id=signed.id, secret=secret, items=[handed(only_item(signed), 1)], by=by_cara, now=now
            )
        with pytest.raises(WrongSecret):
            actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=now)
    assert (only_item(signed).dispensed_quantity, status_of(signed)) == (0, "accepted")


def test_closing_without_handing_out_is_giving_back(signed, cara, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    left = [{"item": only_item(signed).id, "reason": "out_of_stock"}]
    with pytest.raises(NothingDispensed):
        actions.complete(prescription_id=signed.id, secret=secret, not_dispensed=left, by=by_cara, now=now)


def test_a_filled_prescription_is_filled_once(signed, cara, hoa, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 14)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=now)
    with pytest.raises(AlreadyDispensed):
        actions.lookup(**codes_of(signed), by=make.actor_for(hoa), now=now)
    with pytest.raises(WrongSecret):
        actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    with pytest.raises(AlreadyDispensed):
        actions.accept(prescription_id=signed.id, by=by_cara, now=now)


# ---- cancelling


def test_doctor_or_citizen_cancel_and_every_pharmacy_refuses_at_once(ana, ben, by_ben, by_ana, by_cara, pharmacy, now):
    for by in (by_ben, by_ana):
        one = make_signed(person=ana, practitioner=ben, items=[line("cetirizine-10-mg-tablet")])
        shown = codes_of(one)
        actions.route(prescription_id=one.id, pharmacy_id=pharmacy.id, by=by_ana, now=now)
        for _ in range(2):
            actions.cancel(prescription_id=one.id, reason="not_needed", by=by, now=now)
        assert status_of(one) == "cancelled"
        assert not queries.queue_of(pharmacy.id).exists()
        with pytest.raises(Cancelled):
            actions.lookup(**shown, by=by_cara, now=now)
        with pytest.raises(Cancelled):
            actions.accept(prescription_id=one.id, by=by_cara, now=now)


def test_cancelled_while_a_pharmacy_holds_it_stops_the_pharmacy_and_ends_on_return(signed, cara, by_ben, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    assert status_of(signed) == "accepted"
    with pytest.raises(Cancelled):
        lot = [handed(only_item(signed), 1)]
        actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    actions.return_(prescription_id=signed.id, reason="patient_left", by=by_cara, now=now)
    assert status_of(signed) == "cancelled"


def test_what_is_collected_cannot_be_cancelled(signed, cara, by_cara, by_ben, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 14)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=now)
    with pytest.raises(WrongState):
        actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    assert status_of(signed) == "dispensed"


def test_strangers_do_not_cancel(signed, by_eve, by_dan, by_cara, now):
    for by, refusal in ((by_eve, NotFound), (by_dan, NotFound), (by_cara, WrongRole)):
        with pytest.raises(refusal):
            actions.cancel(prescription_id=signed.id, reason="mistake", by=by, now=now)
    assert status_of(signed) == "signed"


# ---- running out of time


def test_after_its_last_day_nothing_is_possible_and_the_job_closes_it(signed, by_cara, by_ana, pharmacy, now):
    last = Prescription.objects.get().expires_at
    expire_prescriptions(timestamp=int(last.timestamp()) - 1)
    assert status_of(signed) == "signed"
    for act in (
        lambda: actions.lookup(**codes_of(signed), by=by_cara, now=last),
        lambda: actions.route(prescription_id=signed.id, pharmacy_id=pharmacy.id, by=by_ana, now=last),
    ):
        with pytest.raises(Expired):
            act()
    for _ in range(2):
        expire_prescriptions(timestamp=int(last.timestamp()))
    assert status_of(signed) == "expired"
    with pytest.raises(Expired):
        actions.lookup(**codes_of(signed), by=by_cara, now=last)


def test_a_pharmacy_does_not_hand_out_after_the_last_day_and_returning_closes_it(signed, cara, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    last = Prescription.objects.get().expires_at
    expire_prescriptions(timestamp=int(last.timestamp()))
    assert status_of(signed) == "accepted"
    with pytest.raises(Expired):
        lot = [handed(only_item(signed), 1)]
        actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=last)
    actions.return_(prescription_id=signed.id, reason="patient_left", by=by_cara, now=last)
    assert status_of(signed) == "expired"


def test_how_long_it_is_valid_is_a_setting(ana, ben, settings, now):
    settings.PRESCRIPTION_VALID_DAYS = 2
    assert make_signed(person=ana, practitioner=ben).expires_at - now < timedelta(days=3)


def test_only_the_house_lets_it_expire(signed, by_ben, by_eve, now):
    for by in (by_ben, by_eve):
        with pytest.raises(NotFound):
            actions.expire(prescription_id=signed.id, by=by, now=now + timedelta(days=30))
