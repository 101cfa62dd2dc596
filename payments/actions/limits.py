"""The limit up to which a desk gives back without a second person: each facility may set its own, and nobody widens it alone.

The rule is one-sided, which keeps it simple and safe. Narrowing harms nobody and holds at once. Widening (a higher limit, or
going back to the house's where that is higher) is itself a decision for two: it is a wish that changes nothing until another
person at the same desk confirms it. So nobody can raise the limit, give money back alone, and lower it again; and refunds that
wait already go on waiting whatever becomes of the limit. A newer setting takes the place of a wish, so what is confirmed is
what was read: the old one has an id of its own and is over.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction

import audit
from core.actor import Actor
from payments import access, queries
from payments.errors import BadLimit, SamePerson
from payments.models import RefundLimit
from payments.models.limits import MOST

Status = RefundLimit.Status


@transaction.atomic
def set_refund_limit(*, amount: int | None, by: Actor, now: datetime) -> RefundLimit | None:
    """Set how much of one payment the desk gives back without a second person, in dong; None is the house's own limit.

    What lets more through than before is only wished for until a colleague confirms it. Asking again for what holds, or for
    what is wished for, returns that (None where the house's limit holds and nothing was ever set). Raises BadLimit.
    """
    user_id, facility_id = access.require_desk_user(by)
    if amount is not None and not 0 <= amount <= MOST:
        raise BadLimit()
    access.lock_facility(facility_id)
    rows = {row.status: row for row in access.refund_limits_of(by).filter(status__in=[Status.WISHED, Status.HOLDS])}
    holding, wished = rows.get(Status.HOLDS), rows.get(Status.WISHED)
    if amount == (holding.amount if holding else None):
        return holding
    if wished is not None:
        if wished.amount == amount:
            return wished
        _move(wished, Status.DROPPED, by, now)
    before = queries.approval_above(facility_id)
    raises = (settings.REFUND_APPROVAL_ABOVE if amount is None else amount) > before
    limit = RefundLimit(
        facility_id=facility_id, amount=amount, before=before, raises=raises, set_by=user_id, created_at=now
    )
    if raises:
        limit.status = Status.WISHED
        limit.save(force_insert=True)
    else:
        _end(holding, now)
        limit.status, limit.holds_at = Status.HOLDS, now
        limit.save(force_insert=True)
    _record("payments.wish_limit" if raises else "payments.set_limit", limit, by)
    return limit


@transaction.atomic
def confirm_refund_limit(*, limit_id: UUID, by: Actor, now: datetime) -> RefundLimit:
    """Let a higher limit hold that a colleague wished for. Confirming again changes nothing. Raises SamePerson, WrongState."""
    user_id, _facility_id = access.require_desk_user(by)
    limit = access.lock_refund_limit(by, limit_id)
    if limit.set_by == user_id:
        raise SamePerson()
    if limit.status == Status.HOLDS:
        return limit
    if limit.can_move_to(Status.HOLDS):
        _end(access.refund_limits_of(by).filter(status=Status.HOLDS).first(), now)
    _move(limit, Status.HOLDS, by, now)
    _record("payments.confirm_limit", limit, by)
    return limit


@transaction.atomic
def drop_refund_limit(*, limit_id: UUID, by: Actor, now: datetime) -> RefundLimit:
    """Refuse a limit a colleague wished for, or take back one's own wish. Again changes nothing. Raises WrongState."""
    access.require_desk_user(by)
    limit = access.lock_refund_limit(by, limit_id)
    if limit.status != Status.DROPPED:
        _move(limit, Status.DROPPED, by, now)
        _record("payments.drop_limit", limit, by)
    return limit


def _move(limit: RefundLimit, status: str, by: Actor, now: datetime) -> None:
    limit.move_to(status, at=now)
    limit.decided_by = by.user_id
    limit.save(update_fields=["status", "decided_by", "holds_at", "dropped_at"])


def _end(holding: RefundLimit | None, now: datetime) -> None:
    if holding is not None:
        holding.move_to(Status.ENDED, at=now)
        holding.save(update_fields=["status", "ended_at"])


def _record(action: str, limit: RefundLimit, by: Actor) -> None:
    detail = {"amount": limit.amount, "before": limit.before}
    audit.record(by, action, limit, facility_id=limit.facility_id, detail=detail)
