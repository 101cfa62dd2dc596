"""Makes films of a tape: for each seat one WebM with its voice and face, as they came, coded by nobody anew.

Two readings. The first learns what the clocks are: the least delay with which a stream's packets arrived says where it
lies on the tape, and the senders' reports say how far lips and voice of one connection are apart. The second puts packets in
order, pictures together, and both into the container. A picture with a hole is left out, and with it all that would have
been painted over it, until the next whole one.

A seat that had no VP8 but H.264 gets a Matroska file, since WebM knows no H.264.
"""

from __future__ import annotations

import heapq
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, BinaryIO, Protocol

import av
import av.container

from realtime.media.pictures import Pictures, Unit, Voice, size_of, turn_of
from realtime.media.rtp import HEADER, MARKER_BIT, payload_at, payload_end
from realtime.media.tape import BEGIN, END, LOST, PACKET, REPORT, SENDER, STREAM, Record, records

MILLISECONDS = Fraction(1, 1000)
CLUSTER_MS = 2000
WAIT_S = 1.0  # for a packet that was lost and may have been sent again
FURTHEST_S = 10.0  # from when it arrived: what claims to be of another time is left out

Chunks = Callable[[], Iterable[bytes]]


class Output(Protocol):
    """Where a film is written: like a file, with seek() for the head that is completed at the end."""

    def write(self, data: bytes) -> int: ...
    def seek(self, offset: int, whence: int = 0) -> int: ...
    def tell(self) -> int: ...


@dataclass
class Track:
    """What the first reading learns of one stream."""

    seat: str
    line: str
    kind: str
    codec: str
    rate: int
    turns: int = 0  # number of the header extension that says how a camera is held
    packets: int = 0
    earliest: float = 0.0  # its first packet
    delay: float = 0.0  # tape's clock minus stream's clock, the least that was seen
    spoken: float | None = None  # sender's wall clock minus stream's clock, as last reported
    size: tuple[int, int] = (0, 0)
    whole: bytes = b""  # the first whole picture, where only that tells its size
    shift: float = 0.0  # what is added to the stream's clock to get the tape's
    looked_at: Pictures = field(default_factory=lambda: Pictures("H264"))
    held: dict[int, int] = field(default_factory=dict)  # degrees → how many pictures
    _last: tuple[int, int] = (-1, 0)

    @property
    def turned(self) -> int:
        """How most pictures have to be turned."""
        return max(self.held, key=lambda degrees: self.held[degrees], default=0)

    def clock(self, timestamp: int) -> float:
        """The stream's own time of a timestamp, in seconds, beyond its 32 bits."""
        known, whole = self._last
        if known < 0:
            whole = timestamp
        else:
            whole += ((timestamp - known + (1 << 31)) & 0xFFFFFFFF) - (1 << 31)
        self._last = timestamp, whole
        return whole / self.rate


@dataclass
class Survey:
    """What is on a tape."""

    tracks: dict[int, Track] = field(default_factory=dict)
    is_complete: bool = False  # the relay has said that this is all
    why: str = ""
    lost: int = 0  # packets that could not be stored in time

    @property
    def seats(self) -> list[str]:
        """Those of whom anything was written down, in the order in which it came."""
        heard = sorted((track.earliest, track.seat) for track in self.tracks.values() if track.packets)
        return list(dict.fromkeys(seat for _, seat in heard))


@dataclass(frozen=True)
class Film:
    """One finished film. `starts_ms`: where it begins on the tape, so that films of several seats play together.

    `turned`: by how many degrees clockwise a player has to turn the picture (a phone held upright).
    """

    seat: str
    starts_ms: int
    duration_ms: int
    has_voice: bool
    has_picture: bool
    width: int
    height: int
    turned: int
    container: str


def survey(chunks: Iterable[bytes]) -> Survey:
    """Read a tape for the first time."""
    found = Survey()
    for record in records(chunks):
        if record.kind == STREAM:
            facts = json.loads(record.data)
            found.tracks[record.stream] = Track(
                **{name: facts[name] for name in ("seat", "line", "kind", "codec", "rate", "turns")}
            )
        elif record.kind == BEGIN:
            found.is_complete = False
        elif record.kind in (END, LOST):
            facts = json.loads(record.data)
            found.lost = facts["lost"]
            if record.kind == END:
                found.is_complete, found.why = True, facts["why"]
        elif track := found.tracks.get(record.stream):
            _learn(track, record)
    _align(found)
    return found


