"""What we tell a payer when a gateway says no: few plain sentences, each with what happened to the money."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

PAID = _("The payment went through.")
WAITING = _("The payment is not finished yet.")
HELD = _(
    "The money was taken, but the payment is being checked. We will tell you how it ends; please do not pay again."
)
CANCELLED = _("You cancelled the payment. Nothing was charged.")
LAPSED = _("The time to pay ran out at the payment company. Nothing was charged.")
TOO_LITTLE = _("There is not enough money in the account. Nothing was charged.")
LIMIT = _("This is above the limit of your account for today or for one payment. Nothing was charged.")
LOCKED = _("Your card or account is locked or restricted. Ask your bank. Nothing was charged.")
WRONG_CODE = _("The one-time code or password was wrong. Nothing was charged.")
NOT_ENABLED = _("Your card or account cannot pay online yet. Your bank can turn this on. Nothing was charged.")
REFUSED = _("Your bank or wallet refused the payment. Nothing was charged.")
RESTING = _("The bank is under maintenance. Try again later or choose another way. Nothing was charged.")
REVERSED = _("Your bank took the money but the payment did not go through. Your bank gives it back by itself.")
FAULT = _("The payment did not go through. Nothing was charged; please choose another way to pay.")
