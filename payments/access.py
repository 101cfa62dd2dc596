"""From an id to a payment, asking on the way whether the actor may: the payer (or who pays for them) and the facility's desk."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.refs import Ref
from identity.access import may_act_for, people_of
from identity.models import Facility
from payments.errors import NoShift
from payments.models import (
    BankLine,
    BankStatement,
    CashShift,
    Credit,
    Difference,
    Dispute,
    GatewayAccount,
    PayLink,
    Payment,
    Reconciliation,
    Refund,
    RefundLimit,
)


def visible_to(by: Actor) -> QuerySet[Payment]:
    """Return the payments the actor may see."""
    if by.is_system:
        return Payment.objects.all()
    if by.role == "citizen":
        return Payment.objects.filter(payer__in=people_of(by, "pay"))
    if by.role == "desk" and by.facility_id is not None:
        return Payment.objects.filter(facility_id=by.facility_id)
    if by.role == "guest":  # who holds a link: what it is for, every try of it
        return Payment.objects.filter(subject__in=_linked(by).values("payment__subject"))
    return Payment.objects.none()


def _linked(by: Actor) -> QuerySet[PayLink]:
    if by.user_id is None:
        return PayLink.objects.none()
    return PayLink.objects.filter(id=by.user_id, revoked_at=None, expires_at__gt=timezone.now())


def get_payment(by: Actor, payment_id: UUID) -> Payment:
    """Return a payment. Raises NotFound for "absent" and "not yours" alike."""
    payment = visible_to(by).filter(id=payment_id).select_related("facility", "payer", "account").first()
    if payment is None:
        raise NotFound()
    return payment


def get_payment_for(by: Actor, subject: Ref) -> Payment:
    """Return the payment that matters for a subject: the paid one, else the latest. Raises NotFound."""
    rows = list(
        visible_to(by).filter(subject=str(subject)).select_related("facility", "account").order_by("-created_at", "-id")
    )
    if not rows:
        raise NotFound()
    return next((row for row in rows if row.is_paid), rows[0])


def lock_payment(by: Actor, payment_id: UUID) -> Payment:
    """Return a payment, locked together with its siblings of the same subject until the transaction ends.

    The whole subject is locked, in key order, because "paid once" is a promise about the subject. Raises NotFound.
    """
    subject = visible_to(by).filter(id=payment_id).values_list("subject", flat=True).first()
    while subject is not None:
        found = next((row for row in lock_subject(subject) if row.id == payment_id), None)
        if found is not None:
            return found
        # While we waited it was carried over to another subject: look there.
        subject = visible_to(by).filter(id=payment_id).values_list("subject", flat=True).first()
    raise NotFound()


def lock_subject(subject: str) -> list[Payment]:
    """Return all payments of one subject, locked, in key order."""
    return lock_subjects([subject])


def lock_subjects(subjects: list[str]) -> list[Payment]:
    """Return all payments of several subjects, locked, in key order."""
    # The account is not joined: whoever waited for the lock gets the row as it is now, but what is joined to it as it was,
    # and an account entered meanwhile would look like none.
    rows = Payment.objects.filter(subject__in=subjects).select_for_update(of=("self",))
    return list(rows.select_related("facility").order_by("id"))


def require_payer_or_desk(by: Actor, *, payer_id: UUID, facility_id: UUID) -> None:
    """Let the payer, who pays for them, or the facility's desk ask for a payment. Raises NotFound or NotAllowed."""
    if by.role == "desk":
        if by.facility_id != facility_id:
            raise NotAllowed()
    elif by.role == "guest":
        if not _linked(by).filter(payment__payer_id=payer_id, payment__facility_id=facility_id).exists():
            raise NotFound()
    elif not may_act_for(by, payer_id, "pay"):
        raise NotFound()


def require_house(by: Actor) -> None:
    """Only the house itself records what a gateway said. Raises NotAllowed."""
    if not by.is_system:
        raise NotAllowed()


