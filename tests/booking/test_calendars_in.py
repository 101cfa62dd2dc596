"""Other calendars that close a schedule: what is busy in them, how they are fetched, and what stays untouched."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from booking import actions, busy
from booking import days as projection
from booking.models import BusyFeed, Closure
from core import outbound
from tests import make
from tests.booking import stage
from tests.booking.stage import SYSTEM, at
from tests.jobs import run_jobs

ZONE = "Asia/Ho_Chi_Minh"
SINCE = make.NOW  # Tuesday 25 March 2031, 14:00 in Hà Nội
UNTIL = SINCE + timedelta(days=90)


def ics(*events, head=""):
    body = "".join(
        f"BEGIN:VEVENT\r\nDTSTAMP:20310101T000000Z\r\n{one.strip()}\r\nEND:VEVENT\r\n".replace("\n ", "\n")
        for one in events
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//x//EN\r\n{head}{body}END:VCALENDAR\r\n".encode()


def spans(*events, head="", zone=ZONE):
    found = busy.busy_times(ics(*events, head=head), zone=zone, since=SINCE, until=UNTIL)
    return [(f"{one.starts_at:%m-%d %H:%M}", f"{one.ends_at:%m-%d %H:%M}") for one in found]


def test_one_event_in_utc_in_a_zone_and_on_the_wall():
    assert spans("UID:a\nDTSTART:20310326T020000Z\nDTEND:20310326T030000Z") == [("03-26 02:00", "03-26 03:00")]
    berlin = "UID:a\nDTSTART;TZID=Europe/Berlin:20310326T090000\nDURATION:PT90M"  # winter time still: 08:00 UTC
    assert spans(berlin) == [("03-26 08:00", "03-26 09:30")]
    floating = "UID:a\nDTSTART:20310326T090000\nDTEND:20310326T100000"
    assert spans(floating) == [("03-26 02:00", "03-26 03:00")]
    assert spans(floating, head="X-WR-TIMEZONE:Europe/Berlin\r\n") == [("03-26 08:00", "03-26 09:00")]


def test_all_day_is_the_clinics_whole_day():
    assert spans("UID:a\nDTSTART;VALUE=DATE:20310326") == [("03-25 17:00", "03-26 17:00")]
    assert spans("UID:a\nDTSTART;VALUE=DATE:20310326\nDTEND;VALUE=DATE:20310328") == [("03-25 17:00", "03-27 17:00")]


@pytest.mark.parametrize(
    "line", ["TRANSP:TRANSPARENT", "STATUS:CANCELLED", "X-MICROSOFT-CDO-BUSYSTATUS:FREE"], ids=lambda one: one[:6]
)
def test_what_is_free_does_not_count(line):
    assert spans(f"UID:a\nDTSTART:20310326T020000Z\nDTEND:20310326T030000Z\n{line}") == []


def test_over_or_far_away_is_left_out_and_what_runs_counts():
    assert spans("UID:a\nDTSTART:20310301T020000Z\nDTEND:20310301T030000Z") == []
    assert spans("UID:a\nDTSTART:20320301T020000Z\nDTEND:20320301T030000Z") == []
    assert spans("UID:a\nDTSTART:20310324T000000Z\nDTEND:20310330T000000Z") == [("03-24 00:00", "03-30 00:00")]


def test_repeats_in_wall_time_across_the_change_of_clocks():
    """Sunday 30 March 2031 Berlin goes from UTC+1 to UTC+2; nine in the morning stays nine."""
    first = "DTSTART;TZID=Europe/Berlin:20310303T090000\nDTEND;TZID=Europe/Berlin:20310303T100000"
    weekly = f"UID:a\n{first}\nRRULE:FREQ=WEEKLY;BYDAY=FR,MO;UNTIL=20310404T070000Z"
    assert spans(weekly) == [
        ("03-28 08:00", "03-28 09:00"),
        ("03-31 07:00", "03-31 08:00"),
        ("04-04 07:00", "04-04 08:00"),
    ]


def test_single_occurrences_may_be_left_out_added_moved_or_called_off():
    rule = "UID:a\nDTSTART:20310326T020000Z\nDTEND:20310326T030000Z\nRRULE:FREQ=DAILY;COUNT=5"
    rule += "\nEXDATE:20310327T020000Z\nRDATE:20310410T020000Z"
    moved = "UID:a\nRECURRENCE-ID:20310328T020000Z\nDTSTART:20310328T050000Z\nDTEND:20310328T060000Z"
    off = "UID:a\nRECURRENCE-ID:20310329T020000Z\nDTSTART:20310329T020000Z\nDTEND:20310329T030000Z\nSTATUS:CANCELLED"
    assert [start for start, _end in spans(rule, moved, off)] == [
        "03-26 02:00",
        "03-28 05:00",
        "03-30 02:00",
        "04-10 02:00",
    ]


def test_repeats_stop_after_ninety_days_and_begin_with_what_runs():
    endless = spans("UID:a\nDTSTART;VALUE=DATE:20200101\nRRULE:FREQ=DAILY")
    assert endless[0] == ("03-24 17:00", "03-25 17:00")
    assert len(endless) == 91
    last_of_month = spans("UID:a\nDTSTART;VALUE=DATE:20300131\nRRULE:FREQ=MONTHLY;BYMONTHDAY=-1")
    assert [start for start, _end in last_of_month] == ["03-30 17:00", "04-29 17:00", "05-30 17:00"]


def test_blocks_of_free_busy_count():
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:x", "BEGIN:VFREEBUSY", "UID:f", "FREEBUSY:20310326T020000Z/PT1H",
             "FREEBUSY;FBTYPE=FREE:20310327T020000Z/PT1H", "END:VFREEBUSY", "END:VCALENDAR", ""]  # fmt: skip
    block = "\r\n".join(lines).encode()
    found = busy.busy_times(block, zone=ZONE, since=SINCE, until=UNTIL)
    assert [(one.starts_at, one.ends_at) for one in found] == [
        (datetime(2031, 3, 26, 2, tzinfo=UTC), datetime(2031, 3, 26, 3, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "not_a_calendar"),
        (b"<html>sign in</html>", "not_a_calendar"),
        (b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\n", "not_a_calendar"),
        (ics("UID:a\nDTSTART:yesterday"), "not_a_calendar"),
        (b"BEGIN:VCALENDAR" + b"x" * busy.MOST_BYTES, "calendar_too_large"),
        (ics("UID:a\nDTSTART:20310101T000000Z\nDURATION:PT1S\nRRULE:FREQ=SECONDLY"), "calendar_too_busy"),
        (
            ics(*[f"UID:{n}\nDTSTART:20310401T000000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY" for n in range(60)]),
            "calendar_too_busy",
        ),
    ],
)
def test_what_cannot_be_followed_says_why(content, code):
    with pytest.raises(busy.CalendarProblem) as caught:
        busy.busy_times(content, zone=ZONE, since=SINCE, until=UNTIL)
    assert caught.value.code == code


# ---- with the database


class Shelf(http.server.BaseHTTPRequestHandler):
    """Another system's calendar: what a test puts on it."""

    content, status, headers_out, asked = b"", 200, {}, []

    def do_GET(self):
        Shelf.asked.append((self.path, dict(self.headers)))
        same = self.headers.get("If-None-Match") == Shelf.headers_out.get("ETag", "-")
        self.send_response(304 if same else Shelf.status)
        for name, value in Shelf.headers_out.items():
            self.send_header(name, value)
        self.end_headers()
        if not same:
            self.wfile.write(Shelf.content)

    def log_message(self, *_):
        pass


