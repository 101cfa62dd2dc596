"""Which media relay carries a room, and how this process reaches it.

Relays that run as processes of their own (`lanh.py media`) are found by the database and spoken to over their control line.
Where none lives and one process does everything, the relay runs on the loop of the sockets, begun when a room first needs it.
All functions are called in that loop.
"""

from __future__ import annotations

import asyncio
from uuid import UUID

from channels.db import database_sync_to_async
from django.conf import settings
from django.utils import timezone

from realtime import nodes
from realtime.errors import NoRelay
from realtime.media.control import Local, Media, NotThere, Remote
from realtime.media.relay import Relay, Settings
from realtime.media.tape import Order
from realtime.recordings.vault import Tapes

_here: tuple[asyncio.AbstractEventLoop, Relay, Local] | None = None
_far: dict[str, Remote] = {}  # by control line
_beginning = asyncio.Lock()


async def relay_of(room_id: UUID) -> Media:
    """Return the relay of a room, ready for it. Raises NoRelay, NotThere, OSError when its port cannot be had."""
    control = await database_sync_to_async(_control_of, thread_sensitive=False)(room_id)
    media = await (_remote(control) if control else _own())
    await media.open_room(str(room_id))
    return media


async def relay_for_a_trial(name: str) -> Media:
    """Return a relay for a call with oneself, which no room is behind. Raises as relay_of()."""
    control = await database_sync_to_async(_any_control, thread_sensitive=False)(name)
    media = await (_remote(control) if control else _own())
    await media.open_room(name)
    return media


async def record(room_id: UUID | str, order: Order) -> Media:
    """Have a room recorded as is wished. Raises as relay_of(), and media.errors.Refused."""
    media = await relay_of(UUID(str(room_id)))
    await media.record(str(room_id), order.as_json())
    return media


async def leave(media: Media | None, room_id: UUID, seat_id: str) -> None:
    """Let a relay forget a seat; where it is gone there is nothing to forget."""
    if media is not None:
        try:
            await media.leave(str(room_id), seat_id)
        except NotThere:
            return


def _control_of(room_id: UUID) -> str:
    try:
        return nodes.assign(room_id=room_id, now=timezone.now()).control
    except NoRelay:
        if settings.REDIS_URL:  # several processes: a relay inside this one would not be found by the others
            raise
        return ""


def _any_control(name: str) -> str:
    node = nodes.choose(name, nodes.live_nodes(timezone.now()))
    if node is None and settings.REDIS_URL:
        raise NoRelay
    return node.control if node else ""


async def _remote(control: str) -> Remote:
    async with _beginning:
        if control not in _far:
            remote = Remote(control, settings.MEDIA_SECRET)
            try:
                await remote.connect()
            except NotThere:
                await database_sync_to_async(nodes.doubt, thread_sensitive=False)(control=control)
                raise
            remote.listen(lambda event: _lost(control) if event["event"] == "not_there" else None)
            _far[control] = remote
    return _far[control]


def _lost(control: str) -> None:
    _far.pop(control, None)


async def _own() -> Local:
    global _here
    loop = asyncio.get_running_loop()
    async with _beginning:
        if _here is None or _here[0] is not loop:
            relay = Relay(
                Settings(
                    host=settings.MEDIA_HOST,
                    port=settings.MEDIA_PORT,
                    announce=tuple(settings.MEDIA_ANNOUNCE),
                    loopback=settings.ROOM_LOOPBACK_ALLOWED,
                ),
                vault=Tapes(),
            )
            await relay.start()
            _here = loop, relay, Local(relay)
    return _here[2]
