"""Drafts: begun in a visit, saved, limited, checked."""

from datetime import timedelta
from decimal import Decimal

import pytest

from core.errors import NotFound
from prescriptions import actions, queries
from prescriptions.errors import (
    AlreadySigned,
    BadQuantity,
    ControlledInRemoteVisit,
    MixedControl,
    NotAPrescriber,
    NotTheVisit,
    TooManyDays,
    UnknownDrug,
)
from prescriptions.models import Drug, Item, Prescription
from records import actions as records_actions
from tests import make
from tests.prescriptions.stage import (
    AMOXICILLIN,
    CREAM,
    DIAZEPAM,
    MORPHINE,
    PARACETAMOL,
    SYRUP,
    line,
    make_draft,
    make_signed,
    make_visit,
)

TODAY = make.NOW.date()


@pytest.fixture
def visit(ana, ben):
    return make_visit(person=ana, practitioner=ben)


@pytest.fixture
def on_the_spot(ana, ben):
    return make_visit(person=ana, practitioner=ben, mode="in_person")


def save(prescription, items, by, now):
    return actions.save_draft(prescription_id=prescription.id, items=items, advice=None, by=by, now=now)


def test_the_catalogue_is_there_after_migrating(db):
    assert Drug.objects.count() >= 150
    assert Drug.objects.get(code=AMOXICILLIN).ingredients == ["amoxicillin"]


@pytest.mark.parametrize("q", ["amoxicilin", "AMOXICILLIN", "amox 500", "Acid clavulanic", "acid clavulanic amox"])
def test_search_finds_by_either_name_without_marks(db, q):
    assert "amoxicillin" in queries.find_drugs(q, on=TODAY)[0].ingredients


def test_search_folds_vietnamese_marks(db):
    assert [drug.name_vi for drug in queries.find_drugs("sat sulfat", on=TODAY)[:1]] == ["Sắt sulfat + Acid folic"]


def test_search_of_a_remote_visit_leaves_controlled_drugs_out(db):
    assert [drug.code for drug in queries.find_drugs("morphin sulfat 10", on=TODAY)] == [MORPHINE]
    assert not [drug for drug in queries.find_drugs("morphin", on=TODAY, remote=True) if drug.is_controlled]


def test_a_visit_has_one_draft_per_doctor(visit, by_ben, now):
    first = actions.draft(encounter_id=visit.id, by=by_ben, now=now)
    assert actions.draft(encounter_id=visit.id, by=by_ben, now=now).id == first.id
    assert Prescription.objects.count() == 1


def test_only_the_doctor_of_the_visit_begins_one(visit, by_ana, by_eve, by_cara, by_dan, hospital, now):
    other = make.actor_for(make.make_practitioner(facility=hospital, full_name="Phan Văn Khải"))
    for by in (by_ana, by_eve, by_cara, by_dan, other):
        with pytest.raises(NotFound):
            actions.draft(encounter_id=visit.id, by=by, now=now)
    assert not Prescription.objects.exists()


def test_a_nurse_does_not_prescribe(ana, hospital, now):
    nurse = make.make_practitioner(facility=hospital, full_name="Lý Thị Mai", profession="nurse")
    encounter = make_visit(person=ana, practitioner=nurse)
    with pytest.raises(NotAPrescriber):
        actions.draft(encounter_id=encounter.id, by=make.actor_for(nurse), now=now)


def test_a_visit_of_yesterday_is_over(visit, by_ben, now):
    records_actions.finish_encounter(encounter_id=visit.id, by=by_ben, now=now)
    actions.draft(encounter_id=visit.id, by=by_ben, now=now + timedelta(hours=24))
    Prescription.objects.all().delete()
    with pytest.raises(NotTheVisit):
        actions.draft(encounter_id=visit.id, by=by_ben, now=now + timedelta(hours=24, seconds=1))


def test_totals_are_computed_in_units_of_sale(visit, by_ben, now):
    begun = make_draft(
        encounter=visit, items=[line(PARACETAMOL, "0.5", 3, 5), line(SYRUP, "5", 1, 13), line(CREAM, "1", 2, 7)]
    )
    assert [item.total for item in begun.items.order_by("rank")] == [8, 2, 1]
    save(begun, [line(PARACETAMOL, "1", 3, 5, total=10)], by_ben, now)
    assert Item.objects.get().total == 10


