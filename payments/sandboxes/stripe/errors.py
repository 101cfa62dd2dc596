"""How the API refuses: type, code, words and the status that goes with them."""

from __future__ import annotations

from typing import Any

Body = dict[str, Any]


class Refused(Exception):
    """An answer other than 200. `is_kept`: the work had begun, so the same key gets the same answer again."""

    def __init__(self, status: int, kind: str, message: str, *, is_kept: bool = True, **more: Any) -> None:
        super().__init__(message)
        self.status, self.is_kept = status, is_kept
        self.error: Body = {"type": kind, "message": message, **{name: value for name, value in more.items() if value}}


def invalid(message: str, *, code: str = "", param: str = "") -> Refused:
    """A wish that cannot be: the work had not begun."""
    return Refused(400, "invalid_request_error", message, is_kept=False, code=code, param=param)


def wrong_state(message: str, *, code: str, **more: Any) -> Refused:
    """A wish that comes too late or too early."""
    return Refused(400, "invalid_request_error", message, code=code, **more)


def missing(param: str) -> Refused:
    return invalid(f"Missing required param: {param}.", code="parameter_missing", param=param)


def no_such(kind: str, id_: str, param: str = "id") -> Refused:
    """Absent, or another account's."""
    words = f"No such {kind}: '{id_}'"
    return Refused(404, "invalid_request_error", words, is_kept=False, code="resource_missing", param=param)


def card(message: str, *, code: str, decline_code: str = "", param: str = "", **more: Any) -> Refused:
    """What the card's bank says."""
    return Refused(402, "card_error", message, code=code, decline_code=decline_code, param=param, **more)


def unauthorised(message: str) -> Refused:
    return Refused(401, "invalid_request_error", message, is_kept=False)


def key_in_use(key: str) -> Refused:
    words = (
        "There is currently another in-progress request using this Stripe-Idempotency-Key "
        f"({key}). Please try again later."
    )
    return Refused(409, "idempotency_error", words, is_kept=False, code="idempotency_key_in_use")


def other_parameters(key: str) -> Refused:
    words = (
        f"Keys for idempotent requests can only be used with the same parameters they were first used with. "
        f"Try using a key other than '{key}' if you meant to execute a different request."
    )
    return Refused(400, "idempotency_error", words, is_kept=False)
