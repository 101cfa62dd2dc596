"""What is written down of a call that is recorded: packets as they came, in chunks; nothing is put together here.

A chunk is a row of records, so a relay that is killed leaves all chunks before the last two seconds, and film.py makes of
them what can be seen. Between the loop and the storage lies a bounded list: where storing is slow, the recording loses
packets and counts them; the call never does.

record = kind, stream (1 byte each), seconds since the tape began (double), length (2 bytes), that many bytes
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, Future
from dataclasses import dataclass, field
from struct import Struct
from typing import TYPE_CHECKING, Any, Protocol

from realtime.media.keyframes import begins_picture
from realtime.media.rtp import payload_at

if TYPE_CHECKING:
    from realtime.media.streams import Source

RECORD = Struct("!BBdH")
REPORT = Struct("!QI")  # a sender's clock (NTP) and the timestamp it had then
BEGIN, STREAM, PACKET, SENDER, LOST, END = range(6)

CHUNK_S = 2.0  # a crash loses no more
CHUNK_BYTES = 1 << 20
MOST_HELD = 8 << 20  # octets that wait to be stored; half a minute of two people
GIVE_UP_S = 20.0  # a storage that takes nothing for so long ends the recording
MOST_STREAMS = 250


class Vault(Protocol):
    """Where chunks go: sealed, by whoever runs the relay. Called in a thread; may raise anything."""

    def count(self, place: str) -> int:
        """How many chunks lie there already."""

    def put(self, place: str, number: int, chunk: bytes) -> None:
        """Keep one chunk; the same number again replaces it."""


@dataclass(frozen=True)
class Order:
    """What is to be recorded. No `place`: nothing. `version` is the room's, so that an older order changes nothing."""

    version: int
    place: str = ""
    seats: frozenset[str] = frozenset()  # those who agreed; nobody else is written down
    seconds: float = 3600.0
    octets: int = 1 << 30
    lease: float = 90.0  # repeated before that, or the recording ends: whoever may stop it is then not there

    def as_json(self) -> str:
        """One word for the control line."""
        return json.dumps({**self.__dict__, "seats": sorted(self.seats)})

    @classmethod
    def from_json(cls, text: str) -> Order:
        """The inverse. Raises ValueError for anything else."""
        try:
            values = json.loads(text)
            return cls(
                version=int(values["version"]),
                place=str(values["place"]),
                seats=frozenset(str(seat) for seat in values["seats"]),
                seconds=float(values["seconds"]),
                octets=int(values["octets"]),
                lease=float(values["lease"]),
            )
        except (KeyError, TypeError) as error:
            raise ValueError("not an order") from error


