"""Before a visit: the network is tried by a call with oneself through the relay, the speaker by three notes."""

from __future__ import annotations

import json

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from identity.actions import issue_socket_ticket
from realtime import probing, relays
from realtime.routing import websocket_patterns
from tests.realtime.live import Client
from tests.realtime.samples import OFFER

pytestmark = pytest.mark.django_db(transaction=True)


async def my_line(by) -> Client:
    ticket = await database_sync_to_async(issue_socket_ticket)(by, "me", timezone.now())
    client = Client(WebsocketCommunicator(URLRouter(websocket_patterns), f"/ws/v1/me?ticket={ticket}"))
    await client.socket.connect(timeout=5)
    await client.until("hello")
    return client


async def test_two_ends_are_answered_and_end_with_the_line(by_eve, settings):
    client = await my_line(by_eve)
    for end in ("up", "down", "up"):
        await client.send("probe", end=end, sdp=OFFER)
        answer = await client.until("answer")
        assert answer["end"] == end and "a=ice-lite" in answer["sdp"]
    media = relays._here[2]
    assert (await media.load())["seats"] == 2
    await client.socket.disconnect()
    assert (await media.load()) | {"rooms": 0, "seats": 0} == await media.load()


async def test_a_trial_is_over_after_a_while(by_eve, monkeypatch):
    monkeypatch.setattr(probing, "LASTS_S", 0.2)
    client = await my_line(by_eve)
    await client.send("probe", end="up", sdp=OFFER)
    await client.until("answer")
    media = relays._here[2]
    assert await client.quiet(1) == []
    assert (await media.load())["rooms"] == 0
    await client.close()


@pytest.mark.parametrize(
    "data", [{"end": "side", "sdp": OFFER}, {"end": "up"}, {"end": "up", "sdp": "v=0"}, {"end": ["up"], "sdp": OFFER}]
)
async def test_what_is_no_offer_is_refused(by_eve, data):
    client = await my_line(by_eve)
    await client.raw(json.dumps({"v": 1, "t": "probe", "id": "c1", "d": data}))
    assert (await client.until("error"))["code"] in ("bad_frame", "bad_description")
    await client.close()


async def test_not_more_than_somebody_needs_and_nothing_without_a_relay(by_eve, settings, monkeypatch):
    monkeypatch.setattr(probing, "TRIALS", 2)
    client = await my_line(by_eve)
    for _ in range(2):
        await client.send("probe", end="up", sdp=OFFER)
        await client.until("answer")
    await client.send("probe", end="up", sdp=OFFER)
    assert (await client.until("error"))["code"] == "too_fast"
    await client.close()
    settings.MEDIA_RELAY = False
    client = await my_line(by_eve)
    await client.send("probe", end="up", sdp=OFFER)
    assert (await client.until("error"))["code"] == "relay_refused"
    await client.close()


async def test_in_a_room_there_is_no_trial(room, by_ana, open_socket):
    client = await open_socket(by_ana, room)
    await client.until("welcome")
    await client.send("probe", end="up", sdp=OFFER)
    assert (await client.until("error"))["code"] == "bad_frame"


async def test_a_ping_is_answered(by_eve):
    client = await my_line(by_eve)
    await client.send("ping")
    assert await client.until("pong") == {}
    await client.close()
