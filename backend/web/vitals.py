"""The words of what is measured during a visit: the same list stands before the doctor and the nurse."""

from __future__ import annotations

from django.utils.translation import gettext as _


def vitals_words() -> dict[str, str]:
    """What the list of measurements and its form say by script."""
    return {
        "saved": _("Saved. The doctor sees it now."),
        "saving": _("Saving…"),
        "offline": _("No connection. The values are still here; save them again."),
        "wrong": _("This value cannot be right. Please check it."),
        "crossed": _("The upper pressure has to be above the lower one."),
        "correcting": _("You correct %(name)s %(value)s. Type what it should be."),
        "taken_back": _("Taken back. It stays in the history as entered in error."),
        "struck": _("entered in error"),
        "corrected": _("corrects an earlier value"),
        "by": _("%(clock)s · %(name)s"),
        "news": _("New: %(name)s %(value)s"),
    }
