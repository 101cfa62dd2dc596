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

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

import audit
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.ids import new_id
from core.refs import ref
from identity.actions import issue_socket_ticket
from realtime import access, protocol, queries, rooms
from realtime.actions.evidence import append, ask_the_gate
from realtime.actions.news import publish
from realtime.actions.tapes import follow_recording, note_answer
from realtime.errors import ConsentMissing, NoSuchSeat, RoomNotOpen, RoomOver
from realtime.events import CallConnected, CitizenLetIn, CitizenWaiting, GuestLetIn, RoomClosed, RoomEvent
from realtime.hub import hub
from realtime.models import ChatLine, Presence, Room, Seat

RESUME = timedelta(minutes=2)  # so long a lost connection keeps its seat in the call
KEPT = [
    "version", "connected_at", "topology", "preparing", "epoch", "reasons", "ready", "recording", "wish", "part", "agreed", "cut",
]  # fmt: skip
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
    known = _seats_of(room, by).first()
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
    seat = _seats_of(room, by).get()
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


def take_step(room: Room, message: Any, *, by: Actor, now: datetime, seat_id: str = "") -> Sequence[rooms.Effect]:
    """Step the locked room: store what changed, carry out the effects, publish the new picture after the commit."""
    before = queries.state_of(room)
    after, effects = rooms.step(before, message, seat_id)
    _store(room, before, after, now)
    if after.topology != before.topology:
        facts = {"from": before.topology, "to": after.topology, "reasons": list(rooms.reasons(after))}
        append(room, "topology", facts, now=now)
    for effect in effects:
        _carry_out(effect, room, by=by, now=now)
    follow_recording(room, before, after, now=now)
    if after.version != before.version:
        tell(room.id, {"k": "room", "room": rooms.as_json(after)})
    return effects


def tell(room_id: UUID, message: dict[str, Any]) -> None:
    """Publish to the sockets of a room once the transaction has committed."""
    transaction.on_commit(lambda: hub().publish(f"room:{room_id}", message))


def said_of(seat: Seat, **more: str) -> dict[str, str]:
    """Name a seat for the evidence."""
    beside = {"beside": "citizen"} if seat.with_citizen else {}
    return {
        "seat": str(seat.id),
        "role": str(seat.role),
        "name": seat.name,
        **beside,
        **{key: str(one) for key, one in more.items()},
    }


def seat_of(room: Room, by: Actor) -> Seat:
    """Return the actor's own seat, as long as they sit there. Raises NoSuchSeat."""
    seat = _seats_of(room, by).first() if by.user_id else None
    if seat is None or (seat.role == Seat.Role.PRACTITIONER) != (by.role == "practitioner"):
        raise NoSuchSeat()
    return seat


def _seats_of(room: Room, by: Actor) -> QuerySet[Seat]:
    whose = {"invite_id": by.user_id} if by.role == "guest" else {"user_id": by.user_id}
    return Seat.objects.filter(room=room, **whose)


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


