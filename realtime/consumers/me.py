"""The socket of one person: the bell rings, and what they have not heard yet is read from their stream."""

from __future__ import annotations

from typing import Any

from realtime import protocol, queries
from realtime.consumers.base import Socket, in_thread
from realtime.probing import Trial


class MeConsumer(Socket):
    """Opened with ?after=<offset> (and ?epoch=) it first sends what was missed, or `resync` when that is gone."""

    offset = 0
    trial: Trial | None = None

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

    async def said(self, message: protocol.Message) -> None:
        """Nothing is said here but for a trial of the network."""
        if not isinstance(message, protocol.Probe):
            await super().said(message)
            return
        self.trial = self.trial or Trial(self.socket_id)
        answer = await self.trial.answer(message.end, message.sdp)
        await self.tell("answer", {"end": message.end, "sdp": answer})

    async def gone(self) -> None:
        """A trial ends with its line."""
        if self.trial is not None:
            await self.trial.end()

    async def heard(self, message: dict[str, Any]) -> None:
        """Read the stream from where this socket stands: one bell may stand for many pieces, or for none."""
        if message["k"] == "recheck":
            await self.bye(protocol.CLOSE_RESTART, "resync")  # it comes back with what they may still see
            return
        news = await in_thread(queries.news_after, self.user_id, self.offset)
        self.offset = news.offset
        if news.gap:
            await self.tell("resync", {"offset": news.offset})
        for entry in news.entries:
            await self.tell("news", entry)
