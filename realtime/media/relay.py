"""The relay as the app sees it: rooms are opened, seats join with an offer and get an answer, and leave.

One object a process and port, on one asyncio loop; all of its methods are called in that loop. What happens by itself
(somebody is connected, silent, gone; other people in the slots) is told through `listen`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from realtime.media import bandwidth, sdp
from realtime.media.dtls import Identity
from realtime.media.errors import BadOffer, BadOrder, NoSuchRoom, NoSuchSeat, RelayFull
from realtime.media.feedback import TICK_S, Feedback
from realtime.media.link import Link, Words
from realtime.media.port import Port
from realtime.media.recorder import Recorder
from realtime.media.room import RoomMedia
from realtime.media.tape import Order, Vault

SILENT_S, GONE_S = 3.0, 30.0  # browsers check their path every 2.5 s at the latest
CONNECT_WITHIN_S = 30.0
EMPTY_ROOM_S = 60.0

Event = dict[str, Any]
log = logging.getLogger("lanh.media")


@dataclass(frozen=True)
class Settings:
    """How one relay runs. `announce`: the addresses browsers are told, when the socket's own is not what they can reach."""

    host: str = "127.0.0.1"
    port: int = 0
    announce: tuple[str, ...] = ()
    loopback: bool = False
    most_seats: int = 400
    gone_s: float = GONE_S
    silent_s: float = SILENT_S