def _store(room: Room, before: rooms.RoomState, after: rooms.RoomState, now: datetime) -> None:
    known = {seat.id: seat for seat in before.seats}
    for seat in after.seats:
        old = known.get(seat.id)
        if old == seat:
            continue
        values: dict[str, Any] = {
            name: getattr(seat, name)
            for name in ("state", "announced", "mic", "camera", "screen", "with_citizen", "muted")
        }
        if old is None:
            Seat.objects.create(
                id=UUID(seat.id),
                room=room,
                **{"invite_id" if seat.role == rooms.GUEST else "user_id": UUID(seat.user_id)},
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
            Presence.objects.filter(seat_id=seat.id, left_at__isnull=True).update(admitted=True, admitted_at=now)
    if after.was_connected and not before.was_connected:
        room.connected_at = now
    if after.version != before.version:
        room.version = after.version
        room.topology, room.preparing, room.epoch = after.topology, after.preparing, after.epoch
        room.reasons, room.ready = list(after.reasons), list(after.ready)
        room.recording, room.wish, room.part, room.cut = after.recording, after.wish, after.part, after.cut
        room.agreed = list(after.agreed)
        room.save(update_fields=KEPT)


def _carry_out(effect: rooms.Effect, room: Room, *, by: Actor, now: datetime) -> None:
    if isinstance(effect, rooms.Tell):
        _write_line(effect, room, now)
    elif isinstance(effect, rooms.Close):
        if Presence.objects.filter(seat_id=effect.seat, left_at__isnull=True).update(left_at=now, why=effect.why):
            append(room, "leave", said_of(Seat.objects.get(pk=effect.seat), why=effect.why), now=now)
        tell(room.id, {"k": "close", "seat": effect.seat, "code": effect.code, "why": effect.why})
        if effect.why == "removed":
            _note_about(effect.seat, "realtime.show_out", room, by)
        elif effect.why != "over":
            audit.record(by, "realtime.leave", room, person_id=room.encounter.person_id, detail={"why": effect.why})
    elif isinstance(effect, rooms.Answered):
        note_answer(effect, room, by=by, now=now)
    elif isinstance(effect, rooms.Hush):
        _note_about(effect.seat, "realtime.mute" if effect.off else "realtime.unmute", room, by)
        tell(room.id, {"k": "hush", "seat": effect.seat, "off": effect.off})
    elif isinstance(effect, rooms.Fact):
        _tell_the_house(effect, room, by=by, now=now)


def _note_about(seat_id: str, action: str, room: Room, by: Actor) -> None:
    """A line about what one person in the call did to another one."""
    seat = Seat.objects.get(pk=seat_id)
    audit.record(by, action, room, person_id=room.encounter.person_id, detail={"name": seat.name, "role": seat.role})


def _write_line(effect: rooms.Tell, room: Room, now: datetime) -> None:
    again = (
        effect.client_id
        and ChatLine.objects.filter(seat_id=effect.sender, client_id=effect.client_id)
        .select_related("seat", "file")
        .first()
    )
    line = again or ChatLine.objects.create(
        room=room,
        seat_id=UUID(effect.sender),
        client_id=effect.client_id,
        text=effect.text,
        file_id=UUID(effect.file) if effect.file else None,
        heard_by=list(room.seats.filter(state=Seat.State.ADMITTED).values_list("pk", flat=True)),
        created_at=now,
    )
    # A repeated frame is answered again: its sender has not seen the first answer.
    audience = [str(seat) for seat in line.heard_by]
    tell(room.id, {"k": "said", "line": queries.line_as_json(line), "heard_by": audience})


def _tell_the_house(fact: rooms.Fact, room: Room, *, by: Actor, now: datetime) -> None:
    person_id = room.encounter.person_id
    seat = Seat.objects.select_related("invite").get(pk=fact.seat)
    if fact.kind == "waiting":
        if seat.invite is None and (seat.role != Seat.Role.NURSE or seat.with_citizen):
            emit(event(CitizenWaiting, room, seat_id=fact.seat))
        doctor = room.encounter.practitioner.user_id
        if doctor is not None:
            publish(user_ids=[doctor], kind="room.waiting", subject=ref(room), by=by, now=now)
    elif fact.kind == "let_in":
        detail = {"name": seat.name, "kind": seat.invite.kind} if seat.invite else None
        audit.record(by, "realtime.let_in", room, person_id=person_id, detail=detail)
        append(room, "let_in", said_of(seat), now=now)
        if seat.invite is not None:
            emit(event(GuestLetIn, room, seat_id=fact.seat, kind=seat.invite.kind))
        elif seat.role == Seat.Role.NURSE:
            kind = rooms.STATION_NURSE if seat.with_citizen else str(seat.role)
            emit(event(GuestLetIn, room, seat_id=fact.seat, kind=kind))
        elif seat.user_id is not None:
            emit(event(CitizenLetIn, room, seat_id=fact.seat))
            publish(user_ids=[seat.user_id], kind="room.let_in", subject=ref(room), by=by, now=now)
    elif fact.kind == "connected":
        emit(event(CallConnected, room))


def event(kind: type[RoomEvent], room: Room, /, **more: str) -> RoomEvent:
    """Make a fact about this room."""
    encounter = room.encounter
    return kind(
        room_id=str(room.id), encounter_id=str(encounter.id), appointment_ref=encounter.appointment_ref or "", **more
    )
