"""Prove the books: every transaction sums to zero, and the ledger is what the facts say it must be. The result is kept."""

from __future__ import annotations

import logging
import time
from datetime import datetime

from core.actor import Actor
from payments import access, facts, proving
from payments.models import BooksProof

log = logging.getLogger("lanh.payments")


def prove_books(*, by: Actor, now: datetime) -> BooksProof:
    """Check the whole ledger and keep what was found. Only the house does."""
    access.require_house(by)
    began = time.perf_counter()
    problems: list[dict[str, object]] = [
        {"problem": "unbalanced", "transaction": str(transaction), "currency": currency, "sum": total}
        for transaction, currency, total in facts.unbalanced_transactions()
    ]
    happened, written, entries = facts.facts_and_balances()
    problems += proving.compared(happened, written)
    proof = BooksProof.objects.create(
        created_at=now,
        took_ms=int((time.perf_counter() - began) * 1000),
        entries=entries,
        accounts=len({account for _kind, account, _currency in written}),
        problems=problems[:500],
    )
    if problems:
        log.error("the books do not prove: %s problems, the first is %s", len(problems), problems[0])
    return proof
