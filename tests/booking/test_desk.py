"""The pages of the hospital desk, as a browser gets them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from booking import actions
from booking.models import Appointment, Closure, Rule, Schedule
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def booked(schedule, visit_type, ana):
    return stage.book(schedule, visit_type, ana, at("09:00"))


def text(answer, status=200):
    assert answer.status_code == status, answer.status_code
    return answer.content.decode()


def hours_of(rule, **changes):
    values = {"weekday": rule.weekday, "from_time": "08:00", "to_time": "17:00", "grid_minutes": 20}
    return {**values, **changes}


def tomorrows(schedule):
    return Rule.objects.get(schedule=schedule, weekday=make.TOMORROW.weekday())


def test_the_week_shows_who_comes_and_no_clinical_text(booked, dan_browser, ana):
    page = text(dan_browser.get("/hospital/"))

    assert ana.full_name in page
    assert "Trần Minh Bình" in page
    assert booked.reason not in page
    assert "?schedule=" in page


@pytest.mark.parametrize("query", ["day=2031-03-01", "day=yesterday", "day=0001-01-01", "day=9999-12-31", "schedule=x"])
def test_any_week_can_be_asked_for(booked, dan_browser, query):
    text(dan_browser.get(f"/hospital/?{query}"))
    text(dan_browser.get(f"/hospital/day/?{query}"))


def test_empty_places_say_what_to_do(dan_browser):
    assert "/hospital/doctors/" in text(dan_browser.get("/hospital/"))
    text(dan_browser.get("/hospital/day/"))
    text(dan_browser.get("/hospital/doctors/"))


@pytest.mark.parametrize("who", ["ana_browser", "ben_browser", "cara_browser"])
def test_it_is_for_the_desk_only(booked, schedule, request, who):
    browser = request.getfixturevalue(who)
    rule = tomorrows(schedule)
    before = stage.everything()
    for url in (
        "/hospital/",
        "/hospital/day/",
        "/hospital/doctors/",
        f"/hospital/schedules/{schedule.id}/",
        f"/hospital/schedules/{schedule.id}/hours/{rule.id}/",
        f"/hospital/appointments/{booked.id}/cancel/",
    ):
        assert browser.get(url).status_code == 403
    assert browser.post(f"/hospital/appointments/{booked.id}/cancel/", {"reason": "x"}).status_code == 403
    assert browser.post(f"/hospital/schedules/{schedule.id}/hours/{rule.id}/remove/").status_code == 403
    assert stage.everything() == before


def test_the_desk_of_another_house_finds_nothing(booked, schedule):
    clinic = make.make_facility(kind="clinic", name="Phòng khám Hoa Sen")
    browser = make.page_client(make.make_desk(facility=clinic))
    rule = tomorrows(schedule)
    before = stage.everything()

    assert booked.person.full_name not in text(browser.get(f"/hospital/?schedule={schedule.id}"))
    assert booked.person.full_name not in text(browser.get("/hospital/day/?day=2031-03-26"))
    assert browser.get(f"/hospital/schedules/{schedule.id}/").status_code == 404
    assert browser.get(f"/hospital/schedules/{schedule.id}/hours/{rule.id}/").status_code == 404
    assert browser.post(f"/hospital/schedules/{schedule.id}/hours/add/", hours_of(rule)).status_code == 404
    assert browser.post(f"/hospital/schedules/{schedule.id}/exceptions/add/", {}).status_code == 404
    assert browser.post(f"/hospital/schedules/{schedule.id}/settings/", {}).status_code == 404
    for act in ("check-in", "undo", "cancel"):
        assert browser.post(f"/hospital/appointments/{booked.id}/{act}/", {"reason": "x"}).status_code == 404
    assert stage.everything() == before


def test_checks_in_and_offers_to_take_it_back(booked, dan, clock):
    clock.move_to(at("08:40"))
    browser = make.page_client(dan)
    page = text(browser.post(f"/hospital/appointments/{booked.id}/check-in/", follow=True))
    booked.refresh_from_db()
    assert booked.status == "checked_in"
    assert f"/hospital/appointments/{booked.id}/undo/" in page

    text(browser.post(f"/hospital/appointments/{booked.id}/undo/", follow=True))
    booked.refresh_from_db()
    assert (booked.status, booked.checked_in_at) == ("booked", None)


def test_checking_in_too_early_is_explained(booked, dan_browser):
    page = text(dan_browser.post(f"/hospital/appointments/{booked.id}/check-in/", follow=True))
    booked.refresh_from_db()

    assert booked.status == "booked"
    assert "notice--bad" in page


def test_cancels_with_a_reason(booked, dan_browser):
    url = f"/hospital/appointments/{booked.id}/cancel/"
    assert booked.person.full_name in text(dan_browser.get(url))
    text(dan_browser.post(url, {"reason": ""}))
    booked.refresh_from_db()
    assert booked.status == "booked"

    text(dan_browser.post(url, {"reason": "Bác sĩ nghỉ ốm"}, follow=True))
    booked.refresh_from_db()
    assert (booked.status, booked.cancelled_by, booked.cancel_reason) == ("cancelled", "facility", "Bác sĩ nghỉ ốm")
    text(dan_browser.get(url))


def test_opens_a_schedule_and_adds_hours(ben, visit_type, dan_browser):
    assert "Trần Minh Bình" in text(dan_browser.get("/hospital/doctors/"))
    text(dan_browser.post(f"/hospital/doctors/{ben.id}/open/", follow=True))
    schedule = Schedule.objects.get()
    form = {
        "weekday": 2,
        "from_time": "08:00",
        "to_time": "11:30",
        "grid_minutes": 20,
        "visit_type_ids": str(visit_type.id),
    }
    url = f"/hospital/schedules/{schedule.id}/hours/add/"

    page = text(dan_browser.post(url, {f"hours-{name}": value for name, value in form.items()}, follow=True))
    rule = Rule.objects.get()
    assert "08:00–11:30" in page
    assert list(rule.visit_types.all()) == [visit_type]

    wrong = {**form, "to_time": "07:00"}
    text(dan_browser.post(url, {f"hours-{name}": value for name, value in wrong.items()}))
    overlapping = {**form, "from_time": "11:00", "to_time": "12:00"}
    text(dan_browser.post(url, {f"hours-{name}": value for name, value in overlapping.items()}))
    assert Rule.objects.count() == 1


def test_shrinking_hours_names_the_appointments_first(booked, schedule, dan_browser):
    rule = tomorrows(schedule)
    url = f"/hospital/schedules/{schedule.id}/hours/{rule.id}/"
    text(dan_browser.get(url))

    page = text(dan_browser.post(url, hours_of(rule, from_time="10:00")))
    assert booked.person.full_name in page
    rule.refresh_from_db()
    assert f"{rule.from_time:%H:%M}" == "08:00"

    text(dan_browser.post(url, hours_of(rule, from_time="10:00", keep_agreed="on"), follow=True))
    rule.refresh_from_db()
    booked.refresh_from_db()
    assert (f"{rule.from_time:%H:%M}", booked.status) == ("10:00", "booked")


def test_removing_hours_asks_and_asks_again(booked, schedule, dan_browser):
    rule = tomorrows(schedule)
    url = f"/hospital/schedules/{schedule.id}/hours/{rule.id}/remove/"
    text(dan_browser.get(url))
    assert booked.person.full_name in text(dan_browser.post(url))
    assert Rule.objects.filter(pk=rule.pk).exists()

    text(dan_browser.post(url, {"keep_agreed": "on"}, follow=True))
    assert not Rule.objects.filter(pk=rule.pk).exists()


def exception(**values):
    form = {
        "kind": "closed",
        "first_day": "2031-03-26",
        "last_day": "",
        "from_time": "",
        "to_time": "",
        "grid_minutes": "20",
    }
    return {f"exception-{name}": value for name, value in {**form, **values}.items()}


def test_closes_days_and_offers_to_take_it_back(schedule, dan_browser):
    url = f"/hospital/schedules/{schedule.id}/exceptions/add/"
    page = text(dan_browser.post(url, exception(last_day="2031-03-28", reason="Nghỉ phép"), follow=True))
    closure = Closure.objects.get()

    assert (closure.starts_at, closure.ends_at) == (at("00:00"), at("00:00") + timedelta(days=3))
    assert reverse("hospital_remove_exception", args=[schedule.pk, closure.pk]) in page
    text(dan_browser.post(f"/hospital/schedules/{schedule.id}/exceptions/{closure.id}/remove/", follow=True))
    assert not Closure.objects.exists()


def test_closing_over_an_appointment_names_it_first(booked, schedule, dan_browser):
    url = f"/hospital/schedules/{schedule.id}/exceptions/add/"
    page = text(dan_browser.post(url, exception(from_time="08:00", to_time="12:00")))
    assert booked.person.full_name in page
    assert not Closure.objects.exists()

    text(dan_browser.post(url, exception(from_time="08:00", to_time="12:00", keep_agreed="on"), follow=True))
    assert Closure.objects.count() == 1


@pytest.mark.parametrize(
    "values",
    [
        {"first_day": "sometime"},
        {"last_day": "2031-03-25"},
        {"last_day": "2039-03-25"},
        {"from_time": "08:00"},
        {"kind": "extra"},
        {"from_time": "10:00", "to_time": "09:00"},
        {"first_day": "9999-12-31"},
    ],
)
def test_an_exception_that_makes_no_sense_is_explained(schedule, dan_browser, values):
    page = text(dan_browser.post(f"/hospital/schedules/{schedule.id}/exceptions/add/", exception(**values)))

    assert "error" in page or "notice--bad" in page
    assert not Closure.objects.exists()


def test_taking_back_extra_hours_with_a_visit_in_them_asks(schedule, visit_type, ana, dan_browser, now):
    made = actions.add_closure(
        schedule_id=schedule.id, starts_at=at("18:00"), ends_at=at("19:00"), kind="extra", by=SYSTEM, now=now
    )
    stage.book(schedule, visit_type, ana, at("18:15"))
    url = f"/hospital/schedules/{schedule.id}/exceptions/{made.id}/remove/"

    assert ana.full_name in text(dan_browser.post(url))
    text(dan_browser.post(url, {"keep_agreed": "on"}, follow=True))
    assert not Closure.objects.exists()


def test_changes_the_settings(schedule, dan_browser):
    url = f"/hospital/schedules/{schedule.id}/settings/"
    values = {"settings-room": "P.5", "settings-min_notice_minutes": "120", "settings-horizon_days": "14"}
    text(dan_browser.post(url, {**values, "settings-horizon_days": "0"}))
    text(dan_browser.post(url, values, follow=True))
    schedule.refresh_from_db()

    assert (schedule.room, schedule.min_notice_minutes, schedule.horizon_days, schedule.active) == (
        "P.5",
        120,
        14,
        False,
    )


def test_no_page_asks_more_for_more_appointments(schedule, visit_type, dan_browser, django_assert_max_num_queries):
    for number in range(10):
        stage.book(schedule, visit_type, make.make_person(), at("08:00") + timedelta(minutes=20 * number))
    assert Appointment.objects.count() == 10

    with django_assert_max_num_queries(16):
        text(dan_browser.get("/hospital/day/?day=2031-03-26"))
    with django_assert_max_num_queries(28):  # the calendar and, for browsers without script, the table
        text(dan_browser.get("/hospital/?day=2031-03-26"))
