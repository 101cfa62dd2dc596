"""The part of a room's socket that hears figures of quality: judged here, kept by an action, told to all in the call."""

from __future__ import annotations

import time
from typing import Any

from django.utils import timezone

from realtime import actions, protocol, quality, rooms
from realtime.consumers.base import Socket, in_thread
from realtime.errors import NotAdmitted, RoomOver, TooFast
from realtime.hub import hub

RATE_PER_S, BURST = 0.5, 6  # a page measures every five seconds and speaks at once when it takes another step


class Measuring(Socket):
    """What the room's socket is made on."""

    room: rooms.RoomState
    seat_id = ""
    judged: quality.Judged | None = None
    measures: protocol.Bucket | None = None

    async def measured(self, figures: quality.Figures) -> None:
        """Take one window of a seat in the call. Raises RoomOver, NotAdmitted, TooFast; then nothing is kept or told."""
        if not self.room.is_open:
            raise RoomOver
        if not self.room.seat(self.seat_id).is_admitted:
            raise NotAdmitted
        if self.measures is None:
            self.measures = protocol.Bucket(RATE_PER_S, BURST, BURST)
        if not self.measures.take(time.monotonic()):
            raise TooFast
        judged = quality.judge(self.judged, figures)
        await in_thread(
            actions.note_quality,
            socket_id=self.socket_id,
            figures=figures,
            word=judged.word,
            by=self.by,
            now=timezone.now(),
        )
        self.judged = judged
        # Told each time, not only when it changes: whoever has just come in hears it within one window.
        message = {"k": "quality", "seat": self.seat_id, "word": judged.word, "step": figures.step}
        hub().publish(f"room:{self.room.id}", message)

    async def heard_quality(self, message: dict[str, Any]) -> None:
        """Pass on how another seat, or this one, is connected; only within the call."""
        if self.room.seat(self.seat_id).is_admitted:
            await self.tell("quality", {name: message[name] for name in ("seat", "word", "step")})
