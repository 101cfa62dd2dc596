"""Visits as streams of packets, the same for every server that passes them on: what is sent when, and what must come of it.

A visit: two people, each sends 720p30 at 1.5 Mbit/s (157 packets a second, each with a transport-wide number) and a voice
of 50 packets a second. Every packet is encrypted before the clock starts and lies in memory; one socket plays all browsers
(tests/bench/udp.py), so that the load is not the limit. Server on one core, load on another, CPU as the kernel counts it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from statistics import quantiles
from typing import Any

from realtime.media import rtp, stun
from realtime.media.dtls import Identity
from tests.bench import udp
from tests.realtime.media_peer import PASSWORD, Peer

VIDEO_RATE, AUDIO_RATE, FRAMES = 157, 50, 30
VIDEO_BYTES, AUDIO_BYTES = 1170, 80
POOL = random.Random(7).randbytes(1 << 16)
LATE_S, LOST, TRIES = 0.040, 0.001, 3
AT_ONCE = 100
CIPHER = b"SRTP_AEAD_AES_128_GCM"


class Void(Exception):
    """The round says nothing about the server."""


@dataclass(frozen=True)
class Stream:
    """One kind of what one person sends, on its way to the other."""

    person: int
    kind: str
    sender: Peer
    to: tuple[str, int]
    receiver: Peer
    ssrc: int  # as it arrives
    first: int  # the number of its first packet as it arrives


@dataclass(frozen=True)
class Stage:
    """A server with people connected to it."""

    process: int
    crowd: udp.Crowd
    streams: list[Stream]


Server = Callable[[int], AbstractAsyncContextManager[Stage]]


class Told:
    """One load on one server."""

    def __init__(self, heard: udp.Heard, visits: int, planned: int) -> None:
        self.cost_us = heard.cpu_ns / 1000 / max(1, heard.packets)
        self.visit_ms = heard.cpu_ns / 1e6 / heard.seconds / visits
        self.p99_ms = quantiles(heard.delays, n=100)[98] * 1000
        self.arrived = heard.all / planned


# setting the stage


class Browser(Peer):
    """A peer that also answers checks: not every server only answers."""

    def take_check(self, data: bytes) -> None:
        message = stun.read(data)
        if message and message.kind == stun.REQUEST and message.knows(PASSWORD):
            self.send(stun.success(message.transaction, self.socket.getsockname(), PASSWORD))
        elif message and message.kind == stun.SUCCESS:
            self.checked += 1


@contextlib.contextmanager
def apart() -> Iterator[int]:
    """This process leaves the first core, which is the server's; its number comes back."""
    cores = sorted(os.sched_getaffinity(0))
    try:
        if len(cores) > 1:
            os.sched_setaffinity(0, cores[1:])
        yield cores[0]
    finally:
        os.sched_setaffinity(0, cores)


def identity() -> Identity:
    """A certificate of a browser that speaks only the cipher which is counted, so that no server is given a dearer one."""
    made = Identity()
    made.context.set_tlsext_use_srtp(CIPHER)
    return made


def seat(crowd: udp.Crowd, place: int, person: int, **options: Any) -> Browser:
    """A browser of `person` on an address of its own."""
    peer = Browser(10_000 + 10 * person, **options)
    peer.identity = identity()
    peer.socket.close()
    peer.socket = crowd.member(place)  # type: ignore[assignment]
    return peer


async def connect(peers: list[Peer]) -> None:
    """Let all be checked and shake hands, some at once. Raises Void: how others do that is not for us to judge."""
    for begin in range(0, len(peers), AT_ONCE):
        try:
            await asyncio.gather(*(peer.connect() for peer in peers[begin : begin + AT_ONCE]))
        except AssertionError:
            raise Void("not all could connect") from None


# a round


