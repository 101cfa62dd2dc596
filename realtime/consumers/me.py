"""The socket of one person: the bell rings, and what they have not heard yet is read from their stream."""

from __future__ import annotations

from typing import Any

from realtime import queries
from realtime.consumers.base import Socket, in_thread


class MeConsumer(Socket):
    """Opened with ?after=<offset> (and ?epoch=) it first sends what was missed, or `resync` when that is gone."""

    offset = 0

    def scope_of_ticket(self) -> str:
        """One's own news."""
        return "me"

    async def enter(self) -> None:
        """Say where the stream stands, then what was missed."""
        after = self.query("after")
        # More digits than an offset can have is no offset.
        known = int(after) if after.isascii() and after.isdigit() and len(after) <= 18 else None
        news = await in_thread(queries.news_after, self.user_id, known)
        self.offset = news.offset
        await self.tell("hello", {"epoch": news.epoch, "offset": news.offset})
        epoch = self.query("epoch")
        if news.gap or (known and epoch and epoch != news.epoch):
            await self.tell("resync", {"offset": news.offset})
            return
        for entry in news.entries:
            await self.tell("news", entry)

    async def heard(self, message: dict[str, Any]) -> None:
        """Read the stream from where this socket stands: one bell may stand for many pieces, or for none."""
        if message["k"] == "close":
            await self.bye(message["code"], message["why"])
            return
        news = await in_thread(queries.news_after, self.user_id, self.offset)
        self.offset = news.offset
        if news.gap:
            await self.tell("resync", {"offset": news.offset})
        for entry in news.entries:
            await self.tell("news", entry)
