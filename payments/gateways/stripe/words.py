"""Stripe's decline codes in a payer's words (docs.stripe.com/declines/codes); what is not listed is a plain refusal."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from payments.gateways import words
from payments.gateways.words import REFUSED as REFUSED

_EXPIRED = _("Your card has expired. Nothing was charged; please use another card.")
_DETAILS = _("The card's details were not right. Nothing was charged.")
_NOT_CONFIRMED = _("Your bank could not confirm that it was you. Nothing was charged.")

REASON: dict[str, Any] = {
    "expired": words.LAPSED,  # of the session, not of the card
    "insufficient_funds": words.TOO_LITTLE,
    "withdrawal_count_limit_exceeded": words.LIMIT,
    "card_velocity_exceeded": words.LIMIT,
    "expired_card": _EXPIRED,
    "incorrect_number": _DETAILS,
    "incorrect_cvc": _DETAILS,
    "invalid_cvc": _DETAILS,
    "invalid_expiry_month": _DETAILS,
    "invalid_expiry_year": _DETAILS,
    "lost_card": words.REFUSED,  # Stripe asks to say no more to who holds a lost or stolen card
    "stolen_card": words.REFUSED,
    "restricted_card": words.LOCKED,
    "transaction_not_allowed": words.NOT_ENABLED,
    "card_not_supported": words.NOT_ENABLED,
    "payment_intent_authentication_failure": _NOT_CONFIRMED,
    "authentication_required": _NOT_CONFIRMED,
    "issuer_not_available": words.RESTING,
    "processing_error": words.RESTING,
    "try_again_later": words.RESTING,
}
