"""Many rooms of two signalling seats, opened and closed again and again: what is left over afterwards is a leak.

`cycle` is what the suite uses shortly and the storm `signalling` for 200 rooms, 20 times.
"""

from __future__ import annotations

import asyncio
import gc
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from core.actor import Actor
from realtime import relays
from realtime.hub import hub
from realtime.media import relay as media_relay
from realtime.models import Presence, Room, Seat
from tests.realtime.fuzzing import in_thread, open_pair, part
from tests.realtime.live import Client
from tests.realtime.samples import OFFER

AT_ONCE = 25  # so many are opened and closed at the same moment


@dataclass
class Left:
    """What was done, and after each round what was there that should not be."""

    done: Counter[str] = field(default_factory=Counter)
    leaks: list[str] = field(default_factory=list)


async def cycle(rooms: list[tuple[Room, Actor, Actor]], *, times: int, seed: int) -> Left:
    """Open and close all these rooms (with citizen and doctor of each) so many times."""
    left, chance = Left(), random.Random(seed)
    tasks, topics = len(asyncio.all_tasks()), set(hub()._topics)
    rows = await in_thread(_rows)()
    for round_of in range(times):
        calls: list[tuple[Room, list[Client]]] = []
        for batch in _batches(rooms):
            calls += await asyncio.gather(*[_open(*each, left) for each in batch])
        for call in _batches(calls):
            await asyncio.gather(
                *[_close(room, pair, chance.choice(["hang up", "cut", "one by one"]), left) for room, pair in call]
            )
        left.done["rooms"] += len(rooms)
        left.leaks += [f"round {round_of}: {each}" for each in await _what_is_left(tasks, topics, rows, len(rooms))]
    return left


def _batches(everything: list[Any]) -> list[list[Any]]:
    return [everything[n : n + AT_ONCE] for n in range(0, len(everything), AT_ONCE)]


async def _open(room: Room, citizen: Actor, doctor: Actor, left: Left) -> tuple[Room, list[Client]]:
    pair = await open_pair(room, citizen, doctor)
    if room.topology == "relay":
        # Whoever was let in a moment ago may not know it yet; their own socket says when.
        while (await pair[1].until("welcome", timeout=60))["state"] != "admitted":
            pass
        for each in pair:
            await each.send("offer", epoch=room.epoch, sdp=OFFER)
            await each.until("answer", timeout=60)
        left.done["answers"] += 2
    else:
        await pair[0].send("signal", to=pair[1].seat, description={"type": "offer", "sdp": OFFER})
        await pair[1].until("signal", timeout=60)
        left.done["signals"] += 1
    return room, pair


async def _close(room: Room, pair: list[Client], how: str, left: Left) -> None:
    """Both hang up; or their lines are cut; or one does this and one that."""
    left.done[how] += 1
    for number, each in enumerate(pair):
        if how == "hang up" or (how == "one by one" and number == 0):
            await each.send("leave")
            await each.until("closed", timeout=60)
        await part(each)


def _rows() -> dict[str, int]:
    return {"seats": Seat.objects.count(), "open stretches": Presence.objects.filter(left_at__isnull=True).count()}


async def _what_is_left(tasks: int, topics: set[str], rows: dict[str, int], rooms: int) -> list[str]:
    gc.collect()
    await asyncio.sleep(0.1)
    found = []
    if relays._here is not None:
        relay = relays._here[2]
        core = relays._here[1]
        # Who was cut off is waited for some time, and an empty room kept a little: let that time pass.
        for later in (media_relay.GONE_S + 1, media_relay.GONE_S + media_relay.EMPTY_ROOM_S + 2):
            for room in list(core.rooms.values()):
                core._every_second(room, time.monotonic() + later)
                room.empty_since = min(room.empty_since, time.monotonic())
        load = await relay.load()
        found += [f"{load[name]} {name} in the relay" for name in ("rooms", "seats") if load[name]]
        if core._listeners:
            found.append(f"{len(core._listeners)} listeners of the relay")
        tasks += 1  # its clock
    if (now := len(asyncio.all_tasks())) > tasks:
        found.append(f"{now - tasks} tasks: {[str(task)[:160] for task in asyncio.all_tasks()][:4]}")
    if more := set(hub()._topics) - topics:
        found.append(f"topics of the hub: {sorted(more)[:5]}")
    after = await in_thread(_rows)()
    if after["open stretches"] != rows["open stretches"]:
        found.append(f"{after['open stretches']} open stretches")
    if after["seats"] > rows["seats"] + 2 * rooms:
        found.append(f"{after['seats']} seats of {rooms} rooms")
    return found