def _learn(track: Track, record: Record) -> None:
    if record.kind == SENDER:
        ntp, timestamp = REPORT.unpack(record.data)
        if track.packets:  # before the first packet its clock is not known
            track.spoken = ntp / (1 << 32) - track.clock(timestamp)
        return
    timestamp = HEADER.unpack_from(record.data)[3]
    delay = record.at - track.clock(timestamp)
    if not track.packets:
        track.earliest, track.delay = record.at, delay
    track.packets += 1
    track.delay = min(track.delay, delay)
    if track.turns and record.data[1] & MARKER_BIT:
        degrees = turn_of(record.data, track.turns)
        track.held[degrees] = track.held.get(degrees, 0) + 1
    if track.kind == "video" and track.codec == "VP8" and track.size == (0, 0):
        track.size = size_of(_payload(record.data))
    elif track.kind == "video" and not track.whole:
        marker = bool(record.data[1] & MARKER_BIT)
        for unit, _ in track.looked_at.take(_payload(record.data), record.at - delay, marker):
            track.whole = track.whole or unit.data


def _align(found: Survey) -> None:
    """Voices lie where they arrived; a face where its voice is, by the clock both were reported with."""
    for track in found.tracks.values():
        track.shift = track.delay
    voices = {
        track.line: track for track in found.tracks.values() if track.kind == "audio" and track.spoken is not None
    }
    for track in found.tracks.values():
        voice = voices.get(track.line)
        if track.kind == "video" and track.spoken is not None and voice is not None and voice.spoken is not None:
            by_reports = voice.delay + track.spoken - voice.spoken
            if abs(by_reports - track.delay) < 1.0:  # more is a wrong clock, not a late picture
                track.shift = by_reports


class _Making:
    """One seat's film while it is written."""

    def __init__(self, seat: str, tracks: list[Track], output: Output) -> None:
        self.seat = seat
        pictured = [track for track in tracks if track.kind == "video" and (track.size != (0, 0) or track.whole)]
        self.has_voice = any(track.kind == "audio" and track.packets for track in tracks)
        self.width, self.height = pictured[0].size if pictured else (0, 0)
        codec = pictured[0].codec if pictured else "VP8"
        self.format = "webm" if codec == "VP8" else "matroska"
        self.codec = codec
        options = {"cluster_time_limit": str(CLUSTER_MS)}
        self.container: Any = av.open(output, "w", format=self.format, options=options)
        self.voice = self.container.add_stream("libopus", rate=48_000, layout="stereo") if self.has_voice else None
        self.picture: Any = None
        if pictured and codec == "VP8":
            self.picture = self.container.add_mux_stream("vp8", width=self.width, height=self.height)
            self.picture.time_base = MILLISECONDS
        elif pictured:
            self._begin_h264(pictured[0].whole)
        self.turned = pictured[0].turned if pictured else 0
        self.is_broken = False
        self.first: float | None = None
        self.last = {"audio": -1, "video": -1}
        self.end = 0

    def _begin_h264(self, picture: bytes) -> None:
        try:
            with av.open(io.BytesIO(picture), format="h264") as whole:
                seen = whole.streams.video[0]
                self.picture = self.container.add_stream_from_template(seen)
                self.width, self.height = seen.width, seen.height
        except (av.FFmpegError, IndexError):
            self.picture = None  # not a picture at all: the voice is kept

    def add(self, unit: Unit, at: float, codec: str) -> None:
        stream = self.voice if unit.kind == "audio" else self.picture if codec == self.codec else None
        if stream is None or self.is_broken:
            return
        if self.first is None:
            self.first = at
        moment = max(round((at - self.first) * 1000), self.last[unit.kind] + 1, 0)
        self.last[unit.kind] = moment
        packet = av.Packet(unit.data)
        packet.stream, packet.time_base = stream, MILLISECONDS
        packet.pts = packet.dts = moment
        packet.duration = unit.milliseconds
        packet.is_keyframe = unit.is_key
        self.end = max(self.end, moment + unit.milliseconds)
        try:
            self.container.mux(packet)
        except av.FFmpegError:  # somebody's browser sent what is no picture: the others' films are made all the same
            self.is_broken = True

    def close(self, began: float) -> Film | None:
        try:
            self.container.close()
        except av.FFmpegError:
            self.is_broken = True
        if self.first is None or self.is_broken:
            return None
        starts = max(0, round((self.first - began) * 1000))
        has_picture = self.last["video"] >= 0
        return Film(
            seat=self.seat,
            starts_ms=starts,
            duration_ms=self.end,
            has_voice=self.last["audio"] >= 0,
            has_picture=has_picture,
            width=self.width,
            height=self.height,
            turned=self.turned,
            container=self.format,
        )


