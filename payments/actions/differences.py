"""What people decide about a difference with a gateway. Each decision posts balanced entries, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import QuerySet

import audit
from core.actor import Actor
from core.events import emit
from core.money import Money
from core.refs import Ref, ref
from payments import access, gateways, ledger
from payments.actions import books
from payments.actions.disputes import look_into_dispute, record_dispute
from payments.actions.reconciling import set_status
from payments.actions.recording import ask_gateway
from payments.actions.refunds import owed, record_refund
from payments.errors import ReasonMissing, StillDiffers, WrongResolution
from payments.gateways import DisputeTruth
from payments.models import Credit, Difference, Dispute, Entry, Payment, Reconciliation, StatementLine

Kind = Difference.Kind
Status = Difference.Status
Resolution = Difference.Resolution
DISPUTED = ("dispute", "dispute_won")  # sides
HOUSE = Actor.system("reconciliation")


def record_what_is_missing(*, difference_id: UUID, by: Actor, now: datetime) -> Difference:
    """Bring our books up to theirs: ask the gateway about the payment or the dispute, or note that a refund has left.

    A gateway that cannot be asked about a dispute has said all it says in its statement: that is recorded. Repeatable.
    Raises WrongResolution when it is of another kind, StillDiffers, GatewayUnavailable.
    """
    access.require_desk_user(by)
    found = access.get_difference(by, difference_id)
    if found.status == Status.RESOLVED:
        return found
    if found.kind == Kind.MISSING_HERE and found.side == "capture" and found.payment is not None:
        ask_gateway(payment_id=found.payment.id, by=HOUSE, now=now)
    elif found.kind == Kind.MISSING_HERE and found.side in DISPUTED and found.payment is not None:
        _learn_of_dispute(found, found.payment, now=now)
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
        elif locked.side in DISPUTED:
            _note_dispute(locked)
        elif locked.payment is None or locked.payment.captured_at is None:
            raise StillDiffers()
        return _settle(locked, Resolution.RECORDED, "", by, now)


def _learn_of_dispute(found: Difference, payment: Payment, *, now: datetime) -> None:
    name = _name_of_dispute(found)
    row = found.reconciliation
    if gateways.get(row.gateway).tells_disputes and payment.account is not None:
        look_into_dispute(gateway=row.gateway, account=payment.account, reference=name, by=HOUSE, now=now)
        return
    line = _lines_about(found).filter(kind="dispute", transaction=name).first()
    truth = DisputeTruth(
        reference=name,
        payment_id=payment.id,
        money=found.dispute.money if found.dispute else Money(found.their_amount or 0, found.currency),
        reason=found.dispute.reason if found.dispute else "general",
        status=Dispute.Status.WON if found.side == "dispute_won" else Dispute.Status.UNDER_REVIEW,
        is_taken=True,
        opened_at=line.at if line else found.at,
        fee=line.fee if line else 0,
    )
    record_dispute(payment_id=payment.id, truth=truth, by=HOUSE, now=now)


def _lines_about(found: Difference) -> QuerySet[StatementLine]:
    row = found.reconciliation
    lines = StatementLine.objects.filter(reconciliation__gateway=row.gateway, reconciliation__facility=row.facility_id)
    return lines.filter(payment=found.payment_id)


def _name_of_dispute(found: Difference) -> str:
    """The gateway's name of it; a line about money that came back may have another: then as the money was taken."""
    if found.dispute is not None:
        return found.dispute.gateway_reference
    taken = _lines_about(found).filter(kind="dispute", amount=found.their_amount or 0).order_by("at", "id").first()
    return taken.transaction if taken is not None and found.side == "dispute_won" else found.transaction


def _note_dispute(found: Difference) -> None:
    """Say whose dispute the line is. Raises StillDiffers when it is not in the books."""
    dispute = Dispute.objects.filter(
        payment=found.payment_id, gateway_reference=_name_of_dispute(found), is_taken=True
    ).first()
    if dispute is None or (found.side == "dispute_won" and dispute.status != Dispute.Status.WON):
        raise StillDiffers()
    _lines_about(found).filter(kind=found.side, transaction=found.transaction).update(dispute=dispute)


@transaction.atomic
def post_fee(*, difference_id: UUID, by: Actor, now: datetime) -> Difference:
    """Post what the gateway keeps as it says: all it has named for the payment or the dispute, or a fee of no payment.

    What was posted before counts, so two days that name the same fee, or more and more of it, post each part once. Repeatable.
    Raises WrongResolution.
    """
    access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.RESOLVED:
        return found
    if found.side != "fee":
        raise WrongResolution()
    if found.payment is not None:
        _post_fee_of(found, access.lock_payment(HOUSE, found.payment.id))
    elif not _post_fee_of_nobody(found):
        return _settle(found, Resolution.AGREED, "", by, now)
    return _settle(found, Resolution.RECORDED, "", by, now)


def _post_fee_of_nobody(found: Difference) -> bool:
    """Say whether it was posted now: two statements compared at one moment may both ask about the same line."""
    row = found.reconciliation
    cause = Ref("gateway_fee", uuid5(row.facility_id, f"{row.gateway} {found.transaction}"))
    if Entry.objects.filter(cause=str(cause)).exists():
        return False
    lines = ledger.fee_changed(row.gateway, row.facility_id, Money(found.their_amount or 0, found.currency))
    books.write_for(cause, Entry.Kind.FEE, lines, facility_id=row.facility_id)
    return True


def _post_fee_of(found: Difference, payment: Payment) -> None:
    dispute = Dispute.objects.get(id=found.dispute_id) if found.dispute_id else None
    about, kind = (dispute, Entry.Kind.DISPUTE_FEE) if dispute else (payment, Entry.Kind.FEE)
    named = _fee_named(found)
    if named < 0 or payment.captured_at is None:
        raise WrongResolution()
    if named != about.fee_amount:
        more = Money(named - about.fee_amount, payment.currency)
        lines = ledger.fee_changed(payment.gateway, payment.facility_id, more)
        books.write_for(ref(found), kind, lines, facility_id=payment.facility_id, payment=payment)
        about.fee_amount = named
        about.save(update_fields=["fee_amount"])


def _fee_named(found: Difference) -> int:
    """All that statements have named by now, each line once, as comparing.NAME_FEES sums it."""
    lines = _lines_about(found).filter(dispute=found.dispute_id, currency=found.currency)
    if found.dispute_id is None:
        lines = lines.exclude(kind__in=DISPUTED)
    once = {(line.kind, line.transaction, line.reference): line for line in lines.order_by("reconciliation__ran_at")}
    return sum(line.amount if line.kind == "fee" else line.fee for line in once.values())


@transaction.atomic
def write_off(*, difference_id: UUID, note: str, by: Actor, now: datetime) -> Difference:
    """Take over what the gateway says, unexplained: the gap is posted to the account of such things. Repeatable.

    Raises ReasonMissing, WrongResolution where the money is in the books already, as a bank transfer, and for a fee: what a
    gateway keeps for its work is a fee, whether we knew of it or not.
    """
    access.require_desk_user(by)
    found = _lock(difference_id, by)
    if found.status == Status.RESOLVED:
        return found
    row = found.reconciliation
    if gateways.get(row.gateway).keeps_lines or found.side == "fee":
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
