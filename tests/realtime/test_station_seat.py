"""The nurse's seat: a third person before the citizen's camera; what she measures rings at the doctor; the gate at the door."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from identity import actions as identity_actions
from identity.models import Membership
from journeys import station as journey
from realtime import queries
from realtime.models import EvidenceRow, Room
from realtime.routing import websocket_patterns
from records.actions import Reading
from records.models import Attendee, Encounter
from tests import make
from tests.realtime.live import Client

# Beside browsers that speak with one another a socket's reader falls behind by no fault of ours.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("calls")]
in_db = database_sync_to_async


@pytest.fixture
def nurse(room: Room, hospital: Any) -> Membership:
    """At the station where ana sits in this visit."""
    station = make.make_station()
    make.make_contract(facility=hospital, station=station)
    member = make.make_nurse(station=station)
    Attendee.objects.create(encounter=room.encounter, practitioner=member.practitioner, facility=station, part="beside")
    Encounter.objects.update(form="via_receiving_facility", listed_code="")
    return member


async def listen(member: Any) -> Client:
    by = await in_db(make.actor_for)(member)
    ticket = await in_db(identity_actions.issue_socket_ticket)(by, "me", timezone.now())
    client = Client(WebsocketCommunicator(URLRouter(websocket_patterns), f"/ws/v1/me?ticket={ticket}"))
    await client.socket.connect(timeout=5)
    await client.until("hello")
    return client


async def test_she_sits_beside_the_citizen_and_her_numbers_ring_at_the_doctor(room, nurse, ben, by_ben, open_socket):
    by_nurse = await in_db(make.actor_for)(nurse)
    beside = await open_socket(by_nurse, room)
    assert (await beside.until("welcome"))["state"] == "waiting"
    doctor = await open_socket(by_ben, room)
    await doctor.until("welcome")
    await doctor.send("let_in", seat=beside.seat)
    seats = (await beside.until("welcome"))["room"]["seats"]
    assert [one["with_citizen"] for one in seats if one["id"] == beside.seat] == [True]
    (passed,) = await in_db(list)(EvidenceRow.objects.filter(kind="gate"))
    assert passed.facts["form"] == "via_receiving_facility"
    await in_db(room.refresh_from_db)()
    assert room.connected_at is not None  # the citizen's side is there

    bell = await listen(ben)
    await in_db(journey.enter_vitals)(
        encounter_id=room.encounter_id, readings=[Reading("2708-6", Decimal(97))], by=by_nurse, now=timezone.now()
    )
    news = await bell.until("news")
    assert (news["kind"], news["subject"]) == ("vitals.changed", f"encounter:{room.encounter_id}")
    await bell.close()
    joint = await in_db(queries.joint_time)(room.encounter_id, timezone.now())
    assert joint.total_seconds() > 0  # her minutes are the citizen's


async def test_a_closed_gate_is_told_to_the_doctor_and_the_door_stays_shut(room, nurse, by_ben, open_socket):
    await in_db(Encounter.objects.update)(form="teleconsult_mdt")  # a council of one
    beside = await open_socket(await in_db(make.actor_for)(nurse), room)
    await beside.until("welcome")
    doctor = await open_socket(by_ben, room)
    await doctor.until("welcome")
    await doctor.send("let_in", seat=beside.seat)

    refused = await doctor.until("error")

    assert refused["code"] == "not_at_a_distance" and refused["detail"]
    assert not [one for one in await beside.quiet() if one["t"] == "welcome"]
    assert not await in_db(EvidenceRow.objects.filter(kind__in=["gate", "let_in"]).exists)()
