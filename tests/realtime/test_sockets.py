"""Sockets end to end: tickets at the door, frames between two seats, refusals that change nothing."""

from __future__ import annotations

import asyncio
import json
import random
from datetime import timedelta
from uuid import uuid4

import pytest
from autobahn.exception import Disconnected
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.db import OperationalError
from django.utils import timezone

from core.actor import Actor
from identity import actions as identity_actions
from realtime import actions
from realtime.consumers import base
from realtime.consumers.room import RoomConsumer
from realtime.models import ChatLine, Presence, Seat
from realtime.routing import websocket_patterns
from tests.realtime.conftest import make_room
from tests.realtime.live import Client
from tests.realtime.samples import ANSWER, MDNS, OFFER

# Beside browsers that speak with one another a socket's reader falls behind by no fault of ours.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("calls")]
application = URLRouter(websocket_patterns)


async def in_db(function, *arguments, **values):
    return await database_sync_to_async(function)(*arguments, **values)


@pytest.mark.django_db(transaction=False)
async def test_what_is_said_on_a_line_that_has_just_fallen_goes_nowhere():
    """The server refuses to write from the moment a line falls; the socket hears of it a moment later."""
    socket = base.Socket()
    refused = []

    async def refuse(message: dict) -> None:
        refused.append(message["type"])
        if message["type"] == "websocket.send":
            raise Disconnected("Attempt to send on a closed protocol")

    socket.base_send = refuse
    await socket.tell("pong", {})
    await socket.bye(1012, "restart")
    assert refused == ["websocket.send", "websocket.send", "websocket.close"]


async def knock(address: str) -> Client:
    client = Client(WebsocketCommunicator(application, address))
    await client.socket.connect(timeout=5)
    return client


async def ticket_for(by: Actor, scope: str, now=None) -> str:
    return await in_db(identity_actions.issue_socket_ticket, by, scope, now or timezone.now())


@pytest.fixture
async def call(open_socket, room, by_ana, by_ben):
    """Ana and ben in the call."""
    ben = await open_socket(by_ben, room)
    ana = await open_socket(by_ana, room)
    await ana.until("welcome")
    await ben.send("let_in", seat=ana.seat)
    welcome = await ana.until("welcome")
    assert welcome["state"] == "admitted"
    await ben.quiet(0.1)
    await ana.quiet(0.1)
    return ana, ben


# ---- the door


async def test_the_whole_story_of_two_seats(open_socket, room, by_ana, by_ben):
    ben = await open_socket(by_ben, room)
    welcome = await ben.until("welcome")
    assert (welcome["role"], welcome["state"], welcome["polite"]) == ("practitioner", "admitted", False)
    ana = await open_socket(by_ana, room)
    welcome = await ana.until("welcome")
    assert (welcome["role"], welcome["state"], welcome["polite"]) == ("citizen", "waiting", True)
    assert welcome["chat"] == [] and welcome["ice_servers"] == []
    seen = await ben.until("room")
    while not any(seat["state"] == "waiting" and seat["present"] for seat in seen["seats"]):
        seen = await ben.until("room")

    await ben.send("let_in", seat=ana.seat)
    assert (await ana.until("welcome"))["state"] == "admitted"

    await ben.send("signal", to=ana.seat, description={"type": "offer", "sdp": OFFER})
    signal = await ana.until("signal")
    assert signal == {"from": ben.seat, "description": {"type": "offer", "sdp": OFFER}}
    await ana.send("signal", to=ben.seat, description={"type": "answer", "sdp": ANSWER})
    assert (await ben.until("signal"))["description"]["type"] == "answer"
    await ana.send("signal", to=ben.seat, candidate={"candidate": MDNS, "sdpMid": "0", "sdpMLineIndex": 0})
    assert (await ben.until("signal"))["candidate"]["candidate"] == MDNS

    await ana.send("say", text="Chào bác sĩ", client_id="c7")
    assert (await ben.until("said"))["text"] == "Chào bác sĩ"
    assert (await ana.until("said"))["client_id"] == "c7"

    await ana.send("media", mic=False, camera=True)
    mine = next(seat for seat in (await ben.until("room"))["seats"] if seat["id"] == ana.seat)
    assert mine["mic"] is False and mine["camera"] is True

    await ana.send("leave")
    assert (await ana.until("closed"))["code"] == 1000
    seen = await ben.until("room")
    assert [seat["id"] for seat in seen["seats"]] == [ben.seat]
    lines = await in_db(lambda: list(Presence.objects.filter(seat_id=ana.seat).values_list("why", flat=True)))
    assert lines == ["left"]


