"""Visits in other calendars: secret addresses, what they show and what they do not, and when they end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from icalendar import Calendar

from booking import actions, ical, queries
from booking.models import Appointment, CalendarLink
from identity.models import Delegation
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


@pytest.fixture
def booked(schedule, visit_type, ana):
    return stage.book(schedule, visit_type, ana, at("09:00"))


def make_link(who, **values):
    answer = make.api_client(who).post("/api/v1/calendar-links", values)
    assert answer.status_code == 201, answer.content
    return answer.json()


def read(client, url):
    return client.get("/" + url.split("/", 3)[3])


def events(answer):
    assert answer.status_code == 200, answer.content
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


def test_a_citizens_calendar_says_with_whom_and_where_and_not_what_for(booked, ana, client):
    link = make_link(ana)
    answer = read(client, link["url"])

    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    text = answer.content.decode()
    lines = text.replace("\r\n ", "").split("\r\n")
    assert lines[:4] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Lanh//Booking//EN", "CALSCALE:GREGORIAN"] or {
        "VERSION:2.0", "PRODID:-//Lanh//Booking//EN", "CALSCALE:GREGORIAN", "REFRESH-INTERVAL;VALUE=DURATION:PT1H"
    } <= set(lines)  # fmt: skip
    # 09:00 in Hà Nội on 26 March 2031 is 02:00 in UTC.
    for line in ("DTSTART:20310326T020000Z", "DTEND:20310326T022000Z", f"UID:{booked.pk}@localhost", "SEQUENCE:0",
                 "STATUS:CONFIRMED", "TRANSP:OPAQUE", "CLASS:PRIVATE"):  # fmt: skip
        assert line in lines, line
    (event,) = events(answer)
    assert "Trần Minh Bình" in event["SUMMARY"]
    assert f"/appointments/{booked.pk}/" in event["URL"]
    assert booked.reason not in text
    assert booked.visit_type.name_vi not in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_doctors_calendar_shows_initials_only(booked, ben, ana, client):
    link = make_link(ben)
    text = read(client, link["url"]).content.decode().replace("\r\n ", "")
    assert ana.full_name not in text
    assert booked.reason not in text
    assert "".join(f"{word[0]}." for word in ana.full_name.split()) in text
    assert link["practitioner"] == str(ben.pk)


def test_a_visit_called_off_keeps_its_identity_and_counts_up(booked, ana, client):
    link = make_link(ana)
    actions.cancel_appointment(appointment_id=booked.pk, by=make.actor_for(ana), now=make.NOW)
    (event,) = events(read(client, link["url"]))
    assert (event["UID"], event["SEQUENCE"], event["STATUS"], event["TRANSP"]) == (
        f"{booked.pk}@localhost", 1, "CANCELLED", "TRANSPARENT",
    )  # fmt: skip


def test_a_visit_that_moved_is_one_entry_with_a_higher_number(booked, schedule, visit_type, ana, client):
    """Moved twice: the first visit's identity, the last one's time."""
    link = make_link(ana)
    last = booked
    for clock in ("10:00", "11:00"):
        following = stage.book(schedule, visit_type, make.make_person(), at(clock))
        Appointment.objects.filter(pk=last.pk).update(status="rescheduled", rescheduled_at=make.NOW)
        Appointment.objects.filter(pk=following.pk).update(moved_from=last.pk, person=ana)
        last = following
    (event,) = events(read(client, link["url"]))
    assert (event["UID"], event["SEQUENCE"]) == (f"{booked.pk}@localhost", 4)
    assert event["DTSTART"].dt == at("11:00")


def test_what_is_only_held_or_long_over_is_left_out(schedule, visit_type, ana, client, clock):
    stage.hold(schedule, visit_type, ana, at("09:00"))
    link = make_link(ana)
    assert events(read(client, link["url"])) == []
    stage.book(schedule, visit_type, ana, at("10:00"))
    assert len(events(read(client, link["url"]))) == 1
    clock.move_to(make.NOW + timedelta(days=40))
    assert events(read(client, link["url"])) == []


def test_nothing_new_is_answered_without_a_body(booked, schedule, visit_type, ana, client):
    url = make_link(ana)["url"]
    first = read(client, url)
    path = "/" + url.split("/", 3)[3]
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    stage.book(schedule, visit_type, ana, at("11:00"))
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200
    assert client.head(path).status_code == 200
    assert client.post(path).status_code == 405
    assert "no-store" not in first.headers["Cache-Control"]
    assert CalendarLink.objects.get().read_at == make.NOW


def test_only_its_hash_is_kept_and_it_can_be_ended(booked, ana, client):
    link = make_link(ana)
    token = link["url"].rsplit("/", 1)[1].removesuffix(".ics")
    assert len(token) >= 40
    assert token not in str(CalendarLink.objects.values())
    api = make.api_client(ana)
    assert "url" not in api.get("/api/v1/calendar-links").json()["results"][0]

    assert api.delete(f"/api/v1/calendar-links/{link['id']}").status_code == 204
    assert api.delete(f"/api/v1/calendar-links/{link['id']}").status_code == 204
    gone, never = read(client, link["url"]), client.get("/calendar/unknown.ics")
    assert (gone.status_code, gone.content) == (never.status_code, never.content) == (404, b"Not found\n")
    assert api.get("/api/v1/calendar-links").json()["results"] == []


def test_eve_makes_none_for_ana_and_ends_none_of_hers(booked, ana, eve, client):
    link = make_link(ana)
    api = make.api_client(eve)
    before = list(CalendarLink.objects.values())
    assert api.post("/api/v1/calendar-links", {"person": str(ana.pk)}).status_code == 404
    assert api.delete(f"/api/v1/calendar-links/{link['id']}").status_code == 404
    browser = make.page_client(eve)
    assert browser.post(f"/profile/calendars/{link['id']}/revoke/").status_code == 404
    assert browser.post("/profile/calendars/make/", {"person": str(ana.pk)}).status_code == 404
    assert list(CalendarLink.objects.values()) == before
    assert len(events(read(client, link["url"]))) == 1
    assert events(read(client, make_link(eve)["url"])) == []


def test_it_ends_with_the_right_to_see(schedule, visit_type, ana, client):
    child = make.make_child(parent=ana)
    actions.book_appointment(
        appointment_id=stage.hold(schedule, visit_type, child, at("09:00"), by=make.actor_for(ana)).pk,
        by=SYSTEM,
        now=make.NOW,
    )
    link = make_link(ana, person=str(child.pk))
    assert len(events(read(client, link["url"]))) == 1
    Delegation.objects.update(revoked_at=make.NOW)
    assert read(client, link["url"]).status_code == 404


def test_a_closed_account_reads_nothing_more(booked, ana, client):
    link = make_link(ana)
    ana.user.is_active = False
    ana.user.save()
    assert read(client, link["url"]).status_code == 404


def test_nobody_needs_more_than_ten(ana):
    for _ in range(10):
        make_link(ana)
    assert make.api_client(ana).post("/api/v1/calendar-links", {}).json()["code"] == "too_many_calendars"


def test_pages_show_the_address_once(booked, ana, ben, client):
    for who, base in ((ana, "/profile/calendars/"), (ben, "/doctor/calendars/")):
        browser = make.page_client(who)
        page = browser.post(f"{base}make/").content.decode()
        address = page.split('id="address" value="')[1].split('"')[0]
        assert len(events(read(client, address))) == 1
        again = browser.get(base).content.decode()
        assert address not in again
        link = CalendarLink.objects.get(user_id=who.user_id)
        assert browser.post(f"{base}{link.pk}/revoke/").status_code == 302
        assert read(client, address).status_code == 404


def test_an_invitation_is_what_rfc_5546_asks_for(booked):
    entry = queries.discreet_entry_for(booked.pk, for_staff=False)
    method, content = ical.invitation(
        entry, organizer=ical.Party("Lành", "house@example.vn"), attendee=ical.Party("Nguyễn Thị An", "an@example.vn")
    )
    lines = content.decode().replace("\r\n ", "").split("\r\n")
    assert method == "REQUEST"
    assert "METHOD:REQUEST" in lines
    assert "ORGANIZER;CN=Lành:mailto:house@example.vn" in lines
    (guest,) = [line for line in lines if line.startswith("ATTENDEE")]
    assert guest.endswith(":mailto:an@example.vn")
    assert "PARTSTAT=ACCEPTED" in guest
    assert "Trần Minh Bình" not in content.decode()
    assert Calendar.from_ical(content)["METHOD"] == "REQUEST"


def test_clocks_of_other_zones_change_and_the_instant_stays():
    """A visit at nine in Berlin on both sides of the change of clocks: 08:00 and 07:00 UTC."""
    for day, hour in ((date(2031, 3, 29), 8), (date(2031, 3, 31), 7)):
        starts_at = make.at(day, "09:00", "Europe/Berlin")
        entry = ical.Entry(
            "x@y", 0, starts_at, starts_at + timedelta(minutes=20), "a", "", "b", "https://x", False, make.NOW
        )
        text = ical.calendar([entry], name="n", zone="Europe/Berlin").decode()
        assert f"DTSTART:{day:%Y%m%d}T{hour:02}0000Z" in text
        assert starts_at == datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
