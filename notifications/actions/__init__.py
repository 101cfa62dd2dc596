"""The verbs of notifications: say something once, carry it, read it, wish for less."""

from notifications.actions.carrying import carry_attempt, deliver, send_sign_in_code, send_to_address
from notifications.actions.saying import mark_all_read, mark_read, send, set_preferences

__all__ = [
    "carry_attempt",
    "deliver",
    "mark_all_read",
    "mark_read",
    "send",
    "send_sign_in_code",
    "send_to_address",
    "set_preferences",
]
