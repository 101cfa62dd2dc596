"""Verbs on a room: lock it, take one step of the state machine, store the difference, tell."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.events import emit
from core.ids import new_id
from core.refs import ref
from identity.actions import issue_socket_ticket
from realtime import access, protocol, queries, rooms
from realtime.actions.news import publish
from realtime.errors import NoSuchSeat, RoomNotOpen, RoomOver
from realtime.events import CallConnected, CitizenLetIn, CitizenWaiting, RoomClosed, RoomEvent
from realtime.hub import hub
from realtime.models import ChatLine, Presence, Room, Seat

RESUME = timedelta(minutes=2)  # so long a lost connection keeps its seat in the call


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
        encounter_id=encounter_id, defaults={"opens_at": opens_at, "closes_at": closes_at, "created_at": now}
    )
    if not fresh and (room.opens_at, room.closes_at) != (opens_at, closes_at) and room.status == Room.Status.OPEN:
        room.opens_at, room.closes_at = opens_at, closes_at
        room.save(update_fields=["opens_at", "closes_at"])
    return room


@transaction.atomic
def join(*, room_id: UUID, by: Actor, now: datetime, resume_token: str | None = None) -> Joined:
    """Take one's seat: the doctor in the call, others in the waiting room, or back in the call with a resume token.

    Raises NotFound, RoomNotOpen, RoomOver, SeatTakenAway.
    """
    room = access.lock_room(by, room_id)
    check_hours(room, now)
    assert by.user_id is not None
    known = Seat.objects.filter(room=room, user_id=by.user_id).first()
    resumed = known is not None and _may_resume(known, resume_token, now)
    role = Seat.Role.PRACTITIONER if by.role == "practitioner" else Seat.Role.CITIZEN
    name = room.encounter.practitioner.display_name if role == Seat.Role.PRACTITIONER else by.name
    wish = rooms.SeatState(id=str(new_id()), user_id=str(by.user_id), role=role, name=name)
    take_step(room, rooms.Take(wish, resumed=resumed), by=by, now=now)
    seat = Seat.objects.get(room=room, user_id=by.user_id)
    ticket = issue_socket_ticket(by, f"room:{room.id}", now)
    if resumed and resume_token:
        return Joined(room, seat, ticket, resume_token)
    token = secrets.token_urlsafe(32)
    seat.resume_hash = _hash(token)
    seat.save(update_fields=["resume_hash"])
    return Joined(room, seat, ticket, token)


@transaction.atomic
def let_in(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Open the door for somebody who waits. Raises NoSuchSeat, NobodyThere, RoomFull, PractitionerOnly."""
    _speak(room_id, protocol.LetIn(str(seat_id)), by=by, now=now)


@transaction.atomic
def remove(*, room_id: UUID, seat_id: UUID, by: Actor, now: datetime) -> None:
    """Ask somebody to leave; they cannot come back. Raises NoSuchSeat, PractitionerOnly."""
    _speak(room_id, protocol.Remove(str(seat_id)), by=by, now=now)


@transaction.atomic
def leave(*, room_id: UUID, by: Actor, now: datetime) -> None:
    """Hang up; asking again changes nothing."""
    _speak(room_id, protocol.Leave(), by=by, now=now)


@transaction.atomic
def show(*, room_id: UUID, mic: bool, camera: bool, by: Actor, now: datetime) -> None:
    """Say whether one's microphone and camera are on."""
    _speak(room_id, protocol.Media(mic, camera), by=by, now=now)


@transaction.atomic
def say(*, room_id: UUID, text: str, by: Actor, now: datetime, client_id: str = "") -> None:
    """Write a line to those in the call; the same client_id again is the same line. Raises NotAdmitted."""
    _speak(room_id, protocol.Say(text, client_id), by=by, now=now)


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
    room.move_to(Room.Status.CLOSED, at=now)
    room.save(update_fields=["status", "closed_at"])
    emit(_event(RoomClosed, room))
    return room


def check_hours(room: Room, now: datetime) -> None:
    """Raise RoomOver or RoomNotOpen (with the hour in `fields`) when the room cannot be entered now."""
    if room.status == Room.Status.CLOSED or now >= room.closes_at:
        raise RoomOver()
    if now < room.opens_at:
        raise RoomNotOpen(fields={"opens_at": [room.opens_at.isoformat()]})


def take_step(room: Room, message: Any, *, by: Actor, now: datetime, seat_id: str = "") -> Sequence[rooms.Effect]:
    """Step the locked room: store what changed, carry out the effects, publish the new picture after the commit."""
    before = queries.state_of(room)
    after, effects = rooms.step(before, message, seat_id)
    _store(room, before, after, now)
    for effect in effects:
        _carry_out(effect, room, by=by, now=now)
    if after.version != before.version:
        tell(room.id, {"k": "room", "room": rooms.as_json(after)})
    return effects


