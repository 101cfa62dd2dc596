"""Parts as plain values: shares that come to the whole, windows one after the other. No database."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prescriptions.parts import PartPlan, plan_of, plan_of_tranches, shares_of, why_not_whole

ZONE = "Asia/Ho_Chi_Minh"
SIGNED = datetime(2031, 3, 25, 7, 0, tzinfo=UTC)  # two in the afternoon there


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}T00:00:00+07:00")


def test_three_tranches_of_ten_days_as_the_circular_has_them() -> None:
    """TT 26/2025: cancer pain, three tranches of ten days; the second and third from 3 to 1 days before they begin."""
    first, second, third = plan_of(
        [90], days=[10, 10, 10], first_day=date(2031, 3, 25), zone=ZONE, signed_at=SIGNED, valid_days=5,
        opens_before=3, closes_before=1,
    )  # fmt: skip
    assert (first.opens_at, first.closes_at) == (SIGNED, local("2031-03-31"))
    assert (first.used_from, first.used_to) == (date(2031, 3, 25), date(2031, 4, 3))
    assert (second.opens_at, second.closes_at) == (local("2031-04-01"), local("2031-04-04"))
    assert (second.used_from, second.used_to) == (date(2031, 4, 4), date(2031, 4, 13))
    assert (third.opens_at, third.closes_at) == (local("2031-04-11"), local("2031-04-14"))
    assert [one.shares for one in (first, second, third)] == [{1: 30}] * 3


def test_tranches_of_a_circular_become_parts() -> None:
    """Twenty-five days: the last tranche is five days long and has a fifth of the sixty-odd, not a third."""
    days = [("2031-03-25", "2031-04-03", "2031-03-25", "2031-03-30"), ("2031-04-04", "2031-04-13", "2031-04-01", "2031-04-03"),
            ("2031-04-14", "2031-04-18", "2031-04-11", "2031-04-13")]  # fmt: skip
    tranches = [dict(zip(("from", "to", "collect_from", "collect_to"), one, strict=True)) for one in days]
    plans = plan_of_tranches(tranches, [50, 25], zone=ZONE, signed_at=SIGNED)
    assert [one.shares for one in plans] == [{1: 20, 2: 10}, {1: 20, 2: 10}, {1: 10, 2: 5}]
    assert (plans[0].opens_at, plans[0].closes_at) == (SIGNED, local("2031-03-31"))
    assert (plans[2].opens_at, plans[2].closes_at) == (local("2031-04-11"), local("2031-04-14"))
    assert why_not_whole(plans, {1: 50, 2: 25}) == ""
    # The second drug is taken for twelve days only: nothing of it belongs to the third tranche.
    plans = plan_of_tranches(tranches, [50, 12], courses=[25, 12], zone=ZONE, signed_at=SIGNED)
    assert [one.shares for one in plans] == [{1: 20, 2: 10}, {1: 20, 2: 2}, {1: 10}]
    assert plan_of_tranches(tranches[:1], [50], zone=ZONE, signed_at=SIGNED) == []


def test_what_does_not_divide_evenly_is_more_in_the_earlier_parts() -> None:
    assert shares_of(31, 30, [10, 10, 10]) == [11, 10, 10]
    assert shares_of(2, 30, [10, 10, 10]) == [1, 1, 0]


def test_a_shorter_part_gets_less_and_a_drug_that_ends_earlier_nothing_of_the_later_parts() -> None:
    """Two a day for 25 days in parts of 10, 10 and 5; and beside it one a day for 12 days."""
    assert shares_of(50, 25, [10, 10, 5]) == [20, 20, 10]
    assert shares_of(12, 12, [10, 10, 5]) == [10, 2, 0]


@given(
    totals=st.lists(st.integers(1, 400), min_size=1, max_size=5),
    days=st.lists(st.integers(5, 30), min_size=2, max_size=6),
    late=st.integers(-4, 3),
)
def test_every_plan_is_whole(totals: list[int], days: list[int], late: int) -> None:
    plans = plan_of(
        totals, days=days, first_day=date(2031, 3, 25), zone=ZONE, signed_at=SIGNED, valid_days=3, opens_before=3,
        closes_before=late,
    )  # fmt: skip
    if all(plan.shares for plan in plans):
        assert why_not_whole(plans, dict(enumerate(totals, start=1))) == ""


def plan(begin: int, end: int, **shares: int) -> PartPlan:
    opens, closes = SIGNED + timedelta(days=begin), SIGNED + timedelta(days=end)
    return PartPlan(opens, closes, opens.date(), closes.date(), {int(rank[1:]): n for rank, n in shares.items()})


@pytest.mark.parametrize(
    ("plans", "why"),
    [
        ([], ""),
        ([plan(0, 5, r1=14)], "one"),
        ([plan(n, n + 1, r1=1) for n in range(13)], "many"),
        ([plan(0, 5, r1=7), plan(5, 10, r1=7)], ""),
        ([plan(0, 5, r1=7), plan(4, 10, r1=7)], "order"),
        ([plan(6, 10, r1=7), plan(0, 5, r1=7)], "order"),
        ([plan(0, 5, r1=7), plan(7, 7, r1=7)], "window"),
        ([plan(0, 5, r1=7), plan(6, 10, r1=8)], "sum"),
        ([plan(0, 5, r1=7), plan(6, 10, r1=6)], "sum"),
        ([plan(0, 5, r1=14), plan(6, 10)], "empty"),
        ([plan(0, 5, r1=7), plan(6, 10, r1=7, r2=1)], "item"),
        ([plan(0, 5, r1=14), plan(6, 10, r1=0)], "item"),
    ],
)
def test_what_is_wrong_with_a_list_of_parts(plans: list[PartPlan], why: str) -> None:
    assert why_not_whole(plans, {1: 14}) == why
