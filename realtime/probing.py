"""A trial of the network before a visit: a call with oneself through the relay, whose figures the browser reads.

It needs no room and no appointment, so it works days before. What is sent up comes down again; nothing is kept.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from uuid import UUID

from django.conf import settings

from realtime import relays
from realtime.errors import NoRelay, RelayRefused, TooFast
from realtime.media.control import Media, NotThere
from realtime.media.errors import Refused

log = logging.getLogger("lanh.sockets")
LASTS_S = 40.0  # the page measures for some seconds; whoever stays longer uses our relay for something else
TRIALS = 20  # ends offered by one socket


class Trial:
    """The trials of one socket, one at a time."""

    def __init__(self, socket_id: UUID) -> None:
        self._name = f"trial:{socket_id}"
        self._media: Media | None = None
        self._over: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None
        self._offered = 0

    async def answer(self, end: str, offer: str) -> str:
        """Let the relay answer one end's offer; an end offered anew replaces the former. Raises RelayRefused, TooFast."""
        self._offered += 1
        if self._offered > TRIALS:
            raise TooFast
        try:
            if not settings.MEDIA_RELAY:
                raise NoRelay
            self._media = await relays.relay_for_a_trial(self._name)
            if self._over is None:
                self._over = asyncio.get_running_loop().call_later(LASTS_S, self._stop)
            return await self._media.join(self._name, end, offer)
        except (Refused, NotThere, NoRelay, OSError) as error:
            log.info("A trial of the network got no answer: %s", type(error).__name__)
            raise RelayRefused from error

    def _stop(self) -> None:
        self._ending = asyncio.create_task(self.end())

    async def end(self) -> None:
        """Let go of the relay; asking again changes nothing."""
        if self._over is not None:
            self._over.cancel()
            self._over = None
        media, self._media = self._media, None
        if media is not None:
            with contextlib.suppress(NotThere, Refused):
                await media.close_room(self._name)
