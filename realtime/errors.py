"""What a room refuses, with a code for programs and a sentence for people."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany


class BadFrame(Invalid):
    code = "bad_frame"
    message = _("The message could not be read.")


class FrameTooLarge(Invalid):
    code = "frame_too_large"
    message = _("The message is too long.")


class UnknownType(Invalid):
    code = "unknown_type"
    message = _("This kind of message is not known here.")


class UnknownField(Invalid):
    code = "unknown_field"
    message = _("The message has a part that is not known here.")


class UnsupportedVersion(Invalid):
    code = "unsupported_version"
    message = _("Please reload the page: it speaks another version than the server.")


class BadDescription(Invalid):
    code = "bad_description"
    message = _("The description of the call is not right.")


class BadCandidate(Invalid):
    code = "bad_candidate"
    message = _("The network address offered for the call is not right.")


class CandidateRefused(Invalid):
    code = "candidate_refused"
    message = _("The network address offered for the call may not be used.")


class TooFast(TooMany):
    code = "too_fast"
    message = _("Too many messages at once. Please wait a moment.")
    retry_after_s = 1


class NoSuchSeat(NotFound):
    code = "no_such_seat"
    message = _("Nobody sits there in this room.")


class NotAdmitted(Conflict):
    code = "not_admitted"
    message = _("This is possible only once you have been let in.")


class NobodyThere(Conflict):
    code = "nobody_there"
    message = _("The other person is not connected at the moment.")


class RoomFull(Conflict):
    code = "room_full"
    message = _("Two people are already speaking in this room.")


class RoomNotOpen(Conflict):
    code = "room_not_open"
    message = _("The room is not open yet. It opens shortly before the visit.")


class RoomOver(Conflict):
    code = "room_over"
    message = _("This visit is over.")


class PractitionerOnly(NotAllowed):
    code = "practitioner_only"
    message = _("Only the doctor may do this.")


class SeatTakenAway(NotAllowed):
    code = "seat_taken_away"
    message = _("You have been asked to leave this room.")
