"""How notifications refuse."""

from django.utils.translation import gettext_lazy as _

from core.errors import Invalid, Unavailable


class UnknownPreference(Invalid):
    code = "unknown_preference"
    message = _("We do not know this kind of message or this way of sending it.")


class CarrierUnavailable(Unavailable):
    code = "carrier_unavailable"
    message = _("The message could not be sent just now.")