async def play(server: Server, visits: int, warm: float, counted: float) -> Told:
    """Play `visits` visits. Raises Void."""
    async with server(visits) as stage:
        packets: list[tuple[int, str, tuple[str, int], bytes]] = []
        sent_tick: dict[int, tuple[int, list[int]]] = {}
        chance = random.Random(11)
        of_person: dict[int, list[tuple[Stream, list[int]]]] = {}
        for stream in sorted(stage.streams, key=lambda each: (each.person, each.kind)):
            ticks = schedule(stream.kind, warm + counted, chance.random())
            sent_tick[stream.ssrc] = (stream.first, ticks)
            of_person.setdefault(stream.person, []).append((stream, ticks))
        for person, streams in of_person.items():
            # In the order of time, as one browser counts its transport-wide numbers.
            order = sorted(
                ((tick, n, stream) for stream, ticks in streams for n, tick in enumerate(ticks)), key=_moment
            )
            for transport, (tick, n, stream) in enumerate(order):
                sender = stream.sender
                plain = sender.media(
                    n, body(person, stream.kind, n), kind=stream.kind, timestamp=n * 600, number=transport & 0xFFFF
                )
                assert sender.keys
                packets.append((tick, sender.socket.address, stream.to, bytes(sender.keys.protect(plain))))  # type: ignore[attr-defined,arg-type]
        script = udp.Script(packets)
        packets.clear()
        heard = udp.play(stage.crowd, script, stage.process, warm_s=warm, sent_tick=sent_tick)
    check(heard, {stream.ssrc: stream for stream in stage.streams})
    return Told(heard, visits, script.count)


def _moment(sent: tuple[int, int, Stream]) -> tuple[int, str, int]:
    tick, n, stream = sent
    return tick, stream.kind, n


def schedule(kind: str, seconds: float, phase: float) -> list[int]:
    """The tick of each packet: a voice every 20 ms; a picture 30 times a second, its packets a millisecond apart."""
    if kind == "audio":
        return [int((n + phase) * 1000 / AUDIO_RATE) for n in range(int(seconds * AUDIO_RATE))]
    ticks = []
    for frame in range(int(seconds * FRAMES)):
        count = (frame + 1) * VIDEO_RATE // FRAMES - frame * VIDEO_RATE // FRAMES
        ticks += [int((frame + phase) * 1000 / FRAMES) + n for n in range(count)]
    return ticks


def body(person: int, kind: str, number: int) -> bytes:
    """What one packet says; the first picture is a whole one."""
    at = (person * 7919 + number * 131) % (len(POOL) - VIDEO_BYTES)
    if kind == "audio":
        return POOL[at : at + AUDIO_BYTES]
    return (b"\x10\x00" if number == 0 else b"\x10\x01") + POOL[at : at + VIDEO_BYTES - 2]


def check(heard: udp.Heard, streams: dict[int, Stream]) -> None:
    """Raises Void when the load was late, and fails when the server changed what it should only pass."""
    if heard.lateness > LATE_S:
        raise Void(f"the load was {heard.lateness * 1000:.0f} ms late")
    if len(heard.delays) < 100:
        raise Void("too little came back")
    for packet in heard.samples:
        stream = streams[int.from_bytes(packet[8:12], "big")]
        assert stream.receiver.keys
        plain = stream.receiver.keys.unprotect(packet)
        assert plain is not None, "what came back does not decrypt"
        number = (plain[2] << 8 | plain[3]) - stream.first
        said = bytes(plain[rtp.payload_at(plain, len(plain)) :])
        assert said == body(stream.person, stream.kind, number), "changed on the way"


def patiently(
    server: Server,
    visits: int,
    warm: float,
    counted: float,
    *,
    may_lose: bool = False,
    name: str = "ours",
    tries: int = TRIES,
) -> Told | None:
    """A round that counts, of so many; a busy machine spoils some. None when none did, which is said."""
    for _ in range(tries):
        try:
            told = asyncio.run(play(server, visits, warm, counted))
            if told.arrived <= 1 - LOST and not may_lose:
                raise Void(f"{1 - told.arrived:.2%} were lost")
        except (Void, TimeoutError) as reason:
            print(f"void, {name}, {visits} visits: {reason}", file=sys.stderr)
        else:
            return told
    return None
