"""Which rooms of a relay are recorded, and which of their streams: those of the seats that agreed, and of no other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from realtime.media.errors import NoRecording
from realtime.media.link import Link
from realtime.media.room import RoomMedia
from realtime.media.sdp import ORIENTATION
from realtime.media.streams import Source
from realtime.media.tape import Order, Tape, Vault

TICK_S = 0.25
WHOLE_PICTURE_EVERY_S = 10.0  # where one can jump to when the film is played
ASK_AGAIN_S = 0.5  # for the first whole picture
STORE_WITHIN_S = 30.0  # at the end of the process


class Recorder:
    """The relay's tapes. `tell(room, place, why)` hears of a recording that ended by itself."""

    def __init__(
        self,
        vault: Vault | None,
        ask_picture: Callable[[Source, float], None],
        tell: Callable[[str, str, str], None],
    ) -> None:
        self._vault, self._ask_picture, self._tell = vault, ask_picture, tell
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="tape")
        self._tapes: dict[str, Tape] = {}
        self._ending: list[Tape] = []
        self._orders: dict[str, Order] = {}  # the newest of each room
        self._over: dict[str, str] = {}  # the place of the tape that ended by itself: not begun again
        self._ticked = self._asked = 0.0

    def follow(self, room: RoomMedia, order: Order, now: float) -> None:
        """Record as is wished from now on; an older wish, or the same again, changes nothing but the lease.

        Raises NoRecording where this relay has nowhere to put it.
        """
        if self._vault is None and order.place:
            raise NoRecording
        newest = self._orders.get(room.id)
        if newest is not None and order.version < newest.version:
            return
        self._orders[room.id] = order
        tape = self._tapes.get(room.id)
        if tape is not None and tape.order.place != order.place:
            self._end(room, "stopped", now)
            tape = None
        if not order.place or self._over.get(room.id) == order.place:
            return
        if tape is None:
            assert self._vault is not None
            tape = self._tapes[room.id] = Tape(order, self._vault, self._workers, now)
        tape.renew(order, now)
        for link in room.links.values():
            self._judge(tape, room, link, now)

    def enter(self, room: RoomMedia, link: Link, now: float) -> None:
        """Somebody has joined: written down only if they are among those who agreed."""
        if tape := self._tapes.get(room.id):
            self._judge(tape, room, link, now)

    def forget(self, room: RoomMedia, now: float) -> None:
        """The room is gone from this relay."""
        self._end(room, "closed", now)
        self._orders.pop(room.id, None)
        self._over.pop(room.id, None)

    def tick(self, rooms: dict[str, RoomMedia], now: float) -> None:
        """At each beat of the relay's clock."""
        if now - self._ticked < TICK_S:
            return
        self._ticked = now
        for room_id, tape in list(self._tapes.items()):
            tape.tick(now)
            if tape.ended:
                self._over[room_id] = tape.order.place
                self._end(rooms[room_id], tape.ended, now)
                self._tell(room_id, tape.order.place, tape.ended)
        for tape in self._tapes.values():
            # A browser leaves a wish unheard that comes too soon after another one: it is asked again until the picture comes.
            for source in list(tape.waiting.values()):
                if source.tape is tape and now - source.asked_at >= ASK_AGAIN_S:
                    self._ask_picture(source, now)
        for tape in self._ending:
            tape.tick(now)
        self._ending = [tape for tape in self._ending if not tape.is_stored]
        if now - self._asked >= WHOLE_PICTURE_EVERY_S:
            self._asked = now
            for room_id in self._tapes:
                for link in rooms[room_id].links.values():
                    for source in link.published:
                        if source.tape is not None:
                            self._ask_picture(source, now)

    async def stop(self) -> None:
        """Store what is left, for a while."""
        until = time.monotonic() + STORE_WITHIN_S
        while self._ending and (now := time.monotonic()) < until:
            for tape in self._ending:
                tape.tick(now)
            self._ending = [tape for tape in self._ending if not tape.is_stored]
            await asyncio.sleep(0.02)
        self._workers.shutdown(wait=False, cancel_futures=True)

    def _judge(self, tape: Tape, room: RoomMedia, link: Link, now: float) -> None:
        agreed = link.seat_id in tape.order.seats
        for source in link.published:
            if not agreed:
                source.tape = None
            elif source.tape is not tape and tape.open(source, now, room.number_of(source, ORIENTATION)):
                self._ask_picture(source, now)

    def _end(self, room: RoomMedia, why: str, now: float) -> None:
        tape = self._tapes.pop(room.id, None)
        if tape is None:
            return
        for link in room.links.values():
            for source in link.published:
                source.tape = None
        tape.end(why, now)
        self._ending.append(tape)
