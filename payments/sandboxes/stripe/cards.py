"""The published test cards: what the bank says to each. Source: Stripe's documentation, "Test card numbers"."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """One test card and how its bank behaves."""

    number: str
    brand: str = "visa"
    country: str = "US"
    code: str = ""  # the error's code when the bank declines
    decline_code: str = ""
    words: str = ""
    asks: bool = False  # the bank wants to hear from its customer first: 3-D Secure
    disputes: bool = False  # the customer will dispute it

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same card, as the API shows it."""
        return f"fp{self.number[:1:-1]}"


_DECLINED = "Your card was declined."
CARDS = {
    card.number: card
    for card in (
        Card("4242424242424242"),
        Card("4000007040000001", country="VN"),
        Card("5555555555554444", brand="mastercard"),
        Card("4000000000000002", code="card_declined", decline_code="generic_decline", words=_DECLINED),
        Card("4000000000009995", code="card_declined", decline_code="insufficient_funds",
             words="Your card has insufficient funds."),
        Card("4000000000009987", code="card_declined", decline_code="lost_card", words=_DECLINED),
        Card("4000000000000069", code="expired_card", decline_code="expired_card", words="Your card has expired."),
        Card("4000000000000127", code="incorrect_cvc", decline_code="incorrect_cvc",
             words="Your card's security code is incorrect."),
        Card("4000000000000119", code="processing_error", decline_code="processing_error",
             words="An error occurred while processing your card. Try again in a little bit."),
        Card("4000002500003155", asks=True),
        Card("4000002760003184", asks=True),
        Card("4000000000000259", disputes=True),
    )
}  # fmt: skip
TOKENS = {
    "pm_card_visa": "4242424242424242",
    "pm_card_vn": "4000007040000001",
    "pm_card_mastercard": "5555555555554444",
    "pm_card_chargeDeclined": "4000000000000002",
    "pm_card_visa_chargeDeclined": "4000000000000002",
    "pm_card_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
    "pm_card_visa_chargeDeclinedLostCard": "4000000000009987",
    "pm_card_chargeDeclinedExpiredCard": "4000000000000069",
    "pm_card_chargeDeclinedIncorrectCvc": "4000000000000127",
    "pm_card_chargeDeclinedProcessingError": "4000000000000119",
    "pm_card_authenticationRequiredOnSetup": "4000002500003155",
    "pm_card_authenticationRequired": "4000002760003184",
    "pm_card_threeDSecure2Required": "4000002760003184",
    "pm_card_createDispute": "4000000000000259",
}
BY_FINGERPRINT = {card.fingerprint: card for card in CARDS.values()}


def clean(number: str) -> str:
    """Drop what people type between the digits."""
    return re.sub(r"[ \-]", "", number)


def is_number(number: str) -> bool:
    """Say whether the digits and their check digit (Luhn) make a card number."""
    if not re.fullmatch(r"[0-9]{13,19}", number, re.ASCII):
        return False
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
