"""Invitations: a link opens once, in one browser, for one call, and makes nobody of its holder anywhere else."""

from __future__ import annotations

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from audit import queries as audit_queries
from core.actor import Actor
from core.errors import NotAllowed, NotFound
from identity import access as identity_access
from identity.models import SocketTicket
from notifications.models import Attempt
from realtime import access, actions, queries
from realtime.errors import (
    InviteExpired,
    InviteUsed,
    InviteWithdrawn,
    NotAdmitted,
    PractitionerOnly,
    RoomOver,
    SeatTakenAway,
    TooManyInvites,
)
from realtime.models import ChatLine, Invite, Seat
from tests import make
from tests.jobs import run_jobs
from tests.realtime.conftest import make_room
from tests.realtime.test_join import arrive, call

pytestmark = pytest.mark.django_db
LAN = {"name": "Trần Thị Lan", "kind": "interpreter"}


def invited(room, by, **rest):
    return actions.invite(room_id=room.id, by=by, now=rest.pop("now", None) or timezone.now(), **{**LAN, **rest})


def token_of(made):
    return made.link.rstrip("/").rpartition("/")[2]


def opened(room, by, holder="the browser", **rest):
    """A guest who has opened their link."""
    made = invited(room, by, **rest)
    invite = actions.open_invite(token=token_of(made), holder=holder, now=timezone.now())
    return Actor.guest(invite.id, invite.name)


def seated(room, by_ben, **rest):
    """A guest in the waiting room."""
    guest = opened(room, by_ben, **rest)
    joined = actions.join(room_id=room.id, by=guest, now=timezone.now())
    arrive(room, guest)
    return guest, joined


def in_the_call(room, by_ben, **rest):
    actions.join(room_id=room.id, by=by_ben, now=timezone.now())
    arrive(room, by_ben)
    guest, joined = seated(room, by_ben, **rest)
    actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=by_ben, now=timezone.now())
    return guest, joined


def as_it_was():
    return (
        list(Invite.objects.order_by("pk").values()),
        list(Seat.objects.order_by("pk").values()),
        list(ChatLine.objects.order_by("pk").values()),
        SocketTicket.objects.count(),
    )


def test_the_link_is_kept_as_a_hash_only(room, by_ben):
    made = invited(room, by_ben)
    assert re.fullmatch(r"https?://[^/]+/join/[A-Za-z0-9_-]{32}/", made.link)
    row = Invite.objects.values().get()
    assert token_of(made) not in str(row) and len(row["token_hash"]) == 64
    assert row["invited_by_id"] == by_ben.user_id and row["opened_at"] is None


def test_a_guest_waits_is_let_in_and_everybody_sees_as_what(room, ana, by_ana, by_ben):
    call(room, by_ana, by_ben)
    guest, joined = seated(room, by_ben)
    assert joined.seat.state == "waiting" and joined.seat.user_id is None and joined.seat.invite_id == guest.user_id
    assert [one.name for one in queries.waiting_for(by_ben)] == [LAN["name"]]
    actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=by_ben, now=timezone.now())
    mine = Seat.objects.get(user_id=by_ana.user_id)
    (seen,) = [one for one in queries.seats_seen(queries.state_of(room), str(mine.id)) if one["role"] == "guest"]
    assert (seen["name"], seen["kind"], seen["state"]) == (LAN["name"], "interpreter", "admitted")
    actions.leave(room_id=room.id, by=guest, now=timezone.now())
    lines = {line.action: line for line in reversed(audit_queries.lines_about(ana.id))}  # the newest of each
    for action, role in (
        ("realtime.invite", "practitioner"),
        ("realtime.open_invite", "guest"),
        ("realtime.let_in", "practitioner"),
        ("realtime.leave", "guest"),
    ):
        assert lines[action].role == role, action
    assert lines["realtime.let_in"].detail == {"name": LAN["name"], "kind": "interpreter"}
    assert lines["realtime.leave"].name == LAN["name"]


def test_a_guest_alone_does_not_begin_the_visit(room, by_ben):
    in_the_call(room, by_ben)
    run_jobs()
    room.refresh_from_db()
    room.encounter.refresh_from_db()
    assert room.connected_at is None and room.encounter.status == "planned"


def test_a_station_nurse_begins_it_for_the_citizen_beside_her(room, by_ben):
    in_the_call(room, by_ben, kind="station_nurse")
    run_jobs(failures="keep")  # this room's appointment is made up: what follows for it is told in journeys
    room.refresh_from_db()
    room.encounter.refresh_from_db()
    assert room.connected_at is not None and room.encounter.status == "in_progress"


@pytest.mark.parametrize("stranger", ["by_eve", "by_dan", "by_cara"])
def test_a_stranger_invites_nobody(room, stranger, request):
    with pytest.raises(NotFound):
        invited(room, request.getfixturevalue(stranger))
    assert not Invite.objects.exists()


