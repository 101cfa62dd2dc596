"""Writing the ledger: the lines of one fact, in the caller's transaction."""

from __future__ import annotations

from uuid import UUID

from core.ids import new_id
from core.money import Money
from core.refs import Ref
from payments import ledger
from payments.models import BankLine, Dispute, Entry, Payment, Refund


def write(
    kind: str,
    lines: list[ledger.Line],
    *,
    payment: Payment,
    refund: Refund | None = None,
    dispute: Dispute | None = None,
) -> None:
    """Append the lines of one fact about a payment as one balanced transaction."""
    _append(kind, lines, facility_id=payment.facility_id, payment=payment, refund=refund, dispute=dispute)


def write_of_bank(kind: str, lines: list[ledger.Line], *, bank_line: BankLine) -> None:
    """Append the lines of one fact about money on the bank account as one balanced transaction."""
    _append(kind, lines, facility_id=bank_line.facility_id, bank_line=bank_line, payment=bank_line.payment)


def write_for(
    cause: Ref, kind: str, lines: list[ledger.Line], *, facility_id: UUID, payment: Payment | None = None
) -> None:
    """Append the lines of one fact about something else (a shift, a credit, a difference), once for each cause and kind."""
    _append(kind, lines, facility_id=facility_id, payment=payment, cause=str(cause))


def _append(
    kind: str,
    lines: list[ledger.Line],
    *,
    facility_id: UUID,
    payment: Payment | None = None,
    refund: Refund | None = None,
    dispute: Dispute | None = None,
    bank_line: BankLine | None = None,
    cause: str = "",
) -> None:
    together = new_id()
    Entry.objects.bulk_create(
        Entry(
            transaction=together,
            kind=kind,
            account=line.account,
            amount=line.money.amount,
            currency=line.money.currency,
            payment=payment,
            refund=refund,
            cause=cause,
            dispute=dispute,
            bank_line=bank_line,
            facility_id=facility_id,
        )
        for line in ledger.balanced(lines)
    )


def write_fee(payment: Payment) -> None:
    """Append what the gateway keeps of a payment, if it told."""
    if payment.fee_amount:
        money = Money(payment.fee_amount, payment.currency)
        write(Entry.Kind.FEE, ledger.fee_kept(payment.gateway, payment.facility_id, money), payment=payment)