@pytest.fixture
def shelf(settings) -> Iterator[str]:
    settings.OUTBOUND_PRIVATE_ALLOWED = True
    Shelf.content, Shelf.status, Shelf.headers_out, Shelf.asked = b"", 200, {}, []
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Shelf)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/calendar.ics"
    server.shutdown()
    server.server_close()


def event(uid="a", start="20310326T020000Z", end="20310326T030000Z", more=""):
    return f"UID:{uid}\nDTSTART:{start}\nDTEND:{end}\nSUMMARY:Họp kín{more}"


def closed():
    return [(one.feed_uid, one.starts_at, one.ends_at) for one in Closure.objects.order_by("during")]


def follow(dan, schedule, url):
    answer = make.api_client(dan).post(f"/api/v1/schedules/{schedule.pk}/calendars", {"url": url, "name": "Google"})
    assert answer.status_code == 201, answer.content
    run_jobs()
    return BusyFeed.objects.get(pk=answer.json()["id"])


@pytest.mark.django_db
@pytest.mark.usefixtures("clock")
class TestFollowing:
    def test_busy_times_close_the_schedule_and_follow_what_changes(self, schedule, dan, shelf):
        Shelf.content = ics(event(), event("b", "20310327T020000Z", "20310327T030000Z"))
        feed = follow(dan, schedule, shelf)
        assert closed() == [
            ("a", at("09:00"), at("10:00")),
            ("b", at("09:00", date(2031, 3, 27)), at("10:00", date(2031, 3, 27))),
        ]
        first = Closure.objects.get(feed_uid="a")
        assert (first.source, first.reason) == ("calendar", "")  # what it is called stays there
        assert projection.check(now=make.NOW) == []

        Shelf.content = ics(event("a", "20310326T040000Z", "20310326T050000Z"))
        actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW)
        assert closed() == [("a", at("11:00"), at("12:00"))]
        assert Closure.objects.get().pk == first.pk
        rows = list(Closure.objects.values())
        actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW)
        assert list(Closure.objects.values()) == rows
        assert projection.check(now=make.NOW) == []

    def test_what_was_agreed_stays_and_is_shown(self, schedule, visit_type, ana, dan, shelf):
        visit = stage.book(schedule, visit_type, ana, at("09:00"))
        Shelf.content = ics(event())
        feed = follow(dan, schedule, shelf)
        visit.refresh_from_db()
        assert visit.status == "booked"
        page = make.page_client(dan).get(f"/hospital/schedules/{schedule.pk}/calendars/").content.decode()
        assert ana.full_name in page
        Shelf.content = ics(event("b", "20310327T020000Z", "20310327T030000Z"))
        actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW)
        page = make.page_client(dan).get(f"/hospital/schedules/{schedule.pk}/calendars/").content.decode()
        assert ana.full_name not in page

    def test_nothing_new_is_not_sent_again_and_days_move_on(self, schedule, dan, shelf):
        Shelf.content, Shelf.headers_out = ics(event(more="\nRRULE:FREQ=DAILY")), {"ETag": '"v1"'}
        feed = follow(dan, schedule, shelf)
        assert len(closed()) == 90
        last = closed()[-1][1]
        actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW + timedelta(days=2))
        assert Shelf.asked[-1][1]["If-None-Match"] == '"v1"'
        assert closed()[-1][1] == last + timedelta(days=2)

    @pytest.mark.parametrize(("status", "problem"), [(500, "no_answer"), (404, "gone"), (403, "no_answer")])
    def test_what_cannot_be_read_leaves_things_as_they_were(self, schedule, dan, shelf, status, problem):
        Shelf.content = ics(event())
        feed = follow(dan, schedule, shelf)
        before = closed()
        Shelf.status = status
        feed = actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW)
        assert (feed.problem, closed()) == (problem, before)
        Shelf.status, Shelf.content = 200, b"<html>"
        feed = actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW)
        assert (feed.problem, closed()) == ("not_a_calendar", before)
        Shelf.content = ics(event())
        assert actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW).problem == ""

    def test_each_redirect_is_looked_at(self, schedule, dan, shelf, monkeypatch):
        Shelf.content = ics(event())
        feed = follow(dan, schedule, shelf)
        Shelf.status, Shelf.headers_out = 302, {"Location": "/elsewhere"}
        assert actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW).problem == "no_answer"  # for ever
        assert len([path for path, _headers in Shelf.asked if path == "/elsewhere"]) == 3
        Shelf.headers_out = {"Location": "http://169.254.169.254/latest/meta-data/"}
        assert actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW).problem == "address_refused"
        assert len(closed()) == 1

    @pytest.mark.parametrize(
        "url",
        ["http://example.com/a.ics", "https://127.0.0.1/a.ics", "https://[::1]/a.ics", "https://10.0.0.1/", "https://localhost/x",
         "https://169.254.169.254/", "file:///etc/passwd", "ftp://example.com/a", "https://user:pw@example.com/", "https://", "x"],
    )  # fmt: skip
    def test_only_public_addresses_may_be_typed_in(self, schedule, dan, settings, url, monkeypatch):
        settings.OUTBOUND_PRIVATE_ALLOWED = False
        monkeypatch.setattr(outbound, "fetch", lambda *_, **__: pytest.fail("went out"))
        answer = make.api_client(dan).post(f"/api/v1/schedules/{schedule.pk}/calendars", {"url": url})
        assert answer.status_code == 422, answer.content
        assert BusyFeed.objects.count() == 0

    def test_a_name_that_leads_inside_later_is_not_gone_to(self, schedule, dan, settings, monkeypatch):
        settings.OUTBOUND_PRIVATE_ALLOWED = False
        inside = [(2, 1, 6, "", ("10.1.2.3", 443))]
        monkeypatch.setattr(outbound.socket, "getaddrinfo", lambda *_, **__: inside)
        monkeypatch.setattr(outbound.socket, "create_connection", lambda *_, **__: pytest.fail("connected"))
        feed = follow(dan, schedule, "https://calendar.example.com/a.ics")
        assert (feed.problem, closed()) == ("address_refused", [])

    def test_the_same_address_twice_is_once_and_webcal_is_https(self, schedule, dan, monkeypatch):
        monkeypatch.setattr(outbound, "fetch", lambda *_, **__: outbound.Answer(200, {}, ics(event())))
        one = follow(dan, schedule, "webcal://calendar.example.com/a.ics")
        assert one.url == "https://calendar.example.com/a.ics"
        assert follow(dan, schedule, one.url).pk == one.pk

    def test_a_file_is_followed_too_and_moves_on(self, schedule, dan):
        from django.core.files.uploadedfile import SimpleUploadedFile

        browser = make.page_client(dan)
        path = f"/hospital/schedules/{schedule.pk}/calendars/"
        content = ics(event(more="\nRRULE:FREQ=WEEKLY"))
        assert browser.post(path, {"file": SimpleUploadedFile("trực.ics", content)}).status_code == 302
        run_jobs()
        assert len(closed()) == 13
        assert browser.post(path, {"file": SimpleUploadedFile("x.ics", b"hello")}).status_code == 422
        assert browser.post(path, {}).status_code == 422
        feed = BusyFeed.objects.get()
        actions.read_feed(feed_id=feed.pk, by=SYSTEM, now=make.NOW + timedelta(days=7))
        assert closed()[-1][1] == at("09:00") + timedelta(days=91)

    def test_followed_no_longer_everything_is_open_again(self, schedule, dan, ben, shelf):
        Shelf.content = ics(event())
        feed = follow(dan, schedule, shelf)
        assert make.api_client(ben).delete(f"/api/v1/followed-calendars/{feed.pk}").status_code == 204
        assert (closed(), BusyFeed.objects.count()) == ([], 0)
        assert projection.check(now=make.NOW) == []

    def test_strangers_follow_nothing_and_remove_nothing(self, schedule, dan, ana, eve, shelf):
        Shelf.content = ics(event())
        feed = follow(dan, schedule, shelf)
        other = make.make_desk(facility=make.make_facility(name="Bệnh viện Núi Tản"))
        colleague = make.make_practitioner(facility=schedule.facility)
        before = (closed(), list(BusyFeed.objects.values("pk", "url")))
        for who, status in ((other, 404), (colleague, 404), (ana, 403), (eve, 403)):
            api = make.api_client(who)
            assert api.post(f"/api/v1/schedules/{schedule.pk}/calendars", {"url": shelf}).status_code == status
            assert api.get(f"/api/v1/schedules/{schedule.pk}/calendars").status_code == status
            assert api.delete(f"/api/v1/followed-calendars/{feed.pk}").status_code == status
        assert make.page_client(other).get(f"/hospital/schedules/{schedule.pk}/calendars/").status_code == 404
        assert make.page_client(colleague).post(f"/doctor/followed/{feed.pk}/remove/").status_code == 404
        assert (closed(), list(BusyFeed.objects.values("pk", "url"))) == before

    def test_each_is_read_again_every_quarter_of_an_hour(self, schedule, dan, shelf, clock):
        from booking import tasks

        Shelf.content = ics(event())
        follow(dan, schedule, shelf)
        tasks.read_feeds(int(make.NOW.timestamp()))
        assert run_jobs() == []
        clock.move_to(make.NOW + timedelta(minutes=15))
        tasks.read_feeds(int((make.NOW + timedelta(minutes=15)).timestamp()))
        assert run_jobs() == ["booking.tasks.read_feed"]
