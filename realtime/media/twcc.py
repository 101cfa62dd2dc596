"""Transport-wide feedback: when each packet of a publisher arrived, so that its browser can judge the way up. Pure.

draft-holmer-rmcat-transport-wide-cc-extensions-01. The hot path only appends a number and a time; all else is done here,
a few times a second.
"""

from __future__ import annotations

from struct import Struct

from realtime.media.rtcp import RTPFB, TWCC, BadRtcp
from realtime.media.rtp import ahead

TICK_NS = 250_000  # of a delta
REFERENCE_NS = 64_000_000  # of the reference time
MOST = 2_000  # packets, with the lost ones between, that one message tells of
LOST, SMALL, LARGE = 0, 1, 2

_HEAD = Struct("!BBHIIHH")
_DELTA = Struct("!h")
_CHUNK = Struct("!H")


class Arrivals:
    """The packets of one publisher since the last message."""

    __slots__ = ("_count", "_next", "sequences", "times")

    def __init__(self) -> None:
        self.sequences: list[int] = []
        self.times: list[int] = []
        self._next = -1  # the number after the highest one told
        self._count = 0

    def feedback(self, ssrc: int, media: int) -> list[bytes]:
        """The messages that tell of all arrivals since the last call; a packet that came late is told in place."""
        if not self.sequences:
            return []
        origin = self.sequences[0]
        found: dict[int, int] = {}
        for sequence, time in zip(self.sequences, self.times, strict=True):
            found.setdefault(origin + ahead(sequence, origin), time)
        self.sequences.clear()
        self.times.clear()
        order = sorted(found)
        first = order[0]
        if self._next >= 0:
            expected = origin + ahead(self._next, origin)
            if expected < first and first - expected < MOST:
                first = expected  # those between are lost so far
            self._next = max(order[-1] + 1, expected) & 0xFFFF
        else:
            self._next = (order[-1] + 1) & 0xFFFF
        messages, begin = [], 0
        for index, place in enumerate(order):
            is_last = index + 1 == len(order)
            if is_last or order[index + 1] - first >= MOST:
                messages.append(self._message(ssrc, media, first, [(at, found[at]) for at in order[begin : index + 1]]))
                begin = index + 1
                if not is_last:
                    first = order[begin] if order[begin] - place > MOST else place + 1
        return messages

    def _message(self, ssrc: int, media: int, first: int, arrived: list[tuple[int, int]]) -> bytes:
        reference = arrived[0][1] // REFERENCE_NS
        at = reference * (REFERENCE_NS // TICK_NS)
        statuses, deltas = [LOST] * (arrived[-1][0] - first + 1), bytearray()
        for place, time in arrived:
            tick = time // TICK_NS
            delta = tick - at
            if 0 <= delta <= 255:
                statuses[place - first] = SMALL
                deltas.append(delta)
            else:
                delta = min(max(delta, -32768), 32767)
                statuses[place - first] = LARGE
                deltas += _DELTA.pack(delta)
            at += delta
        body = bytearray()
        count = len(statuses)
        statuses += [LOST] * (-count % 7)
        for start in range(0, count, 7):
            a, b, c, d, e, f, g = statuses[start : start + 7]
            body += _CHUNK.pack(0xC000 | a << 12 | b << 10 | c << 8 | d << 6 | e << 4 | f << 2 | g)
        body += deltas
        padding = -len(body) % 4
        if padding:
            body += b"\0" * (padding - 1) + bytes([padding])
        head = _HEAD.pack(
            0x80 | (0x20 if padding else 0) | TWCC, RTPFB, 4 + len(body) // 4, ssrc, media, first & 0xFFFF, count
        )
        number, self._count = self._count, (self._count + 1) & 0xFF
        return head + ((reference & 0xFFFFFF) << 8 | number).to_bytes(4, "big") + bytes(body)


def arrivals(body: memoryview) -> tuple[int, list[tuple[int, int | None]]]:
    """The message's own number, and (sequence, time in ticks of 250 µs or None if lost) of each packet. Raises BadRtcp.

    `body` is what rtcp.packets() gives: all after the first four bytes, padding left out.
    """
    if len(body) < 16:
        raise BadRtcp
    first, count = int.from_bytes(body[8:10], "big"), int.from_bytes(body[10:12], "big")
    reference, number = int.from_bytes(body[12:15], "big"), body[15]
    statuses: list[int] = []
    at = 16
    while len(statuses) < count:
        if at + 2 > len(body):
            raise BadRtcp
        (chunk,) = _CHUNK.unpack_from(body, at)
        at += 2
        if not chunk & 0x8000:
            statuses += [chunk >> 13 & 3] * (chunk & 0x1FFF)
        elif chunk & 0x4000:
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    time = reference * (REFERENCE_NS // TICK_NS)
    told: list[tuple[int, int | None]] = []
    for place, status in enumerate(statuses[:count]):
        size = status if status in (SMALL, LARGE) else 0
        if at + size > len(body):
            raise BadRtcp
        if status == SMALL:
            time += body[at]
        elif status == LARGE:
            time += _DELTA.unpack_from(body, at)[0]
        told.append(((first + place) & 0xFFFF, time if size else None))
        at += size
    return number, told
