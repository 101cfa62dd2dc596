"""The socket of a screen that hangs in a corridor: nobody signed in, a bell and nothing else."""

from __future__ import annotations

import asyncio
from typing import Any

from core.actor import Actor
from realtime import passes, protocol
from realtime.consumers.base import Socket
from realtime.hub import Inbox, hub

SCREENS_ON_A_TOPIC = 200  # in one process


class BoardConsumer(Socket):
    """Opened with ?pass=; tells that there is something new, never what: the page asks for that itself."""

    async def connect(self) -> None:
        """Accept first, so that the page can read why it is sent away again."""
        await self.accept()
        self.by = Actor.anonymous()
        topics = passes.topics_of(self.query("pass", 1000))
        if not topics:
            await self.bye(protocol.CLOSE_BAD_TICKET, "pass")
            return
        topics = [f"board:{topic}" for topic in topics]
        if any(hub().count(topic) >= SCREENS_ON_A_TOPIC for topic in topics):
            await self.bye(protocol.CLOSE_SLOW, "too_many_sockets")
            return
        self.inbox = Inbox(asyncio.get_running_loop())
        for topic in topics:
            await self.follow(topic)
        # What moved while the line was being laid is seen by looking once more now.
        await self.tell("bell", {})
        self.tasks = [asyncio.create_task(self._pump()), asyncio.create_task(self._beat())]

    async def heard(self, message: dict[str, Any]) -> None:
        """Ring."""
        await self.tell("bell", {})

    async def still_welcome(self) -> bool:
        """A revoked screen hears a bell, asks for its page, and is refused there."""
        return True
