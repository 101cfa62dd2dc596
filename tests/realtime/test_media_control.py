"""The app's side of the relay: the same verbs in this process and in another, and nothing without the secret."""

from __future__ import annotations

import asyncio
import json

import pytest

from realtime.media.control import MAX_LINE, Local, NotThere, Remote, Server
from realtime.media.errors import BadOffer, NoSuchRoom, NoSuchSeat, Refused
from realtime.media.relay import Relay, Settings
from tests.realtime.media_peer import Answered, Peer

SECRET = "s" * 32


@pytest.fixture
async def relay():
    made = Relay(Settings(loopback=True))
    await made.start()
    yield made
    await made.stop()


@pytest.fixture(params=["local", "unix", "tcp"])
async def media(request, relay, tmp_path):
    if request.param == "local":
        yield Local(relay)
        return
    server = Server(relay, str(tmp_path / "media.sock") if request.param == "unix" else "127.0.0.1:0", SECRET)
    remote = Remote(await server.start(), SECRET)
    await remote.connect()
    yield remote
    await remote.close()
    await server.stop()


async def test_a_room_from_opening_to_closing(media):
    peer, events = Peer(), []
    stop = media.listen(events.append)
    with pytest.raises(NoSuchRoom):
        await media.join("r", "a", peer.offer())
    await media.open_room("r")
    await media.open_room("r")
    peer.take(await media.join("r", "a", peer.offer()))
    await peer.connect()
    assert (await media.stats("r"))["a"]["connected"]
    assert (await media.load())["seats"] == 1
    assert [each["seat"] for each in await media.slots("r", "a")] == [None, None]
    again = Answered(await media.restart_ice("r", "a", peer.offer(ufrag="them2")))
    assert again.ufrag != peer.answer.ufrag
    with pytest.raises(BadOffer):
        await media.join("r", "b", "v=0")
    with pytest.raises(NoSuchSeat):
        await media.slots("r", "b")
    for _ in range(100):
        if len(events) >= 2:
            break
        await asyncio.sleep(0.02)
    assert [(each["event"], each["seat"]) for each in events] == [("slots", "a"), ("connected", "a")]
    await media.leave("r", "a")
    await media.leave("r", "a")
    assert await media.stats("r") == {}
    await media.close_room("r")
    with pytest.raises(NoSuchRoom):
        await media.stats("r")
    stop()
    peer.close()


async def test_without_the_secret_nothing_is_said(relay, tmp_path):
    server = Server(relay, str(tmp_path / "media.sock"), SECRET)
    place = await server.start()
    with pytest.raises(NotThere):
        await Remote(place, "t" * 32).connect()
    for first in (
        b'{"id":1,"do":"open_room","room":"x"}\n',
        b"GET / HTTP/1.1\n",
        b"[]\n",
        b"x" * (MAX_LINE + 10),
        b'{"proof":null}\n',
    ):
        reader, writer = await asyncio.open_unix_connection(place, limit=MAX_LINE * 2)
        assert set(json.loads(await reader.readline())) == {"hello"}
        writer.write(first)
        assert await reader.read() == b""
        writer.close()
    assert not relay.rooms
    await server.stop()


async def test_a_relay_that_is_not_ours_is_not_believed(tmp_path):
    async def impostor(reader, writer):
        writer.write(b'{"hello":"00"}\n')
        await reader.readline()
        writer.write(b'{"proof":"00"}\n')

    place = str(tmp_path / "media.sock")
    server = await asyncio.start_unix_server(impostor, place)
    with pytest.raises(NotThere):
        await Remote(place, SECRET).connect()
    server.close()


async def test_strange_wishes_are_refused_and_the_line_stays(relay, tmp_path):
    server = Server(relay, str(tmp_path / "media.sock"), SECRET)
    remote = Remote(await server.start(), SECRET)
    await remote.connect()
    for verb, values in (("stop", {}), ("_room", {"room": "r"}), ("join", {"room": "r"}), ("open_room", {"room": 7})):
        with pytest.raises(Refused) as refusal:
            await remote._ask(verb, **values)
        assert refusal.value.args == ("bad_request",)
    assert (await remote.load())["rooms"] == 0
    await remote.close()
    await server.stop()


async def test_a_relay_that_goes_away_is_noticed(relay, tmp_path):
    server = Server(relay, str(tmp_path / "media.sock"), SECRET)
    remote, events = Remote(await server.start(), SECRET), []
    await remote.connect()
    remote.listen(events.append)
    await server.stop()
    for _ in range(200):
        if events:
            break
        await asyncio.sleep(0.02)
    assert events == [{"event": "not_there"}]
    with pytest.raises(NotThere):
        await remote.load()
    with pytest.raises(NotThere):
        await Remote(str(tmp_path / "nowhere.sock"), SECRET).connect()
    await remote.close()


def test_a_secret_worth_the_name():
    with pytest.raises(ValueError, match="too short"):
        Server(Relay(), "/nowhere", "short")