@dataclass
class Relay:
    """See the module. `start` before anything else, `stop` at the end."""

    settings: Settings = field(default_factory=Settings)
    rooms: dict[str, RoomMedia] = field(default_factory=dict)
    vault: Vault | None = None  # where recordings go; without it there are none

    def __post_init__(self) -> None:
        self._listeners: list[Callable[[Event], None]] = []
        self._links: list[Link] = []
        self._clock: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def start(self) -> None:
        """Bind the port and begin. Raises OSError when it cannot be bound."""
        self._loop = asyncio.get_running_loop()
        self.identity = Identity()
        self.port = Port(
            self.settings.host,
            self.settings.port,
            loopback=self.settings.loopback,
            on_rtcp=self._rtcp,
            on_keys=self._connected,
        )
        self.feedback = Feedback(self.port)
        self.recorder = Recorder(self.vault, self.feedback.ask_picture, self._tell_tape)
        self.port.open(self._loop)
        self._clock = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Say good-bye to all and let go of everything."""
        for room in list(self.rooms):
            self.close_room(room)
        if self._clock:
            self._clock.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._clock
        if self._loop:
            self.port.close(self._loop)
            await self.recorder.stop()

    @property
    def addresses(self) -> list[tuple[str, int]]:
        """Where browsers find this relay."""
        host, port = self.port.socket.getsockname()[:2]
        return [(each, port) for each in self.settings.announce or (host,)]

    def listen(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Hear each event; return what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    # what the app asks for

    def open_room(self, room_id: str) -> None:
        """Be ready for the people of this room; asking again changes nothing."""
        if room_id not in self.rooms:
            self.rooms[room_id] = RoomMedia(room_id, on_slots=self._tell_slots, empty_since=time.monotonic())

    def join(self, room_id: str, seat_id: str, offer: str) -> str:
        """Return the answer to a seat's offer; who was on this seat before is replaced.

        Raises NoSuchRoom, RoomFull, RelayFull, BadOffer, NoCommonCodec; then nothing has changed.
        """
        room = self._room(room_id)
        room.make_way(seat_id)
        if len(self._links) >= self.settings.most_seats and seat_id not in room.links:
            raise RelayFull
        wanted = sdp.read_offer(offer)
        others = [each for each in room.links if each != seat_id]
        codec = sdp.common_codec(wanted, room.codec if others else "")
        if seat_id in room.links:
            self.leave(room_id, seat_id)
        room.codec = codec
        now = time.monotonic()
        link = Link(room_id, seat_id, wanted, now)
        link.on_change = self._changed
        streams = room.prepare(link, wanted)
        link.begin_dtls(self.identity, wanted, lambda data: self.port.send(data, link.address))
        self.port.desk.enter(link)
        self._links.append(link)
        room.enter(link)
        self.recorder.enter(room, link, now)
        return self._answer(room, link, wanted, streams)

    def restart_ice(self, room_id: str, seat_id: str, offer: str) -> str:
        """Return new ICE words for the same connection: keys, streams and slots stay. Raises as join() and NoSuchSeat."""
        room, link = self._room(room_id), self._link(room_id, seat_id)
        wanted = sdp.read_offer(offer)
        handshake = link.handshake
        if handshake is None or handshake.fingerprints != wanted.fingerprints:
            raise BadOffer  # another certificate is another connection
        receiving = {s.mid for s in wanted.sections if s.receives and sdp.chosen(s, room.codec)}
        if receiving != set(link.sinks):
            raise BadOffer
        self.port.desk.restart(link, Words.new(wanted))
        streams = {mid: sdp.Stream(sink.group, sink.ssrc, sink.rtx_ssrc) for mid, sink in link.sinks.items()}
        return self._answer(room, link, wanted, streams)

    def leave(self, room_id: str, seat_id: str) -> None:
        """Let go of everything of this seat; asking again changes nothing."""
        room = self.rooms.get(room_id)
        link = room.leave(seat_id) if room else None
        if room is None or link is None:
            return
        if link.handshake and link.address:
            link.handshake.close()
        self.port.desk.forget(link)
        self._links.remove(link)
        if not room.links:
            room.codec, room.empty_since = "", time.monotonic()

    def close_room(self, room_id: str) -> None:
        """Everybody leaves, and the room is gone."""
        room = self.rooms.get(room_id)
        for seat_id in list(room.links) if room else []:
            self.leave(room_id, seat_id)
        if room := self.rooms.pop(room_id, None):
            self.recorder.forget(room, time.monotonic())

    def record(self, room_id: str, order: str) -> None:
        """Record a room as the order says (tape.Order), or no more. Raises NoSuchRoom, BadOrder, NoRecording."""
        try:
            wanted = Order.from_json(order)
        except ValueError as error:
            raise BadOrder from error
        self.recorder.follow(self._room(room_id), wanted, time.monotonic())

    def slots(self, room_id: str, seat_id: str) -> list[dict[str, Any]]:
        """Who is in the seat's slots: mid, kind, seat, track of each. Raises NoSuchRoom, NoSuchSeat."""
        return RoomMedia.slots(self._link(room_id, seat_id))

    def stats(self, room_id: str) -> dict[str, Any]:
        """What support needs to know of a room; no address. Raises NoSuchRoom."""
        now = time.monotonic()
        return {seat_id: _of(link, now) for seat_id, link in self._room(room_id).links.items()}

    def load(self) -> dict[str, int]:
        """What placement needs to know of this relay."""
        return {
            "rooms": len(self.rooms),
            "seats": len(self._links),
            "most_seats": self.settings.most_seats,
            "forwarded": self.port.forwarded,
            "unsent": self.port.unsent,
        }

    # what happens by itself

    def _room(self, room_id: str) -> RoomMedia:
        if room_id not in self.rooms:
            raise NoSuchRoom
        return self.rooms[room_id]

    def _link(self, room_id: str, seat_id: str) -> Link:
        link = self._room(room_id).links.get(seat_id)
        if link is None:
            raise NoSuchSeat
        return link

    def _answer(self, room: RoomMedia, link: Link, offer: sdp.Offer, streams: dict[str, sdp.Stream]) -> str:
        return sdp.write_answer(
            offer,
            sdp.Answer(
                ufrag=link.words.ufrag,
                password=link.words.password,
                fingerprint=self.identity.fingerprint,
                addresses=self.addresses,
                video_codec=room.codec,
                streams=streams,
                most_kbps=bandwidth.cap(len(room.links), []) // 1000,
            ),
        )

    def _emit(self, kind: str, link: Link, **more: Any) -> None:
        self._hear({"event": kind, "room": link.room_id, "seat": link.seat_id, **more})

    def _hear(self, event: Event) -> None:
        for listener in list(self._listeners):
            try:
                listener(event)
            except Exception:  # packets go on, whatever a listener makes of it
                log.exception("a listener failed")

    def _tell_slots(self, link: Link) -> None:
        self._emit("slots", link, slots=RoomMedia.slots(link))

    def _tell_tape(self, room_id: str, place: str, why: str) -> None:
        event = {"event": "tape_ended", "room": room_id, "seat": "", "place": place, "why": why}
        self._hear(event)

    def _rtcp(self, link: Link, data: memoryview, now: float) -> None:
        self.feedback.receive(link, data, now)

    def _connected(self, link: Link, now: float) -> None:
        """Keys are there: those whose pictures the newcomer waits for are asked for whole ones."""
        self._emit("connected", link)
        for sink in link.sinks.values():
            if sink.source is not None:
                self.feedback.ask_picture(sink.source, now)

    def _changed(self, link: Link, what: str) -> None:
        """The line failed or was closed by the other end; or pictures were taken off it for a while, or put back."""
        if what in ("closed", "failed"):
            self._drop(link, what)
        else:
            self._emit(what, link)

    def _drop(self, link: Link, why: str) -> None:
        if self.rooms[link.room_id].links.get(link.seat_id) is link:
            self.leave(link.room_id, link.seat_id)
            self._emit("gone", link, why=why)

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            try:
                self.feedback.tick(self._links, now)
                self.recorder.tick(self.rooms, now)
                for room in [each for each in self.rooms.values() if now >= each.due_at]:
                    room.due_at = now + 1 if now - room.due_at > 1 else room.due_at + 1
                    self._every_second(room, now)
            except Exception:  # one room's trouble must not stop the clock of all
                log.exception("the clock met what it should not")

    def _every_second(self, room: RoomMedia, now: float) -> None:
        for link in list(room.links.values()):
            self.feedback.every_second(link, len(room.links), now)
            quiet = now - link.heard
            if link.keys is None and now - link.joined_at > CONNECT_WITHIN_S:
                self._drop(link, "never_connected")
            elif quiet > self.settings.gone_s:
                self._drop(link, "silent")
            elif link.keys is not None and (quiet > self.settings.silent_s) != link.silent:
                link.silent = not link.silent
                self._emit("silent" if link.silent else "back", link)
        if not room.links and now - room.empty_since > EMPTY_ROOM_S:
            self.close_room(room.id)


def _of(link: Link, now: float) -> dict[str, Any]:
    return {
        "connected": link.is_ready,
        "quiet_ms": int(1000 * (now - link.heard)),
        "rtt_ms": int(1000 * link.rtt),
        "estimate_bps": link.estimate,
        "refused": link.refused,
        "sends": [
            {
                "track": source.label,
                "kind": source.kind,
                "packets": source.packets,
                "bps": source.rate,
                "lost": max(0, source.highest - source.first + 1 - source.packets) if source.next >= 0 else 0,
                "jitter_ms": int(1000 * source.jitter / source.clock_rate),
            }
            for source in link.published
        ],
        "sees": [
            {
                "mid": sink.mid,
                "seat": sink.source.link.seat_id if sink.source else None,
                "packets": sink.counts[0],
                "loss": round(sink.loss / 256, 3),
                "paused": sink.paused,
            }
            for sink in link.sinks.values()
        ],
    }
