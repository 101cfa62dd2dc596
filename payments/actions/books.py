"""Writing the ledger: the lines of one fact, in the caller's transaction."""

from __future__ import annotations

from uuid import UUID

from core.ids import new_id
from core.refs import Ref
from payments import ledger
from payments.models import Entry, Payment, Refund


def write(kind: str, lines: list[ledger.Line], *, payment: Payment, refund: Refund | None = None) -> None:
    """Append the lines of one fact about a payment as one balanced transaction."""
    _append(kind, lines, facility_id=payment.facility_id, payment=payment, refund=refund)


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
    payment: Payment | None,
    refund: Refund | None = None,
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
            facility_id=facility_id,
        )
        for line in ledger.balanced(lines)
    )
