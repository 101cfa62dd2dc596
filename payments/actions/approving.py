"""A second person decides about a large refund: another user of the same desk than the one who asked."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from payments import access
from payments.actions.refunds import promise
from payments.errors import ReasonMissing, RefundTooHigh, SamePerson
from payments.models import Payment, Refund

Status = Refund.Status


@transaction.atomic
def approve_refund(*, refund_id: UUID, by: Actor, now: datetime) -> Refund:
    """Promise what somebody else asked to give back. Approving again changes nothing.

    Raises SamePerson, RefundTooHigh when the house has promised the money meanwhile, WrongState.
    """
    payment, refund = _lock(refund_id, by)
    if refund.status in Refund.PROMISED and refund.decided_by is not None:
        return refund
    promised = payment.refunds.filter(status__in=Refund.PROMISED)
    if refund.amount > payment.captured_amount - sum(one.amount for one in promised):
        raise RefundTooHigh()
    _decide(payment, refund, Status.REQUESTED, "payments.approve_refund", by, now)
    promise(payment, refund)
    return refund


@transaction.atomic
def reject_refund(*, refund_id: UUID, reason: str, by: Actor, now: datetime) -> Refund:
    """Say no, and why: nothing is promised. Rejecting again changes nothing. Raises SamePerson, ReasonMissing, WrongState."""
    payment, refund = _lock(refund_id, by)
    if refund.status != Status.REJECTED:
        refund.rejected_because = reason.strip()[:200]
        if not refund.rejected_because:
            raise ReasonMissing()
        _decide(payment, refund, Status.REJECTED, "payments.reject_refund", by, now)
    return refund


def _lock(refund_id: UUID, by: Actor) -> tuple[Payment, Refund]:
    user_id, _facility_id = access.require_desk_user(by)
    payment, refund = access.lock_refund(by, refund_id)
    if refund.requested_by == user_id:
        raise SamePerson()
    return payment, refund


def _decide(payment: Payment, refund: Refund, status: str, action: str, by: Actor, now: datetime) -> None:
    refund.move_to(status, at=now)
    refund.decided_by = by.user_id
    refund.save(update_fields=["status", "decided_by", "requested_at", "rejected_at", "rejected_because"])
    audit.record(
        by, action, payment, person_id=payment.payer_id, facility_id=payment.facility_id,
        detail={"reason": refund.reason, **refund.money.as_json()},
    )  # fmt: skip
