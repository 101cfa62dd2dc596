"""The nurse's seat: a third person before the citizen's camera; what she measures rings at the doctor; the gate at the door."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from channels.db import database_sync_to_async
from channels.routing import URLRouter
from channels.testing import WebsocketCommunicator
from django.utils import timezone

from identity import actions as identity_actions
from identity.models import Membership
from journeys import station as journey
from realtime import actions, queries
from realtime.errors import StationOnly
from realtime.models import EvidenceRow, Presence, Room
from realtime.routing import websocket_patterns
from records.actions import Reading
from records.errors import NotAtADistance
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


class TestInWhoseCompany:
    """Minutes, by hand: the nurse comes alone, fetches the citizen, brings them back to bed, stays for a word."""

    @pytest.fixture
    def alone(self, room, nurse, by_ben):
        start, by = timezone.now(), make.actor_for(nurse)
        for who, more in ((by_ben, {}), (by, {"with_citizen": False})):
            seat = actions.join(room_id=room.id, by=who, now=start, **more).seat
            actions.arrive(room_id=room.id, socket_id=uuid4(), page="p", by=who, now=start)
        actions.let_in(room_id=room.id, seat_id=seat.id, by=by_ben, now=start)
        return start, by

    def sit(self, room, alone, second, there):
        start, by = alone
        actions.sit_beside(room_id=room.id, with_citizen=there, by=by, now=start + timedelta(seconds=second))

    def test_only_the_citizens_own_minutes_count(self, room, alone, by_ben):
        start, _ = alone
        later = start + timedelta(seconds=900)
        assert queries.joint_time(room.encounter_id, later) == timedelta()
        assert not queries.citizen_came(room.encounter_id)
        room.refresh_from_db()
        assert room.connected_at is None

        self.sit(room, alone, 100, True)
        self.sit(room, alone, 100, True)  # said again
        self.sit(room, alone, 400, False)
        self.sit(room, alone, 500, True)
        self.sit(room, alone, 550, False)

        assert queries.joint_time(room.encounter_id, later) == timedelta(seconds=350)
        assert queries.citizen_came(room.encounter_id)
        room.refresh_from_db()
        assert room.connected_at == start + timedelta(seconds=100)
        told = (
            EvidenceRow.objects.filter(kind="beside").order_by("number").values_list("facts__citizen_here", flat=True)
        )
        assert list(told) == ["yes", "no", "yes", "no"]
        assert Presence.objects.filter(seat__role="nurse", left_at=None).count() == 1

    def test_nobody_else_can_say_so(self, room, alone, by_ben):
        before = list(Presence.objects.order_by("id").values()), EvidenceRow.objects.count()
        with pytest.raises(StationOnly):
            actions.sit_beside(room_id=room.id, with_citizen=True, by=by_ben, now=timezone.now())
        assert (list(Presence.objects.order_by("id").values()), EvidenceRow.objects.count()) == before

    def test_the_gate_is_asked_when_they_sit_down(self, room, alone):
        Encounter.objects.update(form="teleconsult_mdt")  # a council of one
        before = list(Presence.objects.order_by("id").values()), EvidenceRow.objects.count()
        with pytest.raises(NotAtADistance):
            self.sit(room, alone, 100, True)
        assert (list(Presence.objects.order_by("id").values()), EvidenceRow.objects.count()) == before


async def test_said_over_the_socket_it_is_seen_by_the_doctor(room, nurse, by_ben, open_socket):
    beside = await open_socket(await in_db(make.actor_for)(nurse), room)
    await beside.until("welcome")
    doctor = await open_socket(by_ben, room)
    await doctor.until("welcome")
    await doctor.send("let_in", seat=beside.seat)
    await beside.until("welcome")
    await beside.send("beside", with_citizen=False)
    while True:
        seats = (await doctor.until("room"))["seats"]
        if [one["with_citizen"] for one in seats if one["id"] == beside.seat] == [False]:
            break
    await doctor.send("beside", with_citizen=True)
    assert (await doctor.until("error"))["code"] == "station_only"
