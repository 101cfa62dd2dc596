"""What happens in booking, told inside the transaction that made it true."""

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class _OfAppointment(Event):
    appointment_id: str

    @property
    def story(self) -> str:
        return f"appointment:{self.appointment_id}"


@dataclass(frozen=True)
class AppointmentHeld(_OfAppointment):
    """A time is kept for a citizen until `expires_at` (ISO 8601)."""

    expires_at: str


@dataclass(frozen=True)
class HoldExpired(_OfAppointment):
    """Nobody confirmed the kept time; it is free again."""


@dataclass(frozen=True)
class AppointmentBooked(_OfAppointment):
    """The time is agreed."""


@dataclass(frozen=True)
class AppointmentCheckedIn(_OfAppointment):
    """The citizen has arrived, in person or in front of the screen."""


@dataclass(frozen=True)
class AppointmentCancelled(_OfAppointment):
    """The time is given up by `cancelled_by`: "citizen", "facility" or "system"."""

    cancelled_by: str


@dataclass(frozen=True)
class AppointmentFulfilled(_OfAppointment):
    """The visit took place."""
