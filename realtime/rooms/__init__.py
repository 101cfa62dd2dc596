"""The room as a state machine: step(room, message, seat) → the next room and what else must happen.

Pure: no clock, no database, no socket. Truth is kept in rows; actions build a RoomState from them under the room's lock,
take a step and store the difference. Sockets keep a copy to judge signals without asking the database.
"""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from realtime.errors import NobodyThere, NoSuchSeat, NotAdmitted, PractitionerOnly, RoomFull, RoomOver, SeatTakenAway
from realtime.protocol import (
    CLOSE_NOT_ALLOWED,
    CLOSE_OVER,
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
from realtime.rooms import recording, topology
from realtime.rooms.recording import is_taping
from realtime.rooms.state import (
    ADMITTED,
    GUEST,
    LEFT,
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
        after, effects = _take(room, message)
    elif isinstance(message, Expel):
        after, effects = _expel(room, room.seat(message.seat))
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
        "seats": [{name: getattr(seat, name) for name in fields} for seat in seen],
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


def _by_practitioner(seat: SeatState) -> None:
    if seat.role != PRACTITIONER or not seat.is_admitted:
        raise PractitionerOnly


def _take(room: RoomState, message: Take) -> Step:
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
    return _leave(room, former, Leave())


def _arrive(room: RoomState, seat: SeatState, message: Arrive) -> Step:
    if seat.state == REMOVED:
        raise SeatTakenAway
    if seat.state == LEFT:
        raise NotAdmitted
    effects: list[Effect] = []
    changed = replace(seat, present=True, page=message.page)
    if seat.state == WAITING and not seat.announced:
        changed = replace(changed, announced=True)
        effects.append(Fact("waiting", seat.id))
    return _note_connection(room.with_seat(changed), seat.id, effects)


def _note_connection(room: RoomState, seat_id: str, effects: list[Effect]) -> Step:
    """The first moment at which the doctor and the citizen's side are both in: the server's own fact, no client's claim."""
    doctor = any(seat.role == PRACTITIONER for seat in room.inside)
    if not room.was_connected and doctor and any(seat.is_citizens_side for seat in room.inside):
        return replace(room, was_connected=True), [*effects, Fact("connected", seat_id)]
    return room, effects


def _depart(room: RoomState, seat: SeatState, message: Depart) -> Step:
    return room.with_seat(replace(seat, present=False, page="", screen=False)), []


def _let_in(room: RoomState, seat: SeatState, message: LetIn) -> Step:
    _by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.is_admitted:
        return room, []
    if guest.state != WAITING:
        raise NobodyThere
    if sum(other.is_admitted for other in room.seats) >= room.most:
        raise RoomFull
    after = room.with_seat(replace(guest, state=ADMITTED))
    return _note_connection(after, guest.id, [Fact("let_in", guest.id)])


def _remove(room: RoomState, seat: SeatState, message: Remove) -> Step:
    _by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.role == PRACTITIONER:
        raise PractitionerOnly
    return _expel(room, guest)


def _expel(room: RoomState, guest: SeatState) -> Step:
    if guest.state == REMOVED:
        return room, []
    after = room.with_seat(replace(guest, state=REMOVED, present=False, page="", screen=False))
    return after, [Close(guest.id, CLOSE_NOT_ALLOWED, "removed")]


def _mute(room: RoomState, seat: SeatState, message: Mute) -> Step:
    """Off, also after a reload; they may turn it on again, for only they know whether they are asked something."""
    other = _to_be_hushed(room, seat, message.seat)
    if not other.mic:
        return room, []
    return room.with_seat(replace(other, mic=False, muted=True)), [Hush(other.id)]


def _unmute(room: RoomState, seat: SeatState, message: Unmute) -> Step:
    """Take back one's own muting; what somebody turned off themself stays off."""
    other = _to_be_hushed(room, seat, message.seat)
    if not other.muted:
        return room, []
    return room.with_seat(replace(other, mic=True, muted=False)), [Hush(other.id, off=False)]


def _to_be_hushed(room: RoomState, seat: SeatState, wanted: str) -> SeatState:
    _by_practitioner(seat)
    other = room.seat(wanted)
    if other.role == PRACTITIONER:
        raise PractitionerOnly
    if not other.is_admitted:
        raise NobodyThere
    return other


def _leave(room: RoomState, seat: SeatState, message: Leave) -> Step:
    if seat.state in (LEFT, REMOVED):
        return room, []
    return room.with_seat(replace(seat, state=LEFT, present=False, page="", screen=False)), [
        Close(seat.id, 1000, "left")
    ]


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
    _by_practitioner(seat)
    return recording.ask(room, seat)


def _consent(room: RoomState, seat: SeatState, message: Consent) -> Step:
    _admitted(seat)
    return recording.answer(room, seat, message)


def _stop_recording(room: RoomState, seat: SeatState, message: StopRecording) -> Step:
    _by_practitioner(seat)
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
    Arrive: _arrive,
    Depart: _depart,
    LetIn: _let_in,
    Remove: _remove,
    Mute: _mute,
    Unmute: _unmute,
    Leave: _leave,
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