def test_the_citizen_and_a_guest_invite_nobody(room, by_ana, by_ben):
    guest, _ = in_the_call(room, by_ben)
    before = as_it_was()
    for by in (by_ana, guest):
        with pytest.raises(PractitionerOnly):
            invited(room, by)
        with pytest.raises(PractitionerOnly):
            actions.withdraw_invite(room_id=room.id, invite_id=guest.user_id, by=by, now=timezone.now())
    assert as_it_was() == before
    assert queries.invites_of(by_ana, room.id) == queries.invites_of(guest, room.id) == []


def test_invitations_are_not_without_end(room, by_ben):
    for _ in range(20):
        invited(room, by_ben)
    with pytest.raises(TooManyInvites):
        invited(room, by_ben)
    assert Invite.objects.count() == 20


def test_a_link_opens_once_but_the_same_browser_may_press_twice(room, by_ben):
    token = token_of(invited(room, by_ben))
    first = actions.open_invite(token=token, holder="one", now=timezone.now())
    before = as_it_was()
    with pytest.raises(InviteUsed):
        actions.open_invite(token=token, holder="two", now=timezone.now())
    assert actions.open_invite(token=token, holder="one", now=timezone.now()).opened_at == first.opened_at
    assert as_it_was() == before


def test_a_link_runs_out_after_hours_or_with_the_visit(room, by_ben):
    now = timezone.now()
    token = token_of(invited(room, by_ben, now=now))
    assert Invite.objects.get().expires_at == room.closes_at  # 80 minutes, sooner than four hours
    with pytest.raises(RoomOver):
        actions.open_invite(token=token, holder="one", now=room.closes_at)
    type(room).objects.update(closes_at=now + timedelta(hours=9))
    token = token_of(invited(room, by_ben, now=now))
    with pytest.raises(InviteExpired):
        actions.open_invite(token=token, holder="one", now=now + timedelta(hours=4))
    assert not Invite.objects.filter(opened_at__isnull=False).exists()
    assert actions.open_invite(token=token, holder="one", now=now + timedelta(hours=3, minutes=59)).opened_at


def test_after_the_visit_nothing_opens_and_nobody_is_invited(room, by_ben):
    guest, _ = in_the_call(room, by_ben)
    token = token_of(invited(room, by_ben))
    actions.close_room(encounter_id=room.encounter_id, by=Actor.system("consultation"), now=timezone.now())
    before = as_it_was()
    with pytest.raises(RoomOver):
        actions.open_invite(token=token, holder="x", now=timezone.now())
    with pytest.raises(RoomOver):
        invited(room, by_ben)
    with pytest.raises(RoomOver):
        actions.join(room_id=room.id, by=guest, now=timezone.now())
    assert as_it_was() == before


def test_taken_back_before_it_was_opened(room, by_ben):
    made = invited(room, by_ben)
    for _ in range(2):
        actions.withdraw_invite(room_id=room.id, invite_id=made.invite.id, by=by_ben, now=timezone.now())
    with pytest.raises(InviteWithdrawn):
        actions.open_invite(token=token_of(made), holder="x", now=timezone.now())
    assert Invite.objects.get().opened_at is None


def test_taken_back_in_the_call_the_guest_is_out(room, by_ben):
    guest, joined = in_the_call(room, by_ben)
    socket_id = arrive(room, guest)
    actions.withdraw_invite(room_id=room.id, invite_id=guest.user_id, by=by_ben, now=timezone.now())
    joined.seat.refresh_from_db()
    assert joined.seat.state == "removed"
    assert not actions.keep_alive(room_id=room.id, socket_id=socket_id, by=guest, now=timezone.now())
    with pytest.raises(NotFound):
        actions.join(room_id=room.id, by=guest, now=timezone.now(), resume_token=joined.resume_token)


def test_an_invitation_is_taken_back_in_its_own_room_only(room, child, ben, by_ben):
    made = invited(room, by_ben)
    other = make_room(person=child, practitioner=ben)
    for room_id, invite_id in ((other.id, made.invite.id), (room.id, uuid4())):
        with pytest.raises(NotFound):
            actions.withdraw_invite(room_id=room_id, invite_id=invite_id, by=by_ben, now=timezone.now())
    assert Invite.objects.get().withdrawn_at is None


def test_a_removed_guest_does_not_come_back_by_the_same_invitation(room, by_ben):
    guest, joined = in_the_call(room, by_ben)
    actions.remove(room_id=room.id, seat_id=joined.seat.id, by=by_ben, now=timezone.now())
    with pytest.raises(SeatTakenAway):
        actions.join(room_id=room.id, by=guest, now=timezone.now(), resume_token=joined.resume_token)


