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


class UnknownCode(Invalid):
    """Not a code of ICD-10."""

    code = "unknown_icd10_code"
    message = _("This diagnosis code is not in ICD-10.")


class ImplausibleValue(Invalid):
    """Outside the bounds of what a living person can have: a typing error."""

    code = "implausible_value"
    message = _("This value cannot be right. Please check it.")
