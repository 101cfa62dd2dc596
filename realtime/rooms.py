"""The room as a state machine: step(room, message, seat) → the next room and what else must happen.

Pure: no clock, no database, no socket. Truth is kept in rows; actions build a RoomState from them under the room's lock,
take a step and store the difference. Sockets keep a copy to judge signals without asking the database.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from realtime.errors import NobodyThere, NoSuchSeat, NotAdmitted, PractitionerOnly, RoomFull, RoomOver, SeatTakenAway
from realtime.protocol import CLOSE_NOT_ALLOWED, CLOSE_OVER, Leave, LetIn, Media, Remove, Say, Signal

WAITING, ADMITTED, LEFT, REMOVED = "waiting", "admitted", "left", "removed"
CITIZEN, PRACTITIONER = "citizen", "practitioner"
PEERS = 2  # browser to browser; a third person needs the media relay


@dataclass(frozen=True)
class SeatState:
    """One person's place. `present`: a socket is open for it now. `page` names the browser's peer connection behind it."""

    id: str
    user_id: str
    role: str
    name: str
    state: str = WAITING
    present: bool = False
    announced: bool = False
    mic: bool = True
    camera: bool = True
    page: str = ""

    @property
    def is_admitted(self) -> bool:
        return self.state == ADMITTED


@dataclass(frozen=True)
class RoomState:
    """The whole room. `version` grows with each change, so that a late copy never replaces a newer one."""

    id: str
    version: int = 0
    is_open: bool = True
    was_connected: bool = False
    seats: tuple[SeatState, ...] = ()

    def seat(self, seat_id: str) -> SeatState:
        """Return the seat. Raises NoSuchSeat, also for a seat of another room."""
        for seat in self.seats:
            if seat.id == seat_id:
                return seat
        raise NoSuchSeat

    def with_seat(self, changed: SeatState) -> RoomState:
        """Return the room with this seat in place of its former self, or added."""
        if changed.id not in [seat.id for seat in self.seats]:
            return replace(self, seats=(*self.seats, changed))
        return replace(self, seats=tuple(changed if seat.id == changed.id else seat for seat in self.seats))

    @property
    def topology(self) -> str:
        """Two people speak browser to browser; more come with the media relay."""
        return "p2p"


# Messages that only the server makes.
@dataclass(frozen=True)
class Take:
    """Somebody asks for their seat over HTTP. `resumed`: they brought the token of a seat left moments ago."""

    seat: SeatState
    resumed: bool = False


@dataclass(frozen=True)
class Arrive:
    """A socket has opened for the seat. Another `page` than before: the other side must begin a new peer connection."""

    page: str = ""


@dataclass(frozen=True)
class Depart:
    """The seat's socket is gone; the person may come back."""


@dataclass(frozen=True)
class End:
    """The visit is over."""


# Effects.
@dataclass(frozen=True)
class Relay:
    """Pass a payload to one seat."""

    to: str
    sender: str
    payload: dict[str, Any]


@dataclass(frozen=True)
class Tell:
    """Store a line and show it to all who are admitted."""

    sender: str
    text: str
    client_id: str


@dataclass(frozen=True)
class Fact:
    """Something the rest of the house may want to know: "waiting", "let_in" or "connected"."""

    kind: str
    seat: str


@dataclass(frozen=True)
class Close:
    """Close the seat's sockets with this code."""

    seat: str
    code: int
    why: str


Effect = Relay | Tell | Fact | Close
Step = tuple[RoomState, list[Effect]]


def step(room: RoomState, message: object, seat_id: str = "") -> Step:
    """Take one step for the seat that speaks. Raises NoSuchSeat, NotAdmitted, RoomOver, … and then nothing has changed."""
    if isinstance(message, End):
        return _end(room)
    if not room.is_open:
        if isinstance(message, Depart):
            return room, []
        raise RoomOver
    if isinstance(message, Take):
        return _take(room, message)
    seat = room.seat(seat_id)
    after, effects = STEPS[type(message)](room, seat, message)
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
    fields = ("id", "role", "name", "state", "present", "mic", "camera", "page")
    return {
        "version": room.version,
        "open": room.is_open,
        "topology": room.topology,
        "seats": [{name: getattr(seat, name) for name in fields} for seat in seen],
    }


