"""What a room is made of, and what may be said to it and come of it: plain values, nothing else."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from realtime.errors import NoSuchSeat

WAITING, ADMITTED, LEFT, REMOVED = "waiting", "admitted", "left", "removed"
CITIZEN, PRACTITIONER, GUEST, NURSE = "citizen", "practitioner", "guest", "nurse"
STATION_NURSE = "station_nurse"
PEERS = 2  # browser to browser; a third person needs the media relay
MOST = 6  # people in one call through the relay

PEER, RELAYED = "p2p", "relay"


@dataclass(frozen=True)
class SeatState:
    """One person's place. `present`: a socket is open for it now. `page` names the browser's peer connection behind it.

    `user_id` is the account, or for a guest the invitation; `kind` says as what a guest is there. `with_citizen`: a
    station's nurse shares her camera with the citizen.
    """

    id: str
    user_id: str
    role: str
    name: str
    state: str = WAITING
    present: bool = False
    announced: bool = False
    mic: bool = True
    camera: bool = True
    screen: bool = False
    muted: bool = False  # by the doctor
    page: str = ""
    kind: str = ""
    with_citizen: bool = False

    @property
    def is_admitted(self) -> bool:
        return self.state == ADMITTED

    @property
    def is_citizens_side(self) -> bool:
        """The citizen, who acts for them, or the nurse at whose station they sit."""
        return self.role == CITIZEN or self.with_citizen or (self.role == GUEST and self.kind == STATION_NURSE)


@dataclass(frozen=True)
class RoomState:
    """The whole room. `version` grows with each change, so that a late copy never replaces a newer one."""

    id: str
    version: int = 0
    is_open: bool = True
    was_connected: bool = False
    seats: tuple[SeatState, ...] = ()
    leader: str = ""  # the account of the doctor whose visit it is; another doctor has handed it over
    most: int = PEERS  # people who may be in the call
    topology: str = PEER  # how pictures travel now
    preparing: str = ""  # the topology that is being prepared while the present one goes on
    epoch: int = 0  # grows whenever a topology is prepared; what speaks of an older one is late
    reasons: tuple[str, ...] = ()  # why the relay is wanted, apart from the number of people
    ready: tuple[str, ...] = ()  # seats at which the prepared topology plays already
    # Recording, see recording.py.
    records: bool = False  # calls may be recorded in this house
    recording: str = ""  # "", asked, on or paused
    wish: int = 0  # grows with each time that it is asked
    part: int = 0  # grows with each tape
    agreed: tuple[str, ...] = ()  # seats that said yes to this wish
    cut: str = ""  # why it is not on, or no longer in one piece

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

    def is_former(self, seat: SeatState) -> bool:
        """Say whether this is a doctor who has handed the visit over."""
        return seat.role == PRACTITIONER and bool(self.leader) and seat.user_id != self.leader

    @property
    def inside(self) -> tuple[SeatState, ...]:
        """Who is in the call and connected."""
        return tuple(seat for seat in self.seats if seat.is_admitted and seat.present)


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
class Expel:
    """What gave somebody the right to their seat was taken back."""

    seat: str


@dataclass(frozen=True)
class Attach:
    """A file has been read and stored for the seat; its words, if any, go along."""

    file: str
    text: str
    client_id: str


@dataclass(frozen=True)
class End:
    """The visit is over."""


@dataclass(frozen=True)
class Gone:
    """A seat in the call whose line has been away for longer than it can come back by itself."""

    seat: str


@dataclass(frozen=True)
class Deadline:
    """The time to prepare a topology is over."""

    epoch: int


@dataclass(frozen=True)
class Calm:
    """For a while nothing has spoken for the relay."""

    epoch: int


@dataclass(frozen=True)
class NodeLost:
    """The media node that carried this epoch of the call is gone; another one takes over."""

    epoch: int


@dataclass(frozen=True)
class HandedOver:
    """The visit is another doctor's from now on."""


@dataclass(frozen=True)
class TapeEnded:
    """The relay has stopped recording this part by itself: "limit", "storage", …"""

    part: int
    why: str


@dataclass(frozen=True)
class Want:
    """The relay is wanted for a reason, or no longer."""

    reason: str
    on: bool = True


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
    file: str = ""


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


@dataclass(frozen=True)
class Offered:
    """Let the media relay answer this seat's offer."""

    seat: str
    epoch: int
    sdp: str
    restart: bool = False


@dataclass(frozen=True)
class Hush:
    """Have the seat's own page turn its microphone off, or on again, and say so to its person."""

    seat: str
    off: bool = True


@dataclass(frozen=True)
class Answered:
    """Somebody has said yes or no to being recorded: this is evidence."""

    seat: str
    wish: int
    yes: bool


Effect = Relay | Tell | Fact | Close | Offered | Hush | Answered
Step = tuple[RoomState, list[Effect]]
