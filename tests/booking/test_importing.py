"""Files of hours: a dry run that changes nothing, then the good rows, once, whatever dies on the way."""

from __future__ import annotations

import json
from datetime import date, time

import pytest

from booking import actions, importing
from booking import days as projection
from booking.actions import importing as landing
from booking.models import Closure, ImportRun, Rule, Schedule
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at
from tests.jobs import run_jobs

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]
URL = "/api/v1/schedules/import"
HEADER = "licence_number,kind,weekday,date,from_time,to_time,grid_minutes,room"


def everything():
    return [list(model.objects.order_by("pk").values()) for model in (Schedule, Rule, Closure)]


def hand_in(dan, text, *, name="gio.csv", kind="text/csv"):
    """Hand a file in over the API and let the job check it; gives the report."""
    content = text if isinstance(text, bytes) else text.encode()
    api = make.api_client(dan)
    answer = api.post(f"{URL}?name={name}", content, content_type=kind)
    assert answer.status_code == 201, answer.content
    run_jobs()
    return api.get(f"{URL}/{answer.json()['id']}").json()


def confirm(dan, report):
    api = make.api_client(dan)
    answer = api.post(f"{URL}/{report['id']}/apply")
    assert answer.status_code == 202, answer.content
    run_jobs()
    return api.get(f"{URL}/{report['id']}").json()


def reasons(report):
    return [(one["line"], one["field"], one["code"]) for one in report["problems"]]


def test_good_rows_land_after_confirmation_and_bad_ones_say_line_field_and_reason(ben, hospital, dan):
    licence = ben.licence_number
    text = "\r\n".join([
        HEADER,
        f"{licence},weekly,Monday,,08:00,11:30,20,203",
        f"{licence},weekly,Thứ Ba,,13:30,12:00,20,",  # ends before it begins
        "999999/XXX,weekly,Monday,,08:00,11:00,20,",  # nobody
        f"{licence},closed,,2031-04-07,,,,",
        f"{licence},weekly,Funday,,08:00,11:00,20,",
        "",
        f"{licence},extra,,05/04/2031,08:00,10:00,30,",
        f"{licence},weekly,T2,,11:00,12:00,20,",  # overlaps with line 2
    ])  # fmt: skip
    before = everything()
    report = hand_in(dan, text)

    assert everything() == before  # a dry run
    assert (report["status"], report["rows"], report["rows_done"]) == ("checked", 7, 7)
    assert (report["good"], report["bad"], report["unchanged"]) == (3, 4, 0)
    assert reasons(report) == [
        (3, "to_time", "bad_hours"),
        (4, "licence_number", "unknown_licence"),
        (6, "weekday", "bad_weekday"),
        (9, "from_time", "overlaps_row"),
    ]
    assert report["problems"][2]["value"] == "Funday"
    assert "2" in report["problems"][3]["reason"]  # which line it meets

    done = confirm(dan, report)

    assert (done["status"], done["landed"], done["opened"], done["bad"]) == ("applied", 3, 1, 4)
    rule = Rule.objects.get()
    assert (rule.weekday, rule.from_time, rule.to_time, rule.grid_minutes) == (0, time(8), time(11, 30), 20)
    assert rule.room == "203"
    closed, extra = Closure.objects.order_by("-during")
    assert (closed.kind, closed.starts_at, closed.ends_at) == (
        "closed", at("00:00", date(2031, 4, 7)), at("00:00", date(2031, 4, 8))
    )  # fmt: skip
    assert (extra.kind, extra.starts_at, extra.grid_minutes) == ("extra", at("08:00", date(2031, 4, 5)), 30)
    assert projection.check(now=make.NOW) == []


def test_the_same_file_again_changes_nothing_and_says_so(ben, hospital, dan):
    text = (
        f"{HEADER}\n{ben.licence_number},weekly,Monday,,08:00,11:30,20,\n{ben.licence_number},closed,,2031-04-07,,,,\n"
    )
    confirm(dan, hand_in(dan, text))
    before = everything()
    again = hand_in(dan, text)

    assert (again["good"], again["unchanged"], again["bad"]) == (0, 2, 0)
    assert confirm(dan, again)["landed"] == 0
    assert everything() == before


def test_confirming_twice_lands_once(ben, hospital, dan):
    report = hand_in(dan, f"{HEADER}\n{ben.licence_number},weekly,Monday,,08:00,11:30,20,\n")
    confirm(dan, report)
    assert confirm(dan, report)["landed"] == 1
    assert Rule.objects.count() == 1


def test_a_check_that_comes_late_takes_no_confirmed_file_back(ben, hospital, dan, monkeypatch):
    """A second worker was quicker, and the desk has confirmed since: what the slower one found is not written over it."""
    true_tell = landing._tell_progress

    def overtaken(run):
        true_tell(run)
        ImportRun.objects.filter(pk=run.pk).update(status="applying")

    monkeypatch.setattr(landing, "_tell_progress", overtaken)
    report = hand_in(dan, f"{HEADER}\n{ben.licence_number},weekly,Monday,,08:00,11:30,20,\n")
    assert report["status"] == "applying"


def test_what_has_not_been_checked_cannot_be_confirmed(ben, hospital, dan):
    api = make.api_client(dan)
    made = api.post(
        URL, f"{HEADER}\n{ben.licence_number},weekly,Monday,,08:00,11:30,20,\n", content_type="text/csv"
    ).json()
    assert made["status"] == "checking"
    assert api.post(f"{URL}/{made['id']}/apply").status_code == 409
    assert Rule.objects.count() == 0


