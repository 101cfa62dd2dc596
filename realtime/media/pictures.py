"""From packets in order to what a container holds: a piece of voice, a whole picture. Nothing is decoded. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from aiortc.codecs.h264 import H264PayloadDescriptor
from aiortc.codecs.vpx import VpxPayloadDescriptor

from realtime.media.rtp import EXTENSION_BIT, HEADER_SIZE, ONE_BYTE

PICTURE_MS = 33
OPUS_MS = (10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 40, 60, 10, 20, 10, 20)  # by config / 2 up to CELT's short ones
CELT_MS = (2.5, 5.0, 10.0, 20.0)


@dataclass(frozen=True)
class Unit:
    """What becomes one packet of the container."""

    kind: str
    data: bytes
    is_key: bool
    milliseconds: int


class Voice:
    """Opus: a packet is a piece."""

    def hole(self) -> None:
        """A player hears silence by itself."""

    def take(self, payload: bytes, clock: float, marker: bool) -> Iterator[tuple[Unit, float]]:
        """What this packet completes, and when it is heard."""
        if payload:
            yield Unit("audio", payload, True, opus_ms(payload)), clock


class Pictures:
    """Pictures of several packets each. After a hole nothing is shown before the next whole picture."""

    def __init__(self, codec: str) -> None:
        self.codec = codec
        self._parts: list[bytes] = []
        self._clock = -1.0
        self._is_torn = True  # the picture at hand
        self._wants_key = True

    def hole(self) -> None:
        """Something between the last packet and the next one never came."""
        self._parts, self._is_torn, self._wants_key = [], True, True

    def take(self, payload: bytes, clock: float, marker: bool) -> Iterator[tuple[Unit, float]]:
        """What this packet completes, and when it is seen."""
        if not payload:
            return  # padding, sent to find out how wide the way is
        if clock != self._clock:
            yield from self._finish()
            self._clock, self._is_torn = clock, self._is_torn and not begins(self.codec, payload)
        try:
            self._parts.append(bare(self.codec, payload))
        except ValueError:
            self.hole()
        if marker:
            yield from self._finish()
            self._is_torn = False

    def _finish(self) -> Iterator[tuple[Unit, float]]:
        parts, self._parts = self._parts, []
        data = b"".join(parts)
        if not data or self._is_torn:
            return
        is_key = holds_whole(self.codec, data)
        if self._wants_key and not is_key:
            return
        self._wants_key = False
        yield Unit("video", data, is_key, PICTURE_MS), self._clock


def bare(codec: str, payload: bytes) -> bytes:
    """The coder's own bytes of a packet. Raises ValueError when it is none."""
    if codec == "VP8":
        return VpxPayloadDescriptor.parse(payload)[1]
    return H264PayloadDescriptor.parse(payload)[1]


def begins(codec: str, payload: bytes) -> bool:
    """True for the first packet of a picture, as far as the packet itself says."""
    return codec != "VP8" or (bool(payload[0] & 0x10) and not payload[0] & 0x07)


def holds_whole(codec: str, data: bytes) -> bool:
    """True for a picture that can be decoded alone."""
    if codec == "VP8":
        return not data[0] & 0x01
    return any(kind in (5, 7) for kind in _units(data))


def size_of(payload: bytes) -> tuple[int, int]:
    """Width and height, when this packet of VP8 begins a whole picture; else (0, 0) (RFC 6386, 9.1)."""
    if not payload or not begins("VP8", payload):
        return 0, 0
    try:
        data = bare("VP8", payload)
    except ValueError:
        return 0, 0
    if len(data) < 10 or data[0] & 0x01 or data[3:6] != b"\x9d\x01\x2a":
        return 0, 0
    width, height = (data[6] | data[7] << 8) & 0x3FFF, (data[8] | data[9] << 8) & 0x3FFF
    return (width, height) if width and height else (0, 0)


def turn_of(packet: bytes, number: int) -> int:
    """By how many degrees clockwise this packet's picture has to be turned (3GPP TS 26.114, 7.4.5); 0 where it does not say."""
    at = HEADER_SIZE + 4 * (packet[0] & 0x0F)
    if not packet[0] & EXTENSION_BIT or packet[at : at + 2] != ONE_BYTE.to_bytes(2, "big"):
        return 0
    end = min(len(packet), at + 4 + 4 * int.from_bytes(packet[at + 2 : at + 4], "big"))
    at += 4
    while at < end:
        if not packet[at]:
            at += 1
            continue
        if packet[at] >> 4 == number:
            return 90 * (packet[at + 1] & 0x03) if at + 1 < end else 0
        at += 2 + (packet[at] & 0x0F)
    return 0


def opus_ms(payload: bytes) -> int:
    """How long a piece of Opus is (RFC 6716, 3.1 and 3.2), in whole milliseconds."""
    config, code = payload[0] >> 3, payload[0] & 0x03
    one = OPUS_MS[config] if config < 16 else CELT_MS[config & 0x03]
    frames = {0: 1, 1: 2, 2: 2}.get(code) or (payload[1] & 0x3F if len(payload) > 1 else 1)
    return min(120, max(1, round(one * frames)))


def _units(data: bytes) -> Iterator[int]:
    at = data.find(b"\x00\x00\x01")
    while 0 <= at < len(data) - 3:
        yield data[at + 3] & 0x1F
        at = data.find(b"\x00\x00\x01", at + 3)
