"""Who pays what of an insured bill: vectors from outside, thresholds by date, and sums that are exact to the đồng."""

from __future__ import annotations

import csv
import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments import bhyt
from payments.bhyt import Paid

FIXTURES = Path(__file__).parent / "fixtures"
KNOWN = json.loads((FIXTURES / "bhyt.json").read_text(encoding="utf-8"))
AUGUST = date(2026, 8, 1)


@pytest.mark.parametrize("vector", KNOWN["vectors"], ids=lambda one: one["id"])
def test_agrees_with_the_vectors(vector: dict[str, Any]) -> None:
    on = date.fromisoformat(vector["date"])
    found = bhyt.split(
        bhyt.SHARES[vector["benefit_digit"]],
        Decimal(str(vector["in_scope"])),
        on=on,
        form="in_person",
        outside=Decimal(str(vector["outside"])),
        object_share=Decimal(str(vector["object_share"])),
        right_route=vector["right_route"],
        five_years=vector["five_years"],
        copay_this_year=[Paid(on, vector["copay_ytd"])],
    )
    expected = vector["expect"]
    assert (str(found.fund), str(found.copay), str(found.own), found.reason) == (
        expected["T_BHTT"],
        expected["T_BNCCT"],
        expected["T_BNTT"],
        expected["reason"],
    )


def test_the_base_salary_is_that_of_the_day() -> None:
    for row in KNOWN["base_salary"]:
        assert bhyt.base_salary(date.fromisoformat(row["from_date"])) == row["vnd"]
    assert (bhyt.base_salary(date(2026, 6, 30)), bhyt.base_salary(date(2026, 7, 1))) == (2_340_000, 2_530_000)
    with pytest.raises(ValueError, match="no base salary"):
        bhyt.base_salary(date(1999, 1, 1))


def test_every_card_of_the_list_gives_its_share() -> None:
    with (bhyt.DATA / "bhyt_objects.csv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            assert bhyt.share_of(f"{row['object']}{row['benefit_digit']}010123456789") == Decimal(row["share"])
    assert bhyt.share_of("0101234567") is None  # ten digits say who, not how much


@pytest.mark.parametrize(
    ("on", "cost", "copay"),
    [
        (date(2026, 6, 30), 350_999, 0),
        (date(2026, 6, 30), 351_000, 70_200),
        (date(2026, 7, 1), 379_499, 0),
        (date(2026, 7, 1), 379_500, 75_900),
    ],
)
def test_a_small_visit_on_the_right_route_has_no_copayment(on: date, cost: int, copay: int) -> None:
    found = bhyt.split(Decimal("0.80"), cost, on=on, form="in_person")
    assert found.copay == copay


def test_a_small_visit_off_the_route_has_one() -> None:
    assert bhyt.split(Decimal("0.80"), 100_000, on=AUGUST, form="in_person", right_route=False).copay == 20_000


@pytest.mark.parametrize(
    ("before", "after", "free"),
    [
        # remaining after half of the old limit: (6 - 3) x 2,530,000 = 7,590,000
        (7_020_000, 7_590_000, False),
        (7_020_000, 7_590_001, True),
        (0, 15_180_000, False),
        (14_040_000, 0, False),
        (14_040_001, 0, True),
        (14_040_000, 1, True),
    ],
)
def test_six_base_salaries_are_counted_across_the_change_within_2026(before: int, after: int, free: bool) -> None:
    paid = [Paid(date(2026, 3, 1), before), Paid(date(2026, 7, 15), after)]
    wish = {"on": AUGUST, "form": "in_person", "copay_this_year": paid}
    found = bhyt.split(Decimal("0.80"), 1_000_000, five_years=True, **wish)  # type: ignore[arg-type]
    assert found.copay == (0 if free else 200_000)
    assert bhyt.split(Decimal("0.80"), 1_000_000, five_years=False, **wish).copay == 200_000  # type: ignore[arg-type]


@pytest.mark.parametrize(("form", "fund"), [("in_person", 800_000), ("via_receiving_facility", 800_000)])
def test_the_fund_pays_where_a_facility_receives_the_patient(form: str, fund: int) -> None:
    assert bhyt.split(Decimal("0.80"), 1_000_000, on=AUGUST, form=form).fund == fund


def test_a_direct_session_at_a_distance_has_no_insured_part() -> None:
    found = bhyt.split(Decimal(1), 1_000_000, on=AUGUST, form="direct_to_patient", outside=5)
    assert (found.fund, found.copay, found.own) == (0, 0, 1_000_005)


@pytest.mark.parametrize(
    ("code", "on", "share"),
    [
        ("1.1", AUGUST, 1),
        ("1.13", date(2026, 6, 30), 0),
        ("1.13", date(2026, 7, 1), Decimal("0.5")),
        ("1.14", AUGUST, Decimal("0.5")),
        ("1.18", AUGUST, Decimal("0.5")),
        ("9", AUGUST, 0),
    ],
)
def test_the_kind_of_visit_has_the_share_of_its_day(code: str, on: date, share: object) -> None:
    found = bhyt.visit_object(code, on)
    assert found is not None and found.share == share


def test_an_unknown_kind_of_visit_has_none() -> None:
    assert bhyt.visit_object("4.4", AUGUST) is None
    assert bhyt.visit_object("1.1", date(2000, 1, 1)) is None


money = st.integers(min_value=0, max_value=10**10)


@given(inside=money, outside=money, share=st.sampled_from(list(bhyt.SHARES.values())), half=st.booleans())
def test_the_parts_always_sum_to_the_bill(inside: int, outside: int, share: Decimal, half: bool) -> None:
    found = bhyt.split(
        share, inside, on=AUGUST, form="in_person", outside=outside, object_share=Decimal("0.5") if half else Decimal(1)
    )
    assert found.fund + found.copay + found.own in {
        Decimal(inside + outside),
        Decimal(inside + outside) + Decimal("0.01"),
    }
    parts = bhyt.in_dong(found, inside + outside)
    assert parts.fund + parts.copay + parts.own == inside + outside
    assert min(parts.fund, parts.copay, parts.own) >= 0
    assert abs(parts.fund - found.fund) <= Decimal("0.5")


@given(weights=st.lists(money, min_size=1, max_size=20), part=st.fractions(min_value=0, max_value=1))
def test_sharing_out_loses_nothing(weights: list[int], part: Any) -> None:
    whole = int(sum(weights) * part)
    shares = bhyt.shared_out(whole, weights)
    assert sum(shares) == whole
    assert all(0 <= share <= weight for share, weight in zip(shares, weights, strict=True))