def require_desk_user(by: Actor) -> tuple[UUID, UUID]:
    """Return user and facility of somebody at a desk. Raises NotAllowed for anybody else."""
    if by.role != "desk" or by.facility_id is None or by.user_id is None:
        raise NotAllowed()
    return by.user_id, by.facility_id


def shifts_of(by: Actor) -> QuerySet[CashShift]:
    """Return the shifts of the desk's facility."""
    _user_id, facility_id = require_desk_user(by)
    return CashShift.objects.filter(facility_id=facility_id).select_related("cashier", "facility")


def get_shift(by: Actor, shift_id: UUID) -> CashShift:
    """Return a shift of the desk's facility. Raises NotFound."""
    found = shifts_of(by).filter(id=shift_id).first()
    if found is None:
        raise NotFound()
    return found


def require_own_shift(by: Actor) -> CashShift:
    """Return the cashier's own open shift here. Raises NoShift."""
    shift = own_shift(by)
    if shift is None:
        raise NoShift()
    return shift


def own_shift(by: Actor) -> CashShift | None:
    """Return the cashier's own open shift here; None when the drawer is closed."""
    return shifts_of(by).filter(cashier_id=by.user_id, closed_at=None).first()


def lock_own_shift(by: Actor) -> CashShift:
    """Return the cashier's own open shift here, locked. Raises NoShift. Always before a payment's lock, never after."""
    user_id, facility_id = require_desk_user(by)
    shift = (
        CashShift.objects.select_for_update()
        .filter(cashier_id=user_id, facility_id=facility_id, closed_at=None)
        .first()
    )
    if shift is None:
        raise NoShift()
    return shift


