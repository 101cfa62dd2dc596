"""How this app refuses."""

from django.utils.translation import gettext_lazy as _

from core.errors import Conflict, Invalid


class StaleNote(Conflict):
    """Somebody saved the note since the writer last read it."""

    code = "stale_note"
    message = _("This note was changed in another window. Load the newest version, then add your words again.")


class NoteClosed(Conflict):
    """The visit is over; its note no longer changes."""

    code = "note_closed"
    message = _("This visit is closed, so its note can no longer be changed.")


class DiagnosisMissing(Conflict):
    """A visit is not finished without saying what was found."""

    code = "diagnosis_missing"
    message = _("Please enter at least one diagnosis before you finish the visit.")


class NotUnderWay(Conflict):
    """Only a visit that has begun and is not over goes to a colleague."""

    code = "visit_not_under_way"
    message = _("Only a visit that is under way can be handed over.")


class ColleagueAsked(Conflict):
    """Somebody else is being asked already."""

    code = "colleague_asked"
    message = _("A colleague is being asked already. Take that back first, then ask another one.")


class NotAColleague(Invalid):
    """Not a doctor who works here today."""

    code = "not_a_colleague"
    message = _("This doctor does not work at your hospital today.")


class ReasonMissing(Invalid):
    """A hand-over and its refusal say why."""

    code = "hand_over_reason_missing"
    message = _("Please say in one line why.")


class UnknownCode(Invalid):
    """Not a code of ICD-10."""

    code = "unknown_icd10_code"
    message = _("This diagnosis code is not in ICD-10.")


class ImplausibleValue(Invalid):
    """Outside the bounds of what a living person can have: a typing error."""

    code = "implausible_value"
    message = _("This value cannot be right. Please check it.")


class NotAtADistance(Conflict):
    """The gate is closed: the law does not let this visit be held at a distance as things are (records.gate)."""

    code = "not_at_a_distance"
    message = _("As things are, the law does not let this visit be held at a distance.")


class AlreadyCorrected(Conflict):
    """This value was taken back or corrected before."""

    code = "already_corrected"
    message = _("Somebody has already corrected this value. Look at the newest one.")
