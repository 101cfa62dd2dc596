"""Tapes of real packets: aiortc's encoders for voice and picture, a network that loses and mixes, a vault in memory."""

from __future__ import annotations

import fractions
import functools
import struct
from concurrent.futures import Future
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import av
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder

from realtime.media.tape import Order, Tape

RATES = {"audio": 48_000, "video": 90_000}
NTP_PER_S = 1 << 32


class Memory:
    """A vault that keeps chunks in a dict; `fails` so often before it works."""

    def __init__(self, fails: int = 0) -> None:
        self.kept: dict[str, list[bytes]] = {}
        self.fails = fails

    def count(self, place: str) -> int:
        return len(self.kept.get(place, []))

    def put(self, place: str, number: int, chunk: bytes) -> None:
        if self.fails:
            self.fails -= 1
            raise OSError("the storage is away")
        chunks = self.kept.setdefault(place, [])
        assert number == len(chunks)
        chunks.append(chunk)


class AtOnce:
    """An executor that does it there and then."""

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


def packet(payload: bytes, sequence: int, timestamp: int, *, marker: bool = False) -> bytes:
    """An RTP packet in the clear."""
    return struct.pack("!BBHII", 0x80, marker << 7 | 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7) + payload


@dataclass
class Stream:
    """One stream of one seat: `packets` as (seconds since the call began, bytes)."""

    seat: str
    kind: str
    codec: str
    first_timestamp: int = 0
    first_sequence: int = 65_500  # it goes round soon
    packets: list[tuple[float, bytes]] = field(default_factory=list)
    line: str = "l"

    def source(self) -> Any:
        link = SimpleNamespace(seat_id=self.seat, words=SimpleNamespace(ufrag=self.line + self.seat))
        return SimpleNamespace(
            link=link, kind=self.kind, name=self.codec, clock_rate=RATES[self.kind], track=0, tape=None
        )

    def report(self, at: float, wall: float) -> tuple[int, int]:
        """What its sender says at `at`: its wall clock and the timestamp of that moment."""
        stamp = (self.first_timestamp + int(at * RATES[self.kind])) & 0xFFFFFFFF
        return int((wall + at) * NTP_PER_S), stamp


@functools.cache
def _spoken(pieces: int) -> list[list[bytes]]:
    encoder = OpusEncoder()
    found = []
    for number in range(pieces):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=960)
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, fractions.Fraction(1, 48_000)
        found.append(encoder.encode(frame)[0])
    return found


@functools.cache
def _painted(pictures: int, codec: str, keys: int) -> list[list[bytes]]:
    encoder: Any = Vp8Encoder() if codec == "VP8" else H264Encoder()
    found = []
    for number in range(pictures):
        frame = av.VideoFrame(320, 240, "yuv420p")
        for plane, value in zip(frame.planes, (number * 8 % 256, 90, 160), strict=True):
            rows = [
                bytes((value + row * 7 + column * number) % 256 for column in range(32)) for row in range(plane.height)
            ]
            plane.update(b"".join((row * (plane.line_size // 32 + 1))[: plane.line_size] for row in rows))
        frame.pts, frame.time_base = number * 6000, fractions.Fraction(1, 90_000)
        found.append(encoder.encode(frame, force_keyframe=number % keys == 0)[0])
    return found


def voice(seat: str, seconds: float, *, first_timestamp: int = 0xFFFFF000, **more: Any) -> Stream:
    """Opus in pieces of 20 ms; its timestamp goes round at once."""
    made = Stream(seat, "audio", "opus", first_timestamp, **more)
    for number, payloads in enumerate(_spoken(int(seconds * 50))):
        for payload in payloads:
            stamp = made.first_timestamp + number * 960
            made.packets.append((number / 50, packet(payload, made.first_sequence + len(made.packets), stamp)))
    return made


def face(
    seat: str, seconds: float, *, codec: str = "VP8", first_timestamp: int = 0xFFFFFF00, keys: int = 15, **more: Any
) -> Stream:
    """Moving pictures, 15 a second, a whole one each `keys`."""
    made = Stream(seat, "video", codec, first_timestamp, **more)
    for number, payloads in enumerate(_painted(int(seconds * 15), codec, keys)):
        for place, payload in enumerate(payloads):
            stamp = made.first_timestamp + number * 6000
            last = place == len(payloads) - 1
            wire = packet(payload, made.first_sequence + len(made.packets), stamp, marker=last)
            made.packets.append((number / 15, wire))
    return made


def tape_of(
    *streams: Stream,
    vault: Memory | None = None,
    reports: dict[int, float] | None = None,
    end: str = "stopped",
    turns: int = 0,
    **order: Any,
) -> list[bytes]:
    """Play streams onto a tape; return its chunks. `reports`: stream → wall clock its sender tells after a second."""
    vault = vault or Memory()
    wanted = Order(1, "p", frozenset(stream.seat for stream in streams), **order)
    tape = Tape(wanted, vault, AtOnce(), 100.0)  # type: ignore[arg-type]
    sources = [stream.source() for stream in streams]
    for source in sources:
        assert tape.open(source, 100.0, turns if source.kind == "video" else 0)
    events: list[tuple[float, int, Any]] = []
    for number, stream in enumerate(streams):
        events += [(at, number, wire) for at, wire in stream.packets]
        if reports and number in reports:
            events.append((1.0, number, stream.report(1.0, reports[number])))
    for at, number, what in sorted(events, key=lambda one: one[0]):
        if isinstance(what, tuple):
            tape.report(sources[number], *what, 100 + at)
        else:
            tape.take(sources[number], 100 + at, what)
        tape.tick(100 + at)
    last = max((at for at, _, _ in events), default=0.0)
    if end:
        tape.end(end, 100 + last)
    for _ in range(10):
        tape.tick(100 + last + 1)
    return vault.kept.get("p", [])
