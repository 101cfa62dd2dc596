"""Proof of the books: what must stand in the ledger, replayed from the facts it was written for. Pure: no database.

A fact is a sum: so much money of one kind happened at one gateway of one facility. The ledger's lines are linear in their
amounts, so replaying the sum gives what replaying each would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from core.money import Money
from payments import ledger

Balances = dict[tuple[str, str, str], int]  # (kind of entry, account, currency) → balance


@dataclass(frozen=True)
class Fact:
    """So much of one kind. `name` is the fact, `kind` the ledger's word for its entries, `way` a gateway or how it was paid."""

    name: str
    way: str
    facility_id: UUID
    money: Money


REPLAY: Mapping[str, tuple[str, Callable[[Fact], list[ledger.Line]]]] = {
    "captured": ("capture", lambda one: ledger.captured(one.way, one.facility_id, one.money)),
    "refund_promised": ("refund_request", lambda one: ledger.refund_requested(one.facility_id, one.money)),
    "refund_done": ("refund_done", lambda one: ledger.refund_done(one.way, one.facility_id, one.money)),
    "refund_failed": ("refund_failed", lambda one: ledger.refund_failed(one.facility_id, one.money)),
    "fee": ("fee", lambda one: ledger.fee_kept(one.way, one.facility_id, one.money)),
    "dispute_taken": ("dispute_taken", lambda one: ledger.dispute_taken(one.way, one.facility_id, one.money)),
    "dispute_fee": ("dispute_fee", lambda one: ledger.fee_kept(one.way, one.facility_id, one.money)),
    "dispute_won": ("dispute_won", lambda one: ledger.dispute_won(one.way, one.facility_id, one.money)),
    "dispute_lost": ("dispute_lost", lambda one: ledger.dispute_lost(one.facility_id, one.money)),
    "bank_came": ("bank_came", lambda one: ledger.bank_came(one.way, one.facility_id, one.money)),
    "bank_matched": ("bank_matched", lambda one: ledger.bank_left(one.way, one.facility_id, one.money)),
    "bank_returned": ("bank_returned", lambda one: ledger.bank_left(one.way, one.facility_id, one.money)),
    "bank_ignored": ("bank_ignored", lambda one: ledger.bank_ignored(one.facility_id, one.money)),
    "credited": ("credit", lambda one: ledger.credited(one.facility_id, one.money)),
    "collected_twice": ("credit", lambda one: ledger.collected_twice(one.way, one.facility_id, one.money)),
    "overpaid": ("credit", lambda one: ledger.overpaid(one.facility_id, one.money)),
    "credit_paid": ("credit_paid", lambda one: ledger.credit_paid(one.way, one.facility_id, one.money)),
    "drawer_differed": ("cash_difference", lambda one: ledger.drawer_differed(one.facility_id, one.money)),
    "wrote_off": ("write_off", lambda one: ledger.wrote_off(one.way, one.facility_id, one.money)),
}
KINDS = frozenset(kind for kind, _lines in REPLAY.values())


def replayed(facts: Iterable[Fact]) -> Balances:
    """Return what must stand in the ledger."""
    balances: Balances = defaultdict(int)
    for fact in facts:
        kind, lines = REPLAY[fact.name]
        if fact.money.is_zero:
            continue
        for line in lines(fact):
            balances[kind, line.account, line.money.currency] += line.money.amount
    return dict(balances)


def compared(facts: Iterable[Fact], written: Balances) -> list[dict[str, object]]:
    """Name each account whose balance, by kind of entry, is not what the facts say; and kinds nobody can replay."""
    wanted = replayed(facts)
    problems: list[dict[str, object]] = []
    for key in sorted(wanted.keys() | written.keys()):
        kind, account, currency = key
        if kind in KINDS and wanted.get(key, 0) != written.get(key, 0):
            problems.append(
                {
                    "problem": "balance",
                    "kind": kind,
                    "account": account,
                    "currency": currency,
                    "facts": wanted.get(key, 0),
                    "ledger": written.get(key, 0),
                }
            )
    unknown = sorted({kind for kind, _account, _currency in written} - KINDS)
    return problems + [{"problem": "kind_without_facts", "kind": kind} for kind in unknown]
