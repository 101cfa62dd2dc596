"""The room as a state machine: step(room, message, seat) → the next room and what else must happen.

Pure: no clock, no database, no socket. Truth is kept in rows; actions build a RoomState from them under the room's lock,
take a step and store the difference. Sockets keep a copy to judge signals without asking the database.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from realtime.errors import NobodyThere, NoSuchSeat, NotAdmitted, RoomOver, SeatTakenAway
from realtime.protocol import (
    CLOSE_OVER,
    Beside,
    Consent,
    Leave,
    LetIn,
    Media,
    Mute,
    Offer,
    Ready,
    Record,
    Remove,
    Say,
    Signal,
    StopRecording,
    Stuck,
    Unmute,
)
from realtime.rooms import leading, recording, seating, topology
from realtime.rooms.recording import is_taping
from realtime.rooms.state import (
    ADMITTED,
    GUEST,
    MOST,
    NURSE,
    PEER,
    PEERS,
    PRACTITIONER,
    RELAYED,
    REMOVED,
    STATION_NURSE,
    WAITING,
    Answered,
    Arrive,
    Attach,
    Calm,
    Close,
    Deadline,
    Depart,
    Effect,
    End,
    Expel,
    Fact,
    Gone,
    HandedOver,
    Hush,
    NodeLost,
    Offered,
    Relay,
    RoomState,
    SeatState,
    Step,
    Take,
    TapeEnded,
    Tell,
    Want,
)
from realtime.rooms.topology import POLICY, reasons

__all__ = [
    "GUEST",
    "MOST",
    "NURSE",
    "PEER",
    "PEERS",
    "POLICY",
    "RELAYED",
    "STATION_NURSE",
    "Answered",
    "Arrive",
    "Attach",
    "Calm",
    "Close",
    "Deadline",
    "Depart",
    "Effect",
    "End",
    "Expel",
    "Fact",
    "Gone",
    "HandedOver",
    "Hush",
    "NodeLost",
    "Offered",
    "Relay",
    "RoomState",
    "SeatState",
    "Step",
    "Take",
    "TapeEnded",
    "Tell",
    "Want",
    "as_json",
    "from_json",
    "is_polite",
    "is_taping",
    "reasons",
    "step",
    "view",
]


def step(room: RoomState, message: object, seat_id: str = "") -> Step:
    """Take one step for the seat that speaks. Raises NoSuchSeat, NotAdmitted, RoomOver, … and then nothing has changed."""
    if isinstance(message, End):
        return _end(room)
    if not room.is_open:
        if isinstance(message, Depart):
            return room, []
        raise RoomOver
    if isinstance(message, Take):
        after, effects = seating.take(room, message)
    elif isinstance(message, Expel):
        after, effects = leading.expel(room, room.seat(message.seat))
    elif isinstance(message, Gone):
        after, effects = seating.gone(room, room.seat(message.seat))
    elif isinstance(message, HandedOver):
        after, effects = recording.handed_over(room)
    elif isinstance(message, TapeEnded):
        after, effects = recording.tape_ended(room, message)
    elif type(message) in topology.STEPS:
        after, effects = topology.STEPS[type(message)](room, message)
    else:
        after, effects = STEPS[type(message)](room, room.seat(seat_id), message)
    after = recording.count_parts(room, topology.settle(recording.settle(after)), message)
    return (replace(after, version=room.version + 1) if after != room else room), effects


def view(room: RoomState, seat_id: str) -> dict[str, Any]:
    """What one seat may know: who waits sees themself and the doctor; who is in sees everybody; nobody sees user ids."""
    me = room.seat(seat_id)
    seen = [
        seat
        for seat in room.seats
        if seat.state in (WAITING, ADMITTED)
        and (me.is_admitted or seat.id == me.id or seat.role == PRACTITIONER)
        and (me.role == PRACTITIONER or seat.id == me.id or seat.is_admitted)
    ]
    fields = (
        "id",
        "role",
        "kind",
        "with_citizen",
        "name",
        "state",
        "present",
        "mic",
        "camera",
        "screen",
        "muted",
        "page",
    )
    return {
        "version": room.version,
        "open": room.is_open,
        "topology": room.topology,
        "preparing": room.preparing,
        "epoch": room.epoch,
        "relay": room.most > PEERS,
        "recording": _recording(room) if me.is_admitted else {"state": ""},
        "seats": [{**{name: getattr(seat, name) for name in fields}, "former": room.is_former(seat)} for seat in seen],
    }


def _recording(room: RoomState) -> dict[str, Any]:
    return {
        "state": room.recording,
        "can": room.records,
        "wish": room.wish,
        "part": room.part,
        "cut": room.cut,
        "agreed": list(room.agreed),
    }


def as_json(room: RoomState) -> dict[str, Any]:
    """The whole room, for other processes; never for a person."""
    return asdict(room)


def from_json(values: dict[str, Any]) -> RoomState:
    """The inverse of as_json()."""
    lists = {name: tuple(values[name]) for name in ("reasons", "ready", "agreed")}
    return RoomState(**{**values, **lists, "seats": tuple(SeatState(**seat) for seat in values["seats"])})


def is_polite(seat: SeatState) -> bool:
    """In a clash of offers the citizen's browser gives way (perfect negotiation); never guessed by the client."""
    return seat.role != PRACTITIONER