@pytest.mark.parametrize("ticket", ["", "wrong", "%00", "x" * 500, "ü"])
async def test_a_wrong_ticket_is_told_and_closed(room, ticket):
    client = await knock(f"/ws/v1/rooms/{room.id}?ticket={ticket}")
    assert (await client.until("error"))["code"] == "bad_ticket"
    assert (await client.until("closed"))["code"] == 4401


async def test_a_ticket_opens_one_socket_once(room, by_ana):
    joined = await in_db(actions.join, room_id=room.id, by=by_ana, now=timezone.now())
    address = f"/ws/v1/rooms/{room.id}?ticket={joined.ticket}"
    first = await knock(address)
    await first.until("welcome")
    replayed = await knock(address)
    assert (await replayed.until("closed"))["code"] == 4401
    assert (await first.quiet(0.1)) is not None and first.closed is None
    await first.close()


async def test_an_old_ticket_and_one_for_another_room(room, child, ben, by_ana):
    other = await in_db(make_room, person=child, practitioner=ben)
    joined = await in_db(actions.join, room_id=other.id, by=by_ana, now=timezone.now())
    old = await ticket_for(by_ana, f"room:{room.id}", timezone.now() - timedelta(seconds=31))
    for ticket in (joined.ticket, old, await ticket_for(by_ana, "me")):
        client = await knock(f"/ws/v1/rooms/{room.id}?ticket={ticket}")
        assert (await client.until("closed"))["code"] == 4401


async def test_eve_with_a_ticket_of_her_own_making_stays_outside(room, by_eve):
    for room_id in (room.id, uuid4()):
        client = await knock(f"/ws/v1/rooms/{room_id}?ticket={await ticket_for(by_eve, f'room:{room_id}')}")
        assert (await client.until("error"))["code"] == "not_found"
        assert (await client.until("closed"))["code"] == 4403
    assert not await in_db(Presence.objects.exists)


async def test_a_visit_that_is_over_says_so(room, by_ana):
    joined = await in_db(actions.join, room_id=room.id, by=by_ana, now=timezone.now())
    await in_db(actions.close_room, encounter_id=room.encounter_id, by=Actor.system("x"), now=timezone.now())
    client = await knock(f"/ws/v1/rooms/{room.id}?ticket={joined.ticket}")
    assert (await client.until("closed"))["code"] == 4410


@pytest.mark.parametrize("path", ["/ws/v1/rooms/1", "/ws/v1/rooms/", "/ws/v2/me", "/ws/v1/rooms/not-a-uuid", "/x"])
async def test_nowhere_is_refused_without_a_handshake(path):
    connected, _ = await WebsocketCommunicator(application, path).connect(timeout=5)
    assert not connected


# ---- frames that change nothing


async def test_who_waits_hears_and_sends_nothing(open_socket, room, by_ana, by_ben):
    ben = await open_socket(by_ben, room)
    ana = await open_socket(by_ana, room)
    await ana.until("welcome")
    await ben.quiet(0.2)
    await ana.send("signal", to=ben.seat, description={"type": "offer", "sdp": OFFER})
    assert (await ana.until("error"))["code"] == "not_admitted"
    await ana.send("say", text="hallo")
    assert (await ana.until("error"))["code"] == "not_admitted"
    await ben.send("say", text="only for those inside")
    await ben.until("said")
    assert await ben.quiet(0.2) == []
    assert [frame["t"] for frame in await ana.quiet(0.2)] == []
    await ana.send("let_in", seat=ana.seat)
    assert (await ana.until("closed"))["code"] == 4403
    assert (await in_db(Seat.objects.get, pk=ana.seat)).state == "waiting"


BAD = [
    ("hello", "bad_frame"),
    ("[" * 50_000, "bad_frame"),
    ('{"v":1,"t":"disconnect"}', "unknown_type"),
    ('{"v":1,"t":"say","d":{"text":"x","as":"ben"}}', "unknown_field"),
    (
        '{"v":1,"t":"signal","d":{"to":"0190aaaa-0000-7000-8000-000000000009","candidate":{"candidate":""}}}',
        "no_such_seat",
    ),
]


@pytest.mark.parametrize(("raw", "code"), BAD)
async def test_bad_input_gets_its_error_and_disturbs_nobody(call, raw, code):
    ana, ben = call
    await ana.raw(raw)
    error = await ana.until("error")
    assert error["code"] == code and error["detail"] and error["retry"] is False
    assert await ben.quiet(0.2) == []
    await ana.send("say", text="vẫn nghe được")
    assert (await ben.until("said"))["text"] == "vẫn nghe được"


async def test_text_that_is_not_sdp_is_refused_and_not_passed_on(call):
    ana, ben = call
    await ana.send("signal", "c9", to=ben.seat, description={"type": "offer", "sdp": "v=0\r\nhello"})
    error = await ana.until("error")
    assert (error["re"], error["code"]) == ("c9", "bad_description")
    assert await ben.quiet(0.2) == []


