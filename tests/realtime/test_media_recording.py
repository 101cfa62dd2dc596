"""A relay that records: those who agreed and nobody else, everything that came, and never at the cost of the call."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest

from realtime.media import rtcp
from realtime.media.control import Local, Remote, Server
from realtime.media.errors import BadOrder, NoRecording, NoSuchRoom
from realtime.media.film import survey
from realtime.media.relay import Relay, Settings
from realtime.media.tape import PACKET, Order, records
from tests.realtime.media_peer import DELTA, KEY, Peer, running, seats_in
from tests.realtime.reels import Memory


class Slow(Memory):
    """A vault that takes nothing before it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()

    def put(self, place: str, number: int, chunk: bytes) -> None:
        self.gate.wait(10)
        super().put(place, number, chunk)


@pytest.fixture
async def vault():
    return Memory()


@pytest.fixture
async def relay(vault):
    async with running(vault=vault) as made:
        yield made


@pytest.fixture
async def sit(relay):
    async with seats_in(relay, "r") as one:
        yield one


def order(version, *seats, place="p", **more):
    return Order(version, place if seats else "", frozenset(seats), **more).as_json()


async def written(relay, vault, place="p"):
    """End the recording; what is on the tape, by seat."""
    relay.record("r", order(99))
    for _ in range(300):
        if survey(iter(vault.kept.get(place, []))).is_complete:
            break
        await asyncio.sleep(0.02)
    found = survey(iter(vault.kept.get(place, [])))
    packets = [record for record in records(iter(vault.kept.get(place, []))) if record.kind == PACKET]
    by_seat: dict[str, list[bytes]] = {}
    for record in packets:
        by_seat.setdefault(found.tracks[record.stream].seat, []).append(record.data)
    return found, by_seat


def pictures(peer, *numbers):
    return [peer.media(n, (KEY if n == numbers[0] else DELTA) + os.urandom(300)) for n in numbers]


async def test_only_those_who_agreed_are_written_down(relay, sit, vault):
    a, b = await sit("a"), await sit("b")
    relay.record("r", order(1, "a"))
    sent = pictures(a, *range(20))
    a.publish(*sent)
    b.publish(*pictures(b, *range(20)))
    assert await b.wait(lambda: len(b.heard) == 20) and await a.wait(lambda: len(a.heard) == 20)
    _, tape = await written(relay, vault)
    assert set(tape) == {"a"}
    assert tape["a"] == sent, "each packet as it came"


async def test_somebody_who_joins_later_is_written_down_once_they_agree(relay, sit, vault):
    a = await sit("a")
    relay.record("r", order(1, "a"))
    b = await sit("b")
    b.publish(*pictures(b, 1, 2))
    assert await a.wait(lambda: len(a.heard) == 2)
    relay.record("r", order(2, "a", "b"))
    b.publish(*pictures(b, 3, 4, 5))
    assert await a.wait(lambda: len(a.heard) == 5)
    # … and no longer when they take it back; an older order changes nothing.
    relay.record("r", order(4, "a"))
    relay.record("r", order(3, "a", "b"))
    b.publish(*pictures(b, 6))
    assert await a.wait(lambda: len(a.heard) == 6)
    _, tape = await written(relay, vault)
    assert [packet[3] for packet in tape["b"]] == [3, 4, 5]


async def test_what_is_sent_again_is_on_the_tape_too(relay, sit, vault):
    a, b = await sit("a"), await sit("b")
    relay.record("r", order(1, "a"))
    one, two, three = pictures(a, 1, 2, 3)
    a.publish(one, three)
    assert await b.wait(lambda: len(b.heard) == 2)
    a.publish(two)
    assert await b.wait(lambda: len(b.heard) == 3)
    _, tape = await written(relay, vault)
    assert tape["a"] == [one, three, two]


async def test_whole_pictures_are_asked_for_and_clocks_noted(relay, sit, vault):
    a, b = await sit("a"), await sit("b")
    a.publish(*pictures(a, 1))
    assert await b.wait(lambda: len(b.heard) == 1)
    await asyncio.sleep(0.4)
    a.reports.clear()
    relay.record("r", order(1, "a"))
    assert await a.wait(lambda: [each for each in a.reports if each[:2] == (rtcp.PSFB, rtcp.PLI)])
    a.publish(*pictures(a, 2))
    a.report(rtcp.sender_report(rtcp.Sender(a.base + 1, 5 << 32, 6000, 1, 1)))
    await asyncio.sleep(0.1)
    found, _ = await written(relay, vault)
    (picture,) = [track for track in found.tracks.values() if track.kind == "video"]
    assert picture.spoken == pytest.approx(5 - 6000 / 90_000)


