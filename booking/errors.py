"""What can go wrong with a booking, in words a citizen understands."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid


class SlotTaken(Conflict):
    """Somebody else has this time."""

    code = "slot_taken"
    message = _("Somebody else has just taken this time. Please choose another one.")


class SlotPast(Conflict):
    """The time is over."""

    code = "slot_past"
    message = _("This time has already passed. Please choose a later one.")


class NotBookable(Conflict):
    """The doctor does not see people then: closed, too soon, too far ahead, or another kind of visit."""

    code = "not_bookable"
    message = _("This time cannot be booked. Please choose one of the free times.")


class OffGrid(Invalid):
    """The time lies in the opening hours, but no visit begins then."""

    code = "off_grid"
    message = _("No visit begins at this time. Please choose one of the free times.")


class PersonBusy(Conflict):
    """The citizen already has an appointment that overlaps."""

    code = "person_busy"
    message = _("This person already has an appointment at that time.")


class TooManyHolds(Conflict):
    """The citizen keeps too many times without confirming any of them."""

    code = "too_many_holds"
    message = _("Too many times are being kept already. Please confirm or cancel one of them first.")


class HoldExpired(Conflict):
    """The time was kept for the citizen, but the wait for the payment was over."""

    code = "hold_expired"
    message = _("The time is no longer kept for you. Please choose a new one.")


class TooEarly(Conflict):
    """Checking in is for the day of the visit."""

    code = "too_early"
    message = _("Checking in is possible on the day of the visit.")


class TooLate(Conflict):
    """The visit has begun or is over."""

    code = "too_late"
    message = _("This visit has already begun or is over, so it can no longer be cancelled.")


class RuleOverlaps(Conflict):
    """Another rule of the schedule covers part of the same hours."""

    code = "rule_overlaps"
    message = _("These hours overlap with other hours of the same day.")


class AppointmentsAffected(Conflict):
    """The change would leave agreed appointments outside the opening hours; `appointment_ids` names them."""

    code = "appointments_affected"
    message = _("Appointments have already been agreed in the hours you are closing.")

    def __init__(self, appointment_ids: list[str]) -> None:
        self.appointment_ids = appointment_ids
        super().__init__(fields={"appointments": appointment_ids})


class BadHours(Invalid):
    """The hours end before they begin, or are no hours at all."""

    code = "bad_hours"
    message = _("The hours must end after they begin.")


class BadZone(Invalid):
    """No such time zone."""

    code = "bad_zone"
    message = _("This time zone is not known.")


class ScheduleExists(Conflict):
    """A practitioner has one schedule per facility and room."""

    code = "schedule_exists"
    message = _("This doctor already has a schedule here.")
