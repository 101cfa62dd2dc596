"""The desk's queue of money on the bank account, with the payments each transfer is likely to be for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet, Sum

from core.actor import Actor
from core.money import Money
from payments import access, banks, matching, vietqr
from payments.models import BankLine, BankStatement, Payment

LOOK_BACK = timedelta(days=14)
MOST_PAYMENTS = 500
MOST_SUGGESTED = 3
# What speaks for a payment, and how loudly.
WEIGHTS = {"code": 100, "together": 90, "near_code": 60, "name": 50, "amount": 10, "waiting": 5}


@dataclass(frozen=True)
class Suggestion:
    """A payment that these transfers together would pay to the dong, and what speaks for it."""

    payment: Payment
    lines: tuple[BankLine, ...]
    why: tuple[str, ...]

    @property
    def weight(self) -> int:
        return sum(WEIGHTS[reason] for reason in self.why)


@dataclass(frozen=True)
class Waiting:
    """One transfer that belongs to nobody yet. `named` is the payment its memo names, whatever became of that.

    `over` is what it brought beyond that payment's price, when nobody has paid it yet.
    """

    line: BankLine
    named: Payment | None
    suggestions: tuple[Suggestion, ...]
    over: Money | None = None


@dataclass(frozen=True)
class ByHand:
    """What somebody types who transfers without the QR code."""

    bank: str
    account: str
    holder: str
    memo: str


def by_hand(payment: Payment) -> ByHand | None:
    """Return to whom a waiting payment is transferred, as its code says; None for other ways to pay."""
    if payment.account is None or payment.gateway != "vietqr" or not payment.qr:
        return None
    said = vietqr.decode(payment.qr)
    bank = banks.by_bin(said.bank)
    holder = payment.account.credentials().get("holder", "")
    return ByHand(bank.short_name if bank else said.bank, said.account, holder, said.memo)


def looked_at(payment: Payment) -> Money | None:
    """Return how much came with this payment's code and waits for the desk; None when nothing does."""
    rows = BankLine.objects.filter(code=payment.code, facility_id=payment.facility_id, status=BankLine.Status.UNMATCHED)
    amount = rows.aggregate(sum=Sum("amount"))["sum"]
    return Money(amount, payment.currency) if amount else None


def lines_of(by: Actor, status: str) -> QuerySet[BankLine]:
    """Return the transfers of one state the actor may see, the latest first."""
    rows = access.bank_lines_visible_to(by).filter(status=status)
    return rows.select_related("payment__payer", "account").order_by("-at", "-id")


def statements_of(by: Actor) -> QuerySet[BankStatement]:
    """Return the statements that were handed in, the latest first."""
    return access.statements_visible_to(by).defer("content", "report").order_by("-created_at")


def waiting(by: Actor, lines: Sequence[BankLine], *, now: datetime) -> list[Waiting]:
    """Return transfers of the queue with what is likely to be meant."""
    wanted = {line.code for line in lines if line.code}
    named = {one.code: one for one in access.visible_to(by).filter(code__in=wanted).select_related("payer")}
    siblings = defaultdict(list)
    for line in lines_of(by, BankLine.Status.UNMATCHED).filter(code__in=wanted):
        siblings[line.code].append(line)
    payments = _unpaid(by, now)
    unpaid = {one.code for one in payments}
    return [
        Waiting(
            line,
            named.get(line.code),
            _suggested(line, siblings.get(line.code, []), payments),
            _over(line, named.get(line.code)) if line.code in unpaid else None,
        )
        for line in lines
    ]


def _over(line: BankLine, named: Payment | None) -> Money | None:
    return line.money - named.price if named is not None and line.amount > named.amount else None


def _unpaid(by: Actor, now: datetime) -> list[Payment]:
    """Return payments nobody has paid yet, in this or another try."""
    paid = Payment.objects.filter(subject=OuterRef("subject"), status__in=Payment.PAID)
    rows = access.visible_to(by).filter(captured_at=None, authorised_at=None, created_at__gte=now - LOOK_BACK)
    rows = rows.filter(currency="VND").exclude(Exists(paid)).select_related("payer")
    return list(rows.order_by("-created_at")[:MOST_PAYMENTS])


def _suggested(line: BankLine, siblings: list[BankLine], payments: Iterable[Payment]) -> tuple[Suggestion, ...]:
    found = []
    for payment in payments:
        if payment.amount == line.amount:
            found.append(Suggestion(payment, (line,), _reasons(line, payment)))
        elif payment.code == line.code and sum(one.amount for one in siblings) == payment.amount:
            found.append(Suggestion(payment, tuple(siblings), ("code", "together")))
    newest: dict[str, Suggestion] = {}
    for one in sorted(found, key=lambda one: one.weight, reverse=True):
        newest.setdefault(one.payment.subject, one)  # of several tries for one thing, the likeliest
    return tuple(newest.values())[:MOST_SUGGESTED]


def _reasons(line: BankLine, payment: Payment) -> tuple[str, ...]:
    facts = {
        "code": payment.code == line.code,
        "near_code": payment.code != line.code and matching.resembles(line.memo, payment.code),
        "name": matching.names(line.memo, payment.payer.full_name)
        or matching.names(line.counter_name, payment.payer.full_name),
        "amount": True,
        "waiting": payment.is_open,
    }
    return tuple(reason for reason, holds in facts.items() if holds)
