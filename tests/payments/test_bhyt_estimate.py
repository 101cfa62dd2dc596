"""What the booking page says the health insurance would pay, against arithmetic by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from core.money import Money
from payments import bhyt_estimate

NOVEMBER = date(2026, 11, 23)
VISIT = Money.vnd(150_000)


@pytest.mark.parametrize(
    ("card", "form", "covered", "percent", "own"),
    [
        ("GD4 79 1234567890", "in_person", True, 80, 30_000),  # 150.000: the fund 120.000, the citizen 30.000
        ("gd4791234567890", "in_person", True, 80, 30_000),
        ("HT3011234567890", "in_person", True, 95, 7_500),
        ("TE1011234567890", "in_person", True, 100, 0),
        ("0123456789", "in_person", True, None, 150_000),
        ("079190001234", "in_person", True, None, 150_000),
        ("GD4791234567890", "via_receiving_facility", True, 80, 30_000),
        ("GD4791234567890", "direct_to_patient", False, None, 150_000),  # the citizen pays
    ],
)
def test_the_estimate_for_a_card(card: str, form: str, covered: bool, percent: int | None, own: int) -> None:
    found = bhyt_estimate.estimate(card, VISIT, form=form, on=NOVEMBER)
    assert found is not None
    assert (found.covered, found.percent) == (covered, percent)
    assert (found.own, found.fund) == (Money.vnd(own), Money.vnd(150_000 - own))
    assert found.small_visit_below == Money.vnd(379_500)  # 15 % of 2.530.000


@pytest.mark.parametrize(
    ("price", "fund"),
    [
        (99_999, 79_999),  # 79.999,20
        (99_998, 79_998),  # 79.998,40
        (99_997, 79_998),  # 79.997,60
        (1, 1),  # 0,80
    ],
)
def test_half_a_dong_is_nobodys_and_the_parts_sum_to_the_price(price: int, fund: int) -> None:
    found = bhyt_estimate.estimate("GD4791234567890", Money.vnd(price), form="in_person", on=NOVEMBER)
    assert found is not None
    assert (found.fund.amount, found.own.amount) == (fund, price - fund)


@pytest.mark.parametrize(("on", "below"), [(date(2026, 6, 30), 351_000), (date(2026, 7, 1), 379_500)])
def test_a_small_visit_is_what_it_is_on_the_day_of_the_visit(on: date, below: int) -> None:
    found = bhyt_estimate.estimate("GD4791234567890", VISIT, form="in_person", on=on)
    assert found is not None
    assert found.small_visit_below == Money.vnd(below)
    assert found.own == Money.vnd(30_000)  # nobody knows yet by which route: the card's share


def test_nobody_without_a_card_is_told_anything_nor_where_no_dong_are_asked_for() -> None:
    for card, price in [
        ("", VISIT),
        ("  ", VISIT),
        ("GD4791234567890", Money.vnd(0)),
        ("GD4791234567890", Money(5, "USD")),
    ]:
        assert bhyt_estimate.estimate(card, price, form="in_person", on=NOVEMBER) is None


def test_a_group_is_named_as_a_whole() -> None:
    """Commas are part of the names: "Hưu trí, mất sức", not "Hưu trí"."""
    found = bhyt_estimate.estimate("HT3011234567890", VISIT, form="in_person", on=NOVEMBER)
    assert found is not None
    assert (found.group, found.share) == ("Hưu trí, mất sức", Decimal("0.95"))