def _admitted(seat: SeatState) -> None:
    if seat.state == REMOVED:
        raise SeatTakenAway
    if not seat.is_admitted:
        raise NotAdmitted


def _media(room: RoomState, seat: SeatState, message: Media) -> Step:
    muted = seat.muted and not message.mic
    shown = replace(seat, mic=message.mic, camera=message.camera, screen=message.screen, muted=muted)
    return room.with_seat(shown), []


def _say(room: RoomState, seat: SeatState, message: Say) -> Step:
    _admitted(seat)
    return room, [Tell(seat.id, message.text, message.client_id)]


def _attach(room: RoomState, seat: SeatState, message: Attach) -> Step:
    _admitted(seat)
    return room, [Tell(seat.id, message.text, message.client_id, message.file)]


def _signal(room: RoomState, seat: SeatState, message: Signal) -> Step:
    _admitted(seat)
    other = room.seat(message.to)
    if other.id == seat.id or not other.is_admitted:
        raise NoSuchSeat  # whoever waits is not yet anybody's business
    if PEER not in (room.topology, room.preparing):
        return room, []  # the relay has taken over meanwhile: too late, and no harm
    if not other.present:
        raise NobodyThere
    return room, [Relay(other.id, seat.id, message.payload)]


def _stuck(room: RoomState, seat: SeatState, message: Stuck) -> Step:
    """Browser to browser cannot be had: from now on this call goes through the relay."""
    _admitted(seat)
    return topology.want(room, Want(topology.NETWORK))


def _offer(room: RoomState, seat: SeatState, message: Offer) -> Step:
    _admitted(seat)
    if RELAYED not in (room.topology, room.preparing) or message.epoch != room.epoch:
        return room, []  # of an older epoch; the page has been told of the new one
    return room, [Offered(seat.id, message.epoch, message.sdp, message.restart)]


def _ready(room: RoomState, seat: SeatState, message: Ready) -> Step:
    _admitted(seat)
    if message.epoch != room.epoch or not room.preparing or seat.id in room.ready:
        return room, []
    return replace(room, ready=tuple(sorted({*room.ready, seat.id}))), []


def _record(room: RoomState, seat: SeatState, message: Record) -> Step:
    leading.by_practitioner(seat)
    return recording.ask(room, seat)


def _consent(room: RoomState, seat: SeatState, message: Consent) -> Step:
    _admitted(seat)
    return recording.answer(room, seat, message)


def _stop_recording(room: RoomState, seat: SeatState, message: StopRecording) -> Step:
    leading.by_practitioner(seat)
    return recording.off(room, recording.STOPPED), []


def _end(room: RoomState) -> Step:
    if not room.is_open:
        return room, []
    room = recording.off(room, recording.OVER)
    seats = tuple(replace(seat, present=False, page="", screen=False) for seat in room.seats)
    closes: list[Effect] = [
        Close(seat.id, CLOSE_OVER, "over") for seat in room.seats if seat.state in (WAITING, ADMITTED)
    ]
    return replace(room, is_open=False, version=room.version + 1, seats=seats), closes


STEPS: dict[type, Any] = {
    Arrive: seating.arrive,
    Depart: seating.depart,
    LetIn: leading.let_in,
    Remove: leading.remove,
    Mute: leading.mute,
    Unmute: leading.unmute,
    Beside: seating.beside,
    Leave: seating.leave,
    Media: _media,
    Say: _say,
    Attach: _attach,
    Signal: _signal,
    Stuck: _stuck,
    Offer: _offer,
    Ready: _ready,
    Record: _record,
    Consent: _consent,
    StopRecording: _stop_recording,
}