def test_a_visit_that_was_agreed_keeps_its_time(schedule, visit_type, ana, dan):
    stage.book(schedule, visit_type, ana, at("09:00"))
    licence = schedule.practitioner.licence_number
    day = make.TOMORROW.isoformat()
    text = "\n".join([
        "licence_number,kind,date,from_time,to_time",
        f"{licence},closed,{day},08:00,10:00",
        f"{licence},closed,{day},10:00,12:00",
        f"{licence},instead,{day},13:00,15:00",
    ])  # fmt: skip
    report = hand_in(dan, text)

    assert reasons(report) == [(2, "date", "appointments_affected"), (4, "date", "appointments_affected")]
    assert ana.full_name not in json.dumps(report, ensure_ascii=False)
    assert confirm(dan, report)["landed"] == 1
    assert Closure.objects.get().starts_at == at("10:00")


def test_what_has_come_to_clash_since_is_reported_and_not_forced(schedule, visit_type, ana, dan):
    day = make.TOMORROW.isoformat()
    text = (
        f"licence_number,kind,date,from_time,to_time\n{schedule.practitioner.licence_number},closed,{day},08:00,10:00\n"
    )
    report = hand_in(dan, text)
    assert report["good"] == 1
    stage.book(schedule, visit_type, ana, at("09:00"))

    done = confirm(dan, report)

    assert (done["landed"], reasons(done)) == (0, [(2, "date", "appointments_affected")])
    assert Closure.objects.count() == 0


def many(hospital, rows, *, doctors=20, bad=0):
    """A file with so many rows of weekly hours, a quarter of an hour each, some of them wrong."""
    people = [make.make_practitioner(facility=hospital, full_name=f"Bác Sĩ {n}") for n in range(doctors)]
    lines = ["licence_number,kind,weekday,from_time,to_time,grid_minutes"]
    names = importing.WEEKDAY_WORDS["vi"]
    for number in range(rows):
        doctor, place = people[number % doctors], number // doctors
        start = 6 * 60 + 15 * (place // 7)
        hours = f"{start // 60:02}:{start % 60:02},{(start + 15) // 60:02}:{(start + 15) % 60:02}"
        grid = "zero" if number < bad else "15"
        lines.append(f"{doctor.licence_number},weekly,{names[place % 7]},{hours},{grid}")
    return "\n".join(lines)


def test_a_worker_that_dies_between_chunks_takes_nothing_along(hospital, dan, monkeypatch):
    monkeypatch.setattr(landing, "CHUNK", 10)
    report = hand_in(dan, many(hospital, 60, doctors=6, bad=6))
    run = ImportRun.objects.get()
    actions.confirm_import(run_id=run.pk, by=make.actor_for(dan), now=make.NOW)
    true_write, calls = landing._write, []

    def write_and_die(verdicts, now):
        true_write(verdicts, now)
        calls.append(len(verdicts))
        if len(calls) == 3:
            raise OSError("the worker dies")

    monkeypatch.setattr(landing, "_write", write_and_die)
    with pytest.raises(OSError):
        actions.apply_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
    run.refresh_from_db()
    assert (run.status, run.landed, Rule.objects.count()) == ("applying", sum(calls[:2]), sum(calls[:2]))

    run = actions.apply_import(run_id=run.pk, by=SYSTEM, now=make.NOW)

    assert (run.status, run.landed, report["good"], Rule.objects.count()) == ("applied", 54, 54, 54)
    assert projection.check(now=make.NOW) == []


def test_rows_that_came_to_clash_do_not_move_where_the_next_try_cuts(hospital, dan, monkeypatch):
    """The first chunk reports three rows and lands; the worker dies; the next one must begin where the first ended."""
    monkeypatch.setattr(landing, "CHUNK", 10)
    hand_in(dan, many(hospital, 60, doctors=6))
    run = ImportRun.objects.get()
    actions.confirm_import(run_id=run.pk, by=make.actor_for(dan), now=make.NOW)
    true_judge, true_land, chunks = landing.Judge.judge, landing._land, []

    def clashing(judge, wish):
        fresh = wish.line in {2, 8, 14}  # the first doctor's first three
        return [importing.problem(wish.line, "date", "appointments_affected", "")] if fresh else true_judge(judge, wish)

    def land_one(*args):
        if chunks:
            raise OSError("the worker dies")
        chunks.append(1)
        return true_land(*args)

    monkeypatch.setattr(landing.Judge, "judge", clashing)
    monkeypatch.setattr(landing, "_land", land_one)
    with pytest.raises(OSError):
        actions.apply_import(run_id=run.pk, by=SYSTEM, now=make.NOW)
    monkeypatch.setattr(landing, "_land", true_land)

    run = actions.apply_import(run_id=run.pk, by=SYSTEM, now=make.NOW)

    assert (run.status, run.landed, len(run.problems), Rule.objects.count()) == ("applied", 57, 3, 57)


def test_progress_is_told_on_the_way(hospital, dan, monkeypatch):
    monkeypatch.setattr(landing, "TOLD_EVERY", 20)
    seen = []
    true_tell = landing._tell_progress
    monkeypatch.setattr(
        landing, "_tell_progress", lambda run: (true_tell(run), seen.append(ImportRun.objects.get().rows_done))
    )
    hand_in(dan, many(hospital, 70, doctors=5))
    assert seen == [0, 20, 40, 60]


def test_five_thousand_rows_with_three_hundred_bad_ones(hospital, dan):
    text = many(hospital, 5000, doctors=10, bad=300)
    before = everything()
    report = hand_in(dan, text)

    assert (report["rows"], report["good"], report["bad"]) == (5000, 4700, 300)
    assert [(one["line"], one["field"], one["code"]) for one in report["problems"]] == [
        (line, "grid_minutes", "bad_number") for line in range(2, 302)
    ]
    assert everything() == before
    done = confirm(dan, report)
    assert (done["landed"], done["opened"], Rule.objects.count()) == (4700, 10, 4700)
