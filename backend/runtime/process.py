"""The one process of the default: database, migrations, demo data, web, sockets and jobs on one event loop."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import time
from pathlib import Path
from typing import Any

from runtime import databases, folders, history, http, postgres, sandboxes, words

log = logging.getLogger("lanh.process")

DEFAULT_PORT = 8000
PORTS_TO_TRY = 200


def prepare_environment() -> postgres.Cluster | None:
    """Everything settings.py reads from the environment, where it is not given: database, state folder, demo or not.

    Safe to call again. Returns the database server when it is ours.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    cluster = postgres.ensure("dev", "lanh")
    state = folders.state_folder("dev")
    state.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("LANH_STATE", str(state))
    os.environ.setdefault("DEMO", "1" if cluster else "0")
    if cluster:
        databases.ensure_database()
    return cluster


def up(arguments: list[str]) -> int:
    """`lanh.py up`: set everything up, serve until Ctrl-C or TERM."""
    started = time.monotonic()
    options = _parse(arguments)
    door = open_door(options.host, options.port)
    if door is None:
        print(f"Port {options.port} on {options.host} is taken. Leave out --port and a free one is found.")
        return 1
    port = door.getsockname()[1]
    os.environ.setdefault("PUBLIC_URL", f"http://{_shown_host(options.host)}:{port}")
    if options.fresh and not _destroy():
        return 1
    cluster = prepare_environment()
    if cluster:
        cluster.watch()
    beside = sandboxes.start(Path(os.environ["LANH_STATE"]), os.environ["PUBLIC_URL"], fresh=options.fresh)
    words.compile_all()
    import daphne.server  # noqa: F401  before anything else touches Twisted
    import django

    django.setup()
    _prepare_database()
    _collect_static()
    apart = None
    if options.http == "wsgi":
        door.close()
        apart = http.start(options.host, port)
        door = open_door(options.host)
        assert door is not None
    try:
        _serve(
            options.host,
            door,
            port,
            workers=options.workers == "on",
            past=options.history == "on",
            started=started,
        )
    finally:
        if apart is not None:
            http.stop(apart)
        sandboxes.stop(beside)
    if cluster:
        cluster.leave()
    return 0


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="lanh.py up")
    parser.add_argument(
        "--port", type=int, default=int(os.environ.get("PORT") or 0), help="default: 8000, or the next free one"
    )
    parser.add_argument("--host", default="127.0.0.1", help="0.0.0.0 to be reached from other machines")
    parser.add_argument("--fresh", action="store_true", help="throw all data away first")
    parser.add_argument(
        "--workers", choices=["on", "off"], default=os.environ.get("WORKER", "on"), help="run jobs here"
    )
    parser.add_argument(
        "--history",
        choices=["on", "off"],
        default=os.environ.get("HISTORY", "on"),
        help="off: a demo without its past year of prescriptions",
    )
    parser.add_argument(
        "--http",
        choices=["here", "wsgi"],
        default=os.environ.get("HTTP", "here"),
        help="wsgi: HTTP in processes of its own, sockets here on another port; for production, behind a proxy",
    )
    return parser.parse_args(arguments)


def _shown_host(host: str) -> str:
    return "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "localhost") else host


