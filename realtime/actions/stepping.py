"""One step of a room's state machine under its lock: store the difference, carry out what follows, tell those who sit there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

import audit
from core.actor import Actor
from core.events import emit
from core.refs import ref
from realtime import queries, rooms
from realtime.actions.evidence import append
from realtime.actions.news import publish
from realtime.actions.tapes import follow_recording, note_answer
from realtime.errors import NoSuchSeat
from realtime.events import CallConnected, CitizenLetIn, CitizenWaiting, GuestLetIn, RoomEvent
from realtime.hub import hub
from realtime.models import ChatLine, Presence, Room, Seat

KEPT = [
    "version", "connected_at", "topology", "preparing", "epoch", "reasons", "ready", "recording", "wish", "part", "agreed", "cut",
]  # fmt: skip


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
    seat = seats_of(room, by).first() if by.user_id else None
    if seat is None or (seat.role == Seat.Role.PRACTITIONER) != (by.role == "practitioner"):
        raise NoSuchSeat()
    return seat


def seats_of(room: Room, by: Actor) -> QuerySet[Seat]:
    """Return the actor's own seat in a room, whether they sit there now or not."""
    whose = {"invite_id": by.user_id} if by.role == "guest" else {"user_id": by.user_id}
    return Seat.objects.filter(room=room, **whose)


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
    elif fact.kind == "beside":
        _another_stretch(seat, now)
        append(room, "beside", said_of(seat, citizen_here="yes" if seat.with_citizen else "no"), now=now)
        audit.record(by, "realtime.beside", room, person_id=person_id, detail={"with_citizen": seat.with_citizen})
        if seat.with_citizen and seat.state == Seat.State.ADMITTED:
            emit(event(GuestLetIn, room, seat_id=fact.seat, kind=rooms.STATION_NURSE))
    elif fact.kind == "connected":
        emit(event(CallConnected, room))


def event(kind: type[RoomEvent], room: Room, /, **more: str) -> RoomEvent:
    """Make a fact about this room."""
    encounter = room.encounter
    return kind(
        room_id=str(room.id), encounter_id=str(encounter.id), appointment_ref=encounter.appointment_ref or "", **more
    )


def _another_stretch(seat: Seat, now: datetime) -> None:
    """From here on in other company: minutes count for the citizen's side only while they are there."""
    running = Presence.objects.filter(seat=seat, left_at__isnull=True).first()
    if running is None:
        return
    Presence.objects.filter(pk=running.pk).update(left_at=now, why="beside")
    admitted = seat.state == Seat.State.ADMITTED
    Presence.objects.create(
        seat=seat,
        socket_id=running.socket_id,
        page=running.page,
        created_at=now,
        seen_at=now,
        admitted=admitted,
        admitted_at=now if admitted else None,
        with_citizen=seat.with_citizen,
    )
