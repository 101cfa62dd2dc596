"""The life of an encounter."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from audit.models import Line
from core.errors import NotAllowed, NotFound, WrongState
from core.refs import Ref
from records import access, actions
from records.errors import DiagnosisMissing
from records.models import Encounter
from tests import make
from tests.records import stage


def test_planning_twice_for_one_appointment_gives_one_encounter(ana, ben, planned):
    again = stage.plan(ana, ben, appointment_ref=planned.appointment_ref)
    assert again == planned
    assert Encounter.objects.count() == 1


def test_starting_stamps_the_time_once(planned, by_ben, now):
    first = actions.start_encounter(encounter_id=planned.id, by=by_ben, now=now)
    second = actions.start_encounter(encounter_id=planned.id, by=by_ben, now=now + timedelta(minutes=5))
    assert (first.status, second.started_at) == ("in_progress", now)
    assert Line.objects.filter(action="records.start").count() == 1


def test_a_visit_without_diagnosis_is_not_finished(begun, by_ben, now):
    with pytest.raises(DiagnosisMissing):
        actions.finish_encounter(encounter_id=begun.id, by=by_ben, now=now)
    begun.refresh_from_db()
    assert (begun.status, begun.finished_at) == ("in_progress", None)


def test_a_visit_that_never_began_is_not_finished(planned, by_ben, now):
    with pytest.raises(WrongState):
        actions.finish_encounter(encounter_id=planned.id, by=by_ben, now=now)


def test_finishing_twice_changes_nothing(finished, by_ben, now):
    again = actions.finish_encounter(encounter_id=finished.id, by=by_ben, now=now + timedelta(hours=1))
    assert again.finished_at == finished.finished_at
    assert Line.objects.filter(action="records.finish").count() == 1


def test_a_finished_visit_is_not_cancelled(finished, now):
    with pytest.raises(WrongState):
        actions.cancel_encounter(encounter_id=finished.id, by=stage.SYSTEM, now=now)
    finished.refresh_from_db()
    assert finished.status == "finished"


def test_the_citizen_may_not_write(begun, by_ana, now):
    with pytest.raises(NotAllowed):
        actions.finish_encounter(encounter_id=begun.id, by=by_ana, now=now)


def test_a_colleague_cannot_tell_whether_it_exists(begun, hospital, now):
    colleague = make.actor_for(make.make_practitioner(facility=hospital, full_name="Vũ Hải Yến"))
    with pytest.raises(NotFound):
        actions.start_encounter(encounter_id=begun.id, by=colleague, now=now)
    with pytest.raises(NotFound):
        access.get_encounter(colleague, begun.id)


def test_the_database_refuses_a_finished_visit_without_a_time(planned):
    with pytest.raises(IntegrityError), transaction.atomic():
        Encounter.objects.filter(id=planned.id).update(status="finished", started_at=make.NOW)


def test_the_reference_leads_back_to_the_appointment(planned):
    assert Ref.parse(planned.appointment_ref).kind == "appointment"


class TestCareRelation:
    """Whose record a doctor may read, and for how long."""

    def test_with_a_planned_visit(self, ana, planned, by_ben):
        assert access.get_record_of(by_ben, ana.id) == ana

    def test_not_before_any_visit(self, ana, by_ben):
        with pytest.raises(NotFound):
            access.get_record_of(by_ben, ana.id)

    def test_ends_thirty_days_after_the_visit(self, ana, ben, by_ben):
        from django.utils import timezone

        stage.finish(ana, ben, starts_at=timezone.now() - timedelta(days=31))
        with pytest.raises(NotFound):
            access.get_record_of(by_ben, ana.id)

    def test_not_through_a_cancelled_visit(self, ana, planned, by_ben, now):
        actions.cancel_encounter(encounter_id=planned.id, by=stage.SYSTEM, now=now)
        with pytest.raises(NotFound):
            access.get_record_of(by_ben, ana.id)

    def test_the_desk_reads_no_record(self, ana, planned, by_dan):
        with pytest.raises(NotFound):
            access.get_record_of(by_dan, ana.id)
        with pytest.raises(NotFound):
            access.get_encounter(by_dan, planned.id)

    def test_a_parent_reads_the_childs(self, child, by_ana):
        assert access.get_record_of(by_ana, child.id) == child