def test_a_lost_line_gives_the_guest_the_same_seat_back(room, by_ben):
    guest, joined = in_the_call(room, by_ben)
    again = actions.join(room_id=room.id, by=guest, now=timezone.now(), resume_token=joined.resume_token)
    assert again.seat == joined.seat and again.seat.state == "admitted"
    assert actions.join(room_id=room.id, by=guest, now=timezone.now()).seat.state == "waiting"


def test_an_invitation_not_opened_is_no_guest(room, by_ben):
    made = invited(room, by_ben)
    with pytest.raises(NotFound):
        actions.join(room_id=room.id, by=Actor.guest(made.invite.id, "x"), now=timezone.now())


def test_a_guest_is_nobody_elsewhere(room, child, ana, ben, by_ana, by_ben):
    call(room, by_ana, by_ben)
    actions.say(room_id=room.id, text="Tôi bị đau đầu", by=by_ana, now=timezone.now())
    guest, joined = seated(room, by_ben)
    other = make_room(person=child, practitioner=ben)
    mine = Seat.objects.get(user_id=by_ana.user_id)
    before = as_it_was()
    tries = [
        lambda: actions.say(room_id=room.id, text="x", by=guest, now=timezone.now()),
        lambda: actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=guest, now=timezone.now()),
        lambda: actions.remove(room_id=room.id, seat_id=mine.id, by=guest, now=timezone.now()),
        lambda: actions.mute(room_id=room.id, seat_id=mine.id, by=guest, now=timezone.now()),
        lambda: actions.join(room_id=other.id, by=guest, now=timezone.now()),
        lambda: actions.arrive(room_id=other.id, socket_id=uuid4(), page="", by=guest, now=timezone.now()),
        lambda: access.get_room_of(guest, other.encounter_id),
        lambda: identity_access.get_person(guest, ana.id),
        lambda: identity_access.require_facility(guest, room.encounter.facility_id),
    ]
    for act in tries:
        with pytest.raises((NotAdmitted, PractitionerOnly, NotFound, NotAllowed)):
            act()
    assert as_it_was() == before
    assert queries.waiting_for(guest) == []


def test_where_it_was_asked_for_the_link_is_sent_once_without_a_clinical_word(room, ana, ben, by_ben):
    made = invited(room, by_ben, phone="+84912345678", email="lan@example.org")
    from procrastinate.contrib.django.models import ProcrastinateJob

    assert token_of(made) not in str(list(ProcrastinateJob.objects.values_list("args", flat=True)))
    run_jobs()
    run_jobs()
    sent = {one.carrier: one for one in Attempt.objects.filter(kind="call_invitation")}
    assert {name: one.to for name, one in sent.items()} == {"sms": "+84912345678", "email": "lan@example.org"}
    for one in sent.values():
        assert one.status == "sent" and one.sent_at
        for secret in (ana.full_name, ben.display_name, room.encounter.facility.name):
            assert secret not in one.body + one.subject


def test_taken_back_before_it_was_sent_it_is_not_sent(room, by_ben):
    made = invited(room, by_ben, phone="+84912345678")
    actions.withdraw_invite(room_id=room.id, invite_id=made.invite.id, by=by_ben, now=timezone.now())
    run_jobs()
    assert not Attempt.objects.exists()


# ---- the doors


def test_the_doctors_doors(room, ana_api, ben_api, eve_api, dan_api, nobody_api):
    address = f"/api/v1/rooms/{room.id}/invites"
    for api, status in ((eve_api, 403), (ana_api, 403), (dan_api, 403), (nobody_api, 401)):
        assert api.post(address, LAN).status_code == status
        assert api.get(address).status_code == status
    stranger = make.api_client(make.make_practitioner(facility=room.encounter.facility, full_name="Lê Văn Khác"))
    assert stranger.post(address, LAN).status_code == stranger.get(address).status_code == 404
    for wrong in ({"kind": "interpreter"}, {**LAN, "kind": "boss"}, {**LAN, "phone": "12"}, {**LAN, "email": "x"}):
        assert ben_api.post(address, wrong).status_code == 422
    assert not Invite.objects.exists()

    made = ben_api.post(address, {**LAN, "phone": "0912 345 678"})
    assert made.status_code == 201 and "/join/" in made.json()["link"]
    assert Invite.objects.get().phone == "+84912345678"
    (row,) = ben_api.get(address).json()["results"]
    assert row["status"] == "open" and "link" not in row
    assert stranger.post(f"{address}/{row['id']}/withdraw").status_code == 404
    assert ben_api.post(f"{address}/{row['id']}/withdraw").json()["status"] == "withdrawn"


def press(browser, link):
    return browser.post(link)


@pytest.fixture
def link(room, by_ben):
    return "/join/" + token_of(invited(room, by_ben)) + "/"


