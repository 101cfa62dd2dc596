"""The demo's past year: real rows that verify and count, made once, and nothing a doctor would have been stopped from signing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from django.db.models import Sum

from audit.models import Line
from identity.models import Facility, Person
from prescriptions import queries
from prescriptions.models import Acceptance, Dispense, Drug, Figure, Item, Override, Prescription
from records.models import Encounter
from runtime.demo import past_year
from runtime.demo.illnesses import ILLNESSES, RISKY
from runtime.demo.seed import LIFETIME
from tests import make

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 29, 6, 0, tzinfo=UTC)


@pytest.fixture
def small_house(monkeypatch):
    """Two doctors and a pharmacy, three weeks."""
    monkeypatch.setattr(past_year, "WEEKS", 3)
    monkeypatch.setattr(past_year, "A_WEEK", 14)
    monkeypatch.setattr(past_year, "PEOPLE", 25)
    hospital = make.make_facility()
    make.make_practitioner(facility=hospital, full_name="Trần Minh Bình", specialties=["general", "internal"])
    make.make_practitioner(facility=hospital, full_name="Lý Thu Trang", specialties=["paediatrics"])
    make.make_pharmacist(pharmacy=make.make_pharmacy(), full_name="Phạm Thu Cúc")
    Facility.objects.update(created_at=NOW - LIFETIME)


def test_it_is_real_and_made_once(small_house):
    assert not past_year.is_lived()
    told: list[str] = []
    made = past_year.live(told.append)
    assert made == Prescription.objects.count() > 25
    assert len(told) == 3
    assert past_year.is_lived()
    for one in Prescription.objects.all():
        assert queries.signature_of(one).valid
        assert one.signed_at and NOW - timedelta(days=22) < one.signed_at < NOW
    # What was handed out is what pharmacies recorded, within the days it could be.
    for item in Item.objects.prefetch_related("dispenses"):
        assert item.dispensed_quantity == sum(one.quantity for one in item.dispenses.all())
    for dispense in Dispense.objects.select_related("item__prescription"):
        assert dispense.item.prescription.signed_at < dispense.at < dispense.item.prescription.expires_at
    assert not Dispense.objects.filter(at__gt=NOW).exists()
    assert not Acceptance.objects.filter(ended_at__isnull=True).exists()
    assert set(Prescription.objects.values_list("status", flat=True)) <= {"signed", "dispensed", "expired", "cancelled"}
    # Each left its lines in the access log, and is in the statistics.
    assert Line.objects.filter(action="prescription.sign").count() == made
    counted = Figure.objects.aggregate(all=Sum("prescriptions"), cancelled=Sum("cancelled"))
    assert counted["all"] + counted["cancelled"] == made
    assert not Person.objects.filter(user__isnull=False).exists()

    before = sorted(Prescription.objects.values_list("id", "code"))
    assert past_year.live(told.append) == 0  # again: nothing
    last_week = Prescription.objects.filter(signed_at__gt=NOW - timedelta(days=7)).count()
    assert sorted(Prescription.objects.values_list("id", "code")) == before
    assert last_week > 3


def test_no_doctor_would_have_been_stopped(small_house):
    """The safety check blocks none of the ways to treat, for the youngest child and the oldest adult; but it does the risky one."""
    stage = past_year._stage()
    assert stage is not None
    stopped = []
    for illness in ILLNESSES:
        for way in illness.ways:
            age = illness.ages[0] if illness.ages[1] < 18 else illness.ages[1]
            if found := blocked(stage, way.drugs, age, illness.sex or "male"):
                stopped.append(f"{illness.code} at {age}: {found}")
    assert not stopped, "\n".join(stopped)
    assert blocked(stage, RISKY, 40, "male")
    assert not Override.objects.exists()
    assert not Drug.objects.filter(code__in=every_drug()).exclude(control="ordinary").exists()


def every_drug() -> set[str]:
    return {drug.split()[0] for illness in ILLNESSES for way in illness.ways for drug in (*way.drugs, *RISKY)}


def blocked(stage, drugs: tuple[str, ...], age: int, sex: str) -> list[str]:
    born = (NOW - timedelta(days=int((age + 0.5) * 365.25))).date()
    person = Person(full_name="Lê Thử", born_on=born, sex=sex)
    doctor, facility = stage.doctors[0][:2]
    encounter = Encounter(
        person=person, practitioner=doctor, facility=facility, mode="in_person", status="finished", planned_from=NOW,
        planned_to=NOW + timedelta(minutes=20), started_at=NOW, finished_at=NOW,
    )  # fmt: skip
    row = Prescription(
        person=person, practitioner=doctor, facility=facility, encounter=encounter, status="signed", signed_at=NOW
    )
    items = [past_year._item(stage, Random(1), row, rank, drug, NOW) for rank, drug in enumerate(drugs, start=1)]
    return [one.key for one in queries.check_items(row, items, NOW).blocking]
