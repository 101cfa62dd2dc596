"""Sockets come and go: each stretch is a row, which is also the evidence of who was there when."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

import audit
from core.actor import Actor
from core.errors import DomainError
from realtime import access, rooms
from realtime.actions.evidence import append
from realtime.actions.rooms import RESUME, check_hours
from realtime.actions.stepping import said_of, seat_of, take_step, tell
from realtime.models import Presence, Room, Seat
from realtime.protocol import CLOSE_DISPLACED

SILENT = timedelta(seconds=60)  # a process that was killed cannot say that its sockets are gone


@transaction.atomic
def arrive(*, room_id: UUID, socket_id: UUID, page: str, by: Actor, now: datetime) -> Seat:
    """Seat a socket; an older one of the same seat is displaced.

    Raises NotFound, NoSuchSeat (no join before), RoomNotOpen, RoomOver, NotAdmitted (hung up), SeatTakenAway.
    """
    room = access.lock_room(by, room_id)
    check_hours(room, now)
    seat = seat_of(room, by)
    older = Presence.objects.filter(seat=seat, left_at__isnull=True).first()
    take_step(room, rooms.Arrive(page=page), by=by, now=now, seat_id=str(seat.id))
    if older is not None:
        Presence.objects.filter(pk=older.pk).update(left_at=now, why="displaced")
        append(room, "leave", said_of(seat, why="displaced"), now=now)
        tell(room.id, {"k": "close", "socket": str(older.socket_id), "code": CLOSE_DISPLACED, "why": "displaced"})
    seat.refresh_from_db()
    Presence.objects.create(
        seat=seat,
        socket_id=socket_id,
        page=page,
        created_at=now,
        seen_at=now,
        admitted=seat.state == Seat.State.ADMITTED,
        admitted_at=now if seat.state == Seat.State.ADMITTED else None,
        with_citizen=seat.with_citizen,
    )
    append(room, "join", said_of(seat, state=seat.state), now=now)
    audit.record(by, "realtime.join", room, person_id=room.encounter.person_id, detail={"seat": seat.state})
    return seat


@transaction.atomic
def depart(*, socket_id: UUID, why: str, now: datetime) -> None:
    """Note that a socket is gone. Nothing to do when it was displaced or had hung up before."""
    found = (
        Presence.objects.filter(socket_id=socket_id, left_at__isnull=True)
        .values_list("seat_id", "seat__room_id")
        .first()
    )
    if found is None:
        return
    seat_id, room_id = found
    room = access.lock_room(Actor.system("presence"), room_id)
    # Under the lock once more: between the look and the lock it may have been displaced.
    presence = Presence.objects.filter(socket_id=socket_id, left_at__isnull=True).first()
    if presence is None:
        return
    take_step(room, rooms.Depart(), by=Actor.system("presence"), now=now, seat_id=str(seat_id))
    Presence.objects.filter(pk=presence.pk).update(left_at=now, why=why)
    append(room, "leave", said_of(Seat.objects.get(pk=seat_id), why=why), now=now)


def keep_alive(*, room_id: UUID, socket_id: UUID, by: Actor, now: datetime) -> bool:
    """Note that the socket is still there; say whether it may stay (rights end while a call goes on)."""
    try:
        room = access.get_room(by, room_id)
    except DomainError:
        return False
    if room.status == Room.Status.CLOSED or now >= room.closes_at:
        return False
    return bool(Presence.objects.filter(socket_id=socket_id, left_at__isnull=True).update(seen_at=now))


def notice_the_silent(*, now: datetime) -> int:
    """Note the departure of sockets whose process has died, and return how many."""
    silent = Presence.objects.filter(left_at__isnull=True, seen_at__lt=now - SILENT).values_list("socket_id", flat=True)
    gone = list(silent[:1000])
    for socket_id in gone:
        depart(socket_id=socket_id, why="silent", now=now)
    return len(gone)


def let_go_the_lost(*, now: datetime) -> int:
    """Free the places in a call whose line has been away for longer than it comes back by itself; returns how many.

    Whoever comes later is let in anew. Nobody is recorded alone because the other side hung up without a line.
    """
    last = Presence.objects.filter(seat=OuterRef("pk")).order_by("-created_at")
    here = Presence.objects.filter(seat=OuterRef("pk"), left_at__isnull=True)
    lost = Seat.objects.filter(
        ~Exists(here), state=Seat.State.ADMITTED, room__status=Room.Status.OPEN, room__closes_at__gt=now
    ).annotate(last_left=Subquery(last.values("left_at")[:1]))
    found = list(lost.filter(last_left__lt=now - RESUME).values_list("room_id", "pk")[:1000])
    for room_id, seat_id in found:
        _let_go(room_id, seat_id, now)
    return len(found)


@transaction.atomic
def _let_go(room_id: UUID, seat_id: UUID, now: datetime) -> None:
    by = Actor.system("presence")
    room = access.lock_room(by, room_id)
    # Under the lock once more: meanwhile they may be back, or back and gone again.
    last = Presence.objects.filter(seat=seat_id).order_by("-created_at").first()
    if room.status == Room.Status.OPEN and last is not None and last.left_at and last.left_at < now - RESUME:
        take_step(room, rooms.Gone(str(seat_id)), by=by, now=now)