def test_looking_at_a_link_does_not_open_it(link, ben):
    for _ in range(2):
        page = Client().get(link)
        assert page.status_code == 200 and ben.display_name in page.content.decode()
        assert "no-store" in page.headers["Cache-Control"]
    assert Invite.objects.get().opened_at is None


def test_the_page_names_the_guest_but_not_the_citizen(link, room, ana):
    browser = Client()
    first = browser.get(link).content.decode()
    assert press(browser, link).status_code == 302
    page = browser.get(link).content.decode()
    assert "<video-call" in page and LAN["name"] in page and 'role-in="guest"' in page
    for text in (first, page):
        assert ana.full_name not in text


def test_the_cookie_is_for_this_link_only_and_out_of_reach_of_scripts(link):
    browser = Client()
    press(browser, link)
    cookie = browser.cookies["lanh_guest"]
    assert cookie["path"] == link and cookie["httponly"] and cookie["samesite"] == "Lax"
    assert browser.get(link).status_code == 200
    cookie.set("lanh_guest", "forged" + cookie.value, "forged" + cookie.coded_value)
    assert browser.get(link).status_code == 409


def test_a_second_browser_reads_that_it_is_used(link):
    press(Client(), link)
    other = Client()
    assert other.get(link).status_code == press(other, link).status_code == 409
    assert other.post(link + "seat", {}, content_type="application/json").status_code == 404
    assert not Seat.objects.exists()


def test_an_answer_lost_on_the_way_locks_nobody_out(link):
    browser = Client()
    browser.get(link)
    held = browser.cookies["lanh_guest"].value
    press(browser, link)
    browser.cookies["lanh_guest"] = held  # what the browser knows when the answer never came
    assert press(browser, link).status_code == 302
    assert "<video-call" in browser.get(link).content.decode()


def test_a_seat_by_the_door_of_the_link(link, room):
    browser = Client()
    browser.get(link)
    assert browser.post(link + "seat", {}, content_type="application/json").status_code == 404  # not opened yet
    press(browser, link)
    seat = browser.post(link + "seat", {}, content_type="application/json").json()
    assert (seat["role"], seat["state"], seat["ice_servers"]) == ("guest", "waiting", [])
    assert seat["socket_url"].endswith(f"/ws/v1/rooms/{room.id}")
    assert SocketTicket.objects.get().scope == f"room:{room.id}"


def test_another_site_cannot_take_the_seat(link):
    browser = Client(enforce_csrf_checks=True)
    browser.get(link)
    assert browser.post(link).status_code == 403
    assert browser.post(link + "seat", {}, content_type="application/json").status_code == 403
    assert Invite.objects.get().opened_at is None and not Seat.objects.exists()


def test_the_guests_browser_is_nobody_at_every_other_door(link, room, ana):
    browser = Client()
    press(browser, link)
    assert browser.post(link + "seat", {}, content_type="application/json").status_code == 200
    before = as_it_was()
    for address in (
        f"/api/v1/rooms/{room.id}",
        f"/api/v1/rooms/{room.id}/invites",
        f"/api/v1/encounters/{room.encounter_id}",
        f"/api/v1/encounters/{room.encounter_id}/room",
        f"/api/v1/people/{ana.id}/record/summary",
        "/api/v1/appointments",
        "/api/v1/me",
    ):
        assert browser.get(address).status_code == 401, address
    for address, body in (
        (f"/api/v1/rooms/{room.id}/join", {}),
        (f"/api/v1/rooms/{room.id}/invites", LAN),
        ("/api/v1/socket-tickets", {"scope": f"room:{room.id}"}),
    ):
        assert browser.post(address, body, content_type="application/json").status_code in {401, 404}, address
    for address in (f"/visits/{room.encounter_id}/", f"/doctor/visits/{room.encounter_id}/", "/record/"):
        assert browser.get(address).status_code == 302, address
    assert as_it_was() == before


@pytest.mark.parametrize("token", ["x", "0" * 32, "ư" * 8, "a" * 4000])
def test_a_guessed_link_is_not_there(room, by_ben, token):
    invited(room, by_ben)
    assert Client().get(f"/join/{token}/").status_code == 404
    assert Client().post(f"/join/{token}/").status_code == 404
    assert Client().post(f"/join/{token}/seat", {}, content_type="application/json").status_code == 404


def test_withdrawn_and_over_are_said_in_words(link, room, by_ben):
    browser = Client()
    press(browser, link)
    invite = Invite.objects.get()
    actions.withdraw_invite(room_id=room.id, invite_id=invite.id, by=by_ben, now=timezone.now())
    for one in (browser, Client()):
        assert one.get(link).status_code == 403
    Invite.objects.update(withdrawn_at=None)
    actions.close_room(encounter_id=room.encounter_id, by=Actor.system("consultation"), now=timezone.now())
    assert browser.get(link).status_code == 200  # the page of a visit that is over
    assert Client().get(link).status_code == 409
