"""The checker: it finds what is wrong when somebody writes past the actions, and is content with what the actions wrote."""

from __future__ import annotations

from datetime import datetime
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from core.actor import Actor
from core.errors import NotAllowed
from core.money import Money
from payments import actions, ledger, proving
from payments.models import BooksProof, Payment
from tests.payments.conftest import HOUSE

HERE = UUID(int=1)
amounts = st.integers(1, 10**12)
facts = st.builds(
    proving.Fact,
    name=st.sampled_from(sorted(proving.REPLAY)),
    way=st.sampled_from(["sandbox", "cash"]),
    facility_id=st.sampled_from([HERE, UUID(int=2)]),
    money=st.builds(Money, amounts, st.sampled_from(["VND", "USD"])),
)


@given(st.lists(facts, max_size=20))
def test_replaying_sums_is_replaying_each(story: list[proving.Fact]) -> None:
    each: proving.Balances = {}
    for fact in story:
        for key, amount in proving.replayed([fact]).items():
            each[key] = each.get(key, 0) + amount
    assert proving.replayed(story) == each
    assert sum(each.values()) == 0
    assert proving.compared(story, each) == []


@given(st.lists(facts, min_size=1, max_size=5), st.integers(1, 10**6))
def test_a_single_dong_too_much_is_found(story: list[proving.Fact], much: int) -> None:
    written = proving.replayed(story)
    key = sorted(written)[0]
    wrong = {**written, key: written[key] + much}
    (problem,) = proving.compared(story, wrong)
    assert (problem["account"], problem["ledger"]) == (key[1], wrong[key])


def test_a_kind_nobody_can_replay_is_said() -> None:
    written = {("gift", ledger.income(HERE), "VND"): 5}
    assert proving.compared([], written) == [{"problem": "kind_without_facts", "kind": "gift"}]


def test_the_books_of_a_payment_prove_and_the_result_is_kept(paid: Payment, now: datetime) -> None:
    proof = actions.prove_books(by=HOUSE, now=now)
    assert proof.is_sound and (proof.entries, proof.accounts) == (2, 2)
    out = StringIO()
    call_command("prove_books", stdout=out)
    assert "2 entries" in out.getvalue() and BooksProof.objects.count() == 2


def test_an_amount_changed_behind_the_books_is_found(paid: Payment, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE payments_payment SET captured_amount = captured_amount - 1")
    problems = actions.prove_books(by=HOUSE, now=now).problems
    assert {problem["account"] for problem in problems} == {
        ledger.clearing("sandbox", paid.facility_id),
        ledger.income(paid.facility_id),
    }
    with pytest.raises(CommandError):
        call_command("prove_books", stdout=StringIO(), stderr=StringIO())


def test_a_line_written_past_the_triggers_is_found(paid: Payment, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what was written until now is balanced
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE payments_entry SET amount = amount + 7 WHERE amount > 0")
        cursor.execute("SET LOCAL session_replication_role = origin")
    problems = actions.prove_books(by=HOUSE, now=now).problems
    assert {problem["problem"] for problem in problems} == {"unbalanced", "balance"}


def test_only_the_house_proves(by_dan: Actor, now: datetime) -> None:
    with pytest.raises(NotAllowed):
        actions.prove_books(by=by_dan, now=now)
    assert not BooksProof.objects.exists()
