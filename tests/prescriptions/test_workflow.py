"""Substitutes and lots, giving back what is empty, and a new prescription in an old one's place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import translation

from audit.queries import lines_about
from core.errors import NotFound, WrongState
from prescriptions import access, actions, queries
from prescriptions.errors import (
    CannotReplace,
    DraftInTheWay,
    EverythingHandedOut,
    LotExpired,
    NotASubstitute,
    Replaced,
    SubstituteNotAgreed,
    TakenElsewhere,
)
from prescriptions.fhir import dispense_of, dispenses_for_patient
from prescriptions.models import Dispense, Drug, Item, Prescription
from prescriptions.substitutes import substitution_of
from tests import make
from tests.prescriptions.stage import (
    AMOXICILLIN,
    IBUPROFEN,
    PARACETAMOL,
    codes_of,
    handed,
    line,
    make_held,
    make_signed,
    make_visit,
    only_item,
)

EFFERVESCENT = "paracetamol-500-mg-effervescent-tablet"


def a_brand(of: str, **changes):
    """Another drug like one of the catalogue, under a name of its own."""
    like = Drug.objects.get(code=of)
    values = {one.name: getattr(like, one.name) for one in Drug._meta.concrete_fields if one.name not in ("id", "code")}
    return Drug.objects.create(code=f"brand-of-{of}"[:60], **{**values, "brand": "Hapacol", **changes})


# ---- substitutes and lots


def test_what_may_stand_in_for_what(db):
    prescribed = Drug.objects.get(code=PARACETAMOL)
    brand = a_brand(PARACETAMOL)
    assert substitution_of(prescribed, brand) == "brand"
    assert substitution_of(brand, prescribed) == "generic"
    assert substitution_of(prescribed, Drug.objects.get(code=EFFERVESCENT)) == "form"
    for other in (PARACETAMOL, "paracetamol-650-mg-tablet", "paracetamol-150-mg-suppository", IBUPROFEN, AMOXICILLIN,
                  "paracetamol-codeine-500-mg-30-mg-tablet"):  # fmt: skip
        assert substitution_of(prescribed, Drug.objects.get(code=other)) is None, other
    slow = a_brand("paracetamol-650-mg-tablet", strength="500 mg", form="prolonged_release_tablet")
    assert substitution_of(prescribed, slow) is None


def test_another_brand_is_handed_out_with_a_reason_and_the_patients_consent(ana, ben, cara, by_cara, now):
    prescription = make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL, "1", 3, 4)])
    item, brand = only_item(prescription), a_brand(PARACETAMOL)
    secret = make_held(prescription=prescription, pharmacist=cara)

    def hand_out(substitute, **more):
        lot = {**handed(item, 2), "substitute": substitute, **more}
        return actions.dispense(prescription_id=prescription.id, secret=secret, items=[lot], by=by_cara, now=now)

    good = {"drug": brand.code, "reason": "price", "agreed": True}
    for wish, refusal in [
        ({**good, "drug": IBUPROFEN}, NotASubstitute),
        ({**good, "drug": "no-such-drug"}, NotASubstitute),
        ({**good, "agreed": False}, SubstituteNotAgreed),
        ({**good, "reason": ""}, SubstituteNotAgreed),
    ]:
        with pytest.raises(refusal):
            hand_out(wish)
    with pytest.raises(LotExpired):
        hand_out(good, expires_on=date(2031, 3, 24))
    assert (only_item(prescription).dispensed_quantity, Dispense.objects.count()) == (0, 0)

    hand_out(good, expires_on=date(2031, 3, 25))  # its last day is today
    hand_out({**good, "drug": PARACETAMOL})  # the prescribed one is no substitute
    first, second = Dispense.objects.order_by("id")
    assert (first.given, first.substitution, first.substitution_reason) == (brand, "brand", "price")
    assert (second.given, second.substitution, second.expires_on) == (None, "", None)
    with translation.override("en"):
        told = dispense_of(first)
    assert told["substitution"] == {
        "wasSubstituted": True,
        "type": {
            "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v3-substanceAdminSubstitution", "code": "BC"}]
        },
        "reason": [{"text": "the patient wants a cheaper one"}],
    }
    assert "Hapacol" in told["medicationCodeableConcept"]["text"]
    assert "Hapacol" in " ".join(entry.title for entry in dispenses_for_patient(ana.id))
    assert dispense_of(second)["substitution"] == {"wasSubstituted": False}


def test_no_substitute_without_its_reason_reaches_the_table(signed, cara, by_cara, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 2)]
    one = actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)[0]
    with pytest.raises(IntegrityError), transaction.atomic():
        Dispense.objects.filter(id=one.id).update(given_id=only_item(signed).drug_id)


def test_what_is_counted_is_what_was_handed_out(signed, cara, by_cara, now):
    """The database looks when a transaction ends: neither a dispense that is not counted nor a count without one."""
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 2)]
    one = actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)[0]
    for act in (
        lambda: Item.objects.update(dispensed_quantity=3),
        lambda: Dispense.objects.filter(id=one.id).update(quantity=1),
        lambda: Dispense.objects.filter(id=one.id).delete(),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()
            connection.check_constraints()
    assert only_item(signed).dispensed_quantity == 2


# ---- giving back, cancelling


def test_what_is_handed_out_whole_is_closed_and_neither_given_back_nor_cancelled(signed, cara, by_cara, by_ben, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 14)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    with pytest.raises(EverythingHandedOut):
        actions.return_(prescription_id=signed.id, reason="patient_left", by=by_cara, now=now)
    with pytest.raises(WrongState):
        actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    with pytest.raises(CannotReplace):
        actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    signed.refresh_from_db()
    assert (signed.status, signed.cancel_asked_at) == ("accepted", None)
    assert actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=now).status == "dispensed"


# ---- replacing


def test_a_replacement_ends_the_old_one_when_it_is_signed_and_not_before(
    signed, ana, by_ben, by_ana, by_cara, hoa, now
):
    shown = codes_of(signed)
    new = actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    assert actions.replace(prescription_id=signed.id, by=by_ben, now=now).id == new.id
    assert (new.status, new.advice) == ("draft", "Uống nhiều nước")
    assert [(one.drug.code, one.total) for one in new.items.all()] == [(AMOXICILLIN, 14)]
    actions.lookup(**shown, by=by_cara, now=now)  # as long as nothing is signed, the old one holds

    new = actions.sign(prescription_id=new.id, by=by_ben, now=now)  # not "twice the same": it takes the other's place
    signed.refresh_from_db()
    assert (signed.status, signed.cancel_reason, signed.replaced_by_id) == ("cancelled", "replaced", new.id)
    assert new.code != signed.code
    assert new.content["replaces"] == signed.code
    assert queries.signature_of(new).valid
    by_hoa = make.actor_for(hoa)
    for by, act in [
        (by_hoa, lambda: actions.lookup(**shown, by=by_hoa, now=now)),
        (by_cara, lambda: actions.accept(prescription_id=signed.id, by=by_cara, now=now)),
    ]:
        with pytest.raises(Replaced) as refusal:
            act()
        assert refusal.value.fields == {"replaced_by": []}, by  # the new code is the patient's to show
    assert queries.replacement_of(signed, by_ana, now) == new
    assert queries.replacement_of(signed, by_cara, now) is None
    actions.route(prescription_id=new.id, pharmacy_id=hoa.facility_id, by=by_ana, now=now)
    with pytest.raises(Replaced) as refusal:
        actions.lookup(**shown, by=by_hoa, now=now)
    assert refusal.value.fields == {"replaced_by": [str(new.id)]}
    assert "prescription.replace" in set(lines_about(ana.id).values_list("action", flat=True))


def test_replaced_while_a_pharmacy_holds_it_stops_there_and_ends_on_return(signed, cara, by_cara, by_ben, hoa, now):
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 2)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    new = actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    actions.sign(prescription_id=new.id, by=by_ben, now=now)
    left = [{"item": only_item(signed).id, "reason": "out_of_stock"}]
    for act in (
        lambda: actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now),
        lambda: actions.complete(prescription_id=signed.id, secret=secret, not_dispensed=left, by=by_cara, now=now),
    ):
        with pytest.raises(Replaced):
            act()
    assert only_item(signed).dispensed_quantity == 2
    assert (
        actions.return_(prescription_id=signed.id, reason="taken_by_mistake", by=by_cara, now=now).status == "cancelled"
    )
    with pytest.raises(Replaced):
        actions.lookup(**codes_of(signed), by=make.actor_for(hoa), now=now)


def test_what_was_collected_meanwhile_is_not_replaced_and_counts_as_taken(signed, cara, by_cara, by_ben, now):
    new = actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    secret = make_held(prescription=signed, pharmacist=cara)
    lot = [handed(only_item(signed), 14)]
    actions.dispense(prescription_id=signed.id, secret=secret, items=lot, by=by_cara, now=now)
    actions.complete(prescription_id=signed.id, secret=secret, by=by_cara, now=now)
    found = queries.check_prescription(Prescription.objects.get(id=new.id), now).findings
    assert {one.kind for one in found} >= {"duplicate"}
    given = [{"finding": one.key, "reason": "will_be_monitored"} for one in found if one.grade == "block"]
    new = actions.sign(prescription_id=new.id, overrides=given, by=by_ben, now=now)
    signed.refresh_from_db()
    assert (signed.status, signed.replaced_by, new.replaces) == ("dispensed", None, None)


def test_only_its_doctor_replaces_it_and_only_what_can_still_be_collected(
    signed, ana, hospital, by_ben, by_ana, by_eve, by_cara, by_dan, now
):
    other = make.make_practitioner(facility=hospital, full_name="Vũ Văn Lâm")
    for by in (by_ana, by_eve, by_cara, by_dan, make.actor_for(other)):
        with pytest.raises(NotFound):
            actions.replace(prescription_id=signed.id, by=by, now=now)
    with pytest.raises(NotFound):  # of another person
        elsewhere = make_visit(person=make.make_person(full_name="Lê Văn Tám"), practitioner=signed.practitioner)
        actions.replace(prescription_id=signed.id, encounter_id=elsewhere.id, by=by_ben, now=now)
    actions.cancel(prescription_id=signed.id, reason="mistake", by=by_ben, now=now)
    with pytest.raises(CannotReplace):
        actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    assert not Prescription.objects.filter(person=ana, status="draft").exists()


def test_a_draft_under_way_is_not_overwritten_and_a_replacement_can_be_let_go(signed, by_ben, by_cara, now):
    begun = actions.draft(encounter_id=signed.encounter_id, by=by_ben, now=now)
    actions.save_draft(prescription_id=begun.id, items=[line(PARACETAMOL)], advice="", by=by_ben, now=now)
    with pytest.raises(DraftInTheWay):
        actions.replace(prescription_id=signed.id, by=by_ben, now=now)
    assert [one.drug.code for one in begun.items.all()] == [PARACETAMOL]
    actions.save_draft(prescription_id=begun.id, items=[], advice="", by=by_ben, now=now)
    assert actions.replace(prescription_id=signed.id, by=by_ben, now=now).id == begun.id
    actions.save_draft(prescription_id=begun.id, items=[line(PARACETAMOL)], advice="", by=by_ben, now=now)
    actions.keep_old(prescription_id=begun.id, by=by_ben, now=now)
    actions.sign(prescription_id=begun.id, by=by_ben, now=now)
    signed.refresh_from_db()
    assert (signed.status, signed.replaced_by) == ("signed", None)
    actions.lookup(**codes_of(signed), by=by_cara, now=now)


def test_a_pharmacy_that_gave_it_back_is_told_who_has_it(signed, cara, hoa, by_cara, now):
    make_held(prescription=signed, pharmacist=cara)
    actions.return_(prescription_id=signed.id, reason="out_of_stock", by=by_cara, now=now)
    make_held(prescription=signed, pharmacist=hoa, now=now + timedelta(minutes=1))
    with pytest.raises(TakenElsewhere):
        actions.lookup(**codes_of(signed), by=by_cara, now=now + timedelta(minutes=2))
    with pytest.raises(NotFound):
        access.get_prescription(by_cara, signed.id, now + timedelta(minutes=2))
