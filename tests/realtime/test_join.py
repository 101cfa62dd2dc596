"""Taking a seat: who may, when, and how one gets it back."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit import queries as audit_queries
from core.actor import Actor
from core.errors import NotFound
from realtime import actions, queries
from realtime.errors import NoSuchSeat, PractitionerOnly, RoomNotOpen, RoomOver, SeatTakenAway
from realtime.models import ChatLine, EvidenceRow, Presence, Room, Seat
from tests import make

pytestmark = pytest.mark.django_db


def join(room, by, **rest):
    return actions.join(room_id=room.id, by=by, now=rest.pop("now", None) or timezone.now(), **rest)


def arrive(room, by, now=None):
    socket_id = uuid4()
    actions.arrive(room_id=room.id, socket_id=socket_id, page="p", by=by, now=now or timezone.now())
    return socket_id


def call(room, by_ana, by_ben):
    """Both in the call; returns ana's Joined and her socket."""
    join(room, by_ben)
    arrive(room, by_ben)
    joined = join(room, by_ana)
    socket_id = arrive(room, by_ana)
    actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=by_ben, now=timezone.now())
    return joined, socket_id


def test_opening_twice_is_one_room(room):
    again = actions.open_room(
        encounter_id=room.encounter_id,
        opens_at=room.opens_at,
        closes_at=room.closes_at,
        by=Actor.system("x"),
        now=timezone.now(),
    )
    assert again == room and Room.objects.count() == 1


def test_the_citizen_waits_and_the_doctor_is_in(room, by_ana, by_ben):
    assert join(room, by_ana).seat.state == "waiting"
    assert join(room, by_ben).seat.state == "admitted"


def test_joining_again_is_the_same_seat(room, by_ana):
    assert join(room, by_ana).seat == join(room, by_ana).seat
    assert Seat.objects.count() == 1


def test_a_parent_sits_for_their_child(child, ben, by_ana, by_eve):
    from tests.realtime.conftest import make_room

    room = make_room(person=child, practitioner=ben)
    assert join(room, by_ana).seat.name == by_ana.name
    with pytest.raises(NotFound):
        join(room, by_eve)


@pytest.mark.parametrize("stranger", ["by_eve", "by_dan", "by_cara"])
def test_a_stranger_cannot_tell_whether_it_exists(room, stranger, request):
    by = request.getfixturevalue(stranger)
    for room_id in (room.id, uuid4()):
        with pytest.raises(NotFound):
            actions.join(room_id=room_id, by=by, now=timezone.now())
        with pytest.raises(NotFound):
            actions.arrive(room_id=room_id, socket_id=uuid4(), page="", by=by, now=timezone.now())
        with pytest.raises(NotFound):
            actions.let_in(room_id=room_id, seat_id=uuid4(), by=by, now=timezone.now())
    assert not Seat.objects.exists() and not Presence.objects.exists()


def test_another_doctor_is_a_stranger(room, hospital):
    from tests import make

    with pytest.raises(NotFound):
        join(room, make.actor_for(make.make_practitioner(facility=hospital, full_name="Lê Văn Khác")))


def test_too_early_and_too_late(room, by_ana):
    with pytest.raises(RoomNotOpen) as early:
        join(room, by_ana, now=room.opens_at - timedelta(seconds=1))
    assert early.value.fields["opens_at"] == [room.opens_at.isoformat()]
    with pytest.raises(RoomOver):
        join(room, by_ana, now=room.closes_at)
    assert not Seat.objects.exists()


def test_a_socket_needs_a_seat_first(room, by_ana):
    with pytest.raises(NoSuchSeat):
        arrive(room, by_ana)


def test_letting_in_is_audited_and_stamps_the_room(room, ana, by_ana, by_ben):
    joined, _ = call(room, by_ana, by_ben)
    room.refresh_from_db()
    joined.seat.refresh_from_db()
    assert joined.seat.state == "admitted" and room.connected_at
    actions_seen = [line.action for line in audit_queries.lines_about(ana.id)]
    assert "realtime.let_in" in actions_seen and "realtime.join" in actions_seen


def test_who_waits_is_listed_for_the_doctor_only(room, by_ana, by_ben, by_eve):
    joined = join(room, by_ana)
    assert queries.waiting_for(by_ben) == []  # not connected yet
    arrive(room, by_ana)
    (waiting,) = queries.waiting_for(by_ben)
    assert waiting.seat_id == joined.seat.id and waiting.since
    assert queries.waiting_for(by_ana) == queries.waiting_for(by_eve) == []
    actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=_in(room, by_ben), now=timezone.now())
    assert queries.waiting_for(by_ben) == []


def _in(room, by_ben):
    join(room, by_ben)
    return by_ben


def test_a_citizen_lets_nobody_in(room, by_ana):
    joined = join(room, by_ana)
    with pytest.raises(PractitionerOnly):
        actions.let_in(room_id=room.id, seat_id=joined.seat.id, by=by_ana, now=timezone.now())
    joined.seat.refresh_from_db()
    assert joined.seat.state == "waiting"


