"""Rooms over HTTP: look at one, take one's seat, end one's part. Everything live goes over the socket."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, StrictSerializer
from realtime import access, actions, queries, turn
from realtime.models import Room, Seat

WHO = frozenset({"citizen", "practitioner"})
TAGS = ["consultation"]


class SeatShown(serializers.Serializer[Any]):
    """A person's place, as the viewer may see it."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(Seat.Role.choices)
    name = serializers.CharField()
    state = serializers.ChoiceField(Seat.State.choices)
    present = serializers.BooleanField()


class RoomShown(serializers.Serializer[Any]):
    """A room: when it can be entered and who is there."""

    id = serializers.UUIDField()
    encounter = serializers.UUIDField()
    status = serializers.ChoiceField(Room.Status.choices)
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField()
    practitioner = serializers.CharField()
    seats = SeatShown(many=True)


class JoinWish(StrictSerializer):
    """`resume_token` gives the seat in the call back for two minutes after a lost connection."""

    resume_token = serializers.CharField(required=False, allow_null=True, max_length=100)


class IceServer(serializers.Serializer[Any]):
    """As RTCIceServer of the browser."""

    urls = serializers.ListField(child=serializers.CharField())
    username = serializers.CharField(required=False)
    credential = serializers.CharField(required=False)


class JoinAnswer(serializers.Serializer[Any]):
    """Open `socket_url` with `?ticket=` within 30 seconds; the ticket opens one socket."""

    socket_url = serializers.CharField()
    ticket = serializers.CharField()
    seat = serializers.UUIDField()
    role = serializers.ChoiceField(Seat.Role.choices)
    state = serializers.ChoiceField(Seat.State.choices)
    resume_token = serializers.CharField()
    ice_servers = IceServer(many=True)
    topology = serializers.ChoiceField([("p2p", "p2p"), ("relay", "relay")])


def _shown(room: Room, viewer: UUID | None) -> dict[str, Any]:
    state = queries.state_of(room)
    mine = next((seat for seat in state.seats if seat.user_id == str(viewer)), None)
    # Before taking a seat one sees the room but not who sits in it.
    seats = queries.seats_seen(state, mine.id) if mine else []
    return {
        "id": room.id,
        "encounter": room.encounter_id,
        "status": room.status,
        "opens_at": room.opens_at,
        "closes_at": room.closes_at,
        "practitioner": room.encounter.practitioner.display_name,
        "seats": seats,
    }


class RoomView(ApiView):
    access = WHO

    @extend_schema(summary="A room of one's own visit", responses={200: RoomShown}, tags=TAGS)
    def get(self, request: Request, room_id: UUID) -> Response:
        room = access.get_room(self.actor, room_id)
        return Response(RoomShown(_shown(room, self.actor.user_id)).data)


class RoomOfEncounterView(ApiView):
    access = WHO

    @extend_schema(summary="The room of an encounter", responses={200: RoomShown}, tags=TAGS)
    def get(self, request: Request, encounter_id: UUID) -> Response:
        room = access.get_room_of(self.actor, encounter_id)
        return Response(RoomShown(_shown(room, self.actor.user_id)).data)


class JoinView(ApiView):
    access = WHO

    @extend_schema(
        summary="Take one's seat: in the waiting room, or as the doctor in the call",
        request=JoinWish,
        responses={200: JoinAnswer},
        tags=TAGS,
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        wish = self.clean(JoinWish)
        joined = actions.join(room_id=room_id, by=self.actor, now=self.now, resume_token=wish.get("resume_token"))
        address = request.build_absolute_uri(f"/ws/v1/rooms/{joined.room.id}")
        answer = {
            "socket_url": "ws" + address.removeprefix("http"),
            "ticket": joined.ticket,
            "seat": joined.seat.id,
            "role": joined.seat.role,
            "state": joined.seat.state,
            "resume_token": joined.resume_token,
            # Who waits needs no way to anybody yet.
            "ice_servers": turn.ice_servers(str(joined.seat.id), now=self.now)
            if joined.seat.state == Seat.State.ADMITTED
            else [],
            "topology": "p2p",
        }
        return Response(JoinAnswer(answer).data)
