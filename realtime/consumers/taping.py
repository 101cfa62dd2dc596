"""The part of a room's socket that has the relay record what the room has agreed to, and no longer than that.

Every socket of the room gives the same order; the room's version in it says which is the newest. So it is stopped as soon as
one of them has heard of it, and whoever has the last socket stops it on leaving.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from django.utils import timezone

from realtime import actions, queries, relays, rooms
from realtime.consumers.base import in_thread
from realtime.consumers.measuring import Measuring
from realtime.errors import NoRelay
from realtime.media.control import Media, NotThere
from realtime.media.errors import Refused
from realtime.media.tape import Order

log = logging.getLogger("lanh.recordings")
AGAIN_S = 1.0
Wish = tuple[Any, ...]


class Taping(Measuring):
    """What the room's socket is made on."""

    media: Media | None = None
    deaf: Callable[[], None] | None = None  # ends the listening to the relay
    ordered: Wish = ()  # what the relay was told last
    tending: asyncio.Task[None] | None = None

    def follow_tape(self, *, again: bool = False) -> None:
        """The room has changed, or (`again`) the relay is to hear that somebody is still there to stop it."""
        if again and self.ordered:
            self.ordered = ("renew",)
        if self._wish() != self.ordered and (self.tending is None or self.tending.done()):
            self.tending = asyncio.create_task(self._tend())

    async def let_go_of_tape(self) -> None:
        """This socket is closing: what it began it ends, if by now that is how the room stands."""
        if self.tending is not None:
            self.tending.cancel()
        if self.ordered:
            self.room = await in_thread(queries.room_now, self.room.id)
            if not rooms.is_taping(self.room):
                await self._stop()

    def hear_of_tape(self, event: dict[str, Any]) -> None:
        """The relay has stopped recording by itself."""
        if event["event"] == "tape_ended" and event["room"] == self.room.id:
            self.inbox.put({"k": "tape_ended", "place": event["place"], "why": event["why"]})

    async def heard_tape_ended(self, message: dict[str, Any]) -> None:
        """Let the room know."""
        await in_thread(
            actions.tape_ended, room_id=self.room.id, place=message["place"], why=message["why"], now=timezone.now()
        )

    def listen_to(self, media: Media) -> None:
        """Hear what this relay tells, and no longer another one."""
        if self.media is media:
            return
        if self.deaf is not None:
            self.deaf()
        self.media, self.deaf = media, media.listen(self.heard_of_media)

    def heard_of_media(self, event: dict[str, Any]) -> None:
        """Something happened at the relay."""
        raise NotImplementedError

    def _wish(self) -> Wish:
        room = self.room
        return (room.part, room.agreed, room.epoch) if rooms.is_taping(room) else ()

    async def _tend(self) -> None:
        while (wish := self._wish()) != self.ordered:
            if not wish:
                await self._stop()
                continue
            try:
                order = await in_thread(queries.order_of, self.room)
                self.listen_to(await relays.record(self.room.id, order))
                self.ordered = wish
            except (Refused, NotThere, NoRelay, OSError) as error:
                log.warning("The relay does not record: %s", type(error).__name__)
                await asyncio.sleep(AGAIN_S)

    async def _stop(self) -> None:
        self.ordered = ()
        try:
            if self.media is not None:
                await self.media.record(self.room.id, Order(self.room.version).as_json())
        except (Refused, NotThere):
            return  # the room is gone there, or the relay: nothing goes on
