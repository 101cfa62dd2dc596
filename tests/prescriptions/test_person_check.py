"""What the record knows of a person reaches the check: birthday, weight, creatinine, pregnancy; and nobody else's does."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from prescriptions import actions
from prescriptions.queries.patients import months_between, patient_on
from records.models import Condition, Diagnosis, Observation
from tests.prescriptions.stage import IBUPROFEN, PARACETAMOL, line, make_draft, make_signed, make_visit

METFORMIN, ENALAPRIL = "metformin-500-mg-tablet", "enalapril-5-mg-tablet"


def measure(person, code, value, unit, at, **values):
    return Observation.objects.create(
        person=person, code=code, value=Decimal(value), unit=unit, at=at, source="practitioner", **values
    )


@pytest.fixture
def drafted(ana, ben):
    def make(*items, person=ana):
        return make_draft(encounter=make_visit(person=person, practitioner=ben), items=list(items))

    return make


def born(person, years, now):
    person.born_on = now.date().replace(year=now.year - years)
    person.save()


@pytest.fixture
def kinds(by_ben, now):
    def look(draft, moment=now):
        found = actions.check(prescription_id=draft.id, by=by_ben, now=moment).findings
        return [(one.kind, one.grade) for one in found]

    return look


@pytest.mark.parametrize(
    ("born_on", "day", "months"),
    [
        (date(2030, 1, 31), date(2030, 2, 28), 0),
        (date(2030, 1, 31), date(2030, 3, 31), 2),
        (date(2018, 5, 2), date(2030, 5, 1), 143),
        (date(2018, 5, 2), date(2030, 5, 2), 144),
    ],
)
def test_months_are_whole(born_on, day, months):
    assert months_between(born_on, day) == months


def test_a_recent_creatinine_decides_about_metformin(ana, drafted, kinds, now):
    born(ana, 70, now)
    ana.sex = "female"
    ana.save()
    draft = drafted(line(METFORMIN))
    assert kinds(draft) == [("kidney_unknown", "inform")]
    # 142 × (2.0/0.7)^-1.2 × 0.9938^70 × 1.012 = 26.4
    kept = measure(ana, "2160-0", "2.0", "mg/dL", now - timedelta(days=30))
    assert kinds(draft) == [("kidney", "block")]
    Observation.objects.filter(id=kept.id).update(wrong_at=now)
    assert kinds(draft) == [("kidney_unknown", "inform")]
    measure(ana, "2160-0", "2.0", "mg/dL", now - timedelta(days=366))  # too long ago
    assert kinds(draft) == [("kidney_unknown", "inform")]
    measure(ana, "33914-3", "40", "mL/min", now - timedelta(days=5))
    assert kinds(draft) == [("kidney", "warn")]


def test_what_the_doctor_types_into_the_visit_decides(ana, ben_api, drafted, kinds, now):
    """The creatinine of the visit's own form: 177 µmol/L is 177 / 88.42 = 2.0 mg/dL, hence as above."""
    born(ana, 70, now)
    ana.sex = "female"
    ana.save()
    draft = drafted(line(METFORMIN))
    where = {"encounter": str(draft.encounter_id), "at": now.isoformat()}
    told = {"values": [{"code": "14682-9", "value": "177"}], **where}
    assert ben_api.post(f"/api/v1/people/{ana.id}/record/observations", told).status_code == 201
    assert kinds(draft) == [("kidney", "block")]
    told = {"values": [{"code": "33914-3", "value": "40"}], **where}
    assert ben_api.post(f"/api/v1/people/{ana.id}/record/observations", told).status_code == 201
    assert Observation.objects.get(code="33914-3").unit == "mL/min/{1.73_m2}"


def test_a_child_without_a_weight_and_with_one(child, drafted, kinds, now):
    born(child, 6, now)
    draft = drafted(line(PARACETAMOL, times=3, days=3), person=child)
    assert kinds(draft) == [("weight_unknown", "inform")]
    measure(child, "29463-7", "20", "kg", now - timedelta(days=10))  # 15 mg/kg are 300 mg, the tablet has 500
    # 60 mg/kg are 1,200 mg a day; three tablets are 1,500
    assert kinds(draft) == [("dose_day", "block"), ("dose_single", "block")]
    Observation.objects.update(at=now - timedelta(days=200))
    assert kinds(draft) == [("weight_unknown", "inform")]


