"""RTCP: what streams tell about themselves and ask of each other (RFC 3550, 4585, 5104, REMB). Pure.

Only what the relay needs: reports, lost packets, requests for a whole picture, estimates. Twcc has a file of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from struct import Struct

SR, RR, SDES, BYE, RTPFB, PSFB = 200, 201, 202, 203, 205, 206
NACK, TWCC = 1, 15  # formats of RTPFB
PLI, FIR, ALFB = 1, 4, 15  # formats of PSFB; ALFB carries REMB

_HEAD = Struct("!BBH")
_SENDER = Struct("!IQIII")
_BLOCK = Struct("!IIIIII")
_PAIR = Struct("!II")
_LOST = Struct("!HH")
_WORD = Struct("!I")
_MANTISSA = (1 << 18) - 1


class BadRtcp(ValueError):
    """The bytes are no RTCP."""


@dataclass(frozen=True)
class Block:
    """What one receiver says of one stream. `last_report` and `delay` give the sender its round trip."""

    ssrc: int
    fraction_lost: int = 0  # of 256, since the last report
    lost: int = 0
    highest: int = 0
    jitter: int = 0
    last_report: int = 0  # the middle of the NTP time of the sender report last seen
    delay: int = 0  # since then, in 1/65,536 s


@dataclass(frozen=True)
class Sender:
    """What a sender says of its stream: which moment of the wall clock its timestamps mean."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int


def packets(data: bytes | memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Each packet of a compound one as (type, count or format, all after the first four bytes). Raises BadRtcp."""
    view, at = memoryview(data), 0
    while at < len(view):
        if at + 4 > len(view):
            raise BadRtcp
        first, kind, words = _HEAD.unpack_from(view, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(view):
            raise BadRtcp
        stop = end
        if first & 0x20:
            padding = view[end - 1]
            if not padding or at + 4 + padding > end:  # TWCC pads by single bytes
                raise BadRtcp
            stop = end - padding
        yield kind, first & 0x1F, view[at + 4 : stop]
        at = end


def _packet(kind: int, count: int, body: bytes) -> bytes:
    return _HEAD.pack(0x80 | count, kind, len(body) // 4) + body


def _pack_block(block: Block) -> bytes:
    lost = min(max(block.lost, -(1 << 23)), (1 << 23) - 1) & 0xFFFFFF
    head = block.fraction_lost << 24 | lost
    return _BLOCK.pack(block.ssrc, head, block.highest, block.jitter, block.last_report, block.delay)


def blocks(kind: int, count: int, body: memoryview) -> list[Block]:
    """The report blocks of a sender's or receiver's report. Raises BadRtcp."""
    at = 24 if kind == SR else 4
    if at + 24 * count > len(body):
        raise BadRtcp
    found = []
    for number in range(count):
        ssrc, head, highest, jitter, last_report, delay = _BLOCK.unpack_from(body, at + 24 * number)
        lost = head & 0xFFFFFF
        lost -= (lost & 0x800000) << 1
        found.append(Block(ssrc, head >> 24, lost, highest, jitter, last_report, delay))
    return found


def sender(body: memoryview) -> Sender:
    """The sender's part of its report. Raises BadRtcp."""
    if len(body) < _SENDER.size:
        raise BadRtcp
    return Sender(*_SENDER.unpack_from(body))


def sender_report(report: Sender) -> bytes:
    """A report on a stream we send on."""
    return _packet(SR, 0, _SENDER.pack(report.ssrc, report.ntp, report.timestamp, report.packets, report.octets))


def receiver_report(ssrc: int, received: Iterable[Block]) -> bytes:
    """A report on streams we receive, up to 31 of them."""
    parts = [_pack_block(block) for block in received][:31]
    return _packet(RR, len(parts), _WORD.pack(ssrc) + b"".join(parts))


def description(ssrc: int, name: str) -> bytes:
    """The CNAME that every compound packet should carry."""
    item = b"\x01" + bytes([len(name.encode())]) + name.encode()
    return _packet(SDES, 1, _WORD.pack(ssrc) + item + b"\0" * (4 - len(item) % 4))


def nack(ssrc: int, media: int, lost: Iterable[int]) -> bytes:
    """Ask for packets again. `lost` in the order in which they were sent."""
    pairs: list[list[int]] = []
    for sequence in lost:
        if pairs and 0 < (distance := (sequence - pairs[-1][0]) % 65536) <= 16:
            pairs[-1][1] |= 1 << (distance - 1)
        else:
            pairs.append([sequence, 0])
    return _packet(RTPFB, NACK, _PAIR.pack(ssrc, media) + b"".join(_LOST.pack(*pair) for pair in pairs))


def lost(body: memoryview) -> list[int]:
    """The sequence numbers a NACK asks for. Raises BadRtcp."""
    if len(body) < 8 or len(body) % 4:
        raise BadRtcp
    found = []
    for first, others in _LOST.iter_unpack(body[8:]):
        found.append(first)
        found += [(first + bit + 1) % 65536 for bit in range(16) if others >> bit & 1]
    return found


def media_ssrc(body: memoryview) -> int:
    """Which stream a feedback message is about. Raises BadRtcp."""
    if len(body) < 8:
        raise BadRtcp
    return int(_PAIR.unpack_from(body)[1])


def pli(ssrc: int, media: int) -> bytes:
    """Ask for a whole picture."""
    return _packet(PSFB, PLI, _PAIR.pack(ssrc, media))


def fir(ssrc: int, wanted: Iterable[tuple[int, int]]) -> bytes:
    """Demand whole pictures: (stream, running number of the demand) each."""
    entries = b"".join(_WORD.pack(media) + bytes([number & 0xFF, 0, 0, 0]) for media, number in wanted)
    return _packet(PSFB, FIR, _PAIR.pack(ssrc, 0) + entries)


def demanded(body: memoryview) -> list[tuple[int, int]]:
    """(stream, running number) of each demand; in a FIR the streams stand in the entries only. Raises BadRtcp."""
    if len(body) < 8 or len(body) % 8:
        raise BadRtcp
    return [(_WORD.unpack_from(body, at)[0], body[at + 4]) for at in range(8, len(body), 8)]


def remb(ssrc: int, bitrate: int, media: Iterable[int]) -> bytes:
    """Tell a sender how many bits a second may come; the mantissa has 18 bits and is rounded down."""
    exponent = max(0, bitrate.bit_length() - 18)
    streams = list(media)
    body = _PAIR.pack(ssrc, 0) + b"REMB" + _WORD.pack(len(streams) << 24 | exponent << 18 | bitrate >> exponent)
    return _packet(PSFB, ALFB, body + b"".join(_WORD.pack(stream) for stream in streams))


def estimate(body: memoryview) -> tuple[int, list[int]] | None:
    """Bits a second and the streams they are for; None when the message is another one of this format. Raises BadRtcp."""
    if len(body) < 16 or bytes(body[8:12]) != b"REMB":
        return None
    (word,) = _WORD.unpack_from(body, 12)
    count = word >> 24
    if len(body) < 16 + 4 * count:
        raise BadRtcp
    bitrate = (word & _MANTISSA) << (word >> 18 & 0x3F)
    return bitrate, [_WORD.unpack_from(body, 16 + 4 * number)[0] for number in range(count)]
