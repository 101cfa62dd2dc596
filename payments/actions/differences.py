"""What people decide about a difference with a gateway. Each decision posts balanced entries, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.events import emit
from core.refs import ref
from payments import access, gateways, ledger
from payments.actions import books
from payments.actions.reconciling import set_status
from payments.actions.recording import ask_gateway
from payments.actions.refunds import owed, record_refund
from payments.errors import ReasonMissing, StillDiffers, WrongResolution
from payments.models import Credit, Difference, Entry, Reconciliation

Kind = Difference.Kind
Status = Difference.Status
Resolution = Difference.Resolution
HOUSE = Actor.system("reconciliation")


def record_what_is_missing(*, difference_id: UUID, by: Actor, now: datetime) -> Difference:
    """Bring our books up to theirs: ask the gateway about the payment, or note that a refund has left. Repeatable.

    Raises WrongResolution when it is of another kind, StillDiffers, GatewayUnavailable.
    """
    access.require_desk_user(by)
    found = access.get_difference(by, difference_id)
    if found.status == Status.RESOLVED:
        return found
    if found.kind == Kind.MISSING_HERE and found.side == "capture" and found.payment is not None:
        ask_gateway(payment_id=found.payment.id, by=HOUSE, now=now)
    elif found.kind != Kind.STATUS or found.refund is None:
        raise WrongResolution()
    with transaction.atomic():
        locked = _lock(difference_id, by)
        if locked.status == Status.RESOLVED:
            return locked
        if locked.kind == Kind.STATUS and locked.refund is not None:
            if locked.refund.status not in {"requested", "done"}:
                raise StillDiffers()
            record_refund(refund_id=locked.refund.id, gateway_reference=locked.transaction, by=HOUSE, now=now)
        elif locked.payment is None or locked.payment.captured_at is None:
            raise StillDiffers()
        return _settle(locked, Resolution.RECORDED, "", by, now)


@transaction.atomic
def write_off(*, difference_id: UUID, note: str, by: Actor, now: datetime) -> Difference:
    """Take over what the gateway says, unexplained: the gap is posted to the account of such things. Repeatable.

    Raises ReasonMissing, WrongResolution where the money is in the books already, as a bank transfer.
    """
    access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.RESOLVED:
        return found
    row = found.reconciliation
    if gateways.get(row.gateway).keeps_lines:
        raise WrongResolution()
    if not note.strip():
        raise ReasonMissing()
    if found.kind != Kind.STATUS and not found.gap.is_zero:
        lines = ledger.wrote_off(row.gateway, row.facility_id, found.gap)
        books.write_for(ref(found), Entry.Kind.WRITE_OFF, lines, facility_id=row.facility_id, payment=found.payment)
    return _settle(found, Resolution.WRITTEN_OFF, note, by, now)


@transaction.atomic
def settled_elsewhere(*, difference_id: UUID, note: str, by: Actor, now: datetime) -> Difference:
    """Say that a transfer of nobody's was settled in the queue of transfers, where it is in the books. Repeatable.

    Raises WrongResolution for a gateway whose money comes to the books otherwise.
    """
    access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.RESOLVED:
        return found
    if not gateways.get(found.reconciliation.gateway).keeps_lines:
        raise WrongResolution()
    return _settle(found, Resolution.ELSEWHERE, note, by, now)


@transaction.atomic
def owe_the_double(*, difference_id: UUID, by: Actor, now: datetime) -> Difference:
    """What was collected twice is the payer's: it is owed to them from now on. Repeatable. Raises WrongResolution."""
    user_id, facility_id = access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.RESOLVED:
        return found
    if found.kind != Kind.TWICE or found.payment is None or found.theirs is None:
        raise WrongResolution()
    credit = Credit.objects.create(
        payment=found.payment,
        payer_id=found.payment.payer_id,
        facility_id=facility_id,
        amount=found.theirs.amount,
        currency=found.currency,
        cause=Credit.Cause.TWICE,
        made_by=user_id,
        created_at=now,
    )
    lines = ledger.collected_twice(found.reconciliation.gateway, facility_id, found.theirs)
    books.write_for(ref(credit), Entry.Kind.CREDIT, lines, facility_id=facility_id, payment=found.payment)
    emit(owed(credit))
    return _settle(found, Resolution.CREDITED, "", by, now)


@transaction.atomic
def investigate(*, difference_id: UUID, note: str, by: Actor, now: datetime) -> Difference:
    """Say that somebody looks into it, with a word for the colleagues; nothing is posted. Raises WrongState once settled."""
    access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.OPEN:
        found.move_to(Status.LOOKED_INTO, at=now)
    elif found.status == Status.RESOLVED:
        return found
    found.note = note.strip()[:300]
    found.save(update_fields=["status", "looked_into_at", "note"])
    _note(found, by)
    return found


def _lock(difference_id: UUID, by: Actor) -> Difference:
    # The day first: its status follows from all its differences.
    found = access.get_difference(by, difference_id)
    Reconciliation.objects.select_for_update().get(id=found.reconciliation_id)
    return access.lock_difference(by, difference_id)


def _settle(found: Difference, resolution: str, note: str, by: Actor, now: datetime) -> Difference:
    found.move_to(Status.RESOLVED, at=now)
    found.resolution, found.resolved_by = resolution, by.user_id
    found.note = note.strip()[:300] or found.note
    found.save(update_fields=["status", "resolved_at", "resolution", "resolved_by", "note"])
    set_status(found.reconciliation)
    _note(found, by)
    return found


def _note(found: Difference, by: Actor) -> None:
    detail = {"kind": str(found.kind), "status": str(found.status), "resolution": str(found.resolution)}
    audit.record(by, "payments.difference", found, facility_id=found.reconciliation.facility_id, detail=detail)