async def test_a_binary_frame_is_refused(call):
    ana, _ben = call
    await ana.socket.send_to(bytes_data=b'{"v":1,"t":"leave"}')
    assert (await ana.until("error"))["code"] == "bad_frame"


async def test_an_oversize_frame_closes_the_socket(call):
    ana, _ben = call
    await ana.raw('{"v":1,"t":"say","d":{"text":"' + "x" * 65_536 + '"}}')
    assert (await ana.until("closed"))["code"] == 1009
    assert not await in_db(ChatLine.objects.exists)


async def test_a_flood_is_slowed_and_then_closed(call):
    ana, ben = call
    for _ in range(120):  # forty at once and twenty a second are let through (test_protocol counts them)
        await ana.send("beat", n=0)
    slowed = await ana.until("error")
    assert slowed["code"] == "too_fast" and slowed["retry"]
    for _ in range(300):
        await ana.send("beat", n=0)
    assert (await ana.until("closed"))["code"] == 4429
    assert await ben.quiet(0.1) is not None


async def test_words_come_in_the_readers_language(open_socket, room, by_ana):
    from identity.models import User

    await in_db(User.objects.filter(pk=by_ana.user_id).update, language="en")
    ana = await open_socket(by_ana, room)
    await ana.until("welcome")
    await ana.raw("hello")
    assert (await ana.until("error"))["detail"] == "The message could not be read."


# ---- coming back, and being sent away


async def test_a_second_window_displaces_the_first(call, open_socket, room, by_ana):
    ana, ben = call
    again = await open_socket(by_ana, room, resume_token=ana.resume_token, page="p2")
    assert (await again.until("welcome"))["state"] == "admitted"
    assert again.seat == ana.seat
    assert (await ana.until("closed"))["code"] == 4409
    pages = [seat["page"] for seat in (await ben.until("room"))["seats"] if seat["id"] == ana.seat]
    assert pages == ["p2"]
    # The late goodbye of the displaced socket must not take the seat from the new one.
    await ana.close()
    assert await ben.quiet(0.2) == []


async def test_a_lost_line_shows_and_comes_back(call, open_socket, room, by_ana):
    ana, ben = call
    await ana.close()
    lost = await ben.until("room")
    assert [seat["present"] for seat in lost["seats"] if seat["id"] == ana.seat] == [False]
    await ben.send("signal", to=ana.seat, candidate={"candidate": ""})
    assert (await ben.until("error"))["code"] == "nobody_there"
    again = await open_socket(by_ana, room, resume_token=ana.resume_token)
    assert (await again.until("welcome"))["state"] == "admitted"
    back = await ben.until("room")
    assert [seat["present"] for seat in back["seats"] if seat["id"] == ana.seat] == [True]


async def test_chat_is_there_after_a_reload(call, open_socket, room, by_ana):
    ana, ben = call
    await ben.send("say", text="Uống nhiều nước nhé")
    await ana.until("said")
    again = await open_socket(by_ana, room, resume_token=ana.resume_token, page="p2")
    assert [line["text"] for line in (await again.until("welcome"))["chat"]] == ["Uống nhiều nước nhé"]


async def test_removed_closes_4403(call):
    ana, ben = call
    await ben.send("remove", seat=ana.seat)
    assert (await ana.until("closed"))["code"] == 4403


async def test_the_end_of_the_visit_closes_4410(call, room):
    ana, ben = call
    await in_db(actions.close_room, encounter_id=room.encounter_id, by=Actor.system("x"), now=timezone.now())
    assert (await ana.until("closed"))["code"] == 4410
    assert (await ben.until("closed"))["code"] == 4410


async def test_revoked_rights_close_at_once_and_what_does_not_rest_on_them_goes_on(
    open_socket, call, child, ben, by_ana
):
    from identity.models import Delegation

    ana, doctor = call
    room = await in_db(make_room, person=child, practitioner=ben)
    for_the_child = await open_socket(by_ana, room)
    await for_the_child.until("welcome")
    await in_db(Delegation.objects.update, revoked_at=timezone.now())
    await in_db(actions.recheck_user, user_id=by_ana.user_id, by=Actor.system("x"))
    assert (await for_the_child.until("closed"))["code"] == 4403
    await ana.send("say", text="vẫn ở đây")
    await ana.until("said")
    assert (ana.closed, doctor.closed) == (None, None)


async def test_a_socket_that_meets_a_fault_comes_back_instead_of_hearing_nothing(call, by_ana, monkeypatch):
    ana, doctor = call
    monkeypatch.setattr(RoomConsumer, "_hears", lambda *_: 1 / 0)
    await doctor.send("say", text="nghe rõ không")
    assert (await ana.until("closed"))["code"] == 1012