def as_json(room: RoomState) -> dict[str, Any]:
    """The whole room, for other processes; never for a person."""
    return asdict(room)


def from_json(values: dict[str, Any]) -> RoomState:
    """The inverse of as_json()."""
    return RoomState(**{**values, "seats": tuple(SeatState(**seat) for seat in values["seats"])})


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
    if known and known.state == state:
        return room, []
    # Whoever waits anew is announced anew.
    after = room.with_seat(replace(seat, state=state, announced=False))
    return replace(after, version=room.version + 1), []


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
    """The first moment at which the doctor and somebody else are both in: the server's own fact, not a client's claim."""
    inside = [seat for seat in room.seats if seat.is_admitted and seat.present]
    if not room.was_connected and len({seat.role for seat in inside}) > 1:
        return replace(room, was_connected=True), [*effects, Fact("connected", seat_id)]
    return room, effects


def _depart(room: RoomState, seat: SeatState, message: Depart) -> Step:
    return room.with_seat(replace(seat, present=False, page="")), []


def _let_in(room: RoomState, seat: SeatState, message: LetIn) -> Step:
    _by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.is_admitted:
        return room, []
    if guest.state != WAITING:
        raise NobodyThere
    if sum(other.is_admitted for other in room.seats) >= PEERS:
        raise RoomFull
    after = room.with_seat(replace(guest, state=ADMITTED))
    return _note_connection(after, guest.id, [Fact("let_in", guest.id)])


def _remove(room: RoomState, seat: SeatState, message: Remove) -> Step:
    _by_practitioner(seat)
    guest = room.seat(message.seat)
    if guest.role == PRACTITIONER:
        raise PractitionerOnly
    if guest.state == REMOVED:
        return room, []
    after = room.with_seat(replace(guest, state=REMOVED, present=False, page=""))
    return after, [Close(guest.id, CLOSE_NOT_ALLOWED, "removed")]


def _leave(room: RoomState, seat: SeatState, message: Leave) -> Step:
    if seat.state in (LEFT, REMOVED):
        return room, []
    return room.with_seat(replace(seat, state=LEFT, present=False, page="")), [Close(seat.id, 1000, "left")]


def _media(room: RoomState, seat: SeatState, message: Media) -> Step:
    return room.with_seat(replace(seat, mic=message.mic, camera=message.camera)), []


def _say(room: RoomState, seat: SeatState, message: Say) -> Step:
    _admitted(seat)
    return room, [Tell(seat.id, message.text, message.client_id)]


def _signal(room: RoomState, seat: SeatState, message: Signal) -> Step:
    _admitted(seat)
    other = room.seat(message.to)
    if other.id == seat.id or not other.is_admitted:
        raise NoSuchSeat  # whoever waits is not yet anybody's business
    if not other.present:
        raise NobodyThere
    return room, [Relay(other.id, seat.id, message.payload)]


def _end(room: RoomState) -> Step:
    if not room.is_open:
        return room, []
    seats = tuple(replace(seat, present=False, page="") for seat in room.seats)
    closes: list[Effect] = [
        Close(seat.id, CLOSE_OVER, "over") for seat in room.seats if seat.state in (WAITING, ADMITTED)
    ]
    return replace(room, is_open=False, version=room.version + 1, seats=seats), closes


STEPS: dict[type, Any] = {
    Arrive: _arrive,
    Depart: _depart,
    LetIn: _let_in,
    Remove: _remove,
    Leave: _leave,
    Media: _media,
    Say: _say,
    Signal: _signal,
}
