"""What must be so of money: after every step, and once all is at rest.

After every step the promises of world.BROKEN hold. Once all is at rest, the ledger is what the companies' own books say, and no
money is kept for which there is no visit, no fee, or a refund that is seen.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any

from payments.models import Credit, Dispute, Payment, Refund
from tests.payments.model.world import COMPANIES, Thing, as_at_a_commit, balances, broken, charges_of, statuses

taken = Counter[str]()  # steps, and how they ended, for whoever wants to tell


def looks_well() -> None:
    """After every step, and wherever somebody was killed."""
    as_at_a_commit()
    taken["looks"] += 1
    assert broken() == []
    said = balances()
    assert sum(said.values()) == 0
    # Whatever the ledger has, the companies have: money is never written down before it came.
    for code, company in COMPANIES.items():
        assert said[f"clearing/{code}"] <= sum(one.taken for one in company.charges.values())
        for charge in company.charges.values():
            assert charge.times_taken <= 1, "charged twice"
            assert charge.kept >= 0, "more sent back than was taken"


def the_books_agree(things: list[Thing], now: datetime) -> None:
    """The ledger is what the companies' own books say, and every money has its reason."""
    said = balances()
    for code, company in COMPANIES.items():
        assert said[f"clearing/{code}"] == company.kept, f"{code}: {said} and {company.kept} there"
    charges = [one for company in COMPANIES.values() for one in company.charges.values()]
    back = sum(sum(one.refunds.values()) for one in charges)
    waiting = Refund.objects.filter(status="requested").values_list("amount", "payment__status", "created_at")
    assert not waiting, f"a refund waits although everybody answers: {list(waiting)} at {now}"
    assert -said["income"] == sum(one.taken for one in charges)
    owed = sum(Credit.objects.values_list("amount", flat=True))  # refused by the company: people pay it out
    assert (said["refunds"], said["refunds_due"], said["credits"]) == (back + owed, 0, -owed), f"{dict(said)}, {back}"
    disputes = [one.disputed for one in charges if one.disputed]
    assert said["disputed"] == sum(one.amount for one in disputes if one.status == "needs_response")
    assert said["losses"] == sum(one.amount for one in disputes if one.status == "lost")
    assert sorted(Dispute.objects.values_list("gateway_reference", "status")) == sorted(
        (one.reference, one.status) for one in disputes
    )
    rows = {payment.id: payment for payment in Payment.objects.all()}
    for charge in charges:
        _row_and_charge_agree(rows[charge.key], charge)
    now_is = statuses()
    for one in things:
        _has_its_reason(one, now_is[one.id])


def _row_and_charge_agree(payment: Payment, charge: Any) -> None:
    assert (payment.captured_at is not None) == (charge.taken > 0), f"{payment.status} here, {charge.status} there"
    assert payment.captured_amount == charge.taken and payment.refunded_amount == sum(charge.refunds.values())
    assert (payment.status == "authorised") == (charge.status == "held"), f"{payment.status}, {charge.status}"


def _has_its_reason(one: Thing, status: str) -> None:
    """What is kept or held is owed; what is owed is kept or held, but for what the desk gave back."""
    charges = charges_of(one)
    held = sum(charge.money.amount for charge in charges if charge.status == "held")
    kept = sum(charge.kept for charge in charges)
    disputed = sum(one.disputed.amount for one in charges if one.disputed and one.disputed.status != "won")
    refused = sum(
        Refund.objects.filter(payment__subject=one.subject, status__in=["failed", "credited"]).values_list(
            "amount", flat=True
        )
    )
    owed = one.owed(status)
    story = (
        f"{status}: kept {kept}, held {held}, owed {owed}, refused {refused}, desk {one.given_by_desk}: {one.moments}"
    )
    assert kept + held <= owed + refused, f"money without a reason: {story}"
    assert kept + held + disputed >= owed - one.given_by_desk, f"less than is owed: {story}"
    assert held == 0 or status == "booked", f"held for nothing: {story}"
    if status == "held":
        assert not charges or all(charge.taken == 0 for charge in charges) or refused, f"paid and not booked: {story}"
    taken[f"rests {status}"] += 1
    taken["refunds refused and seen"] += bool(refused)
