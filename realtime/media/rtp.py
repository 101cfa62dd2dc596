"""RTP packets as bytes: read where things lie, write a few fields in place (RFC 3550, 8285, 4588). Pure.

A packet never becomes an object. Whoever forwards one reads its twelve bytes with HEADER, and writes them with HEADER.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    Packet = bytearray | memoryview

HEADER = Struct(
    "!BBHII"
)  # version, padding, extension, CSRC count · marker, payload type · sequence · timestamp · SSRC
HEADER_SIZE = HEADER.size
MIN_VERSION, MAX_VERSION = 0x80, 0xBF  # the first byte of every RTP and RTCP packet
MIN_RTCP, MAX_RTCP = 192, 223  # the second byte of RTCP where both share a port (RFC 5761)
EXTENSION_BIT, PADDING_BIT, MARKER_BIT = 0x10, 0x20, 0x80
ONE_BYTE, TWO_BYTES, TWO_BYTES_MASK = 0xBEDE, 0x1000, 0xFFF0
SEQUENCES, TIMESTAMPS = 1 << 16, 1 << 32

_SEQUENCE = Struct("!H")


def ahead(sequence: int, other: int) -> int:
    """How far `sequence` lies before (+) or behind (-) `other` on the ring of 65,536: -32,768 to 32,767."""
    return ((sequence - other + 0x8000) & 0xFFFF) - 0x8000


def payload_at(packet: bytes | Packet, size: int) -> int:
    """Where the payload begins; -1 when the packet is too short for what its header says."""
    if size < HEADER_SIZE:
        return -1
    at = HEADER_SIZE + 4 * (packet[0] & 0x0F)
    if packet[0] & EXTENSION_BIT:
        if at + 4 > size:
            return -1
        at += 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
    return at if at <= size else -1


def payload_end(packet: bytes | Packet, size: int) -> int:
    """Where the payload ends, padding left out; -1 when the padding cannot be right."""
    if not packet[0] & PADDING_BIT:
        return size
    padding = packet[size - 1]
    end = size - padding
    return end if padding and end >= payload_at(packet, size) else -1


def take_extension(packet: Packet, size: int, wanted: int) -> int:
    """Read the two-byte value of one header extension and blank it to padding; -1 when it is not there.

    Transport-wide sequence numbers end at this hop: a receiver that saw the sender's would report on packets we never sent.
    """
    at = HEADER_SIZE + 4 * (packet[0] & 0x0F)
    if at + 4 > size or packet[at] != 0xBE or packet[at + 1] != 0xDE:
        return -1
    end = at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3])
    if end > size:
        return -1
    at += 4
    while at < end:
        first = packet[at]
        if not first:
            at += 1
            continue
        if first >> 4 == wanted:
            if first & 0x0F != 1 or at + 3 > end:
                return -1
            value = packet[at + 1] << 8 | packet[at + 2]
            packet[at] = packet[at + 1] = packet[at + 2] = 0
            return value
        if first >> 4 == 15:  # reserved: whoever meets it stops reading
            return -1
        at += 2 + (first & 0x0F)
    return -1


def translate_extensions(packet: Packet, size: int, numbers: Mapping[int, int]) -> None:
    """Give header extensions the receiver's numbers; what is not in the table is blanked to padding.

    Two browsers may number the same extension differently; taken for another it would do harm, left out it does none.
    """
    if size < HEADER_SIZE or not packet[0] & EXTENSION_BIT:
        return
    at = HEADER_SIZE + 4 * (packet[0] & 0x0F)
    if at + 4 > size:
        return
    profile = packet[at] << 8 | packet[at + 1]
    end = min(at + 4 + 4 * (packet[at + 2] << 8 | packet[at + 3]), size)
    is_short = profile == ONE_BYTE
    if not is_short and profile & TWO_BYTES_MASK != TWO_BYTES:
        return
    at += 4
    while at < end:
        if not packet[at]:
            at += 1
            continue
        if is_short:
            number, length = packet[at] >> 4, 2 + (packet[at] & 0x0F)
            if number == 15:
                number, length = 0, end - at
        else:
            number, length = packet[at], 2 + (packet[at + 1] if at + 1 < end else 0)
        stop = min(at + length, end)
        new = numbers.get(number, 0)
        if not new:
            for place in range(at, stop):
                packet[place] = 0
        elif is_short:
            packet[at] = new << 4 | packet[at] & 0x0F
        else:
            packet[at] = new
        at = stop


def as_rtx(
    packet: bytes, *, payload_type: int, sequence: int, timestamp: int, ssrc: int, original: int
) -> bytearray | None:
    """The packet sent again on the retransmission stream, with the number it first had (RFC 4588); None if it is broken."""
    start = payload_at(packet, len(packet))
    if start < 0:
        return None
    again = bytearray(len(packet) + 2)
    again[:start] = packet[:start]
    HEADER.pack_into(again, 0, packet[0], packet[1] & MARKER_BIT | payload_type, sequence, timestamp, ssrc)
    _SEQUENCE.pack_into(again, start, original)
    again[start + 2 :] = packet[start:]
    return again


def from_rtx(packet: bytes | Packet, size: int, *, payload_type: int, ssrc: int) -> bytearray | None:
    """The packet a retransmission carries, as it was; None for padding that only probes the path."""
    start = payload_at(packet, size)
    if start < 0:
        return None
    end = payload_end(packet, size)
    if end - start <= 2:
        return None
    (original,) = _SEQUENCE.unpack_from(packet, start)
    first, second, _, timestamp, _ = HEADER.unpack_from(packet)
    plain = bytearray(end - 2)
    plain[:start] = packet[:start]
    plain[start:] = packet[start + 2 : end]
    HEADER.pack_into(plain, 0, first & ~PADDING_BIT, second & MARKER_BIT | payload_type, original, timestamp, ssrc)
    return plain


class Numbers:
    """The sequence numbers and timestamps of one outgoing stream, which must go on when its source changes.

    A receiver takes a jump for a loss or a reordering and asks for what never was; so each source is moved by a constant.
    """

    __slots__ = ("clock_rate", "first", "last", "last_at", "sequence", "started", "timestamp", "timestamp_last")

    def __init__(self, clock_rate: int, first: int = 0) -> None:
        self.clock_rate = clock_rate
        self.sequence = 0  # what is added to the source's
        self.timestamp = 0
        self.last = (first - 1) % SEQUENCES  # the newest sent, in our own numbers
        self.timestamp_last = 0
        self.last_at = 0.0
        self.first = 0  # the source's number at which it took over: older packets do not belong here
        self.started = False

    def take_over(self, sequence: int, timestamp: int, now: float) -> None:
        """The next packet is from another source: number it one after the last, and let the clock run on as time did."""
        self.first = sequence
        self.sequence = (self.last + 1 - sequence) % SEQUENCES
        if self.started:
            passed = max(1, int((now - self.last_at) * self.clock_rate))
            self.timestamp = (self.timestamp_last + passed - timestamp) % TIMESTAMPS
        else:
            self.timestamp = 0
            self.started = True

    def sent(self, sequence: int, timestamp: int, now: float) -> None:
        """Remember the newest packet of the source, in its own numbers."""
        self.last = (sequence + self.sequence) % SEQUENCES
        self.timestamp_last = (timestamp + self.timestamp) % TIMESTAMPS
        self.last_at = now
