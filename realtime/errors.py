"""What a room refuses, with a code for programs and a sentence for people."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid, NotAllowed, NotFound, TooMany, Unavailable


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


class StationOnly(NotAllowed):
    code = "station_only"
    message = _("Only a station's nurse can say this.")


class RecordingOff(Conflict):
    code = "recording_off"
    message = _("Calls are not recorded here.")


class RecordingNotReady(Unavailable):
    code = "recording_not_ready"
    message = _("The recording is still being prepared. Please try again in a minute.")
    retry_after_s = 15


class RecordingGone(Conflict):
    code = "recording_gone"
    message = _("This recording has been deleted.")


class NotUnwanted(Conflict):
    code = "not_unwanted"
    message = _("The patient has not asked for this recording to be deleted.")


class SayWhyItIsKept(Invalid):
    code = "say_why_it_is_kept"
    message = _("Say why the recording has to be kept; the citizen reads it.")


class TooManyWishes(TooMany):
    code = "too_many_wishes"
    message = _("It has been asked too often in this visit.")
    retry_after_s = 3600


class ConsentMissing(Conflict):
    """Law 15/2023, article 80: nobody is treated at a distance who has not agreed to it."""

    code = "consent_missing"
    message = _("Please read and agree to the visit by video first.")


class ConsentTextChanged(Conflict):
    """What was read is not what is agreed to."""

    code = "consent_text_changed"
    message = _("The text has changed meanwhile. Please read it once more.")


class NotAdmitted(Conflict):
    code = "not_admitted"
    message = _("This is possible only once you have been let in.")


class NobodyThere(Conflict):
    code = "nobody_there"
    message = _("The other person is not connected at the moment.")


class RoomFull(Conflict):
    code = "room_full"
    message = _("This room is full.")


class RelayRefused(Unavailable):
    code = "relay_refused"
    message = _("The way through the house could not be opened. It is tried again.")


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


class EnoughSaid(TooMany):
    code = "enough_said"
    message = _("This has been said often enough for this visit.")
    retry_after_s = 3600


class TooManyInvites(Conflict):
    code = "too_many_invites"
    message = _("There are too many invitations to this call already.")


class InviteUsed(Conflict):
    code = "invite_used"
    message = _("This link has been opened already, and it opens only once. Please ask the doctor for a new one.")


class InviteExpired(Conflict):
    code = "invite_expired"
    message = _("This link has run out. Please ask the doctor for a new one.")


class InviteWithdrawn(NotAllowed):
    code = "invite_withdrawn"
    message = _("The doctor has taken this invitation back.")


class NoRelay(Unavailable):
    code = "no_relay"
    message = _("The call cannot be passed on at the moment. Please try again in a minute.")
    retry_after_s = 10


class FileKind(Invalid):
    code = "file_kind"
    message = _("Only photos (JPEG, PNG, WebP) and PDF files can be sent here.")


class FileIsHeic(Invalid):
    code = "file_heic"
    message = _("This photo is in Apple's HEIC format. Please send it as a JPEG, or take a screenshot of it.")


class FileBroken(Invalid):
    code = "file_broken"
    message = _("This file is damaged and could not be read. Please take the photo again or choose another file.")


class FileLocked(Invalid):
    code = "file_locked"
    message = _("This PDF is protected by a password. Please send it without one, or as a photo.")


class FileTooLarge(Invalid):
    code = "file_too_large"
    message = _("This file is too large: at most 20 MB, 64 megapixels and 100 pages.")


class FileMissing(Invalid):
    code = "file_missing"
    message = _("Choose a photo or a PDF file.")


class TooManyFiles(Conflict):
    code = "too_many_files"
    message = _("There are already as many files in this visit as it can hold.")


class FileOnItsWay(Conflict):
    code = "file_on_its_way"
    message = _("This file is just being received.")


class FilesBusy(Unavailable):
    code = "files_busy"
    message = _("Many files are arriving at the moment. Please try again in a minute.")
    retry_after_s = 20
