"""Whether a prescription may be filled at all, and which part of it: asked at every step of collecting."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext as _

from core.actor import Actor
from prescriptions import access, queries, words
from prescriptions.errors import (
    AlreadyDispensed,
    Cancelled,
    Expired,
    PartTooEarly,
    PartTooLate,
    Replaced,
    SignatureBroken,
)
from prescriptions.models import Acceptance, Part, Prescription

Status = Prescription.Status


def require_not_withdrawn(prescription: Prescription, by: Actor, now: datetime) -> None:
    """Make sure that nobody took it back. Raises Cancelled, Replaced; this one with the new one's id for who may see that."""
    if prescription.replaced_by_id is not None:
        new = Prescription.objects.filter(access.visible(by, now), pk=prescription.replaced_by_id)
        raise Replaced(fields={"replaced_by": [str(one.id) for one in new]})
    if prescription.status == Status.CANCELLED or prescription.cancel_asked_at is not None:
        raise Cancelled()


def require_collectable(prescription: Prescription, by: Actor, now: datetime) -> Part | None:
    """Make sure it is neither taken back, nor past its time, nor filled; return the part that is open, None without parts.

    Raises Cancelled, Replaced, Expired, AlreadyDispensed, PartTooEarly, PartTooLate (between two windows).
    """
    require_not_withdrawn(prescription, by, now)
    if prescription.status == Status.DISPENSED:
        raise AlreadyDispensed()
    if prescription.status == Status.EXPIRED or prescription.is_past(now):
        raise Expired()
    parts = list(prescription.parts.all())
    if not parts:
        return None
    found = next((part for part in parts if part.is_open(now)), None)
    if found is None:
        raise _not_open(parts, prescription.facility.zone, now)
    return found


def require_held_open(held: Acceptance, now: datetime) -> None:
    """Make sure the part a pharmacy took in hand is still open. Raises PartTooLate."""
    if held.part is not None and not held.part.is_open(now):
        raise PartTooLate()


def _not_open(parts: list[Part], zone: str, now: datetime) -> PartTooEarly | PartTooLate:
    """Say in plain words which part lapsed, and when the next one can be collected."""
    coming = next((part for part in parts if now < part.opens_at), None)
    if coming is None:  # the last one is over: the whole prescription is, within minutes
        return PartTooLate()
    said = _("Part %(number)s can be collected from %(first)s to %(last)s.") % words.window_of(coming, zone)
    over = [part for part in parts if part.closes_at <= now]
    if over and over[-1].collected_at is None:
        late = _("The days for collecting part %(number)s are over; they ended on %(last)s.")
        return PartTooLate(f"{late % words.window_of(over[-1], zone)} {said}")
    return PartTooEarly(_("It is too early.") + f" {said}")


def require_signature(prescription: Prescription) -> None:
    """Make sure the doctor signed exactly this. Raises SignatureBroken."""
    if not queries.signature_of(prescription).valid:
        raise SignatureBroken()
