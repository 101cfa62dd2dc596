"""Reading rooms: as the pure state machine sees them, as a list of who waits, and the news a person has missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from core.actor import Actor
from realtime import rooms
from realtime.models import ChatLine, Presence, Room, Seat, Stream, StreamEntry

CHAT_SHOWN = 200
NEWS_AT_ONCE = 500


def state_of(room: Room) -> rooms.RoomState:
    """Return the room as rooms.step() wants it."""
    pages = dict(Presence.objects.filter(seat__room=room, left_at__isnull=True).values_list("seat_id", "page"))
    seats = tuple(
        rooms.SeatState(
            id=str(seat.id),
            user_id=str(seat.user_id),
            role=seat.role,
            name=seat.name,
            state=seat.state,
            present=seat.id in pages,
            announced=seat.announced,
            mic=seat.mic,
            camera=seat.camera,
            page=pages.get(seat.id, ""),
        )
        for seat in Seat.objects.filter(room=room).order_by("created_at", "id")
    )
    return rooms.RoomState(
        id=str(room.id),
        version=room.version,
        is_open=room.status == Room.Status.OPEN,
        was_connected=room.connected_at is not None,
        seats=seats,
    )


def line_as_json(line: ChatLine) -> dict[str, Any]:
    """A line as sockets and API show it."""
    return {
        "id": str(line.id),
        "from": str(line.seat_id),
        "name": line.seat.name,
        "text": line.text,
        "at": line.created_at.isoformat(),
        "client_id": line.client_id,
    }


def chat_of(room_id: UUID) -> list[dict[str, Any]]:
    """Return the latest lines, oldest first."""
    lines = ChatLine.objects.filter(room_id=room_id).select_related("seat").order_by("-created_at", "-id")[:CHAT_SHOWN]
    return [line_as_json(line) for line in reversed(lines)]


@dataclass(frozen=True)
class Waiting:
    """Somebody in one of the doctor's waiting rooms."""

    room_id: UUID
    encounter_id: UUID
    seat_id: UUID
    name: str
    since: datetime | None


def waiting_for(by: Actor) -> list[Waiting]:
    """Return who waits for this practitioner right now, longest first; nobody for other roles."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return []
    seats = (
        Seat.objects.filter(
            state=Seat.State.WAITING,
            presences__left_at__isnull=True,
            presences__isnull=False,
            room__status=Room.Status.OPEN,
            room__encounter__practitioner_id=by.practitioner_id,
        )
        .select_related("room")
        .order_by("waiting_since", "created_at")
        .distinct()
    )
    return [Waiting(seat.room_id, seat.room.encounter_id, seat.id, seat.name, seat.waiting_since) for seat in seats]


def inside(by: Actor, room_id: UUID) -> list[str]:
    """Return the names of those who are in the call right now, apart from the asker."""
    seats = Seat.objects.filter(
        room_id=room_id, state=Seat.State.ADMITTED, presences__left_at__isnull=True, presences__isnull=False
    )
    if by.user_id is not None:
        seats = seats.exclude(user_id=by.user_id)
    return list(seats.order_by("created_at").values_list("name", flat=True).distinct())


def was_taken_for_dead(socket_id: UUID) -> bool:
    """Say whether a socket was noted as gone only because nothing was heard of it."""
    return Presence.objects.filter(socket_id=socket_id, why="silent").exists()


def room_id_of(encounter_id: UUID) -> UUID | None:
    """Return the id of an encounter's room; for journeys, which have asked for permission already."""
    return Room.objects.filter(encounter_id=encounter_id).values_list("pk", flat=True).first()


@dataclass(frozen=True)
class News:
    """What a person has not heard yet. `gap`: what lies between is gone or too much, so reload what you show."""

    epoch: str
    offset: int
    gap: bool
    entries: list[dict[str, Any]]


def news_after(user_id: UUID, after: int | None) -> News:
    """Return the news after an offset (None: only from now on), at most 500 pieces."""
    stream = Stream.objects.filter(user_id=user_id).first()
    if stream is None:
        return News("", 0, bool(after), [])
    last = stream.last_offset
    if after is None or after == last:
        return News(stream.epoch, last, False, [])
    if after > last:  # another life of the stream
        return News(stream.epoch, last, True, [])
    rows = list(
        StreamEntry.objects.filter(user_id=user_id, offset__gt=after, offset__lte=last).order_by("offset")[
            :NEWS_AT_ONCE
        ]
    )
    if len(rows) != last - after:
        return News(stream.epoch, last, True, [])
    return News(stream.epoch, last, False, [entry_as_json(row) for row in rows])


def entry_as_json(entry: StreamEntry) -> dict[str, Any]:
    """A piece of news as the socket shows it."""
    return {"offset": entry.offset, "kind": entry.kind, "subject": entry.subject, "at": entry.at.isoformat()}


def seats_seen(state: rooms.RoomState, seat_id: str) -> list[dict[str, Any]]:
    """Return the seats one seat may know of."""
    seats: list[dict[str, Any]] = rooms.view(state, seat_id)["seats"]
    return seats
