"""Ending without a pharmacy: cancelled by the doctor or the citizen, or nobody came in time."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound, WrongRole, WrongState
from core.events import emit
from prescriptions import access
from prescriptions.events import PrescriptionCancelled, PrescriptionExpired
from prescriptions.models import Prescription

Status = Prescription.Status


@transaction.atomic
def cancel(*, prescription_id: UUID, reason: str, by: Actor, now: datetime) -> Prescription:
    """Take a prescription back. While a pharmacy holds it, this is marked, refuses every further step there, and is done on return.

    Cancelling again changes nothing. Raises NotFound, WrongState (collected or expired).
    """
    if by.role == "pharmacist":
        raise WrongRole()
    prescription = access.lock_prescription(by, prescription_id, now, "collect")
    if prescription.status == Status.CANCELLED or prescription.cancel_asked_at is not None:
        return prescription
    if prescription.status == Status.ACCEPTED and not any(item.remaining for item in prescription.items.all()):
        raise WrongState()  # the bag is in the patient's hands, only the last click is missing
    prescription.cancelled_by, prescription.cancel_reason = by.role, reason
    was_draft = prescription.is_draft
    if prescription.status == Status.ACCEPTED:
        prescription.cancel_asked_at = now
    else:
        prescription.move_to(Status.CANCELLED, at=now)
    prescription.save()
    audit.record(by, "prescription.cancel", prescription, person_id=prescription.person_id, detail={"reason": reason})
    if not was_draft:  # nobody was told of a draft
        emit(
            PrescriptionCancelled(
                prescription_id=str(prescription.id), person_id=str(prescription.person_id), cancelled_by=by.role
            )
        )
    return prescription


@transaction.atomic
def expire(*, prescription_id: UUID, by: Actor, now: datetime) -> Prescription:
    """Close a signed prescription whose time is over; anything else stays as it is. For the house itself. Raises NotFound."""
    if not by.is_system:
        raise NotFound()
    prescription = access.lock_prescription(by, prescription_id, now)
    if prescription.status != Status.SIGNED or not prescription.is_past(now):
        return prescription
    prescription.move_to(Status.EXPIRED, at=now)
    prescription.save(update_fields=["status", "expired_at"])
    audit.record(by, "prescription.expire", prescription, person_id=prescription.person_id)
    emit(PrescriptionExpired(prescription_id=str(prescription.id), person_id=str(prescription.person_id)))
    return prescription
