"""A room of ana's visit with ben, and sockets as a browser opens them."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from core.actor import Actor
from identity.models import Person, Practitioner
from realtime import actions
from realtime.models import Presence, Room
from realtime.routing import websocket_patterns
from records import actions as records_actions
from tests.realtime import server
from tests.realtime.live import Client


def make_room(*, person: Person, practitioner: Practitioner, now: datetime | None = None) -> Room:
    """A video visit that is on right now, and its room."""
    now = now or timezone.now()
    membership = practitioner.memberships.get()
    encounter = records_actions.plan_encounter(
        appointment_ref=f"appointment:{uuid4()}",
        person_id=person.id,
        practitioner_id=practitioner.id,
        facility_id=membership.facility_id,
        mode="video",
        planned_from=now,
        planned_to=now + timedelta(minutes=20),
        reason="",
        listed_code="J00",
        by=Actor.system("consultation"),
        now=now,
    )
    return actions.open_room(
        encounter_id=encounter.id,
        opens_at=now - timedelta(minutes=15),
        closes_at=now + timedelta(minutes=80),
        by=Actor.system("consultation"),
        now=now,
    )


@pytest.fixture
def room(ana: Person, ben: Practitioner) -> Room:
    return make_room(person=ana, practitioner=ben)


@pytest.fixture
async def open_socket() -> AsyncIterator[Callable[..., Any]]:
    """open_socket(by, room) joins and opens the seat's socket; all are closed afterwards."""
    application = URLRouter(websocket_patterns)
    clients: list[Client] = []

    async def open_one(by: Actor, room: Room, *, resume_token: str | None = None, page: str = "p1") -> Client:
        joined = await database_sync_to_async(actions.join)(
            room_id=room.id, by=by, now=timezone.now(), resume_token=resume_token
        )
        client = Client(
            WebsocketCommunicator(application, f"/ws/v1/rooms/{room.id}?ticket={joined.ticket}&page={page}")
        )
        client.seat, client.resume_token = str(joined.seat.id), joined.resume_token
        clients.append(client)
        await client.socket.connect(timeout=5)
        return client

    yield open_one
    for client in clients:
        await client.close()


@pytest.fixture(scope="session")
def server_of_calls(django_db_setup: None) -> Iterator[server.Running]:
    """One server for all calls in browsers of this process; its start costs more than many a call."""
    with server.running(DJANGO_SETTINGS_MODULE="tests.realtime.page_settings") as one:
        yield one


@pytest.fixture
def site(room: Room, server_of_calls: server.Running) -> Iterator[str]:
    """The address of that server. Afterwards all windows are closed, and their seats left, before the rows go."""
    from tests.realtime import test_call_in_browsers as windows

    yield server_of_calls.url
    windows.close_all()
    all_left()
    server_of_calls.check()


def all_left() -> None:
    """Wait until the server has noted that every seat is left: the test's rows go next."""
    until = monotonic() + 5
    while Presence.objects.filter(left_at__isnull=True).exists() and monotonic() < until:
        sleep(0.05)


@pytest.fixture
def frame() -> Callable[..., str]:
    return lambda kind, **data: json.dumps({"v": 1, "t": kind, "id": "c1", "d": data})
