"""What the chat says about files and the shared screen by script; a part of call_words()."""

from __future__ import annotations

from django.utils.translation import gettext as _


def file_words() -> dict[str, str]:
    """Return the sentences by name."""
    return {
        "file_too_large": _("This file is too large: at most 20 MB, 64 megapixels and 100 pages."),
        "file_not_sent": _("The file could not be sent. Please try again."),
        "file_offline": _("The connection broke off. It is tried again when the connection is back."),
        "file_gone": _("This file cannot be opened at the moment."),
        "picture_of": _("Photo from %(name)s, %(time)s. Open it large"),
        "pdf_of": _("PDF file from %(name)s, %(time)s. Save it"),
        "pdf_facts": _("%(pages)s pages · %(size)s MB"),
        "share_start": _("Share screen"),
        "share_stop": _("Stop sharing"),
        "peer_screen_on": _("%(name)s is showing their screen."),
        "sharing": _("The others see your screen."),
    }