async def test_a_whole_picture_is_asked_for_until_it_comes(relay, sit):
    a, b = await sit("a"), await sit("b")
    a.publish(*pictures(a, 1))
    assert await b.wait(lambda: len(b.heard) == 1)
    relay.record("r", order(1, "a"))

    def asked():
        return len([each for each in a.reports if each[:2] == (rtcp.PSFB, rtcp.PLI)])

    a.publish(a.media(2, DELTA + b"x"))
    before = asked()
    assert await a.wait(lambda: asked() >= before + 2)
    a.publish(a.media(3, KEY + b"x"))
    assert await b.wait(lambda: len(b.heard) == 3)
    await asyncio.sleep(0.4)
    a.read()
    after = asked()
    await asyncio.sleep(1)
    a.read()
    assert asked() == after


async def test_a_storage_that_hangs_does_not_hold_up_the_call(sit, relay, vault, monkeypatch):
    slow = Slow()
    monkeypatch.setattr(relay.recorder, "_vault", slow)
    monkeypatch.setattr("realtime.media.tape.MOST_HELD", 4000)
    monkeypatch.setattr("realtime.media.tape.CHUNK_S", 0.1)
    a, b = await sit("a"), await sit("b")
    relay.record("r", order(1, "a"))
    for start in range(0, 60, 10):
        a.publish(*pictures(a, *range(start, start + 10)))
        await asyncio.sleep(0.05)
    assert await b.wait(lambda: len(b.heard) == 60), "every packet of the call has arrived"
    slow.gate.set()
    found, tape = await written(relay, slow)
    assert found.lost > 0 and len(tape["a"]) + found.lost == 60


async def test_it_ends_by_itself_and_tells(relay, sit, vault):
    a, b = await sit("a"), await sit("b")
    relay.record("r", order(1, "a", octets=2000))
    a.publish(*pictures(a, *range(10)))
    await b.wait(lambda: len(b.heard) == 10)
    ended = await b.wait(lambda: [event for event in relay.events if event["event"] == "tape_ended"], 3)
    assert [(event["room"], event["place"], event["why"]) for event in ended] == [("r", "p", "limit")]
    relay.record("r", order(1, "a", octets=2000))  # an order that was renewed begins no second tape
    a.publish(*pictures(a, *range(10, 15)))
    await b.wait(lambda: len(b.heard) == 15)
    _, tape = await written(relay, vault)
    assert len(tape["a"]) == 10


async def test_without_anybody_who_renews_the_order_it_ends(relay, sit, vault):
    a, _ = await sit("a"), await sit("b")
    relay.record("r", order(1, "a", lease=0.3))
    a.publish(*pictures(a, 1))
    ended = await a.wait(lambda: [event for event in relay.events if event["event"] == "tape_ended"], 3)
    assert ended[0]["why"] == "silent"


async def test_the_end_of_the_process_stores_what_waits(vault):
    made = Relay(Settings(loopback=True), vault=vault)
    await made.start()
    made.open_room("r")
    peer = Peer(1000)
    peer.take(made.join("r", "a", peer.offer()))
    await peer.connect()
    made.record("r", order(1, "a"))
    peer.publish(*pictures(peer, 1, 2, 3))
    await asyncio.sleep(0.1)
    await made.stop()
    peer.close()
    found = survey(iter(vault.kept["p"]))
    assert found.is_complete and found.why == "closed" and sum(track.packets for track in found.tracks.values()) == 3


async def test_what_is_refused(relay):
    for text in ("", "{}", "[]", '{"version": "x"}'):
        with pytest.raises(BadOrder):
            relay.record("r", text)
    with pytest.raises(NoSuchRoom):
        relay.record("elsewhere", order(1, "a"))
    bare = Relay(Settings(loopback=True))
    await bare.start()
    bare.open_room("r")
    with pytest.raises(NoRecording):
        bare.record("r", order(1, "a"))
    bare.record("r", order(2))  # to record nothing is always possible
    await bare.stop()


async def test_over_the_control_line_it_is_the_same(relay, sit, vault, tmp_path):
    server = Server(relay, str(tmp_path / "control"), "s" * 32)
    place = await server.start()
    remote = Remote(place, "s" * 32)
    await remote.connect()
    a, b = await sit("a"), await sit("b")
    await remote.record("r", order(1, "a"))
    a.publish(*pictures(a, 1, 2))
    assert await b.wait(lambda: len(b.heard) == 2)
    with pytest.raises(BadOrder):
        await remote.record("r", "{}")
    await Local(relay).record("r", order(2))
    _, tape = await written(relay, vault)
    assert len(tape["a"]) == 2
    await remote.close()
    await server.stop()
