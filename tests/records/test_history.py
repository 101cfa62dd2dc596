"""Allergies, conditions, measurements."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.errors import Invalid, NotAllowed, NotFound
from records import actions, queries
from records.errors import ImplausibleValue
from records.models import Allergy, Condition, Observation
from tests import make


def test_an_allergy_is_kept_once_and_says_who_entered_it(ana, by_ana, planned, by_ben, now):
    mine = actions.add_allergy(person_id=ana.id, substance="Penicillin", severity="severe", by=by_ana, now=now)
    again = actions.add_allergy(person_id=ana.id, substance="penicillin", by=by_ben, now=now)
    assert again == mine
    assert (mine.source, mine.ingredient, mine.recorded_name) == ("citizen", "penicillin", by_ana.name)


def test_severe_allergies_stand_first(ana, by_ana, now):
    for substance, severity in (("Tôm", "mild"), ("Aspirin", ""), ("Penicillin", "severe")):
        actions.add_allergy(person_id=ana.id, substance=substance, severity=severity, by=by_ana, now=now)
    assert [row.substance for row in queries.allergies_of(ana.id)] == ["Penicillin", "Tôm", "Aspirin"]


def test_a_citizen_does_not_strike_out_what_a_doctor_recorded(ana, by_ana, planned, by_ben, now):
    allergy = actions.add_allergy(person_id=ana.id, substance="Penicillin", by=by_ben, now=now)
    with pytest.raises(NotAllowed):
        actions.end_allergy(person_id=ana.id, allergy_id=allergy.id, by=by_ana, now=now)
    allergy.refresh_from_db()
    assert allergy.ended_at is None
    actions.end_allergy(person_id=ana.id, allergy_id=allergy.id, by=by_ben, now=now)
    assert list(queries.allergies_of(ana.id)) == []
    assert Allergy.objects.count() == 1  # ended, not erased


def test_eve_adds_nothing(ana, by_eve, now):
    with pytest.raises(NotFound):
        actions.add_allergy(person_id=ana.id, substance="x", by=by_eve, now=now)
    with pytest.raises(NotFound):
        actions.add_condition(person_id=ana.id, code="I10", by=by_eve, now=now)
    with pytest.raises(NotFound):
        actions.add_observation(person_id=ana.id, code="8867-4", value=Decimal(70), at=now, by=by_eve, now=now)
    assert not (Allergy.objects.exists() or Condition.objects.exists() or Observation.objects.exists())


def test_leave_to_read_is_no_leave_to_write(ana, child, by_ana, now):
    child.delegations_given.update(scopes=["read"])
    with pytest.raises(NotFound):
        actions.add_allergy(person_id=child.id, substance="Sữa", by=by_ana, now=now)


def test_a_condition_is_kept_once_and_ended(ana, planned, by_ben, now):
    first = actions.add_condition(person_id=ana.id, code="i10", since=date(2020, 1, 1), by=by_ben, now=now)
    assert actions.add_condition(person_id=ana.id, code="I10", by=by_ben, now=now) == first
    assert first.name == "Tăng huyết áp vô căn (nguyên phát)"
    actions.end_condition(condition_id=first.id, by=by_ben, now=now)
    assert list(queries.conditions_of(ana.id)) == []


@pytest.mark.parametrize(("code", "value"), [("8480-6", 1200), ("8310-5", 98.6), ("8867-4", -1), ("0-0", 5)])
def test_a_typing_error_is_no_measurement(ana, by_ana, now, code, value):
    with pytest.raises(ImplausibleValue):
        actions.add_observation(person_id=ana.id, code=code, value=Decimal(str(value)), at=now, by=by_ana, now=now)
    assert not Observation.objects.exists()


def test_nothing_is_measured_tomorrow(ana, by_ana, now):
    with pytest.raises(Invalid):
        actions.add_observation(
            person_id=ana.id, code="8867-4", value=Decimal(70), at=now + timedelta(days=1), by=by_ana, now=now
        )


def test_the_latest_value_of_each_kind_is_shown(ana, by_ana, now):
    for hours, systolic in ((3, 150), (1, 130)):
        readings = [actions.Reading("8480-6", Decimal(systolic)), actions.Reading("8462-4", Decimal(80))]
        at = now - timedelta(hours=hours)
        actions.add_observations(person_id=ana.id, readings=readings, at=at, by=by_ana, now=now)
    assert [(one.vital.key, one.shown) for one in queries.latest_vitals(ana.id)] == [
        ("systolic", "130"),
        ("diastolic", "80"),
    ]


def test_an_encounter_of_somebody_else_is_refused(ana, eve, by_ben, planned, ben, now):
    from tests.records import stage

    other = stage.plan(eve, ben, starts_at=make.NOW + timedelta(hours=1))
    with pytest.raises(NotFound):
        actions.add_allergy(person_id=ana.id, substance="Tôm", encounter_id=other.id, by=by_ben, now=now)
    assert not Allergy.objects.exists()
