"""The sockets of one room under a rain of odd frames, while another room listens for what must never reach it.

`rain` is what the suite uses shortly and the storm `signalling` for long. The limit of speed is off: what is tried here is
what a patient stranger could say in days.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import logging
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from core.actor import Actor
from realtime import actions, protocol
from realtime.models import Room, Seat
from realtime.routing import websocket_patterns
from tests.realtime import oddities
from tests.realtime.live import Client

HEARD = {
    "welcome",
    "room",
    "signal",
    "answer",
    "slots",
    "said",
    "error",
    "beat",
    "pong",
    "bye",
    "ice_servers",
    "closed",
}
BATCH = 40
LAST_ID = "last"  # no frame of the grammar is called so
LAST = f'{{"v":1,"t":"nothing","id":"{LAST_ID}","d":{{}}}}'
in_thread = functools.partial(database_sync_to_async, thread_sensitive=False)


@dataclass
class Outcome:
    """What was said and heard, and what must be empty."""

    done: Counter[str] = field(default_factory=Counter)
    unhandled: list[str] = field(default_factory=list)
    disturbed: list[str] = field(default_factory=list)
    rss: list[int] = field(default_factory=list)  # bytes, after each batch


class _Ear(logging.Handler):
    """Hears every error that is logged instead of raised."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(logging.ERROR)
        self.outcome = outcome

    def emit(self, record: logging.LogRecord) -> None:
        self.outcome.unhandled.append(self.format(record))


async def open_seat(by: Actor, room: Room, page: str = "p1") -> Client:
    """Join and open the seat's socket."""
    joined = await in_thread(actions.join)(room_id=room.id, by=by, now=timezone.now())
    address = f"/ws/v1/rooms/{room.id}?ticket={joined.ticket}&page={page}"
    client = Client(WebsocketCommunicator(URLRouter(websocket_patterns), address))
    client.seat = str(joined.seat.id)
    await client.socket.connect(timeout=20)
    await client.until("welcome", timeout=20)
    return client


async def open_pair(room: Room, citizen: Actor, doctor: Actor) -> list[Client]:
    """Both in the call: the doctor first."""
    both = [await open_seat(doctor, room), await open_seat(citizen, room)]
    await in_thread(actions.let_in)(room_id=room.id, seat_id=both[1].seat, by=doctor, now=timezone.now())
    for each in both:
        each.answers_beats = True
    return both


async def part(client: Client) -> None:
    """End a line as Daphne does: the consumer is told, also after it has closed the socket itself."""
    await client.socket.send_input({"type": "websocket.disconnect", "code": client.closed or 1006})
    await client.socket.wait(timeout=60)


async def rain(
    count: int,
    seed: int,
    *,
    new_room: Callable[[], Room],
    citizen: Actor,
    doctor: Actor,
    others: tuple[Actor, Actor],
    other_room: Room,
) -> Outcome:
    """Say `count` frames in rooms of citizen and doctor; `others` sit in another room and must hear nothing."""
    outcome, chance = Outcome(), random.Random(seed)
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _loop, context: outcome.unhandled.append(str(context)))
    async with _listening(outcome), contextlib.AsyncExitStack() as stack:
        neighbours = await open_pair(other_room, *others)
        for each in neighbours:
            stack.push_async_callback(part, each)
            await each.quiet(0.3)
        before = await in_thread(_picture)(other_room)
        stage = _Stage(new_room, citizen, doctor, [each.seat for each in neighbours], outcome)
        stack.push_async_callback(stage.close)
        gc.collect()
        gc.freeze()  # what stands before the first frame is no matter of ours; looking through all of it each time takes long
        stack.callback(gc.unfreeze)
        while outcome.done["frames"] < count:
            await stage.batch(chance)
            gc.collect()
            outcome.rss.append(_rss())
            for each in neighbours:
                for frame in await each.quiet(0.02):
                    if frame["t"] == "beat":
                        await each.send("beat", n=frame["d"]["n"])
                    else:
                        outcome.disturbed.append(str(frame)[:300])
        if await in_thread(_picture)(other_room) != before:
            outcome.disturbed.append("the other room's rows have changed")
    return outcome


