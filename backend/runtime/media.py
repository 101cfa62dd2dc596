"""`lanh.py media`: one media relay as a process of its own. Start one a core; each finds its work by the database.

The relay's loop never waits for the database: its sign of life is written from a thread. Without the database calls go on.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import socket
from typing import Any
from uuid import uuid4

from runtime import process

log = logging.getLogger("lanh.media")
DRAIN_S = 600


def media(arguments: list[str]) -> int:
    """Relay until INT, or until TERM and the last room is empty."""
    options = _parse(arguments)
    process.prepare_environment()
    import django

    django.setup()
    return asyncio.run(_relay(options))


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lanh.py media")
    parser.add_argument("--host", default="127.0.0.1", help="where the one UDP port is bound")
    parser.add_argument("--port", type=int, default=int(os.environ.get("MEDIA_PORT") or 0), help="default: a free one")
    parser.add_argument("--announce", action="append", default=[], help="an address browsers reach, if it is another")
    parser.add_argument("--control", default="127.0.0.1:0", help="where the app speaks to it: a path, or host:port")
    parser.add_argument("--name", default="", help="default: the machine's name and the port")
    parser.add_argument("--seats", type=int, default=400)
    parser.add_argument("--drain", type=int, default=DRAIN_S, help="seconds to wait for the last call after TERM")
    return parser.parse_args(arguments)


async def _relay(options: argparse.Namespace) -> int:
    from django.conf import settings

    from realtime.media import control, relay
    from realtime.recordings.vault import Tapes

    if not settings.MEDIA_SECRET:
        print("MEDIA_SECRET is needed: the app and its relays know each other by it.")
        return 1
    announced = tuple(options.announce)
    if options.host in ("0.0.0.0", "::") and not announced:
        print("Bound to every address, it needs --announce with one that browsers can reach.")
        return 1
    running = relay.Relay(
        relay.Settings(
            host=options.host,
            port=options.port,
            announce=announced,
            loopback=settings.ROOM_LOOPBACK_ALLOWED,
            most_seats=options.seats,
        ),
        vault=Tapes(),
    )
    try:
        await running.start()
    except OSError as error:
        print(f"UDP port {options.port} on {options.host} cannot be had: {error.strerror}.")
        return 1
    server = control.Server(running, options.control, settings.MEDIA_SECRET)
    place = await server.start()
    port = running.addresses[0][1]
    name = options.name or f"{socket.gethostname()}-{port}"
    print(f"Media relay {name}: UDP port {port}, control at {place}. Ctrl-C stops it.", flush=True)
    stop, drain = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, stop.set)
    loop.add_signal_handler(signal.SIGTERM, lambda: stop.set() if drain.is_set() else drain.set())
    try:
        await _live(running, stop, drain, options.drain, name=name, control=place)
    finally:
        await server.stop()
        await running.stop()
    return 0


async def _live(running: Any, stop: asyncio.Event, drain: asyncio.Event, patience: float, **known: Any) -> None:
    """Write the sign of life every two seconds until it is time to end."""
    from realtime import nodes

    epoch, left = uuid4(), patience
    while not stop.is_set():
        load = running.load()
        if drain.is_set():
            left -= nodes.BEAT_S
            if not load["seats"] or left <= 0:
                break
        await asyncio.to_thread(_beat, epoch, load, drain.is_set(), **known)
        waits = [asyncio.create_task(stop.wait()), *([] if drain.is_set() else [asyncio.create_task(drain.wait())])]
        await asyncio.wait(waits, timeout=nodes.BEAT_S, return_when=asyncio.FIRST_COMPLETED)
        for each in waits:
            each.cancel()
    await asyncio.to_thread(_sign_off, epoch, known["name"])


def _beat(epoch: Any, load: dict[str, int], is_draining: bool, *, name: str, control: str) -> None:
    from django.db import Error, close_old_connections
    from django.utils import timezone

    from realtime import nodes

    try:
        close_old_connections()
        nodes.beat(
            name=name,
            control=control,
            epoch=epoch,
            seats=load["seats"],
            most_seats=load["most_seats"],
            is_draining=is_draining,
            now=timezone.now(),
        )
    except Error as error:
        log.warning("the sign of life could not be written: %s", type(error).__name__)


def _sign_off(epoch: Any, name: str) -> None:
    from django.db import Error

    from realtime import nodes

    try:
        nodes.sign_off(name=name, epoch=epoch)
    except Error as error:
        log.warning("the end could not be written: %s", type(error).__name__)