def open_door(host: str, port: int = 0) -> socket.socket | None:
    """Listen on `port`, or on 8000 or the next one that is free; None when that is taken.

    The door is open before anybody is there to answer, so that two who start at once cannot choose the same.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for number in [port] if port else range(DEFAULT_PORT, DEFAULT_PORT + PORTS_TO_TRY):
        door = socket.socket(family, socket.SOCK_STREAM)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind((host, number))
            door.listen(512)
        except OSError:
            door.close()
            continue
        door.setblocking(False)
        return door
    return None


def _destroy() -> bool:
    if os.environ.get("DATABASE_URL"):
        print("--fresh throws only our own database away; DATABASE_URL names another.")
        return False
    try:
        postgres.Cluster("dev").destroy()
    except postgres.PostgresTrouble as error:
        print(error)
        return False
    return True


def _prepare_database() -> None:
    """Migrate and seed, unless this very database has seen these very files."""
    from django.core.management import call_command

    wanted = build_stamp()
    with databases.connect(databases.current_name()) as connection:
        row = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
        ).fetchone()
        if row and row[0] == wanted:
            return
        print("Preparing the database …", flush=True)
        call_command("migrate", interactive=False, verbosity=0)
        _seed()
        # Kept in the database itself, so that it goes when the data go.
        connection.execute(f"COMMENT ON DATABASE {databases.quoted_current_name()} IS '{wanted}'")  # type: ignore[arg-type]


def _seed() -> None:
    """Demo people and places, into an empty database only, all or nothing."""
    from django.conf import settings
    from django.db import transaction

    from identity.models import Facility

    if not getattr(settings, "DEMO", False) or Facility.objects.exists():
        return
    from runtime.demo import seed

    print("Making the demo's people and places …", flush=True)
    with transaction.atomic():
        seed.seed()


def build_stamp() -> str:
    """A fingerprint of all that decides what is in a prepared database; changed files make `up` migrate again."""
    decisive = folders.files_of_packages("migrations/*.py", "data/*")
    settings_file = folders.CHECKOUT / "backend" / "settings.py"
    return folders.fingerprint(
        [*decisive, settings_file, folders.CHECKOUT / "requirements.lock"], os.environ.get("DEMO", "")
    )


def _collect_static() -> None:
    """Only where the settings serve collected files; else they are served from where they lie."""
    from django.conf import settings

    if not settings.STATIC_ROOT:
        return
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)


def _serve(host: str, door: socket.socket, port: int, *, workers: bool, past: bool, started: float) -> None:
    from daphne.server import Server, twisted_loop
    from twisted.internet import defer, reactor

    from runtime import worker

    sockets = door.getsockname()[1]
    application = _application()
    stop = asyncio.Event()
    jobs: list[asyncio.Task[None]] = []
    beside: list[Any] = []

    def begin() -> None:
        asyncio.set_event_loop(twisted_loop)
        if workers:
            jobs.append(twisted_loop.create_task(worker.work(stop)))
        _greet(host, port, sockets, started)
        reactor.callInThread(_load_addresses)  # type: ignore[attr-defined]
        if past:
            reactor.callLater(2, reactor.callInThread, begin_past)  # type: ignore[attr-defined,arg-type]

    def begin_past() -> None:
        beside.append(history.start())
        if stop.is_set():  # we were asked to end meanwhile
            history.stop(beside[-1])

    def end() -> Any:
        stop.set()
        for running in beside:
            history.stop(running)
        return defer.gatherResults([defer.Deferred.fromFuture(job) for job in jobs], consumeErrors=True)

    reactor.callWhenRunning(begin)  # type: ignore[attr-defined]
    reactor.addSystemEventTrigger("before", "shutdown", end)  # type: ignore[attr-defined,arg-type]
    Server(
        application,
        endpoints=[_as_endpoint(door)],
        websocket_max_message_size=64 * 1024,
        websocket_max_frame_size=64 * 1024,
        websocket_handshake_timeout=10,
        application_close_timeout=5,
        server_name="lanh",
    ).run()


def _as_endpoint(door: socket.socket) -> str:
    """The door in Twisted's words. It adopts open sockets of IPv4 only; one of IPv6 is opened again by its number."""
    if door.family == socket.AF_INET:
        return f"fd:fileno={door.fileno()}"
    host, port = door.getsockname()[:2]
    door.close()
    escaped = host.replace(":", r"\:")
    return f"tcp:port={port}:interface={escaped}"


def _application() -> Any:
    from asgi import application

    return application


def _load_addresses() -> None:
    """Import all views in the background, so that the first visitor need not wait for it."""
    from django.urls import get_resolver

    _ = get_resolver().url_patterns


def _greet(host: str, port: int, sockets: int, started: float) -> None:
    from django.conf import settings

    address = f"http://{_shown_host(host)}:{port}"
    print(f"\nLành is up at {address}/  ({time.monotonic() - started:.1f} s)", flush=True)
    if getattr(settings, "DEMO", False):
        print(f"Sign in as anyone with one click: {address}/demo/   API: {address}/api/docs/", flush=True)
    if sockets != port:
        print(f"Web sockets (/ws) are on port {sockets}.", flush=True)
    print("Ctrl-C stops everything.\n", flush=True)
