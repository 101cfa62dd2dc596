"""The five ways an action can refuse, and the one table that says how each door puts it.

An app's errors.py derives from these and gives each refusal its code (for programs) and its sentence (for people).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """Base of all refusals: a stable `code`, a sentence, and optionally words per field."""

    code = "error"
    message: str | Promise = _("This did not work.")

    def __init__(self, detail: str | Promise | None = None, *, fields: dict[str, list[Any]] | None = None) -> None:
        self.detail = detail if detail is not None else self.message
        self.fields = fields or {}
        super().__init__(str(self.code))


class Invalid(DomainError):
    """The request cannot mean anything: wrong type, missing field, a value outside its range."""

    code = "invalid"
    message = _("Some of the information is not right. Please check it.")


class Unparseable(Invalid):
    """The body is not JSON that we read."""

    code = "unparseable"
    message = _("The request could not be read.")


class NotFound(DomainError):
    """Absent, or not yours: the two are told apart nowhere."""

    code = "not_found"
    message = _("We could not find this, or it is not yours to see.")


class NotAllowed(DomainError):
    """Known and refused: the role may not do this."""

    code = "not_allowed"
    message = _("You may not do this.")


class WrongRole(NotAllowed):
    """Signed in, but in a role that has no business here."""

    code = "wrong_role"
    message = _("This is for another role. Change the role you act in, or sign in with another account.")


class NotSignedIn(NotAllowed):
    """Nobody is signed in; HTTP says 401 instead of 403."""

    code = "not_signed_in"
    message = _("Please sign in first.")


class Conflict(DomainError):
    """The wish was clear but the world has moved on."""

    code = "conflict"
    message = _("Somebody was faster, or this has changed meanwhile.")


class WrongState(Conflict):
    """The thing is in a state from which this step does not exist."""

    code = "wrong_state"
    message = _("This is not possible any more in its present state.")


class IdempotencyKeyReused(Conflict):
    """One Idempotency-Key, two different bodies."""

    code = "idempotency_key_reused"
    message = _("This request key was already used for something else.")


class Unavailable(DomainError):
    """A part we need does not answer; asking again later is right."""

    code = "unavailable"
    message = _("This is not available just now. Please try again in a moment.")
    retry_after_s = 5


class TooMany(Unavailable):
    """Asked too often; HTTP says 429."""

    code = "too_many_requests"
    message = _("Too many attempts. Please wait a little.")
    retry_after_s = 60


@dataclass(frozen=True)
class Column:
    """How one kind of refusal leaves through each door."""

    http: int
    title: str | Promise
    fhir: str
    socket: str  # "frame" keeps the socket, "close" ends it with 4403
    job: str  # "fail", "done" or "retry"


# The one table (architecture, section 6). Order matters: the first kind that fits is taken.
TABLE: list[tuple[type[DomainError], Column]] = [
    (Unparseable, Column(400, _("Unreadable request"), "structure", "frame", "fail")),
    (Invalid, Column(422, _("Please check"), "invalid", "frame", "fail")),
    (NotFound, Column(404, _("Not found"), "not-found", "frame", "fail")),
    (NotSignedIn, Column(401, _("Please sign in"), "login", "close", "fail")),
    (NotAllowed, Column(403, _("Not allowed"), "forbidden", "close", "fail")),
    (Conflict, Column(409, _("Not possible now"), "conflict", "frame", "done")),
    (TooMany, Column(429, _("Too many attempts"), "throttled", "frame", "retry")),
    (Unavailable, Column(503, _("Not available now"), "transient", "frame", "retry")),
]


def column_of(error: DomainError) -> Column:
    """Return the row of the table for this error."""
    return next(column for kind, column in TABLE if isinstance(error, kind))
