"""What can go wrong with a booking, in words a citizen understands."""

from datetime import datetime

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


class TooLateToMove(Conflict):
    """A citizen chooses another time as long as cancelling is free; later the desk can."""

    code = "too_late_to_move"
    message = _("It is too late to choose another time yourself. You can cancel the visit, or ask the hospital's desk.")


class MoveOverlaps(Conflict):
    """The new time overlaps the old one, which must stay until the difference is paid."""

    code = "move_overlaps"
    message = _(
        "The new time overlaps with your present visit and costs more, so both cannot be kept while you pay. "
        "Please choose another time."
    )


class TooManyBookings(Conflict):
    """So many visits of one person are open at this facility that it takes no more online."""

    code = "too_many_bookings"
    message = _("This person already has as many open visits here as can be booked online.")


class BookingBlocked(Conflict):
    """After repeated no-shows only the desk books for this person, until a day; `fields` name the block and the moment."""

    code = "booking_blocked"
    message = _(
        "Booking online here is paused after several visits nobody came to. "
        "You can ask for it to be lifted, or book at the hospital's desk."
    )

    def __init__(self, block_id: str, until: datetime) -> None:
        super().__init__(fields={"block": [block_id], "until": [until.isoformat()]})


class NotBegunYet(Conflict):
    """Nobody can be missing before the visit was to begin."""

    code = "not_begun_yet"
    message = _("The visit has not begun yet, so nobody can be missing.")


class NoShowSettled(Conflict):
    """A no-show is taken back on its day only: then the money is settled."""

    code = "no_show_settled"
    message = _("This can be taken back on the day of the visit only.")


class BadSeries(Invalid):
    """A series has at least two visits and not more than the house allows."""

    code = "bad_series"
    message = _("A series has between 2 and 12 visits.")


class AlreadyWaiting(Conflict):
    """The person already waits for this kind of visit here."""

    code = "already_waiting"
    message = _("This person is already on the waiting list for this kind of visit.")


class TooManyWaits(Conflict):
    """The person waits for too many things at once."""

    code = "too_many_waits"
    message = _("This person is on too many waiting lists already. Please leave one of them first.")


class BadWait(Invalid):
    """These days, this doctor or this way of visit cannot be waited for."""

    code = "bad_wait"
    message = _("Nobody can wait for this: please check the days, the doctor and the kind of visit.")


class OfferOver(Conflict):
    """The time was offered to somebody else after the wait for an answer was over."""

    code = "offer_over"
    message = _("This offer is over. You keep your place on the waiting list.")


class CaseClosed(Conflict):
    """What becomes of the visit has been decided already."""

    code = "case_closed"
    message = _("What becomes of this visit has been decided already.")


class NotAWay(Invalid):
    """The choice is none of those that were named, nor another time for the same kind of visit."""

    code = "not_a_way"
    message = _("This cannot be chosen for this visit. Please choose again.")


class LeaveOver(Conflict):
    """The doctor has been away and is back: there is nothing to take back."""

    code = "leave_over"
    message = _("This leave is over.")


class TooLateToUndo(Conflict):
    """The seconds in which a change may be taken back have passed."""

    code = "too_late_to_undo"
    message = _("The time to take this change back is over.")


class ChangedMeanwhile(Conflict):
    """Somebody else has changed or booked these hours since."""

    code = "changed_meanwhile"
    message = _("Somebody has changed or booked these hours meanwhile, so the change stays as it is.")


class LineEmpty(Conflict):
    """Nobody waits for this doctor."""

    code = "line_empty"
    message = _("Nobody waits for this doctor.")


class NothingToUndo(Conflict):
    """There is no last step, or what followed it cannot be taken back."""

    code = "nothing_to_undo"
    message = _("This can no longer be taken back.")


class OtherLine(Invalid):
    """A person is sent only to rooms and doctors of the same facility."""

    code = "other_line"
    message = _("Choose another doctor of this facility.")


class WalkInsNotTaken(Conflict):
    """The facility sees people with an appointment only."""

    code = "walk_ins_not_taken"
    message = _("This facility only sees people with an appointment.")


class NobodyFound(Conflict):
    """The kiosk knows no visit of today by what was typed or shown. It does not say which part was wrong."""

    code = "nobody_found"
    message = _("We cannot find a visit for today. Please ask at the desk.")


class KioskTired(Conflict):
    """Too many tries that found nobody: somebody may be guessing."""

    code = "kiosk_tired"
    message = _("Too many tries. Please ask at the desk.")


class BadFile(Invalid):
    """The file that was handed in is no file we read: empty, too large, another kind."""

    code = "bad_file"
    message = _("This file cannot be used.")


class TooManyCalendars(Conflict):
    """Somebody has as many calendar addresses, or a schedule follows as many calendars, as anybody needs."""

    code = "too_many_calendars"
    message = _("There are too many already. Remove one you no longer need.")


class EmergencyWords(Conflict):
    """What the citizen wrote sounds like an emergency; `signs` are the words."""

    code = "emergency_words"
    message = _("This may be an emergency. Please call 115 now, or go to the nearest hospital.")

    def __init__(self, signs: list[str]) -> None:
        self.signs = signs
        super().__init__(fields={"not_an_emergency": signs})


class ConditionNeeded(Invalid):
    """A visit at a distance needs a word about what it is for."""

    code = "condition_needed"
    message = _("For a visit by video or phone, please choose what it is about.")


class NotFitForRemote(Conflict):
    """The condition is not on the list of those that may be treated at a distance."""

    code = "not_fit_for_remote"
    message = _("By law this needs a visit in person, unless a doctor opens it by video for you.")


class PilotUsedUp(NotFitForRemote):
    """Only an approved pilot of the facility covers it, and no case of that is left."""

    code = "pilot_used_up"
    message = _("All cases of the approved pilot of this facility are taken. Please come in person.")


class ReasonNeeded(Invalid):
    """What lies outside the list is opened with a reason only."""

    code = "reason_needed"
    message = _("Say in a sentence why this may be treated at a distance.")


class NotOnCall(Conflict):
    """Who is not on call is asked by nobody."""

    code = "not_on_call"
    message = _("You are not on call.")


class AskPassed(Conflict):
    """The wish has gone to the next doctor, or was taken back."""

    code = "ask_passed"
    message = _("This request has gone to another doctor or was taken back.")


class OffMarks(Invalid):
    """Hours, grids, buffers and lengths go in steps of five minutes."""

    code = "off_marks"
    message = _("Times go in steps of five minutes: 09:00, 09:05, 09:10.")


class BadPolicy(Invalid):
    """A booking policy with values that make no sense."""

    code = "bad_policy"
    message = _("These settings do not go together.")


class NumberUsed(Conflict):
    """The hospital's system gave this number to another visit already."""

    code = "number_used"
    message = _("This number of your system already belongs to another visit.")


class UnknownHookEvent(Invalid):
    """A web hook may hear of the events of visits, and of nothing else."""

    code = "unknown_hook_event"
    message = _("There is no such event.")


class TooManyHooks(Conflict):
    """A facility has as many web hooks as it may have."""

    code = "too_many_hooks"
    message = _("This facility has as many web hooks as it may have. Remove one first.")
