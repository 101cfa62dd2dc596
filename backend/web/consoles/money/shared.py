"""What the money pages share: reading amounts and days from forms, the looks of a status, the names of gateways."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.errors import DomainError
from core.pages import now
from payments import gateways
from payments.errors import UnknownGateway
from payments.gateways import ZONE

# Status → badge.
PAYMENT_LOOKS = {
    "created": "warn",
    "pending": "warn",
    "unknown": "warn",
    "authorised": "info",
    "captured": "good",
    "partly_refunded": "info",
    "refunded": "",
    "failed": "bad",
    "cancelled": "",
    "expired": "",
}
REFUND_LOOKS = {
    "awaiting_approval": "warn",
    "rejected": "bad",
    "requested": "info",
    "credited": "warn",
    "done": "good",
    "failed": "bad",
}
LIMIT_LOOKS = {"wished": "warn", "holds": "good", "ended": "", "dropped": ""}
DAY_LOOKS = {"waiting": "", "agreed": "good", "differs": "bad"}
DIFFERENCE_LOOKS = {"open": "bad", "looked_into": "warn", "resolved": "good"}
# What a difference with a gateway is about, where it is not a payment.
SIDES = {"refund": _("Refund"), "dispute": _("Dispute"), "dispute_won": _("Dispute won"), "fee": _("Fee")}
# What the house itself writes as a refund's reason, in words; what people wrote stays as it is.
REASONS = {
    "paid_twice": _("paid twice"),
    "cancelled": _("visit cancelled"),
    "refund": _("refund"),
    "not_owed": _("no longer owed by the bill"),
    "moved": _("the visit was moved"),
    "no_show": _("the visit did not happen"),
    "cut_short": _("the visit was cut short"),
    "late": _("came after its time"),
    "too_much": _("more than was owed"),
    "dispute_won": _("a dispute was decided"),
}


def reason_words(reason: str) -> str:
    """Say why money goes back."""
    return str(REASONS.get(reason, reason))


def whole(text: str | None) -> int:
    """Read an amount of dong as people write it: 150.000, 150000 ₫. Nonsense and what is below nothing is -1."""
    digits = "".join(one for one in (text or "") if not one.isspace() and one not in ".,₫đ")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 13 else -1


def written(amount: int) -> str:
    """Write an amount of dong into a field, as people write it."""
    return f"{amount:,}".replace(",", ".")


def today() -> date:
    """The day in Vietnam."""
    return now().astimezone(ZONE).date()


def span_of(query: Any) -> tuple[date, date]:
    """Read a time from an address: `from` and `to`; without them, this month until today."""
    day = today()
    first, last = (_day(query.get(name)) for name in ("from", "to"))
    first = first or day.replace(day=1)
    last = last or max(day, first)
    first, last = min(first, last), max(first, last)
    return first, min(last, first + timedelta(days=365))


def _day(text: str | None) -> date | None:
    try:
        found = date.fromisoformat(text or "")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 2100 else None


def day_of(text: str | None, usual: date) -> date:
    """Read one day; nonsense is the usual one."""
    return _day(text) or usual


def gateway_name(code: str) -> str:
    """Name a gateway for people."""
    try:
        return str(gateways.get(code).name)
    except UnknownGateway:
        return code


def said(error: DomainError) -> str:
    """The first word by field, else the sentence."""
    return str(next((one for some in error.fields.values() for one in some), error.detail))
