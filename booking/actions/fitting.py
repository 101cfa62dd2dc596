"""Whether this visit may be held at a distance, asked of whoever wishes it: at each way that ends in a video visit."""

from datetime import datetime
from uuid import UUID

from django.conf import settings

from booking import fit, queries
from booking.errors import ConditionNeeded, NotFitForRemote
from core.actor import Actor
from identity import access as identity_access


def check_fit(*, mode: str, condition: str, person_id: UUID, schedule_id: UUID, by: Actor, now: datetime) -> str:
    """Say why a visit outside the list may be held at a distance ("" when nothing needs saying).

    By BOOKING_FIT_CHECK: "refuse" as the law reads, "warn" and "off" let it pass. What is listed costs no statement.
    Raises ConditionNeeded, NotFitForRemote, NotFound for a person the actor may not book for.
    """
    check = settings.BOOKING_FIT_CHECK
    if check == "off" or fit.fits(mode, condition):
        return ""
    if by.role not in {"desk", "hospital"}:  # these have asked for their own patient already
        identity_access.get_person(by, person_id, "book")
    opening = queries.remote_opening(person_id, schedule_id, now)
    if opening is not None:
        return opening.fit_reason
    if check == "refuse":
        if not condition:
            raise ConditionNeeded(fields={"condition": [ConditionNeeded.message]})
        raise NotFitForRemote(fields={"condition": [NotFitForRemote.message]})
    return ""


def code_of(mode: str, condition: str) -> str:
    """Give the entry of the list that stays with a visit at a distance; "" where none does."""
    entry = fit.find(condition) if fit.is_remote(mode) else None
    return entry.code if entry else ""
