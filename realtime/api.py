"""Rooms over HTTP: look at one, take one's seat, end one's part. Everything live goes over the socket."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, StrictSerializer
from realtime import access, actions, protocol, queries, turn
from realtime.errors import FileMissing, FileTooLarge, NoSuchSeat, RoomOver
from realtime.files.addresses import address_of
from realtime.models import Room, Seat, VisitFile

WHO = frozenset({"citizen", "practitioner", "nurse"})
TAGS = ["consultation"]
AROUND_A_FILE = 64 * 1024  # what a form puts around a file


class SeatShown(serializers.Serializer[Any]):
    """A person's place, as the viewer may see it."""

    id = serializers.UUIDField()
    role = serializers.ChoiceField(Seat.Role.choices)
    kind = serializers.CharField(help_text="As what a guest or nurse is there; empty for everybody else.")
    with_citizen = serializers.BooleanField(help_text="A station's nurse before whose camera the citizen sits.")
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
    """`resume_token` gives the seat in the call back for two minutes after a lost connection.

    `with_citizen` is said by a station's nurse: the citizen sits before the same camera. Nobody else needs it.
    """

    resume_token = serializers.CharField(required=False, allow_null=True, max_length=100)
    with_citizen = serializers.BooleanField(required=False, default=True)


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
        joined = actions.join(
            room_id=room_id,
            by=self.actor,
            now=self.now,
            resume_token=wish.get("resume_token"),
            with_citizen=wish["with_citizen"],
        )
        return Response(answer_of(joined, request, self.now))


class LeaveView(ApiView):
    access = WHO

    @extend_schema(
        summary="Hang up, where the socket cannot say it any more; again or without a seat it changes nothing",
        request=None,
        responses={204: None},
        tags=TAGS,
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        with suppress(NoSuchSeat, RoomOver):
            actions.leave(room_id=room_id, by=self.actor, now=self.now)
        return Response(status=204)


def answer_of(joined: actions.Joined, request: Request, now: datetime) -> dict[str, Any]:
    """A seat that was taken, as its page needs it."""
    address = request.build_absolute_uri(f"/ws/v1/rooms/{joined.room.id}")
    answer = {
        "socket_url": "ws" + address.removeprefix("http"),
        "ticket": joined.ticket,
        "seat": joined.seat.id,
        "role": joined.seat.role,
        "state": joined.seat.state,
        "resume_token": joined.resume_token,
        # Who waits needs no way to anybody yet.
        "ice_servers": turn.ice_servers(str(joined.seat.id), now=now)
        if joined.seat.state == Seat.State.ADMITTED
        else [],
        "topology": "p2p",
    }
    return dict(JoinAnswer(answer).data)


class FileWish(StrictSerializer):
    """One photo or PDF. `client_id` is the sender's own: the same file sent again is the same line. `text` goes with it."""

    file = serializers.FileField(allow_empty_file=True, max_length=None)
    client_id = serializers.RegexField(rf"^{protocol.CLIENT_ID.pattern}\Z", max_length=64)
    text = serializers.CharField(required=False, allow_blank=True, max_length=protocol.MAX_TEXT, default="")


class FileShown(serializers.Serializer[Any]):
    """A file of a visit. `address` (and of a picture `small`) opens it for a minute, without cookies or tokens."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(VisitFile.Kind.choices)
    size = serializers.IntegerField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()
    pages = serializers.IntegerField()
    at = serializers.DateTimeField()
    by = serializers.CharField(help_text="who sent it")
    address = serializers.CharField()
    small = serializers.CharField(allow_null=True)


def _file_shown(file: VisitFile) -> dict[str, Any]:
    facts = {name: getattr(file, name) for name in ("id", "kind", "size", "width", "height", "pages")}
    small = address_of(file.id, "small") if file.kind == VisitFile.Kind.PICTURE else None
    return {**facts, "at": file.kept_at, "by": file.seat.name, "address": address_of(file.id, "full"), "small": small}


class FilesView(ApiView):
    access = WHO
    parser_classes = [MultiPartParser]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        # Before anything reads the body.
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.ROOM_FILE_BYTES + AROUND_A_FILE:
            raise FileTooLarge()
        super().initial(request, *args, **kwargs)

    @extend_schema(
        summary="Send a photo or a PDF to those in the call",
        request={"multipart/form-data": FileWish},
        responses={201: FileShown},
        tags=TAGS,
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        if "file" not in request.data:
            raise FileMissing()
        wish = self.clean(FileWish)
        file = actions.send_file(
            room_id=room_id,
            content=wish["file"].read(),
            client_id=wish["client_id"],
            text=wish["text"],
            by=self.actor,
            now=self.now,
        )
        return Response(FileShown(_file_shown(file)).data, status=201)


class FileView(ApiView):
    access = WHO

    @extend_schema(summary="A file of a visit, with addresses for a minute", responses={200: FileShown}, tags=TAGS)
    def get(self, request: Request, file_id: UUID) -> Response:
        return Response(FileShown(_file_shown(access.get_file(self.actor, file_id, self.now))).data)
