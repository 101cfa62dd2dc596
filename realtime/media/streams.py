"""What the relay knows of each stream: a Source is what somebody publishes, a Sink is the slot in which another sees it.

The hot path (port.py) reads and writes these fields directly; what is unusual about a packet is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from realtime.media.rtp import HEADER, SEQUENCES, TIMESTAMPS, Numbers, ahead, translate_extensions
from realtime.media.sdp import Codec

if TYPE_CHECKING:
    from realtime.media.link import Link
    from realtime.media.tape import Tape

HISTORY = 512  # packets kept of a picture stream: three seconds at 1.5 Mbit/s
REORDERED = 2  # a gap this small may still close by itself
FURTHEST_JUMP = 500  # a longer one is no loss but a new beginning
MOST_MISSING = 256
NACK_TRIES, NACK_FOR_S, NACK_EVERY_S = 4, 0.5, 0.04
PICTURE_EVERY_S = 0.35  # Chromium leaves a wish for a whole picture within 300 ms of the one before
NEW, LATE, DROP = 1, -1, 0


class Source:
    """One published stream."""

    __slots__ = (
        "asked_at", "clock_rate", "codec", "cycles", "due_at", "expected_before", "first", "history", "jitter", "kind", "label",
        "last_at", "link", "missing", "name", "next", "octets", "octets_before", "packets", "packets_before",
        "payload_type", "rate", "report", "report_at", "rtx_payload_type", "rtx_ssrc", "sinks", "ssrc", "tape", "timestamp",
        "track", "transit", "waiting",
    )  # fmt: skip

    def __init__(self, link: Link, kind: str, label: str, codec: Codec, ssrc: int, rtx_ssrc: int) -> None:
        self.link = link
        self.kind = kind
        self.label = label  # the mid of the publisher's own section
        self.codec = codec
        self.name = codec.name
        self.clock_rate = codec.clock_rate
        self.payload_type = codec.payload_type
        self.rtx_payload_type = codec.rtx or -1
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.sinks: list[Sink] = []  # those that get each packet
        self.waiting: list[Sink] = []  # those that get none before a whole picture begins
        self.history: list[bytes | None] | None = [None] * HISTORY if kind == "video" else None
        self.missing: dict[int, list[float]] = {}  # sequence → [seen missing at, asked at, times asked]
        self.next = -1  # the sequence number expected
        self.first = self.cycles = 0
        self.timestamp = 0
        self.last_at = 0.0
        self.packets = self.octets = 0
        self.packets_before = self.octets_before = self.expected_before = 0
        self.rate = 0  # bits in the last second
        self.jitter = self.transit = 0.0
        self.report, self.report_at = 0, 0.0  # the sender report last seen, for its round trip
        self.asked_at = self.due_at = 0.0  # when a whole picture was asked for, and when to ask again (0: not)
        self.tape: Tape | None = None  # what writes each packet down, and which of its streams this is
        self.track = 0

    def judge(self, sequence: int, now: float) -> int:
        """A packet that is not the expected one: NEW beyond a gap, LATE and wanted, or to DROP."""
        if self.next < 0:
            self.first = sequence
            self.next = (sequence + 1) & 0xFFFF
            return NEW
        distance = ahead(sequence, self.next)
        if distance < 0:
            return LATE if self.missing.pop(sequence, None) is not None else DROP
        if distance > FURTHEST_JUMP:
            self.missing.clear()
        else:
            for step in range(distance):
                self.missing[(self.next + step) & 0xFFFF] = [now, 0.0, 0]
            while len(self.missing) > MOST_MISSING:
                del self.missing[next(iter(self.missing))]
        if (
            sequence < (self.next - 1) & 0xFFFF
        ):  # the port asks us at 0 even when nothing is missing: here it is counted
            self.cycles += 1
        self.next = (sequence + 1) & 0xFFFF
        return NEW

    def judge_late(self, sequence: int) -> bool:
        """True when this packet, sent again, was still missing."""
        return self.missing.pop(sequence, None) is not None

    def to_ask(self, now: float, pause: float) -> tuple[list[int], bool]:
        """The packets to ask for now, and whether one was given up, so that only a whole picture helps.

        Of a voice nothing is asked for: it would come too late to be heard. It may still come by itself.
        """
        wanted: list[int] = []
        gave_up = False
        if self.history is None:
            for sequence in [number for number, note in self.missing.items() if now - note[0] > NACK_FOR_S]:
                del self.missing[sequence]
            return wanted, gave_up
        for sequence, note in list(self.missing.items()):
            if (note[2] >= NACK_TRIES and now - note[1] >= pause) or now - note[0] > NACK_FOR_S:
                del self.missing[sequence]
                gave_up = True
            elif note[2] < NACK_TRIES and now - note[1] >= pause and ahead(self.next, sequence) > REORDERED:
                note[1] = now
                note[2] += 1
                wanted.append(sequence)
        return wanted, gave_up

    def moved(self, timestamp: int, now: float) -> None:
        """Jitter as RFC 3550 has it, from one packet in eight."""
        transit = now * self.clock_rate - timestamp
        difference = abs(transit - self.transit)
        self.transit = transit
        if difference < self.clock_rate:  # more than a second is a new clock, not jitter
            self.jitter += (difference - self.jitter) / 16

    @property
    def highest(self) -> int:
        """The highest sequence number with the times it went round."""
        return (self.cycles << 16) + (self.next - 1 & 0xFFFF) if self.next >= 0 else 0

    @property
    def is_awaited(self) -> bool:
        """True while somebody who is connected waits for a whole picture."""
        return any(sink.tx is not None and not sink.paused for sink in self.waiting)

    def kept(self, sequence: int) -> bytes | None:
        """A packet of the last seconds, as it came."""
        if self.history is None:
            return None
        packet = self.history[sequence % HISTORY]
        return packet if packet and packet[2] << 8 | packet[3] == sequence else None


class Sink:
    """A slot of one receiver: its SSRC stays while sources change. `source` None: nobody is seen in it."""

    __slots__ = (
        "codec",
        "extensions",
        "group",
        "kind",
        "link",
        "loss",
        "mid",
        "numbers",
        "octets_base",
        "octets_done",
        "packets_base",
        "packets_done",
        "paused",
        "payload_type",
        "resent",
        "resent_octets",
        "rtt",
        "rtx_payload_type",
        "rtx_sequence",
        "rtx_ssrc",
        "sent_report",
        "sequence",
        "source",
        "ssrc",
        "timestamp",
        "translate",
        "tx",
    )  # fmt: skip

    def __init__(self, link: Link, mid: str, kind: str, group: str, codec: Codec, ssrc: int, rtx_ssrc: int) -> None:
        self.link = link
        self.mid = mid
        self.kind = kind
        self.group = group
        self.codec = codec
        self.payload_type = codec.payload_type
        self.rtx_payload_type = codec.rtx
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.rtx_sequence = 0
        self.numbers = Numbers(codec.clock_rate, first=1)
        self.sequence = self.timestamp = 0  # of numbers, where the hot path finds them
        self.extensions: dict[str, int] = {}
        self.translate: dict[int, int] | None = None
        self.source: Source | None = None
        self.tx: Any = None
        self.packets_base = self.octets_base = self.packets_done = self.octets_done = 0
        self.resent: dict[int, float] = {}  # sequence → when it was last sent again
        self.resent_octets = 0  # in this second
        self.loss = 0  # of 256, as last reported
        self.rtt = 0.1
        self.sent_report: tuple[int, float] = (0, 0.0)
        self.paused = False  # the way down is too narrow for a picture

    def attach(self, source: Source, translate: dict[int, int] | None) -> None:
        """Show this source here from its next whole picture on; sound begins at once."""
        self.detach()
        self.source = source
        self.translate = translate
        source.waiting.append(self)

    def detach(self) -> None:
        """Show nobody; what was sent stays counted, and the numbers go on from there."""
        source = self.source
        if source is None:
            return
        if self in source.waiting:
            source.waiting.remove(self)
        if self in source.sinks:
            source.sinks.remove(self)
            self._count(source)
        self.source = None
        self.resent.clear()

    def hold(self) -> None:
        """Send no pictures until start() finds a whole one; the source stays the same."""
        source = self.source
        if source and self in source.sinks:
            source.sinks.remove(self)
            self._count(source)
            source.waiting.append(self)

    def _count(self, source: Source) -> None:
        self.packets_done += source.packets - self.packets_base
        self.octets_done += source.octets - self.octets_base
        if source.next >= 0 and source.packets > self.packets_base:
            self.numbers.sent((source.next - 1) & 0xFFFF, source.timestamp, source.last_at)

    def start(self, sequence: int, timestamp: int, now: float) -> None:
        """The packet with this number, still to be sent, is the first one seen here."""
        source = self.source
        if source is None:
            return
        self.numbers.take_over(sequence, timestamp, now)
        self.sequence, self.timestamp = self.numbers.sequence, self.numbers.timestamp
        self.packets_base, self.octets_base = source.packets, source.octets
        source.waiting.remove(self)
        source.sinks.append(self)

    def rewrite(self, packet: bytearray, size: int) -> None:
        """Off the hot path: make a copy of the source's packet one of this slot."""
        first, second, sequence, timestamp, _ = HEADER.unpack_from(packet)
        HEADER.pack_into(
            packet,
            0,
            first,
            second & 0x80 | self.payload_type,
            (sequence + self.sequence) % SEQUENCES,
            (timestamp + self.timestamp) % TIMESTAMPS,
            self.ssrc,
        )
        if self.translate is not None:
            translate_extensions(packet, size, self.translate)

    def belongs(self, sequence: int) -> bool:
        """False for packets from before this slot showed the source."""
        return ahead(sequence, self.numbers.first) >= 0

    @property
    def is_live(self) -> bool:
        """True while packets of its source go out here."""
        return self.source is not None and self in self.source.sinks

    @property
    def counts(self) -> tuple[int, int]:
        """Packets and octets sent here, all sources together."""
        if not self.is_live or self.source is None:
            return self.packets_done, self.octets_done
        return (
            self.packets_done + self.source.packets - self.packets_base,
            self.octets_done + self.source.octets - self.octets_base,
        )