def tell(room_id: UUID, message: dict[str, Any]) -> None:
    """Publish to the sockets of a room once the transaction has committed."""
    transaction.on_commit(lambda: hub().publish(f"room:{room_id}", message))


def seat_of(room: Room, by: Actor) -> Seat:
    """Return the actor's own seat, as long as they sit there. Raises NoSuchSeat."""
    seat = Seat.objects.filter(room=room, user_id=by.user_id).first() if by.user_id else None
    if seat is None or (seat.role == Seat.Role.PRACTITIONER) != (by.role == "practitioner"):
        raise NoSuchSeat()
    return seat


def _speak(room_id: UUID, message: Any, *, by: Actor, now: datetime) -> None:
    room = access.lock_room(by, room_id)
    take_step(room, message, by=by, now=now, seat_id=str(seat_of(room, by).id))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _may_resume(seat: Seat, token: str | None, now: datetime) -> bool:
    if not token or not seat.resume_hash or not hmac.compare_digest(_hash(token), seat.resume_hash):
        return False
    last = seat.presences.order_by("-created_at").first()
    # A socket that is still open, or that closed moments ago; a killed process leaves one that was merely seen.
    return last is not None and now - (last.left_at or last.seen_at) <= RESUME


def _store(room: Room, before: rooms.RoomState, after: rooms.RoomState, now: datetime) -> None:
    known = {seat.id: seat for seat in before.seats}
    for seat in after.seats:
        old = known.get(seat.id)
        if old == seat:
            continue
        values: dict[str, Any] = {name: getattr(seat, name) for name in ("state", "announced", "mic", "camera")}
        if old is None:
            Seat.objects.create(
                id=UUID(seat.id),
                room=room,
                user_id=UUID(seat.user_id),
                role=seat.role,
                name=seat.name,
                created_at=now,
                **values,
            )
            continue
        if seat.announced and not old.announced:
            values["waiting_since"] = now
        Seat.objects.filter(pk=seat.id).update(**values)
        if seat.is_admitted and not old.is_admitted:
            Presence.objects.filter(seat_id=seat.id, left_at__isnull=True).update(admitted=True)
    if after.was_connected and not before.was_connected:
        room.connected_at = now
    if after.version != before.version:
        room.version = after.version
        room.save(update_fields=["version", "connected_at"])


def _carry_out(effect: rooms.Effect, room: Room, *, by: Actor, now: datetime) -> None:
    if isinstance(effect, rooms.Tell):
        _write_line(effect, room, now)
    elif isinstance(effect, rooms.Close):
        Presence.objects.filter(seat_id=effect.seat, left_at__isnull=True).update(left_at=now, why=effect.why)
        tell(room.id, {"k": "close", "seat": effect.seat, "code": effect.code, "why": effect.why})
        if effect.why != "over":
            audit.record(by, "realtime.leave", room, person_id=room.encounter.person_id, detail={"why": effect.why})
    elif isinstance(effect, rooms.Fact):
        _tell_the_house(effect, room, by=by, now=now)


def _write_line(effect: rooms.Tell, room: Room, now: datetime) -> None:
    again = (
        effect.client_id
        and ChatLine.objects.filter(seat_id=effect.sender, client_id=effect.client_id).select_related("seat").first()
    )
    line = again or ChatLine.objects.create(
        room=room, seat_id=UUID(effect.sender), client_id=effect.client_id, text=effect.text, created_at=now
    )
    # A repeated frame is answered again: its sender has not seen the first answer.
    tell(room.id, {"k": "said", "line": queries.line_as_json(line)})


def _tell_the_house(fact: rooms.Fact, room: Room, *, by: Actor, now: datetime) -> None:
    person_id = room.encounter.person_id
    if fact.kind == "waiting":
        emit(_event(CitizenWaiting, room, seat_id=fact.seat))
        doctor = room.encounter.practitioner.user_id
        if doctor is not None:
            publish(user_ids=[doctor], kind="room.waiting", subject=ref(room), by=by, now=now)
    elif fact.kind == "let_in":
        audit.record(by, "realtime.let_in", room, person_id=person_id)
        emit(_event(CitizenLetIn, room, seat_id=fact.seat))
        guest = Seat.objects.get(pk=fact.seat)
        publish(user_ids=[guest.user_id], kind="room.let_in", subject=ref(room), by=by, now=now)
    elif fact.kind == "connected":
        emit(_event(CallConnected, room))


def _event(kind: type[RoomEvent], room: Room, **more: str) -> RoomEvent:
    encounter = room.encounter
    return kind(
        room_id=str(room.id), encounter_id=str(encounter.id), appointment_ref=encounter.appointment_ref or "", **more
    )