def test_more_than_the_dose_needs_is_refused_and_nothing_changes(visit, by_ben, now):
    begun = make_draft(encounter=visit)
    with pytest.raises(BadQuantity) as refusal:
        save(begun, [line(AMOXICILLIN, "1", 2, 7), line(PARACETAMOL, "1", 3, 5, total=16)], by_ben, now)
    assert list(refusal.value.fields) == ["items.1.total"]
    assert [item.drug.code for item in Item.objects.select_related("drug")] == [AMOXICILLIN]


def test_an_unknown_or_withdrawn_drug_is_refused(visit, by_ben, now):
    begun = make_draft(encounter=visit)
    Drug.objects.filter(code=PARACETAMOL).update(active=False)
    for code in ("no-such-drug", PARACETAMOL):
        with pytest.raises(UnknownDrug) as refusal:
            save(begun, [line(code)], by_ben, now)
        assert list(refusal.value.fields) == ["items.0.drug"]
    assert Item.objects.count() == 1


def test_ordinary_drugs_for_thirty_days_at_most(visit, by_ben, now):
    """Circular 26/2025/TT-BYT: 30 days unless the disease is on the list of Annex VII."""
    begun = make_draft(encounter=visit, items=[line(days=30)])
    with pytest.raises(TooManyDays):
        save(begun, [line(days=31)], by_ben, now)


@pytest.mark.parametrize(("drug", "kind", "most"), [(MORPHINE, "n", 7), (DIAZEPAM, "h", 10)])
def test_controlled_drugs_on_the_spot_have_their_type_and_their_days(on_the_spot, by_ben, now, drug, kind, most):
    """Circular 26/2025/TT-BYT: narcotics 7 days, psychotropics 10 days in acute illness."""
    begun = make_draft(encounter=on_the_spot, items=[line(drug, days=most)])
    assert begun.kind == kind
    with pytest.raises(TooManyDays):
        save(begun, [line(drug, days=most + 1)], by_ben, now)


@pytest.mark.parametrize("drug", [MORPHINE, DIAZEPAM])
@pytest.mark.parametrize("mode", ["video", "phone"])
def test_controlled_drugs_are_refused_in_a_remote_visit(ana, ben, by_ben, now, drug, mode):
    begun = make_draft(encounter=make_visit(person=ana, practitioner=ben, mode=mode))
    with pytest.raises(ControlledInRemoteVisit):
        save(begun, [line(drug, days=3)], by_ben, now)
    assert [item.drug.code for item in Item.objects.select_related("drug")] == [AMOXICILLIN]


def test_controlled_drugs_stand_alone(on_the_spot, by_ben, now):
    begun = make_draft(encounter=on_the_spot)
    for items in ([line(MORPHINE, days=3), line()], [line(MORPHINE, days=3), line(DIAZEPAM, days=3)]):
        with pytest.raises(MixedControl):
            save(begun, items, by_ben, now)


def test_a_signed_prescription_never_changes(signed, by_ben, now):
    with pytest.raises(AlreadySigned):
        save(signed, [line(PARACETAMOL)], by_ben, now)
    assert [item.drug.code for item in signed.items.select_related("drug")] == [AMOXICILLIN]


def test_others_do_not_see_or_write_a_draft(visit, by_ana, by_eve, by_cara, by_dan, now):
    begun = make_draft(encounter=visit)
    for by in (by_ana, by_eve, by_cara, by_dan):
        with pytest.raises(NotFound):
            save(begun, [], by, now)
        with pytest.raises(NotFound):
            actions.check(prescription_id=begun.id, by=by, now=now)


def test_the_check_knows_the_allergies_and_what_the_person_takes(ana, ben, visit, by_ben, now):
    records_actions.add_allergy(person_id=ana.id, substance="Penicilin", by=by_ben, now=now)
    make_signed(person=ana, practitioner=ben, items=[line("domperidone-10-mg-tablet")])
    begun = make_draft(encounter=visit, items=[line(AMOXICILLIN), line("azithromycin-500-mg-tablet", days=3)])
    checked = actions.check(prescription_id=begun.id, by=by_ben, now=now)
    assert sorted((one.kind, one.grade) for one in checked.findings) == [
        ("allergy_class", "block"),
        ("interaction", "block"),
    ]
    later = actions.check(prescription_id=begun.id, by=by_ben, now=now + timedelta(days=8))
    assert [one.kind for one in later.findings] == ["allergy_class"]


def test_dose_texts_have_no_idle_zeros():
    assert [Item(dose_quantity=Decimal(one)).dose_text for one in ("1.00", "0.50", "100.00")] == ["1", "0.5", "100"]