def lock_refund(by: Actor, refund_id: UUID) -> tuple[Payment, Refund]:
    """Return a refund with its payment, both locked. Raises NotFound."""
    payment_id = Refund.objects.filter(id=refund_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound()
    payment = lock_payment(by, payment_id)
    return payment, Refund.objects.select_for_update().get(id=refund_id)


def refund_limits_of(by: Actor) -> QuerySet[RefundLimit]:
    """Return what was ever set as the limit of refunds without a second person at the desk's facility."""
    _user_id, facility_id = require_desk_user(by)
    return RefundLimit.objects.filter(facility_id=facility_id)


def lock_facility(facility_id: UUID) -> None:
    """Let what is set for a whole facility be set by one at a time."""
    Facility.objects.select_for_update(no_key=True).get(id=facility_id)


def lock_refund_limit(by: Actor, limit_id: UUID) -> RefundLimit:
    """Return a limit of the desk's facility, locked together with all its others. Raises NotFound."""
    facility_id = refund_limits_of(by).filter(id=limit_id).values_list("facility_id", flat=True).first()
    if facility_id is None:
        raise NotFound()
    lock_facility(facility_id)
    return refund_limits_of(by).get(id=limit_id)


def lock_dispute(by: Actor, dispute_id: UUID) -> tuple[Payment, Dispute]:
    """Return a dispute with its payment, both locked. Raises NotFound."""
    payment_id = Dispute.objects.filter(id=dispute_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound()
    payment = lock_payment(by, payment_id)
    return payment, Dispute.objects.select_for_update().get(id=dispute_id)


def credits_visible_to(by: Actor) -> QuerySet[Credit]:
    """Return the credits of the payments the actor may see."""
    return Credit.objects.filter(payment__in=visible_to(by))


def lock_credit(by: Actor, credit_id: UUID) -> tuple[Payment, Credit]:
    """Return a credit with its payment, both locked. Raises NotFound."""
    payment_id = credits_visible_to(by).filter(id=credit_id).values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise NotFound()
    payment = lock_payment(by, payment_id)
    return payment, Credit.objects.select_for_update(of=("self",)).select_related("refund").get(id=credit_id)


def reconciliations_of(by: Actor) -> QuerySet[Reconciliation]:
    """Return the reconciliations of the desk's facility; all for the house."""
    if by.is_system:
        return Reconciliation.objects.all()
    _user_id, facility_id = require_desk_user(by)
    return Reconciliation.objects.filter(facility_id=facility_id)


def get_reconciliation(by: Actor, reconciliation_id: UUID) -> Reconciliation:
    """Return a reconciliation. Raises NotFound."""
    found = reconciliations_of(by).filter(id=reconciliation_id).select_related("facility", "account").first()
    if found is None:
        raise NotFound()
    return found


def get_difference(by: Actor, difference_id: UUID) -> Difference:
    """Return a difference of the desk's facility. Raises NotFound."""
    rows = Difference.objects.filter(reconciliation__in=reconciliations_of(by), id=difference_id)
    found = rows.select_related("reconciliation", "payment", "refund", "dispute").first()
    if found is None:
        raise NotFound()
    return found


def lock_difference(by: Actor, difference_id: UUID) -> Difference:
    """Return a difference of the desk's facility, locked. Raises NotFound."""
    found = get_difference(by, difference_id)
    locked = Difference.objects.select_for_update(of=("self",))
    return locked.select_related("reconciliation", "payment", "refund", "dispute").get(id=found.id)


def require_money_desk(by: Actor, facility_id: UUID) -> None:
    """Only the facility's own desk, and the house, arrange how it is paid. Raises NotAllowed."""
    if not by.is_system and not (by.role == "desk" and by.facility_id == facility_id):
        raise NotAllowed()


def accounts_of(by: Actor) -> QuerySet[GatewayAccount]:
    """Return the accounts the actor may see that take money."""
    if by.role != "desk" or by.facility_id is None:
        return GatewayAccount.objects.none()
    return GatewayAccount.objects.filter(facility_id=by.facility_id, is_active=True)


def lock_account(by: Actor, account_id: UUID) -> GatewayAccount:
    """Return an account with a gateway, locked. Raises NotFound for "absent" and "not yours" alike."""
    rows = GatewayAccount.objects.select_for_update()
    if not by.is_system:
        rows = rows.filter(facility_id=by.facility_id) if by.role == "desk" and by.facility_id else rows.none()
    account = rows.filter(id=account_id).first()
    if account is None:
        raise NotFound()
    return account


def bank_lines_visible_to(by: Actor) -> QuerySet[BankLine]:
    """Return the money on bank accounts the actor may see: the desk that of its own facility."""
    if by.is_system:
        return BankLine.objects.all()
    if by.role == "desk" and by.facility_id is not None:
        return BankLine.objects.filter(facility_id=by.facility_id)
    return BankLine.objects.none()


def lock_bank_lines(by: Actor, line_ids: Sequence[UUID]) -> list[BankLine]:
    """Return bank lines, locked, in key order. Raises NotFound when one is absent or not theirs, or none is named."""
    wanted = set(line_ids)
    rows = bank_lines_visible_to(by).filter(id__in=wanted).select_for_update(of=("self",))
    found = list(rows.select_related("account").order_by("id"))
    if not wanted or len(found) != len(wanted) or len({line.facility_id for line in found}) != 1:
        raise NotFound()
    return found


def get_bank_line(by: Actor, line_id: UUID) -> BankLine:
    """Return a bank line. Raises NotFound for "absent" and "not yours" alike."""
    line = bank_lines_visible_to(by).filter(id=line_id).select_related("account", "payment__payer").first()
    if line is None:
        raise NotFound()
    return line


def statements_visible_to(by: Actor) -> QuerySet[BankStatement]:
    """Return the statements the actor may see, without what was in the files."""
    rows = BankStatement.objects.defer("content")
    if by.is_system:
        return rows
    return rows.filter(facility_id=by.facility_id) if by.role == "desk" and by.facility_id else rows.none()


def get_statement(by: Actor, statement_id: UUID) -> BankStatement:
    """Return a statement. Raises NotFound for "absent" and "not yours" alike."""
    statement = statements_visible_to(by).filter(id=statement_id).first()
    if statement is None:
        raise NotFound()
    return statement