def test_half_a_tablet_is_half_the_milligrams(child, drafted, kinds, now):
    born(child, 6, now)
    measure(child, "29463-7", "20", "kg", now)
    assert kinds(drafted(line(PARACETAMOL, dose="0.5", times=4, days=3), person=child)) == []


def test_the_day_is_reckoned_over_prescriptions(ana, ben, drafted, kinds):
    make_signed(person=ana, practitioner=ben, items=[line(PARACETAMOL, dose="2", times=2)])  # 2,000 mg
    draft = drafted(line("paracetamol-650-mg-tablet", dose="1", times=4))  # 2,600 mg
    assert kinds(draft) == [("dose_day", "block"), ("duplicate", "warn")]


def test_a_pregnancy_is_known_from_a_condition_or_a_diagnosis_of_this_visit(ana, drafted, kinds, now):
    draft = drafted(line(ENALAPRIL))
    assert kinds(draft) == []
    kept = Condition.objects.create(
        person=ana, code="Z34.9", name="Theo dõi thai", source="practitioner", since=now.date() - timedelta(days=60)
    )
    assert kinds(draft) == [("pregnancy", "block")]
    Condition.objects.filter(id=kept.id).update(since=now.date() - timedelta(days=400))  # must be over
    assert kinds(draft) == []
    Diagnosis.objects.create(encounter=draft.encounter, code="O26.9", name="Thai kỳ", rank=2)
    assert kinds(draft) == [("pregnancy", "block")]


def test_the_week_goes_on_from_when_it_was_measured(ana, drafted, kinds, now):
    draft = drafted(line(IBUPROFEN))
    measure(ana, "18185-9", "20", "wk", now - timedelta(days=6))
    assert patient_on(ana, now).week == 20
    assert kinds(draft) == [("pregnancy", "warn")]
    Observation.objects.update(at=now - timedelta(days=56))
    assert patient_on(ana, now).week == 28
    assert kinds(draft) == [("pregnancy", "block")]
    Observation.objects.update(at=now - timedelta(days=200))  # week 48: the child is born
    assert kinds(draft) == []


def test_an_abortion_or_a_birth_is_no_pregnancy(ana, drafted, kinds, now):
    draft = drafted(line(ENALAPRIL))
    for rank, code in enumerate(("O03.9", "O80.9", "Z37.0"), start=2):
        Diagnosis.objects.create(encounter=draft.encounter, code=code, name="x", rank=rank)
    assert kinds(draft) == []


def test_what_is_known_of_somebody_else_says_nothing(ana, eve, drafted, kinds, now):
    draft = drafted(line(ENALAPRIL), line(METFORMIN))
    measure(eve, "2160-0", "9.0", "mg/dL", now)
    Condition.objects.create(person=eve, code="Z34.9", name="x", source="practitioner", since=now.date())
    assert kinds(draft) == []


def test_the_api_gives_reason_and_source_in_both_languages(ana, drafted, ben_api):
    draft = drafted(line(PARACETAMOL, dose="3", times=3))
    at = f"/api/v1/prescriptions/{draft.id}/check"
    vi = ben_api.post(at, headers={"Accept-Language": "vi"}).json()["findings"]
    en = ben_api.post(at, headers={"Accept-Language": "en"}).json()["findings"]
    assert [one["kind"] for one in vi] == ["dose_day", "dose_single"]
    assert vi[1]["text"] == "1500 mg paracetamol mỗi lần; tối đa 1000 mg."
    assert en[1]["text"] == "1500 mg of paracetamol at once; at most 1000 mg."
    assert en[0]["source_words"] == "SmPC of oral paracetamol (general knowledge) · doses-2026.1"
    assert vi[0]["source_words"].startswith("SmPC of oral paracetamol (kiến thức chung")
    assert en[0]["rules"] == "doses-2026.1"