class _Stage:
    def __init__(
        self, new_room: Callable[[], Room], citizen: Actor, doctor: Actor, strangers: list[str], outcome: Outcome
    ) -> None:
        self.new_room, self.citizen, self.doctor = new_room, citizen, doctor
        self.strangers, self.outcome = strangers, outcome
        self.room: Room | None = None
        self.pair: list[Client] = []

    async def batch(self, chance: random.Random) -> None:
        """One stretch of frames from both seats, and everything that comes back."""
        await self._be_seated(chance)
        assert self.room
        await in_thread(self.room.refresh_from_db)()
        for _ in range(BATCH):
            speaker = chance.choice(self.pair)
            text = oddities.frame(chance, [each.seat for each in self.pair] + self.strangers, self.room.epoch)
            await self._say(speaker, text, chance)
        for each in self.pair:
            await self._listen(each)

    async def _say(self, speaker: Client, text: str, chance: random.Random) -> None:
        if speaker.closed is not None:
            return
        self.outcome.done["frames"] += 1
        try:
            text.encode()
        except UnicodeEncodeError:
            # Half a surrogate cannot come over a wire: Daphne has refused it before.
            text = text.encode("utf-8", "replace").decode()
        what = {"bytes": text.encode()} if chance.random() < 0.01 else {"text": text}
        await speaker.socket.send_input({"type": "websocket.receive", **what})

    async def _listen(self, client: Client) -> None:
        # The answer to a question of ours comes behind those to everything else that was said on this line.
        try:
            if client.closed is None:
                await client.raw(LAST)
            while client.closed is None:
                frame = await client.next(timeout=30)
                if frame["t"] == "error" and frame["d"]["re"] == LAST_ID:
                    break
                self.outcome.done[frame["t"] if frame["t"] in HEARD else "unknown"] += 1
                if frame["t"] == "beat":
                    await client.send("beat", n=frame["d"]["n"])
                if frame["t"] not in HEARD:
                    self.outcome.unhandled.append(f"an unknown frame: {frame}")
                if frame["t"] == "error":
                    self.outcome.done[f"error {frame['d']['code']}"] += 1
        except Exception as error:
            self.outcome.unhandled.append(f"{type(error).__name__}: {error}")
            client.closed = 1011

    async def _be_seated(self, chance: random.Random) -> None:
        """After hanging up and being sent away: anew, in a room of their own now and then."""
        if self.pair and all(each.closed is None for each in self.pair):
            return
        await self.close()
        if self.room is not None:
            removed = await in_thread(Seat.objects.filter(room=self.room, state="removed").exists)()
        if self.room is None or removed or chance.random() < 0.7:
            self.room = await in_thread(self.new_room)()
            await in_thread(self._through_the_relay)(chance.random() < 0.4)
            self.outcome.done["rooms"] += 1
        self.pair = await open_pair(self.room, self.citizen, self.doctor)

    def _through_the_relay(self, wanted: bool) -> None:
        assert self.room
        if wanted:
            Room.objects.filter(pk=self.room.pk).update(topology="relay", reasons=["policy"])

    async def close(self) -> None:
        """Close what is open."""
        for each in self.pair:
            await part(each)
        self.pair = []


@contextlib.asynccontextmanager
async def _listening(outcome: Outcome) -> AsyncIterator[None]:
    ear = _Ear(outcome)
    logging.getLogger().addHandler(ear)
    unlimited = functools.partial(protocol.Bucket, rate=1e9, burst=1e9, level=1e9)
    try:
        with mock.patch.object(protocol, "Bucket", unlimited):
            yield
    finally:
        logging.getLogger().removeHandler(ear)


def _picture(room: Room) -> list[Any]:
    names = ("version", "topology", "preparing", "epoch", "reasons", "ready", "status")
    seats = Seat.objects.filter(room=room).order_by("id").values_list("id", "state", "mic", "camera")
    return [*Room.objects.values_list(*names).get(pk=room.pk), *seats]


def _rss() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(rss: list[int]) -> float:
    """How much the last third of the batches weighs more than the second, in MB; the first third warms up."""
    third = len(rss) // 3
    if not third:
        return 0.0
    return (sum(rss[-third:]) / third - sum(rss[third : 2 * third]) / third) / 1e6
