"""What rooms tell the rest of the house."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class RoomEvent(Event):
    """A fact about one room. `appointment_ref` is "" for an encounter without an appointment."""

    room_id: str
    encounter_id: str
    appointment_ref: str

    @property
    def story(self) -> str:
        return self.appointment_ref or f"encounter:{self.encounter_id}"


@dataclass(frozen=True)
class CitizenWaiting(RoomEvent):
    """Somebody has sat down in the waiting room; told once per wait, however often the line drops."""

    seat_id: str


@dataclass(frozen=True)
class CitizenLetIn(RoomEvent):
    """The doctor has opened the door for them."""

    seat_id: str


@dataclass(frozen=True)
class GuestInvited(RoomEvent):
    """The doctor has invited somebody by a link. It lies here sealed (realtime.guests.link_of), and nowhere else."""

    invite_id: str
    sealed: str


@dataclass(frozen=True)
class GuestLetIn(RoomEvent):
    """The doctor has opened the door for somebody invited."""

    seat_id: str
    kind: str


@dataclass(frozen=True)
class CallConnected(RoomEvent):
    """For the first time the doctor and the citizen's side were in the room at once, as the server saw it."""


@dataclass(frozen=True)
class RoomClosed(RoomEvent):
    """Nobody gets in any more."""
