"""Recording over real sockets and a real relay, with peers that are plain sockets: from the wish to the last chunk."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from channels.db import database_sync_to_async
from django.utils import timezone

from core.actor import Actor
from identity.models import Delegation
from realtime import actions, relays, rooms
from realtime.media.film import survey
from realtime.models import Recording
from realtime.recordings import vault
from tests import make
from tests.realtime.media_peer import Peer

pytestmark = pytest.mark.django_db(transaction=True)
KEY = b"\x10\x00"


@pytest.fixture(autouse=True)
def house(settings: Any, tmp_path: Any, monkeypatch: Any) -> None:
    """A storage of this test alone, and the relay on this very loop."""
    options = {**settings.STORAGES["files"]["OPTIONS"], "location": str(tmp_path)}
    settings.STORAGES = {**settings.STORAGES, "files": {**settings.STORAGES["files"], "OPTIONS": options}}
    settings.MEDIA_RELAY = settings.RECORDING = settings.ROOM_LOOPBACK_ALLOWED = True
    settings.REDIS_URL = ""
    monkeypatch.setattr(relays, "_here", None)
    monkeypatch.setattr(relays, "_beginning", asyncio.Lock())


async def room_where(client: Any, state: str) -> dict[str, Any]:
    """Wait until this client is told that recording stands so."""
    while True:
        frame = await client.next()
        room = frame["d"] if frame["t"] == "room" else frame["d"]["room"] if frame["t"] == "welcome" else None
        if room is not None and room["recording"]["state"] == state:
            return dict(room["recording"])


async def stored(place: str, *, whole: bool) -> Any:
    """What lies in the vault, once it is complete (or there at all)."""
    for _ in range(250):
        found = await asyncio.to_thread(lambda: survey(vault.chunks(place)))
        if found.is_complete or (not whole and found.seats):
            return found
        await asyncio.sleep(0.02)
    raise AssertionError("nothing more was stored")


@pytest.fixture
async def recorded(request, settings, open_socket, room, by_ana, by_ben):
    """Both in the call and agreed; their peers send packets. Returns both clients, both peers, and the recording.

    Its parameter is how many bytes a tape holds, where a test says so.
    """
    settings.RECORDING_BYTES_MOST = getattr(request, "param", settings.RECORDING_BYTES_MOST)
    doctor, citizen = await open_socket(by_ben, room), await open_socket(by_ana, room)
    await doctor.send("let_in", seat=citizen.seat)
    await doctor.send("record")
    asked = await room_where(citizen, "asked")
    assert asked["wish"] == 1 and asked["agreed"] == [doctor.seat]
    await citizen.send("consent", wish=1, yes=True)
    for client in (doctor, citizen):
        await room_where(client, "on")
    peers = []
    media = await relays.relay_of(room.id)
    for number, client in enumerate((doctor, citizen)):
        peer = Peer(1000 * (number + 1))
        peer.take(await media.join(str(room.id), client.seat, peer.offer()))
        await peer.connect()
        peers.append(peer)
    for client in (doctor, citizen):
        await client.send("ready", epoch=1)
    for _ in range(200):
        found = await Recording.objects.afirst()
        if found is not None and str(room.id) in relays._here[1].recorder._tapes:
            break
        await asyncio.sleep(0.02)
    assert found is not None
    yield doctor, citizen, peers, found
    for peer in peers:
        peer.close()
    await relays._here[1].stop()


async def speak(peers: list[Peer], start: int = 0) -> None:
    for number in range(start, start + 5):
        for peer in peers:
            peer.publish(peer.media(number, KEY + os.urandom(200)))
        await asyncio.sleep(0.01)


async def speak_until_stored(peers: list[Peer], place: str) -> Any:
    """The room says "on" before the relay has its order: what is said in between is on no tape."""
    for round_of in range(1, 100):
        await speak(peers, start=10 * round_of)
        found = await asyncio.to_thread(lambda: survey(vault.chunks(place)))
        if found.seats:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("nothing was stored")


async def test_what_both_send_is_stored_until_one_takes_the_yes_back(recorded):
    doctor, citizen, peers, recording = recorded
    await speak(peers)
    await citizen.send("consent", wish=1, yes=False)
    assert (await room_where(doctor, ""))["cut"] == "withdrawn"
    found = await stored(recording.place, whole=True)
    assert set(found.seats) == {doctor.seat, citizen.seat} and found.why == "stopped"
    before = sum(track.packets for track in found.tracks.values())
    assert before == 10
    await speak(peers, start=50)
    await asyncio.sleep(0.3)
    found = await stored(recording.place, whole=True)
    assert sum(track.packets for track in found.tracks.values()) == before


async def test_who_comes_in_is_never_on_the_tape_before_they_agree(recorded, open_socket, room, ana):
    doctor, _, peers, recording = recorded
    sister = await database_sync_to_async(make.make_person)(full_name="Nguyễn Thu Hà")
    await Delegation.objects.acreate(grantor=ana, delegate=sister, relation="other", scopes=["book"])
    third = await open_socket(await database_sync_to_async(make.actor_for)(sister), room)
    await doctor.send("let_in", seat=third.seat)
    assert (await room_where(third, "paused"))["cut"] == "newcomer"
    found = await stored(recording.place, whole=True)
    assert third.seat not in found.seats
    await third.send("consent", wish=1, yes=True)
    assert (await room_where(third, "on"))["part"] == 2
    second = await Recording.objects.aget(part=2)
    assert set((await speak_until_stored(peers, second.place)).seats) >= {doctor.seat}


async def test_the_last_one_to_leave_ends_the_tape(recorded):
    doctor, citizen, peers, recording = recorded
    await speak(peers)
    await asyncio.gather(doctor.send("leave"), citizen.send("leave"))
    assert (await stored(recording.place, whole=True)).seats
    await recording.arefresh_from_db()
    assert (recording.status, recording.why) == ("ended", "left")


async def test_the_end_of_the_visit_ends_the_tape(recorded, room):
    _, _, peers, recording = recorded
    await speak(peers)
    await database_sync_to_async(actions.close_room)(
        encounter_id=room.encounter_id, by=Actor.system("x"), now=timezone.now()
    )
    await stored(recording.place, whole=True)
    await recording.arefresh_from_db()
    assert (recording.status, recording.why) == ("ended", "over")


@pytest.mark.parametrize("recorded", [500], indirect=True)
async def test_a_tape_that_is_full_ends_the_recording_for_everybody(recorded):
    doctor, citizen, peers, recording = recorded
    await speak(peers)
    for client in (doctor, citizen):
        assert (await room_where(client, ""))["cut"] == "limit"
    await recording.arefresh_from_db()
    assert (recording.status, recording.why) == ("ended", "limit")


async def test_a_relay_that_is_lost_begins_a_second_part(recorded, room):
    _, citizen, peers, recording = recorded
    await speak(peers)
    await stored(recording.place, whole=False)
    lost = rooms.NodeLost(1)
    await database_sync_to_async(actions.tell_room)(room_id=room.id, message=lost, now=timezone.now())
    while (told := await room_where(citizen, "on"))["part"] < 2:
        pass
    assert told["cut"] == "broke"
    await recording.arefresh_from_db()
    assert (recording.status, recording.why) == ("ended", "broke")
    second = await Recording.objects.aget(part=2)
    assert (await speak_until_stored(peers, second.place)).seats


async def test_who_is_shown_out_while_their_line_is_away_is_cut_off_at_the_relay(recorded, room):
    doctor, citizen, _, _ = recorded
    links = relays._here[1].rooms[str(room.id)].links
    assert citizen.seat in {link.seat_id for link in links.values()}
    await citizen.close()
    await doctor.send("remove", seat=citizen.seat)
    for _ in range(200):
        if citizen.seat not in {link.seat_id for link in links.values()}:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("the relay still passes everything on to them")


async def test_a_line_that_came_back_hears_who_is_in_the_pictures(recorded, open_socket, room, by_ana):
    """The pictures went on without it; whoever comes from now on must be seen there as well."""
    doctor, citizen, _, _ = recorded
    again = await open_socket(by_ana, room, resume_token=citizen.resume_token, page="p2")
    told = await again.until("slots")
    assert doctor.seat in {slot["seat"] for slot in told["slots"]}
