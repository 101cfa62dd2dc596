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
        Kind("appointment_moved", _("A visit has another time"), "calendar", BOTH, (PUSH, SMS, EMAIL), "/doctor/"),
        Kind("appointment_no_show", _("A visit did not take place"), "info", CITIZEN, (PUSH, SMS)),
        Kind("visit_cut_short", _("A video visit was too short"), "info", CITIZEN, (PUSH, SMS)),
        Kind("booking_blocked", _("Booking online is paused"), "info", CITIZEN, (PUSH, SMS)),
        Kind("block_answered", _("The hospital answers a request"), "info", CITIZEN, (PUSH, SMS)),
        Kind("appointment_reminder", _("A reminder of a visit"), "calendar-check", CITIZEN, (PUSH, SMS)),
        Kind("hold_expired", _("A kept time has run out"), "clock", CITIZEN, (PUSH,)),
        Kind("waiting_offer", _("An earlier time is offered"), "clock", CITIZEN, (PUSH, SMS, EMAIL)),
        Kind("waiting_passed", _("An offered time went to somebody else"), "clock", CITIZEN, (PUSH,)),
        Kind("waiting_over", _("A wait for a time is over"), "clock", CITIZEN, (PUSH,)),
        Kind("leave_choice", _("The doctor is away: please choose"), "calendar", CITIZEN, (PUSH, SMS, EMAIL)),
        Kind("leave_kept", _("A visit stays as agreed"), "calendar-check", CITIZEN, (PUSH, SMS)),
        Kind("citizen_waiting", _("A patient is in the waiting room"), "video", STAFF, (PUSH,), "/doctor/"),
        Kind("hand_over_asked", _("A colleague hands a visit over"), "users", STAFF, (PUSH,), "/doctor/"),
        Kind("hand_over_accepted", _("A colleague takes your visit over"), "users", STAFF, (PUSH,), "/doctor/"),
        Kind("hand_over_declined", _("A colleague cannot take your visit over"), "users", STAFF, (PUSH,), "/doctor/"),
        Kind("hand_over_told", _("Another doctor goes on with your visit"), "users", CITIZEN, (PUSH,)),
        Kind("let_in", _("The doctor lets you in"), "video", CITIZEN, (PUSH,)),
        Kind("leave_now", _("Time to leave for the clinic"), "clock", CITIZEN, (PUSH,)),
        Kind("your_turn", _("Your number is called"), "queue", CITIZEN, (PUSH,)),
        Kind("urgent_ask", _("Somebody wants to see a doctor now"), "phone", STAFF, (PUSH,), "/doctor/on-call/"),
        Kind("urgent_ask_accepted", _("A doctor sees you now"), "stethoscope", CITIZEN, (PUSH,)),
        Kind("remote_wish_opened", _("A doctor sees you at a distance"), "video", CITIZEN, (PUSH,)),
        Kind("remote_wish_declined", _("A doctor wants to see you in person"), "stethoscope", CITIZEN, (PUSH,)),
        Kind("prescription_ready", _("A prescription is ready"), "prescription", CITIZEN, (PUSH, SMS)),
        Kind("prescription_routed", _("A prescription for our pharmacy"), "pharmacy", STAFF, (PUSH,), "/pharmacy/"),
        Kind("pharmacy_has_it", _("A pharmacy has the medicines"), "pharmacy", CITIZEN, (PUSH,)),
        Kind(
            "reservation_made",
            _("Medicines are reserved at our pharmacy"),
            "pharmacy",
            STAFF,
            (PUSH,),
            "/pharmacy/asked/",
        ),
        Kind("reservation_expired", _("A reservation has ended"), "clock", CITIZEN, (PUSH,)),
        Kind("dose_reminder", _("A reminder of medicines"), "pill", CITIZEN, (PUSH,)),
        Kind("prescription_codes", _("The codes of a prescription"), "qr", CITIZEN, (SMS,), is_setting=False),
        Kind("counter_code", _("A code for the pharmacy"), "lock", CITIZEN, (SMS,), is_setting=False),
        Kind("prescription_dispensed", _("Medicines were handed out"), "pill", CITIZEN, (PUSH,)),
        Kind("payment_reminder", _("Something is still to be paid"), "wallet", CITIZEN, (PUSH, SMS, EMAIL)),
        Kind("invoice_reminder", _("An invoice is still to be paid"), "wallet", CITIZEN, (PUSH, SMS, EMAIL)),
        Kind("payment_owed", _("Money is kept for you"), "repeat", CITIZEN, (PUSH, SMS, EMAIL)),
        Kind("payment_refunded", _("Money is returned"), "repeat", CITIZEN, (PUSH, EMAIL)),
        Kind("payment_disputed", _("A payer disputes a payment"), "warning", STAFF, (PUSH,), "/hospital/money/"),
        Kind(
            "transfers_unmatched", _("Bank transfers nobody could match"), "wallet", STAFF, (), "/hospital/transfers/"
        ),
        Kind(
            "visit_bills_left",
            _("Invoices of a visit that does not take place"),
            "warning",
            STAFF,
            (),
            "/hospital/invoices/",
        ),
        Kind("call_invitation", _("An invitation to a video call"), "video", CITIZEN, (SMS, EMAIL), is_setting=False),
        Kind("sign_in_code", _("Sign-in code"), "lock", CITIZEN, (SMS,), is_setting=False),
    ]
}
