"""Coming, sitting and going: who takes a seat, who is beside whom, and the first moment both sides are in. Pure."""

from __future__ import annotations

from dataclasses import replace

from realtime.errors import NotAdmitted, SeatTakenAway, StationOnly
from realtime.protocol import Beside, Leave
from realtime.rooms.state import (
    ADMITTED,
    LEFT,
    NURSE,
    PRACTITIONER,
    REMOVED,
    WAITING,
    Arrive,
    Close,
    Depart,
    Effect,
    Fact,
    RoomState,
    SeatState,
    Step,
    Take,
)


def take(room: RoomState, message: Take) -> Step:
    wish = message.seat
    known = next((seat for seat in room.seats if seat.user_id == wish.user_id), None)
    seat = known or wish
    if seat.state == REMOVED:
        raise SeatTakenAway
    is_back = known is not None and known.is_admitted and message.resumed
    state = ADMITTED if seat.role == PRACTITIONER or is_back else WAITING
    if known:
        seat = replace(seat, with_citizen=wish.with_citizen)  # who sits beside may have changed since
    if known == replace(seat, state=state):
        return room, []
    effects: list[Effect] = []
    if state == ADMITTED and sum(other.is_admitted for other in room.seats if other.id != seat.id) >= room.most:
        room, effects = _make_way(room, seat)
    # Whoever waits anew is announced anew.
    return room.with_seat(replace(seat, state=state, announced=False)), effects


def _make_way(room: RoomState, seat: SeatState) -> Step:
    """A doctor comes into a full call, having taken the visit over: the one who gave it away leaves."""
    former = next(
        (one for one in room.seats if one.role == PRACTITIONER and one.is_admitted and one.id != seat.id), None
    )
    if seat.role != PRACTITIONER or former is None:
        return room, []
    return leave(room, former, Leave())


def arrive(room: RoomState, seat: SeatState, message: Arrive) -> Step:
    if seat.state == REMOVED:
        raise SeatTakenAway
    if seat.state == LEFT:
        raise NotAdmitted
    effects: list[Effect] = []
    changed = replace(seat, present=True, page=message.page)
    if seat.state == WAITING and not seat.announced:
        changed = replace(changed, announced=True)
        effects.append(Fact("waiting", seat.id))
    return note_connection(room.with_seat(changed), seat.id, effects)


def note_connection(room: RoomState, seat_id: str, effects: list[Effect]) -> Step:
    """The first moment at which the doctor and the citizen's side are both in: the server's own fact, no client's claim."""
    doctor = any(seat.role == PRACTITIONER for seat in room.inside)
    if not room.was_connected and doctor and any(seat.is_citizens_side for seat in room.inside):
        return replace(room, was_connected=True), [*effects, Fact("connected", seat_id)]
    return room, effects


def depart(room: RoomState, seat: SeatState, message: Depart) -> Step:
    return room.with_seat(replace(seat, present=False, page="", screen=False)), []


def leave(room: RoomState, seat: SeatState, message: Leave) -> Step:
    if seat.state in (LEFT, REMOVED):
        return room, []
    return room.with_seat(replace(seat, state=LEFT, present=False, page="", screen=False)), [
        Close(seat.id, 1000, "left")
    ]


def gone(room: RoomState, seat: SeatState) -> Step:
    """Nobody waits for this line any more: the place is free, and what needs both sides is over."""
    if not seat.is_admitted or seat.present:
        return room, []
    return room.with_seat(replace(seat, state=LEFT, screen=False)), []


def beside(room: RoomState, seat: SeatState, message: Beside) -> Step:
    """The citizen sits down before the nurse's camera, or gets up: with them the citizen's side comes and goes."""
    if seat.state == REMOVED:
        raise SeatTakenAway
    if seat.role != NURSE:
        raise StationOnly
    if seat.with_citizen == message.with_citizen:
        return room, []
    after = room.with_seat(replace(seat, with_citizen=message.with_citizen))
    effects: list[Effect] = [Fact("beside", seat.id)]
    if message.with_citizen and seat.state == WAITING and seat.announced:
        effects.append(Fact("waiting", seat.id))
    return note_connection(after, seat.id, effects)
