"""Which messages exist: a table. To add one: a row here, and messages/<kind>/vi.txt and en.txt."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

INBOX = "inbox"  # always; it cannot be turned off
SMS, EMAIL, PUSH = "sms", "email", "push"
OPTIONAL = (PUSH, SMS, EMAIL)


@dataclass(frozen=True)
class Kind:
    """One kind of message: what it is called, who reads it, how it usually travels, where staff go from it."""

    code: str
    title: Promise
    icon: str
    audiences: frozenset[str]
    carriers: tuple[str, ...]  # the habit, besides the inbox
    staff_page: str = ""
    is_setting: bool = True  # offered among the preferences


CITIZEN, STAFF = frozenset({"citizen"}), frozenset({"staff"})
BOTH = CITIZEN | STAFF

KINDS: dict[str, Kind] = {
    kind.code: kind
    for kind in [
        Kind("appointment_booked", _("A visit is booked"), "calendar-check", BOTH, (PUSH, SMS, EMAIL), "/doctor/"),
        Kind("appointment_cancelled", _("A visit is cancelled"), "calendar", BOTH, (PUSH, SMS, EMAIL), "/doctor/"),
        Kind("hold_expired", _("A kept time has run out"), "clock", CITIZEN, (PUSH,)),
        Kind("citizen_waiting", _("A patient is in the waiting room"), "video", STAFF, (PUSH,), "/doctor/"),
        Kind("let_in", _("The doctor lets you in"), "video", CITIZEN, (PUSH,)),
        Kind("prescription_ready", _("A prescription is ready"), "prescription", CITIZEN, (PUSH, SMS)),
        Kind("prescription_routed", _("A prescription for our pharmacy"), "pharmacy", STAFF, (PUSH,), "/pharmacy/"),
        Kind("prescription_dispensed", _("Medicines were handed out"), "pill", CITIZEN, (PUSH,)),
        Kind("payment_refunded", _("Money is returned"), "repeat", CITIZEN, (PUSH, EMAIL)),
        Kind("sign_in_code", _("Sign-in code"), "lock", CITIZEN, (SMS,), is_setting=False),
    ]
}
