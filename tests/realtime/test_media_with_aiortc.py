"""aiortc's peer connections through the relay: another implementation of everything, which decodes what it is given."""

from __future__ import annotations

import asyncio
import contextlib
import fractions
from itertools import pairwise
from typing import Any

import aioice.ice
import av
import pytest
from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import AudioStreamTrack, MediaStreamTrack

from realtime.media.relay import Relay, Settings

WIDTH, HEIGHT, BITS = 320, 64, 10
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["127.0.0.1"])


@pytest.fixture
async def relay():
    made = Relay(Settings(loopback=True))
    await made.start()
    made.open_room("r")
    yield made
    await made.stop()


class Counting(MediaStreamTrack):
    """Pictures that say in black and white whose they are and how many went before: 4 bits of `who`, 6 of the number."""

    kind = "video"

    def __init__(self, who: int) -> None:
        super().__init__()
        self.who, self.number = who, 0

    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(1 / 15)
        frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
        word = self.who << 6 | self.number % 64
        row = b"".join(bytes([235 if word >> bit & 1 else 16]) * (WIDTH // BITS) for bit in range(BITS))
        for plane, line in zip(frame.planes, (row, b"\x80" * (WIDTH // 2), b"\x80" * (WIDTH // 2)), strict=True):
            plane.update(line.ljust(plane.line_size, b"\x80") * plane.height)
        frame.pts, frame.time_base = self.number * 6000, fractions.Fraction(1, 90_000)
        self.number += 1
        return frame


def word_of(frame: av.VideoFrame) -> tuple[int, int]:
    plane = frame.reformat(format="gray").planes[0]
    line = bytes(plane)[plane.line_size * (HEIGHT // 2) :]
    step = WIDTH // BITS
    word = sum((line[bit * step + step // 2] > 128) << bit for bit in range(BITS))
    return word >> 6, word % 64


class Guest:
    """One person with aiortc."""

    def __init__(self, who: int, slots: int) -> None:
        # As browsers do: one transport for everything.
        self.peer = RTCPeerConnection(RTCConfiguration(bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
        self.who = who
        self.peer.addTransceiver(AudioStreamTrack(), direction="sendonly")
        self.peer.addTransceiver(Counting(who), direction="sendonly")
        for _ in range(slots):
            self.peer.addTransceiver("audio", direction="recvonly")
            self.peer.addTransceiver("video", direction="recvonly")
        self.seen: dict[int, list[int]] = {}
        self.heard = 0
        self.tasks: list[asyncio.Task[None]] = []
        self.peer.on("track", self._on_track)

    def _on_track(self, track: Any) -> None:
        self.tasks.append(asyncio.create_task(self._watch(track)))

    async def _watch(self, track: Any) -> None:
        with contextlib.suppress(Exception):
            while True:
                frame = await track.recv()
                if track.kind == "audio":
                    self.heard += 1
                else:
                    who, number = word_of(frame)
                    self.seen.setdefault(who, []).append(number)

    async def join(self, relay: Relay) -> Guest:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        answer = relay.join("r", f"seat{self.who}", self.peer.localDescription.sdp)
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return self

    async def sees(self, *others: Guest, frames: int = 15) -> None:
        """Wait until that many more pictures of each have been decoded."""
        wanted = {other.who: len(self.seen.get(other.who, [])) + frames for other in others}
        for _ in range(1200):
            if all(len(self.seen.get(who, [])) >= count for who, count in wanted.items()):
                return
            await asyncio.sleep(0.05)
        raise AssertionError(
            f"{self.who} saw { ({who: len(each) for who, each in self.seen.items()}) }, wanted {wanted}"
        )

    async def leave(self) -> None:
        await self.peer.close()
        for task in self.tasks:
            task.cancel()


def in_order(numbers: list[int]) -> bool:
    return all(0 < (later - earlier) % 64 < 32 for earlier, later in pairwise(numbers))


async def test_two_decode_each_other(relay):
    one, two = await Guest(1, 1).join(relay), await Guest(2, 1).join(relay)
    await one.sees(two)
    await two.sees(one)
    assert set(one.seen) == {2} and set(two.seen) == {1}
    assert in_order(one.seen[2]) and in_order(two.seen[1])
    assert one.heard and two.heard
    await one.leave()
    for _ in range(100):
        if relay.stats("r").keys() == {"seat2"}:
            break
        await asyncio.sleep(0.05)
    assert relay.stats("r").keys() == {"seat2"}, "aiortc's good-bye is heard"
    again = await Guest(1, 1).join(relay)
    await two.sees(again)
    await again.sees(two)
    for guest in (two, again):
        await guest.leave()


async def test_four_decode_the_three_others(relay):
    guests = [await Guest(who, 3).join(relay) for who in (1, 2, 3, 4)]
    for guest in guests:
        others = [other for other in guests if other is not guest]
        await guest.sees(*others, frames=10)
        assert set(guest.seen) == {other.who for other in others}
        assert all(in_order(each) for each in guest.seen.values())
    await guests[3].leave()
    relay.leave("r", "seat4")
    newcomer = await Guest(5, 3).join(relay)
    for guest in guests[:3]:
        await guest.sees(newcomer, frames=10)
    await newcomer.sees(*guests[:3], frames=10)
    assert newcomer.seen.keys() == {1, 2, 3}
    for guest in (*guests[:3], newcomer):
        await guest.leave()