class _InOrder:
    """One stream's packets by their numbers; what is missing is waited for, a second at most."""

    def __init__(self, track: Track) -> None:
        self.track = track
        track._last = (-1, 0)
        self.heap: list[tuple[int, int, float, float, int, bytes]] = []
        self.next: int | None = None
        self.known = -1
        self.whole = 0
        self.count = 0
        self.assembled: Voice | Pictures = Voice() if track.kind == "audio" else Pictures(track.codec)

    def take(self, record: Record) -> Iterator[tuple[Unit, float]]:
        _, second, sequence, timestamp, _ = HEADER.unpack_from(record.data)
        if self.known < 0:
            self.whole = sequence
        else:
            self.whole += ((sequence - self.known + 0x8000) & 0xFFFF) - 0x8000
        self.known = sequence
        clock = self.track.clock(timestamp)
        if abs(clock + self.track.shift - record.at) > FURTHEST_S:
            return
        if self.next is None:
            self.next = self.whole
        if self.whole >= self.next:
            self.count += 1
            entry = (self.whole, self.count, record.at, clock, second & MARKER_BIT, _payload(record.data))
            heapq.heappush(self.heap, entry)
        yield from self.release(record.at - WAIT_S)

    def release(self, before: float) -> Iterator[tuple[Unit, float]]:
        while self.heap and self.next is not None:
            number, _, at, clock, marker, payload = self.heap[0]
            if number > self.next and at > before:
                return
            heapq.heappop(self.heap)
            if number < self.next:
                continue  # came twice
            if number > self.next:
                self.assembled.hole()
            self.next = number + 1
            for unit, moment in self.assembled.take(payload, clock, bool(marker)):
                yield unit, moment + self.track.shift


def make(chunks: Chunks, found: Survey, open_output: Callable[[str], Output]) -> list[Film]:
    """Write the films of all seats; `open_output` is asked once a seat. Reads the tape once more."""
    making = {
        seat: _Making(seat, [track for track in found.tracks.values() if track.seat == seat], open_output(seat))
        for seat in found.seats
    }
    streams = {number: _InOrder(track) for number, track in found.tracks.items() if track.packets}
    began: float | None = None

    def put(stream: _InOrder, units: Iterator[tuple[Unit, float]]) -> None:
        nonlocal began
        for unit, at in units:
            began = at if began is None else min(began, at)
            making[stream.track.seat].add(unit, at, stream.track.codec)

    for record in records(chunks()):
        stream = streams.get(record.stream)
        if record.kind == PACKET and stream is not None:
            put(stream, stream.take(record))
    for stream in streams.values():
        put(stream, stream.release(float("inf")))
    films = [one.close(began or 0.0) for one in making.values()]
    return [film for film in films if film is not None]


def together(films: Iterable[tuple[Film, BinaryIO | io.RawIOBase]]) -> Iterator[bytes]:
    """One file with the tracks of all seats, made as it is sent: the tracks begin where they do on the tape.

    For players that show several tracks; browsers play the first of each kind only, so they get a film a seat.
    """
    known = list(films)
    if not known:
        return
    out = _Pieces()
    is_webm = all(film.container == "webm" for film, _ in known)
    container: Any = av.open(out, "w", format="webm" if is_webm else "matroska")
    inputs: list[Any] = [av.open(source) for _, source in known]
    length = max(film.starts_ms + film.duration_ms for film, _ in known)
    clock = f"{length // 3_600_000:02}:{length // 60_000 % 60:02}:{length / 1000 % 60:012.9f}"
    flows = []
    for (film, _), source in zip(known, inputs, strict=True):
        streams = {}
        for stream in source.streams:
            streams[stream.index] = container.add_stream_from_template(stream)
            streams[stream.index].metadata["DURATION"] = clock  # the head cannot be completed at the end
        flows.append(_shifted(source, streams, film.starts_ms))
    try:
        for _, _, packet in heapq.merge(*flows, key=lambda one: one[:2]):
            container.mux(packet)
            yield from out.take()
        container.close()
        yield from out.take()
    finally:
        for source in inputs:
            source.close()


def _shifted(source: Any, streams: dict[int, Any], starts_ms: int) -> Iterator[tuple[float, int, Any]]:
    for packet in source.demux():
        if packet.size and packet.pts is not None:
            stream = streams[packet.stream.index]
            packet.stream = stream
            shift = round(Fraction(starts_ms, 1000) / packet.time_base)
            packet.pts += shift
            packet.dts = packet.pts
            yield float(packet.pts * packet.time_base), id(stream), packet


class _Pieces:
    """A file that is only written onwards, and read as fast."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def take(self) -> list[bytes]:
        pieces, self._pieces = self._pieces, []
        return pieces


def _payload(packet: bytes) -> bytes:
    start, end = payload_at(packet, len(packet)), payload_end(packet, len(packet))
    return packet[start:end] if 0 <= start <= end else b""
