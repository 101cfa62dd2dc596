"""Whether a prescription may be filled at all: asked at every step of collecting."""

from __future__ import annotations

from datetime import datetime

from prescriptions import queries
from prescriptions.errors import AlreadyDispensed, Cancelled, Expired, SignatureBroken
from prescriptions.models import Prescription

Status = Prescription.Status


def require_collectable(prescription: Prescription, now: datetime) -> None:
    """Make sure it is neither cancelled, nor past its time, nor filled. Raises Cancelled, Expired, AlreadyDispensed."""
    if prescription.status == Status.CANCELLED or prescription.cancel_asked_at is not None:
        raise Cancelled()
    if prescription.status == Status.DISPENSED:
        raise AlreadyDispensed()
    if prescription.status == Status.EXPIRED or prescription.is_past(now):
        raise Expired()


def require_signature(prescription: Prescription) -> None:
    """Make sure the doctor signed exactly this. Raises SignatureBroken."""
    if not queries.signature_of(prescription).valid:
        raise SignatureBroken()