async def test_a_doctor_whose_role_has_ended_leaves_at_the_next_beat(open_socket, room, by_ben, ben, monkeypatch):
    monkeypatch.setattr(base, "BEAT_S", 0.1)
    socket = await open_socket(by_ben, room)
    await socket.until("welcome")
    await in_db(ben.memberships.update, active_to=timezone.localdate() - timedelta(days=1))
    assert (await socket.until("closed"))["code"] == 4403


async def test_revoked_rights_are_noticed_at_the_next_beat(open_socket, child, ben, by_ana, monkeypatch):
    from identity.models import Delegation

    monkeypatch.setattr(base, "BEAT_S", 0.1)
    room = await in_db(make_room, person=child, practitioner=ben)
    ana = await open_socket(by_ana, room)
    await ana.until("beat")
    await in_db(Delegation.objects.update, revoked_at=timezone.now())
    assert (await ana.until("closed"))["code"] == 4403


async def test_who_does_not_answer_beats_is_closed(open_socket, room, by_ana, monkeypatch):
    monkeypatch.setattr(base, "BEAT_S", 0.05)
    ana = await open_socket(by_ana, room)
    assert (await ana.until("closed"))["code"] == 1013


async def test_who_answers_beats_stays(open_socket, room, by_ana, monkeypatch):
    monkeypatch.setattr(base, "BEAT_S", 0.15)
    ana = await open_socket(by_ana, room)
    for _ in range(6):
        await ana.send("beat", n=(await ana.until("beat"))["n"])


async def test_whom_a_sleeping_machine_took_for_dead_comes_back(open_socket, room, by_ana, monkeypatch):
    monkeypatch.setattr(base, "BEAT_S", 0.1)
    ana = await open_socket(by_ana, room)
    await ana.until("welcome")
    await in_db(actions.notice_the_silent, now=timezone.now() + timedelta(seconds=61))
    assert (await ana.until("closed"))["code"] == 1012  # not 4403: the page tries again by itself
    again = await open_socket(by_ana, room)
    assert all(seat["present"] for seat in (await again.until("welcome"))["room"]["seats"] if seat["role"] == "citizen")


async def test_a_beat_that_finds_no_database_does_not_end_the_beats(open_socket, room, by_ana, monkeypatch):
    monkeypatch.setattr(base, "BEAT_S", 0.1)
    ana = await open_socket(by_ana, room)
    await ana.until("beat")

    def away(by):
        monkeypatch.undo()
        monkeypatch.setattr(base, "BEAT_S", 0.1)
        raise OperationalError

    monkeypatch.setattr(base.identity_queries, "still_holds", away)
    for _ in range(2):
        await ana.send("beat", n=(await ana.until("beat"))["n"])


async def test_a_reader_that_is_too_far_behind_is_closed(call, monkeypatch):
    ana, ben = call
    monkeypatch.setattr(base, "UNREAD_BYTES", 4000)
    for n in range(6):
        await ben.send("say", f"c{n}", text="x" * 900)
    assert (await ana.until("closed"))["code"] == 1013


# ---- other rooms


async def test_no_frame_crosses_into_another_room(call, open_socket, child, ben, by_ana, by_ben, hospital):
    """A thousand random frames with foreign ids from one room: nothing is heard in the other."""
    ana, doctor = call
    from tests import make

    other_doctor = await in_db(make.make_practitioner, facility=hospital, full_name="Lê Văn Khác")
    other_room = await in_db(make_room, person=child, practitioner=other_doctor)
    witness = await open_socket(await in_db(make.actor_for, other_doctor), other_room)
    await witness.until("welcome")
    chance = random.Random(20311)
    targets = [witness.seat, str(other_room.id), ana.seat, str(uuid4()), "x", None, 7]
    refused = 0
    for n in range(300):
        kind = chance.choice(["signal", "say", "let_in", "remove", "media", "room", "welcome", "leave!", "__class__"])
        data = {
            "to": chance.choice(targets),
            "seat": chance.choice(targets),
            "room": str(other_room.id),
            "text": "x",
            "candidate": {"candidate": chance.choice(["", MDNS, "junk"])},
        }
        keep = {"signal": ["to", "candidate"], "let_in": ["to"], "remove": ["to", "room"], "say": ["text", "room"]}.get(
            kind, list(data)
        )
        await ana.raw(json.dumps({"v": 1, "t": kind, "id": f"f{n}", "d": {name: data[name] for name in keep}}))
        refused += 1
        if n % 30 == 29:
            await asyncio.sleep(1.3)  # within the speed limit
    heard = await ana.quiet(0.5)
    assert ana.closed is None and sum(frame["t"] == "error" for frame in heard) == refused
    assert await witness.quiet(0.2) == []
    assert await doctor.quiet(0.1) == []
    assert not await in_db(ChatLine.objects.exists)
