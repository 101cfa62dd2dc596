"""What only the doctor who leads the call does: let in, show out, mute. Pure."""

from __future__ import annotations

from dataclasses import replace

from realtime.errors import NobodyThere, PractitionerOnly, RoomFull
from realtime.protocol import CLOSE_NOT_ALLOWED, LetIn, Mute, Remove, Unmute
from realtime.rooms.seating import note_connection
from realtime.rooms.state import (
    ADMITTED,
    PRACTITIONER,
    REMOVED,
    WAITING,
    Close,
    Fact,
    Hush,
    RoomState,
    SeatState,
    Step,
)


def by_practitioner(seat: SeatState) -> None:
    if seat.role != PRACTITIONER or not seat.is_admitted:
        raise PractitionerOnly


def let_in(room: RoomState, seat: SeatState, message: LetIn) -> Step:
    by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.is_admitted:
        return room, []
    if guest.state != WAITING:
        raise NobodyThere
    if sum(other.is_admitted for other in room.seats) >= room.most:
        raise RoomFull
    after = room.with_seat(replace(guest, state=ADMITTED))
    return note_connection(after, guest.id, [Fact("let_in", guest.id)])


def remove(room: RoomState, seat: SeatState, message: Remove) -> Step:
    by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.role == PRACTITIONER and not room.is_former(guest):
        raise PractitionerOnly
    return expel(room, guest)


def expel(room: RoomState, guest: SeatState) -> Step:
    if guest.state == REMOVED:
        return room, []
    after = room.with_seat(replace(guest, state=REMOVED, present=False, page="", screen=False))
    return after, [Close(guest.id, CLOSE_NOT_ALLOWED, "removed")]


def mute(room: RoomState, seat: SeatState, message: Mute) -> Step:
    """Off, also after a reload; they may turn it on again, for only they know whether they are asked something."""
    other = _to_be_hushed(room, seat, message.seat)
    if not other.mic:
        return room, []
    return room.with_seat(replace(other, mic=False, muted=True)), [Hush(other.id)]


def unmute(room: RoomState, seat: SeatState, message: Unmute) -> Step:
    """Take back one's own muting; what somebody turned off themself stays off."""
    other = _to_be_hushed(room, seat, message.seat)
    if not other.muted:
        return room, []
    return room.with_seat(replace(other, mic=True, muted=False)), [Hush(other.id, off=False)]


def _to_be_hushed(room: RoomState, seat: SeatState, wanted: str) -> SeatState:
    by_practitioner(seat)
    other = room.seat(wanted)
    if other.role == PRACTITIONER and not room.is_former(other):
        raise PractitionerOnly
    if not other.is_admitted:
        raise NobodyThere
    return other
