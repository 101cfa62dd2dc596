"""The ledger's arithmetic, and PostgreSQL's own refusal to let it be wrong."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

from core.ids import new_id
from core.money import Money
from payments import ledger, queries
from payments.models import Entry, Payment

HERE = UUID(int=1)
THERE = UUID(int=2)
amounts = st.integers(1, 10**15)
currencies = st.sampled_from(["VND", "USD"])


@st.composite
def facts(draw: st.DrawFn) -> list[ledger.Line]:
    money = Money(draw(amounts), draw(currencies))
    facility = draw(st.sampled_from([HERE, THERE]))
    write = draw(
        st.sampled_from(
            [
                lambda: ledger.captured("sandbox", facility, money),
                lambda: ledger.refund_requested(facility, money),
                lambda: ledger.refund_done("sandbox", facility, money),
                lambda: ledger.refund_failed(facility, money),
            ]
        )
    )
    return write()


@given(st.lists(facts(), max_size=30))
def test_any_story_of_facts_sums_to_zero_in_each_currency(story: list[list[ledger.Line]]) -> None:
    balances = ledger.totals(line for fact in story for line in fact)
    for currency in ("VND", "USD"):
        assert sum(total for (_, known), total in balances.items() if known == currency) == 0


@given(amounts)
def test_a_full_refund_leaves_nothing_with_the_gateway_and_nothing_due(amount: int) -> None:
    money = Money.vnd(amount)
    story = [
        *ledger.captured("sandbox", HERE, money),
        *ledger.refund_requested(HERE, money),
        *ledger.refund_done("sandbox", HERE, money),
    ]
    balances = ledger.totals(story)
    assert balances[ledger.clearing("sandbox", HERE), "VND"] == 0
    assert balances[ledger.refunds_due(HERE), "VND"] == 0
    assert balances[ledger.income(HERE), "VND"] == -amount
    assert balances[ledger.refunds(HERE), "VND"] == amount


@pytest.mark.parametrize("amount", [0, -1])
def test_refuses_amounts_that_are_not_positive(amount: int) -> None:
    with pytest.raises(ValueError):
        ledger.captured("sandbox", HERE, Money.vnd(amount))


@pytest.mark.parametrize(
    "lines",
    [
        [],
        [ledger.Line("a", Money.vnd(1))],
        [ledger.Line("a", Money.vnd(1)), ledger.Line("b", Money.vnd(-2))],
        [ledger.Line("a", Money.vnd(1)), ledger.Line("b", Money(-1, "USD"))],
    ],
)
def test_refuses_lines_that_do_not_balance(lines: list[ledger.Line]) -> None:
    with pytest.raises(ledger.Unbalanced):
        ledger.balanced(lines)


def test_a_written_line_can_be_neither_changed_nor_removed(paid: Payment) -> None:
    for change in (
        lambda: Entry.objects.update(amount=1),
        lambda: Entry.objects.all().delete(),
        lambda: Entry.objects.filter(payment=paid).update(account="mine"),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()
    assert sorted(Entry.objects.values_list("amount", flat=True)) == [-150_000, 150_000]


def test_a_transaction_that_does_not_sum_to_zero_cannot_commit(payment: Payment) -> None:
    line = {"transaction": new_id(), "kind": "capture", "payment": payment, "facility_id": payment.facility_id}
    with pytest.raises(IntegrityError, match="does not sum to zero"), transaction.atomic():
        Entry.objects.create(**line, account="a", amount=5, currency="VND")
        Entry.objects.create(**line, account="b", amount=-4, currency="VND")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert Entry.objects.count() == 0


def test_the_whole_ledger_is_the_sum_of_what_gateways_hold_and_facilities_earned(paid: Payment) -> None:
    balances = queries.balances(paid.facility_id)
    assert balances[ledger.clearing("sandbox", paid.facility_id), "VND"] == 150_000
    assert balances[ledger.income(paid.facility_id), "VND"] == -150_000
    assert sum(balances.values()) == 0
