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


@dataclass(frozen=True)
class AppointmentMoved(_OfAppointment):
    """The visit takes place at another time: `from_id` was given up for `appointment_id`, which is agreed."""

    from_id: str

    @property
    def story(self) -> str:
        return f"appointment:{self.from_id}"  # what is undone there comes after what was begun there


@dataclass(frozen=True)
class AppointmentNoShow(_OfAppointment):
    """The time passed and `by_side` ("citizen" or "practitioner") was not there."""

    by_side: str


@dataclass(frozen=True)
class _OfBlock(Event):
    block_id: str

    @property
    def story(self) -> str:
        return f"block:{self.block_id}"


@dataclass(frozen=True)
class BlockMade(_OfBlock):
    """After repeated no-shows a person books at this facility only through its desk."""


@dataclass(frozen=True)
class BlockAnswered(_OfBlock):
    """The desk has lifted a block, or has said why not."""


@dataclass(frozen=True)
class PlaceFreed(Event):
    """A time still to come was given back: somebody else may have it (ISO 8601 moments)."""

    schedule_id: str
    starts_at: str
    ends_at: str

    @property
    def story(self) -> str:
        return f"schedule:{self.schedule_id}"


@dataclass(frozen=True)
class _OfWaiting(Event):
    entry_id: str

    @property
    def story(self) -> str:
        return f"waiting:{self.entry_id}"


@dataclass(frozen=True)
class WaitingJoined(_OfWaiting):
    """Somebody waits for an earlier time."""


@dataclass(frozen=True)
class WaitingEnded(_OfWaiting):
    """Somebody no longer waits; `why`: "withdrawn", "expired" or "silent" (several offers without an answer)."""

    why: str


@dataclass(frozen=True)
class OfferMade(_OfWaiting):
    """A freed time is kept for this one person until `expires_at` (ISO 8601)."""

    offer_id: str
    expires_at: str


@dataclass(frozen=True)
class OfferClosed(_OfWaiting):
    """The offer is over; `how`: "taken", "declined", "passed" (silence) or "void"."""

    offer_id: str
    how: str


@dataclass(frozen=True)
class LeaveTaken(Event):
    """A practitioner will be away; a case is open for each agreed visit in that time."""

    leave_id: str

    @property
    def story(self) -> str:
        return f"leave:{self.leave_id}"


@dataclass(frozen=True)
class LeaveUndone(LeaveTaken):
    """The practitioner will be there after all."""


@dataclass(frozen=True)
class LeaveCaseOpened(LeaveTaken):
    """What becomes of one visit in the leave is for its citizen to choose."""

    case_id: str


@dataclass(frozen=True)
class LeaveCaseClosed(LeaveTaken):
    """It is decided; `how`: "moved", "cancelled" or "kept"."""

    case_id: str
    how: str


@dataclass(frozen=True)
class _OfTicket(Event):
    ticket_id: str
    appointment_id: str

    @property
    def story(self) -> str:
        return f"appointment:{self.appointment_id}"


@dataclass(frozen=True)
class TicketGiven(_OfTicket):
    """Somebody has arrived and has a number."""


@dataclass(frozen=True)
class TicketCalled(_OfTicket):
    """The number is called, for the `calls`th time."""

    calls: int


@dataclass(frozen=True)
class TicketTransferred(_OfTicket):
    """The person waits for another doctor now, and the visit is that doctor's."""


@dataclass(frozen=True)
class LineMoved(Event):
    """The line in front of a room looks different: what screens show is old."""

    line_id: str
    facility_id: str

    @property
    def story(self) -> str:
        return f"line:{self.line_id}"


@dataclass(frozen=True)
class ScreenRevoked(Event):
    """A kiosk or corridor screen may show nothing any more."""

    screen_id: str

    @property
    def story(self) -> str:
        return f"screen:{self.screen_id}"


@dataclass(frozen=True)
class _OfAsk(Event):
    ask_id: str

    @property
    def story(self) -> str:
        return f"ask:{self.ask_id}"


@dataclass(frozen=True)
class UrgentAskOffered(_OfAsk):
    """A doctor on call is asked to see somebody now, until `expires_at` (ISO 8601)."""

    practitioner_id: str
    expires_at: str


@dataclass(frozen=True)
class UrgentAskPassed(_OfAsk):
    """This doctor was silent, declined, or is no longer asked."""

    practitioner_id: str


@dataclass(frozen=True)
class UrgentAskAccepted(_OfAsk):
    """A doctor takes it: the visit is `appointment_id`."""

    appointment_id: str


@dataclass(frozen=True)
class UrgentAskClosed(_OfAsk):
    """No doctor could be found, or the citizen took it back."""


@dataclass(frozen=True)
class RemoteWishDecided(Event):
    """A doctor has opened or declined a visit at a distance."""

    wish_id: str

    @property
    def story(self) -> str:
        return f"remote_wish:{self.wish_id}"


@dataclass(frozen=True)
class ReminderDue(_OfAppointment):
    """A visit is `hours` away, and its citizen is to be reminded."""

    hours: int


@dataclass(frozen=True)
class AppointmentConfirmed(_OfAppointment):
    """The citizen said "I shall come"."""


@dataclass(frozen=True)
class VisitCutShort(_OfAppointment):
    """A video visit in which both were in the call for less than agreed."""


@dataclass(frozen=True)
class VisitCutShortSettled(_OfAppointment):
    """What becomes of it: refunded, rebooked or enough."""

    how: str
