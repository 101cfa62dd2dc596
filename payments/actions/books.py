"""Writing the ledger: the lines of one fact, in the caller's transaction."""

from __future__ import annotations

from core.ids import new_id
from payments import ledger
from payments.models import Entry, Payment, Refund


def write(kind: str, lines: list[ledger.Line], *, payment: Payment, refund: Refund | None = None) -> None:
    """Append the lines of one fact as one balanced transaction."""
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
            facility_id=payment.facility_id,
        )
        for line in ledger.balanced(lines)
    )
