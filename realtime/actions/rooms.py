"""Verbs on a room: find it, lock it, let its state machine take one step (stepping.py)."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.ids import new_id
from identity.actions import issue_socket_ticket
from realtime import access, protocol, queries, rooms
from realtime.actions.evidence import append, ask_the_gate
from realtime.actions.stepping import event, seat_of, seats_of, take_step
from realtime.errors import ConsentMissing, RoomNotOpen, RoomOver
from realtime.events import RoomClosed
from realtime.models import Room, Seat

RESUME = timedelta(minutes=2)  # so long a lost connection keeps its seat in the call
# Everybody else sits there as a citizen.
SITS_AS = {"practitioner": Seat.Role.PRACTITIONER, "guest": Seat.Role.GUEST, "nurse": Seat.Role.NURSE}


@dataclass(frozen=True)
class Joined:
    """The seat somebody got, a ticket for its socket, and the token that gives it back after a lost connection."""

    room: Room
    seat: Seat
    ticket: str
    resume_token: str


@transaction.atomic
def open_room(*, encounter_id: UUID, opens_at: datetime, closes_at: datetime, by: Actor, now: datetime) -> Room:
    """Give an encounter its room, or move the hours of the one it has (repeatable)."""
    room, fresh = Room.objects.get_or_create(
        encounter_id=encounter_id,
        defaults={"opens_at": opens_at, "closes_at": closes_at, "created_at": now, **_travel_at_first()},
    )
    if not fresh and (room.opens_at, room.closes_at) != (opens_at, closes_at) and room.status == Room.Status.OPEN:
        room.opens_at, room.closes_at = opens_at, closes_at
        room.save(update_fields=["opens_at", "closes_at"])
    return room


@transaction.atomic
def join(
    *, room_id: UUID, by: Actor, now: datetime, resume_token: str | None = None, with_citizen: bool = True
) -> Joined:
    """Take one's seat: the doctor in the call, others in the waiting room, or back in the call with a resume token.

    `with_citizen`: a station's nurse shares her camera with the citizen; means nothing for anybody else.
    Raises NotFound, RoomNotOpen, RoomOver, SeatTakenAway, ConsentMissing (the citizen's side, once per visit).
    """
    room = access.lock_room(by, room_id)
    check_hours(room, now)
    assert by.user_id is not None
    known = seats_of(room, by).first()
    resumed = known is not None and _may_resume(known, resume_token, now)
    if access.is_former_doctor(by, room) and not resumed:
        raise NotFound()  # a line that dropped comes back; who has left does not
    role = SITS_AS.get(by.role, Seat.Role.CITIZEN)
    if role == Seat.Role.CITIZEN and settings.ROOM_CONSENT_ASKED and not queries.has_consent(room.encounter_id):
        raise ConsentMissing()
    name = room.encounter.practitioner.display_name if role == Seat.Role.PRACTITIONER else by.name
    kind = room.invites.get(pk=by.user_id).kind if role == Seat.Role.GUEST else ""
    nurse = role == Seat.Role.NURSE
    wish = rooms.SeatState(
        id=str(new_id()),
        user_id=str(by.user_id),
        role=role,
        name=name,
        kind=rooms.STATION_NURSE if nurse else kind,
        with_citizen=nurse and with_citizen,
    )
    take_step(room, rooms.Take(wish, resumed=resumed), by=by, now=now)
    seat = seats_of(room, by).get()
    ticket = issue_socket_ticket(by, f"room:{room.id}", now)
    if resumed and resume_token:
        return Joined(room, seat, ticket, resume_token)
    token = secrets.token_urlsafe(32)
    seat.resume_hash = _hash(token)
    seat.save(update_fields=["resume_hash"])
    return Joined(room, seat, ticket, token)


@transaction.atomic
def let_in(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Open the door for somebody who waits. With the first of the citizen's side the visit begins, so the gate is asked.

    Raises NoSuchSeat, NobodyThere, RoomFull, PractitionerOnly, NotAtADistance.
    """
    room = access.lock_room(by, room_id)
    access.require_leading(by, room)
    ask_the_gate(room, now)
    take_step(room, protocol.LetIn(str(seat_id)), by=by, now=now, seat_id=str(seat_of(room, by).id))


@transaction.atomic
def remove(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Ask somebody to leave; they cannot come back. Raises NoSuchSeat, PractitionerOnly."""
    _speak(room_id, protocol.Remove(str(seat_id)), by=by, now=now, leads=True)


@transaction.atomic
def mute(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Turn somebody's microphone off; they are told. Raises NoSuchSeat, NobodyThere, PractitionerOnly."""
    _speak(room_id, protocol.Mute(str(seat_id)), by=by, now=now, leads=True)


@transaction.atomic
def unmute(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Let somebody whom one muted be heard again; they are told. Raises NoSuchSeat, NobodyThere, PractitionerOnly."""
    _speak(room_id, protocol.Unmute(str(seat_id)), by=by, now=now, leads=True)


@transaction.atomic
def sit_beside(*, room_id: UUID, with_citizen: bool, by: Actor, now: datetime) -> None:
    """Say that the citizen now sits before one's camera, or no longer does; for a station's nurse.

    In the call the citizen's side comes with them, so the gate is asked as at the door. Raises StationOnly, NotAtADistance.
    """
    room = access.lock_room(by, room_id)
    seat = seat_of(room, by)
    if with_citizen and seat.state == Seat.State.ADMITTED:
        ask_the_gate(room, now)
    take_step(room, protocol.Beside(with_citizen), by=by, now=now, seat_id=str(seat.id))


@transaction.atomic
def leave(*, room_id: UUID, by: Actor, now: datetime) -> None:
    """Hang up; asking again changes nothing."""
    _speak(room_id, protocol.Leave(), by=by, now=now)


@transaction.atomic
def show(*, room_id: UUID, mic: bool, camera: bool, by: Actor, now: datetime, screen: bool = False) -> None:
    """Say whether one's microphone and camera are on, and whether the screen is shown in place of the camera."""
    _speak(room_id, protocol.Media(mic, camera, screen), by=by, now=now)


@transaction.atomic
def say(*, room_id: UUID, text: str, by: Actor, now: datetime, client_id: str = "") -> None:
    """Write a line to those in the call; the same client_id again is the same line. Raises NotAdmitted."""
    _speak(room_id, protocol.Say(text, client_id), by=by, now=now)


@transaction.atomic
def ask_for_relay(*, room_id: UUID, by: Actor, now: datetime) -> None:
    """Say that browser to browser cannot be had from here. Raises NotAdmitted."""
    _speak(room_id, protocol.Stuck(), by=by, now=now)


@transaction.atomic
def be_ready(*, room_id: UUID, epoch: int, by: Actor, now: datetime) -> None:
    """Say that what is being prepared plays here; of another epoch it changes nothing. Raises NotAdmitted."""
    _speak(room_id, protocol.Ready(epoch), by=by, now=now)


@transaction.atomic
def tell_room(
    *, room_id: UUID, message: rooms.Deadline | rooms.Calm | rooms.NodeLost | rooms.TapeEnded, now: datetime
) -> None:
    """Let the clock or a media node speak; safe to repeat, since each names its epoch or changes nothing."""
    by = Actor.system("media")
    room = access.lock_room(by, room_id)
    if room.status == Room.Status.OPEN:
        take_step(room, message, by=by, now=now)


@transaction.atomic
def close_room(*, encounter_id: UUID, by: Actor, now: datetime) -> Room | None:
    """End the visit: all sockets close, nobody gets in again. None when the encounter never had a room."""
    room_id = queries.room_id_of(encounter_id)
    if room_id is None:
        return None
    room = access.lock_room(by, room_id)
    if room.status == Room.Status.CLOSED:
        return room
    take_step(room, rooms.End(), by=by, now=now)
    append(room, "closed", {}, now=now)
    room.move_to(Room.Status.CLOSED, at=now)
    room.save(update_fields=["status", "closed_at"])
    emit(event(RoomClosed, room))
    return room


def _travel_at_first() -> dict[str, Any]:
    if settings.ROOM_RELAY_ONLY and settings.MEDIA_RELAY:
        return {"topology": rooms.RELAYED, "reasons": [rooms.POLICY]}
    return {}


def check_hours(room: Room, now: datetime) -> None:
    """Raise RoomOver or RoomNotOpen (with the hour in `fields`) when the room cannot be entered now."""
    if room.status == Room.Status.CLOSED or now >= room.closes_at:
        raise RoomOver()
    if now < room.opens_at:
        raise RoomNotOpen(fields={"opens_at": [room.opens_at.isoformat()]})


def _speak(room_id: UUID, message: Any, *, by: Actor, now: datetime, leads: bool = False) -> None:
    room = access.lock_room(by, room_id)
    if leads:
        access.require_leading(by, room)
    take_step(room, message, by=by, now=now, seat_id=str(seat_of(room, by).id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _may_resume(seat: Seat, token: str | None, now: datetime) -> bool:
    if not token or not seat.resume_hash or not hmac.compare_digest(_hash(token), seat.resume_hash):
        return False
    last = seat.presences.order_by("-created_at").first()
    # A socket that is still open, or that closed moments ago; a killed process leaves one that was merely seen.
    return last is not None and now - (last.left_at or last.seen_at) <= RESUME