@dataclass
class Tape:
    """One part of a recording while it is written. All but the storing happens on the relay's loop."""

    order: Order
    vault: Vault
    workers: Executor
    now: float
    ended: str = ""  # why
    is_stored: bool = False  # after the end: nothing is left to be stored
    octets: int = 0
    lost: int = 0
    number: int | None = None  # of the next chunk
    streams: int = 0

    waiting: dict[int, Source] = field(default_factory=dict)  # of which no whole picture has come yet, by their number

    _pending: list[tuple[int, int, float, bytes]] = field(default_factory=list)
    _held: int = 0
    _chunk: bytes = b""
    _carried: int = 0
    _writing: Future[None] | None = None
    _flushed_at: float = 0.0
    _failing_since: float = 0.0
    _told_lost: int = 0

    def __post_init__(self) -> None:
        self.began, self.until, self._flushed_at = self.now, self.now + self.order.lease, self.now
        self._note(BEGIN, 0, self.now, {"wall": time.time()})

    def renew(self, order: Order, now: float) -> None:
        """The same part goes on, perhaps with other seats."""
        self.order, self.until = order, now + order.lease

    def open(self, source: Source, now: float, turns: int = 0) -> bool:
        """Begin to write a stream down. `turns`: the number of the header extension that says how a camera is held."""
        if self.ended or self.streams >= MOST_STREAMS:
            return False
        source.track = self.streams
        self.streams += 1
        facts = {
            "seat": source.link.seat_id,
            "line": source.link.words.ufrag,  # voice and face of one connection share a clock
            "kind": source.kind,
            "codec": source.name,
            "rate": source.clock_rate,
            "turns": turns,
        }
        self._note(STREAM, source.track, now, facts)
        source.tape = self
        if source.kind == "video":
            self.waiting[source.track] = source
        return True

    def take(self, source: Source, now: float, packet: bytes) -> None:
        """Write one packet down; called for each, so it only adds to a list."""
        if self._held > MOST_HELD:
            self.lost += 1
            return
        if self.waiting and source.track in self.waiting and begins_picture(source.name, _payload(packet)):
            del self.waiting[source.track]
        self._held += len(packet)
        self._pending.append((PACKET, source.track, now, packet))

    def report(self, source: Source, ntp: int, timestamp: int, now: float) -> None:
        """Write down what a sender says of its clocks: by this, lips and voice come together."""
        self._pending.append((SENDER, source.track, now, REPORT.pack(ntp, timestamp)))

    def end(self, why: str, now: float) -> None:
        """Write no more; what waits is still stored."""
        if not self.ended:
            self.ended = why
            self._note(END, 0, now, {"why": why, "lost": self.lost})

    def tick(self, now: float) -> None:
        """A few times a second: store what is due, see whether the bounds are reached."""
        if not self.ended:
            if self.octets + self._held > self.order.octets or now - self.began > self.order.seconds:
                self.end("limit", now)
            elif now > self.until:
                self.end("silent", now)
        if self._writing is not None:
            if not self._writing.done():
                return
            self._written(now)
        if not self._chunk and self._pending and (self.ended or self._is_due(now)):
            self._fill(now)
        if self._chunk:
            self._writing = self.workers.submit(self._put, self._chunk)
        elif self.ended:
            self.is_stored = True

    def _is_due(self, now: float) -> bool:
        return now - self._flushed_at >= CHUNK_S or self._held >= CHUNK_BYTES

    def _note(self, kind: int, stream: int, now: float, facts: dict[str, Any]) -> None:
        self._pending.append((kind, stream, now, json.dumps(facts).encode()))

    def _fill(self, now: float) -> None:
        if self.lost > self._told_lost:
            self._note(LOST, 0, now, {"lost": self.lost})
            self._told_lost = self.lost
        pieces: list[bytes] = []
        for kind, stream, at, data in self._pending:
            pieces += (RECORD.pack(kind, stream, at - self.began, len(data)), data)
        self._chunk, self._carried, self._pending = b"".join(pieces), self._held, []
        self._flushed_at = now

    def _put(self, chunk: bytes) -> None:
        """In a thread."""
        if self.number is None:
            self.number = self.vault.count(self.order.place)
        self.vault.put(self.order.place, self.number, chunk)

    def _written(self, now: float) -> None:
        assert self._writing is not None
        failed, self._writing = self._writing.exception(), None
        if failed is None:
            assert self.number is not None
            self.number += 1
            self.octets += self._carried
            self._held -= self._carried
            self._chunk, self._carried, self._failing_since = b"", 0, 0.0
            return
        self._failing_since = self._failing_since or now
        if now - self._failing_since > GIVE_UP_S:
            self.ended = self.ended or "storage"
            self._chunk, self._pending = b"", []


def _payload(packet: bytes) -> bytes:
    start = payload_at(packet, len(packet))
    return packet[start:] if start >= 0 else b""


@dataclass(frozen=True)
class Record:
    """One record as it is read again; `at` counts from the beginning of the tape."""

    kind: int
    stream: int
    at: float
    data: bytes


def records(chunks: Iterable[bytes]) -> Iterator[Record]:
    """Read chunks in their order; one that is cut off ends where it can no longer be read.

    A relay that began again on the same tape numbers its streams anew: they are told apart, and its clock goes on from ours.
    """
    first_wall, shift, base, most = 0.0, 0.0, 0, -1
    for chunk in chunks:
        at = 0
        while at + RECORD.size <= len(chunk):
            kind, stream, moment, length = RECORD.unpack_from(chunk, at)
            at += RECORD.size
            data = chunk[at : at + length]
            at += length
            if len(data) < length:
                break
            if kind == BEGIN:
                wall = float(json.loads(data)["wall"])
                first_wall = first_wall or wall
                shift, base = wall - first_wall, most + 1
            most = max(most, stream + base)
            yield Record(kind, stream + base, moment + shift, data)