def test_a_lost_line_comes_back_to_the_same_seat_in_the_call(room, by_ana, by_ben):
    joined, socket_id = call(room, by_ana, by_ben)
    actions.depart(socket_id=socket_id, why="lost", now=timezone.now())
    again = join(room, by_ana, resume_token=joined.resume_token)
    assert again.seat == joined.seat and again.seat.state == "admitted"
    assert again.resume_token == joined.resume_token


def test_a_killed_process_leaves_a_seat_that_can_be_resumed(room, by_ana, by_ben):
    joined, old = call(room, by_ana, by_ben)  # nobody says that the socket is gone
    join(room, by_ana, resume_token=joined.resume_token)
    new = arrive(room, by_ana)
    assert Presence.objects.get(socket_id=old).why == "displaced"
    assert Presence.objects.get(socket_id=new).left_at is None
    assert Presence.objects.get(socket_id=new).admitted


@pytest.mark.parametrize("token", ["", "wrong", "x" * 100])
def test_without_the_token_one_waits_again(room, by_ana, by_ben, token):
    call(room, by_ana, by_ben)
    assert join(room, by_ana, resume_token=token).seat.state == "waiting"


def test_the_token_is_good_for_two_minutes(room, by_ana, by_ben):
    joined, socket_id = call(room, by_ana, by_ben)
    left = timezone.now()
    actions.depart(socket_id=socket_id, why="lost", now=left)
    late = left + timedelta(minutes=2, seconds=1)
    assert join(room, by_ana, resume_token=joined.resume_token, now=late).seat.state == "waiting"


def test_hanging_up_ends_the_right_to_resume(room, by_ana, by_ben):
    joined, _ = call(room, by_ana, by_ben)
    actions.leave(room_id=room.id, by=by_ana, now=timezone.now())
    actions.leave(room_id=room.id, by=by_ana, now=timezone.now())
    assert join(room, by_ana, resume_token=joined.resume_token).seat.state == "waiting"


def test_who_was_removed_stays_out(room, by_ana, by_ben):
    joined, _ = call(room, by_ana, by_ben)
    actions.remove(room_id=room.id, seat_id=joined.seat.id, by=by_ben, now=timezone.now())
    with pytest.raises(SeatTakenAway):
        join(room, by_ana, resume_token=joined.resume_token)


def test_a_line_sent_twice_is_one_line(room, by_ana, by_ben):
    call(room, by_ana, by_ben)
    for _ in range(2):
        actions.say(room_id=room.id, text="Tôi bị đau đầu", client_id="c1", by=by_ana, now=timezone.now())
    actions.say(room_id=room.id, text="Từ khi nào?", client_id="c1", by=by_ben, now=timezone.now())
    assert ChatLine.objects.count() == 2


def test_closing_ends_all_and_is_repeatable(room, by_ana, by_ben):
    call(room, by_ana, by_ben)
    for _ in range(2):
        actions.close_room(encounter_id=room.encounter_id, by=Actor.system("consultation"), now=timezone.now())
    assert not Presence.objects.filter(left_at__isnull=True).exists()
    with pytest.raises(RoomOver):
        join(room, by_ana)
    with pytest.raises(RoomOver):
        actions.say(room_id=room.id, text="x", by=by_ana, now=timezone.now())
    assert actions.close_room(encounter_id=uuid4(), by=Actor.system("x"), now=timezone.now()) is None


def test_sockets_of_a_dead_process_are_noticed(room, by_ana, by_ben):
    call(room, by_ana, by_ben)
    assert actions.notice_the_silent(now=timezone.now()) == 0
    assert actions.notice_the_silent(now=timezone.now() + timedelta(seconds=61)) == 2
    assert actions.notice_the_silent(now=timezone.now() + timedelta(seconds=61)) == 0
    assert not any(seat.present for seat in queries.state_of(room).seats)


def test_a_seat_that_lost_its_right_is_not_kept_alive(room, child, ben, by_ana):
    from identity.models import Delegation
    from tests.realtime.conftest import make_room

    room = make_room(person=child, practitioner=ben)
    join(room, by_ana)
    socket_id = arrive(room, by_ana)
    assert actions.keep_alive(room_id=room.id, socket_id=socket_id, by=by_ana, now=timezone.now())
    Delegation.objects.update(revoked_at=timezone.now())
    assert not actions.keep_alive(room_id=room.id, socket_id=socket_id, by=by_ana, now=timezone.now())


def test_hanging_up_can_be_said_over_http_and_again_and_by_nobody_else(room, by_ana, by_ben, ana, eve):
    call(room, by_ana, by_ben)
    path = f"/api/v1/rooms/{room.id}/leave"
    assert make.api_client(eve).post(path).status_code == 404
    assert room.seats.get(role="citizen").state == "admitted"
    for _again in range(2):
        assert make.api_client(ana).post(path).status_code == 204
    assert room.seats.get(role="citizen").state == "left" and room.seats.get(role="practitioner").state == "admitted"
    left = list(EvidenceRow.objects.filter(kind="leave").values_list("facts__why", flat=True))
    assert left == ["left"]
