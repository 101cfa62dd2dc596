"""The doctor's console: the list of the day, the visit, finishing it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.models import Line
from core.ids import new_id
from records import actions
from records.models import Encounter
from tests import make
from tests.records import stage

pytestmark = pytest.mark.django_db


@pytest.fixture
def today(ana, ben) -> Encounter:
    """A visit in the room that begins in a moment."""
    return stage.plan(ana, ben, starts_at=timezone.now() + timedelta(minutes=5), mode="in_person")


def test_the_day_shows_todays_visits_and_other_days_are_empty(today, ana, ben_browser):
    page = ben_browser.get("/doctor/").content.decode()
    assert ana.full_name in page
    assert f"/doctor/visits/{today.id}/" in page
    other = (timezone.now() - timedelta(days=40)).date()
    assert ana.full_name not in ben_browser.get(f"/doctor/?day={other}").content.decode()


@pytest.mark.parametrize("day", ["nonsense", "0001-01-01", "9999-12-31", "2026-02-30", "1", ""])
def test_an_odd_day_is_no_error(ben_browser, day):
    assert ben_browser.get("/doctor/", {"day": day}).status_code == 200


def test_the_list_leaves_no_line_in_the_log_but_opening_the_visit_does(today, ana, ben_browser):
    before = Line.objects.filter(person_id=ana.id).count()
    ben_browser.get("/doctor/")
    assert Line.objects.filter(person_id=ana.id).count() == before
    ben_browser.get(f"/doctor/visits/{today.id}/")
    assert Line.objects.filter(person_id=ana.id, action="records.read_encounter").count() == 1


def test_the_visit_shows_allergies_note_and_prescription(today, ana, by_ana, now, ben_browser):
    actions.add_allergy(person_id=ana.id, substance="Penicillin", severity="severe", by=by_ana, now=now)
    page = ben_browser.get(f"/doctor/visits/{today.id}/").content.decode()
    for part in (
        "Penicillin",
        today.reason,
        "<visit-note>",
        "<prescription-pad",
        'id="note-subjective"',
        "vital-systolic",
    ):
        assert part in page, part
    assert "<video-call" not in page  # they meet in the room


def test_a_video_visit_brings_the_call(ana, ben, ben_browser):
    import realtime.actions

    visit = stage.plan(ana, ben, starts_at=timezone.now())
    hour = timedelta(hours=1)
    realtime.actions.open_room(
        encounter_id=visit.id,
        opens_at=visit.planned_from - hour,
        closes_at=visit.planned_to + hour,
        by=stage.SYSTEM,
        now=visit.planned_from,
    )
    assert 'role-in="practitioner"' in ben_browser.get(f"/doctor/visits/{visit.id}/").content.decode()


def test_begin_write_finish(today, by_ben, ben_browser):
    path = f"/doctor/visits/{today.id}/"
    assert ben_browser.post(f"{path}start/").status_code == 302
    refused = ben_browser.post(f"{path}finish/")
    assert refused.status_code == 409
    today.refresh_from_db()
    assert today.status == "in_progress"
    actions.save_note(
        encounter_id=today.id, version=0, changes={}, diagnoses=[{"code": "J00"}], by=by_ben, now=make.NOW
    )
    assert ben_browser.post(f"{path}finish/").headers["Location"] == "/doctor/"
    today.refresh_from_db()
    assert today.status == "finished"
    assert "readonly" in ben_browser.get(path).content.decode()


def test_strangers_cannot_tell_whether_a_visit_exists(today, hospital):
    colleague = make.page_client(make.make_practitioner(facility=hospital, full_name="Vũ Hải Yến"))
    for end in ("", "finish/"):
        real = colleague.get(f"/doctor/visits/{today.id}/{end}")
        absent = colleague.get(f"/doctor/visits/{new_id()}/{end}")
        assert real.status_code == absent.status_code == 404
    assert colleague.post(f"/doctor/visits/{today.id}/start/").status_code == 404
    today.refresh_from_db()
    assert today.status == "planned"


def test_other_roles_and_visitors_are_turned_away(today, ana_browser, eve_browser, dan_browser, client):
    for path in ("/doctor/", f"/doctor/visits/{today.id}/", f"/doctor/visits/{today.id}/finish/"):
        for browser in (ana_browser, eve_browser, dan_browser):
            assert browser.get(path).status_code == 403, path
        assert client.get(path).status_code == 302
