"""The list for visits at a distance, and what the health insurance would pay: tables against the texts they come from."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from booking import fit, insurance

VECTORS = json.loads((Path(__file__).parent / "fixtures" / "bhyt_copay_vectors.json").read_text())["vectors"]
TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("code", "entry"),
    [
        ("J00", "J00"),
        ("j45.0", "J45"),  # a category covers its sub-codes
        ("E11.9", "E10-E14"),
        ("E11", "E10-E14"),
        ("E05.9", "E00-E07"),
        ("M17.1", "M17"),
        ("Z09.8", "Z09"),
        ("E10-E14", "E10-E14"),  # as the page sends it back
        ("J10.1", "J10.1"),
    ],
)
def test_a_listed_condition_is_found(code: str, entry: str) -> None:
    found = fit.find(code)
    assert found is not None and found.code == entry


@pytest.mark.parametrize("code", ["", "other", "I21", "E11.2", "J31.0", "M54", "N18.5", "J451", "E08", "A15", "J"])
def test_what_is_not_listed_is_not_found(code: str) -> None:
    assert fit.find(code) is None
    assert not fit.fits("video", code)
    assert not fit.fits("phone", code)
    assert fit.fits("in_person", code)


def test_the_list_is_whole_and_every_entry_has_a_group_and_two_names() -> None:
    entries = fit.conditions()
    assert len(entries) == len({one.code for one in entries}) == 60
    assert sum(one.confirmed for one in entries) == 7
    assert all(one.name_vi and one.name_en for one in entries)
    assert sum(len(rows) for _name, rows in fit.groups()) == 60
    assert all(rows for _name, rows in fit.groups())


@pytest.mark.parametrize("vector", VECTORS, ids=[one["id"] for one in VECTORS])
def test_the_split_is_that_of_the_law(vector: dict) -> None:
    parts = insurance.split(
        insurance.SHARES[vector["benefit_digit"]],
        Decimal(vector["in_scope"]),
        on=date.fromisoformat(vector["date"]),
        outside=Decimal(vector["outside"]),
        object_share=Decimal(str(vector["object_share"])),
        right_route=vector["right_route"],
        five_years=vector["five_years"],
        copay_this_year=Decimal(vector["copay_ytd"]),
    )
    expect = vector["expect"]
    assert [str(parts.fund), str(parts.copay), str(parts.own)] == [
        expect["T_BHTT"],
        expect["T_BNCCT"],
        expect["T_BNTT"],
    ]


@pytest.mark.parametrize(
    ("card", "mode", "covered", "percent", "own"),
    [
        ("GD4 79 1234567890", "in_person", True, 80, 30_000),  # 150.000: the fund 120.000, the citizen 30.000
        ("HT3011234567890", "in_person", True, 95, 7_500),
        ("TE1011234567890", "in_person", True, 100, 0),
        ("0123456789", "in_person", True, None, 150_000),
        ("079190001234", "in_person", True, None, 150_000),
        ("GD4791234567890", "video", False, None, 150_000),  # direct and at a distance: the citizen pays
    ],
)
def test_the_estimate_for_a_card(card: str, mode: str, covered: bool, percent: int | None, own: int) -> None:
    found = insurance.estimate(card, 150_000, mode, TODAY)
    assert found is not None
    assert (found.covered, found.percent, found.own, found.fund) == (covered, percent, own, 150_000 - own)
    assert found.small_visit_below == 379_500  # 15 % of 2.530.000


def test_nobody_without_a_card_is_told_anything() -> None:
    assert insurance.estimate("", 150_000, "in_person", TODAY) is None
    assert insurance.base_salary(date(2020, 1, 1)) == 2_340_000
