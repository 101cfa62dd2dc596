"""The verbs of booking. Callers say `booking.actions.hold_slot(...)`; the modules are one per noun."""

from booking.actions.appointments import (
    book_appointment,
    cancel_appointment,
    check_in,
    expire_hold,
    fulfil,
    hold_slot,
    link_encounter,
    start_consultation,
    undo_check_in,
)
from booking.actions.schedules import (
    add_closure,
    add_rule,
    add_schedule,
    change_rule,
    change_schedule,
    remove_closure,
    remove_rule,
)

__all__ = [
    "add_closure",
    "add_rule",
    "add_schedule",
    "book_appointment",
    "cancel_appointment",
    "change_rule",
    "change_schedule",
    "check_in",
    "expire_hold",
    "fulfil",
    "hold_slot",
    "link_encounter",
    "remove_closure",
    "remove_rule",
    "start_consultation",
    "undo_check_in",
]
