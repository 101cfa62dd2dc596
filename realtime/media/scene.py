"""A call that nobody held: drawn faces and hummed voices, coded as a browser codes them and written on a tape as a relay does.

For the demo, whose recordings have to play although no camera was ever there. Who speaks moves the mouth; they take turns.
"""

from __future__ import annotations

import math
import struct
from array import array
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from typing import Any, cast

import av
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Encoder
from PIL import Image, ImageDraw

from realtime.media.tape import Order, Tape, Vault

WIDTH, HEIGHT, PICTURES_A_S = 320, 240, 10
VOICE_HZ, FACE_HZ = 48_000, 90_000
PIECE = VOICE_HZ // 50  # samples of 20 ms
TURN_S = 2.5  # so long one speaks before the other
WHOLE_EVERY_S = 2
LEVELS = 6  # of loudness
Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Figure:
    """Somebody in the scene: their seat, how deep the voice is (a multiple of 50 Hz), and what they look like."""

    seat: str
    pitch: int
    wall: Colour
    clothes: Colour
    hair: Colour


@dataclass(frozen=True)
class _Words:
    ufrag: str


@dataclass(frozen=True)
class _Link:
    seat_id: str
    words: _Words


@dataclass
class _Stream:
    """As much of a relay's source as a tape asks for."""

    link: _Link
    kind: str
    name: str
    clock_rate: int
    track: int = 0
    tape: Any = None
    packets: list[tuple[float, bytes]] = field(default_factory=list)


class _AtOnce:
    """Stores there and then: no loop has to be kept free."""

    def submit(self, function: Any, *arguments: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(function(*arguments))
        except OSError as error:
            done.set_exception(error)
        return done


def record(figures: Sequence[Figure], seconds: int, *, order: Order, vault: Vault) -> None:
    """Write a scene of so many seconds on the tape that is ordered. Raises OSError where the storage takes nothing."""
    tape = Tape(order, vault, cast(Any, _AtOnce()), 0.0)
    streams = [
        stream
        for number, figure in enumerate(figures)
        for stream in (_voice(figure, number, len(figures), seconds), _face(figure, number, len(figures), seconds))
    ]
    for stream in streams:
        tape.open(cast(Any, stream), 0.0)
    written = sorted((at, number, wire) for number, stream in enumerate(streams) for at, wire in stream.packets)
    for at, number, wire in written:
        tape.take(cast(Any, streams[number]), at, wire)
        tape.tick(at)
    tape.end("stopped", float(seconds))
    while not tape.is_stored:
        tape.tick(float(seconds))
        if tape._failing_since:
            raise OSError("the tape could not be stored")


def _loudness(number: int, of: int, at: float) -> int:
    """How loud somebody speaks: in their own turn, in syllables of a third of a second."""
    if int(at / TURN_S) % of != number:
        return 0
    return round((LEVELS - 1) * abs(math.sin(at * math.pi * 3)))


@cache
def _hum(pitch: int, loudness: int) -> bytes:
    """20 ms of a voice, stereo; whole waves, so that pieces follow one another without a click."""
    wave = array("h")
    for number in range(PIECE):
        turn = 2 * math.pi * pitch * number / VOICE_HZ
        tone = math.sin(turn) + 0.5 * math.sin(2 * turn) + 0.3 * math.sin(3 * turn)
        value = int(2500 * loudness / LEVELS * tone)
        wave.extend((value, value))
    return wave.tobytes()


def _voice(figure: Figure, number: int, of: int, seconds: int) -> _Stream:
    stream, encoder = _Stream(_link(figure), "audio", "opus", VOICE_HZ), OpusEncoder()
    for piece in range(seconds * 50):
        frame = av.AudioFrame(format="s16", layout="stereo", samples=PIECE)
        frame.planes[0].update(_hum(figure.pitch, _loudness(number, of, piece / 50)))
        frame.sample_rate, frame.pts, frame.time_base = VOICE_HZ, piece * PIECE, Fraction(1, VOICE_HZ)
        _add(stream, piece / 50, piece * PIECE, encoder.encode(frame)[0])
    return stream


def _face(figure: Figure, number: int, of: int, seconds: int) -> _Stream:
    stream, encoder = _Stream(_link(figure), "video", "VP8", FACE_HZ), Vp8Encoder()
    drawn: dict[int, Any] = {}
    for picture in range(seconds * PICTURES_A_S):
        at = picture / PICTURES_A_S
        mouth = _loudness(number, of, at)
        image = drawn.get(mouth) or drawn.setdefault(mouth, _draw(figure, mouth))
        frame = av.VideoFrame.from_image(image)
        frame.pts, frame.time_base = picture * FACE_HZ // PICTURES_A_S, Fraction(1, FACE_HZ)
        whole = picture % (WHOLE_EVERY_S * PICTURES_A_S) == 0
        _add(stream, at, frame.pts, encoder.encode(frame.reformat(format="yuv420p"), force_keyframe=whole)[0])
    return stream


def _draw(figure: Figure, mouth: int) -> Image.Image:
    """Head and shoulders before a wall."""
    image = Image.new("RGB", (WIDTH, HEIGHT), figure.wall)
    brush = ImageDraw.Draw(image)
    skin, dark = (232, 190, 160), (60, 40, 35)
    brush.rectangle((20, 20, 90, 110), fill=tuple(min(255, one + 22) for one in figure.wall))  # a window
    brush.rounded_rectangle((85, 185, 235, 300), 50, fill=figure.clothes)
    brush.rectangle((143, 150, 177, 195), fill=skin)
    brush.ellipse((105, 45, 215, 150), fill=figure.hair)
    brush.ellipse((115, 62, 205, 172), fill=skin)
    for x in (142, 178):
        brush.ellipse((x - 4, 106, x + 4, 116), fill=dark)
    brush.ellipse((145, 141 - mouth, 175, 145 + mouth), fill=(150, 60, 60))
    return image


def _link(figure: Figure) -> _Link:
    return _Link(figure.seat, _Words(figure.seat))


def _add(stream: _Stream, at: float, timestamp: int, payloads: list[bytes]) -> None:
    for place, payload in enumerate(payloads):
        marker = stream.kind == "video" and place == len(payloads) - 1
        head = struct.pack("!BBHII", 0x80, marker << 7 | 96, len(stream.packets) & 0xFFFF, timestamp & 0xFFFFFFFF, 7)
        stream.packets.append((at, head + payload))
