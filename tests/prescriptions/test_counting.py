"""What a prescription adds to the statistics, reckoned by hand from the rules in `prescriptions.counting`. No database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from prescriptions import counting
from prescriptions.counting import Contribution, Facts
from records.chapters import chapter_of, chapters

SIGNED = datetime(2031, 3, 25, 18, 30, tzinfo=UTC)  # half past one on the 26th in Vietnam


def facts(**values: Any) -> Facts:
    content = {
        "diagnoses": [{"code": "J02.9"}, {"code": "I10"}],
        "items": [
            {"id": "a", "atc": "J01CA04", "total": 14},
            {"id": "b", "atc": "J01FA10", "total": 3},
            {"id": "c", "atc": "N02BE01", "total": 9},
        ],
        "overrides": [],
    }
    given = {
        "status": "signed",
        "signed_at": SIGNED,
        "zone": "Asia/Ho_Chi_Minh",
        "facility_id": "f",
        "practitioner_id": "p",
        "content": content,
        "handed_out": {"a": 0, "b": 0, "c": 0},
        "first_at": None,
    }
    return Facts(**{**given, **values})


def named(one: Contribution) -> dict[str, int]:
    """The figures that are not nought."""
    return {name: count for name, count in zip(counting.FIGURES, one.figures, strict=True) if count}


def test_it_counts_on_the_day_of_the_clinic_under_its_main_diagnosis():
    assert counting.contribution_of(facts()).cell == ("2031-03-26", "f", "p", 10)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        # Still to be collected: it says nothing yet about collecting. Two antibiotics make one prescription with any.
        ({}, {"prescriptions": 1, "items": 3, "antibiotic": 1}),
        ({"status": "expired"}, {"prescriptions": 1, "items": 3, "antibiotic": 1, "settled": 1}),
        # One of three items after 90 minutes and 40 seconds: collected, not as a whole, though it is still open.
        (
            {"handed_out": {"a": 5, "b": 0, "c": 0}, "first_at": SIGNED + timedelta(minutes=90, seconds=40)},
            {"prescriptions": 1, "items": 3, "antibiotic": 1, "settled": 1, "collected": 1, "within_day": 1, "minutes": 90},
        ),
        (
            {"status": "dispensed", "handed_out": {"a": 14, "b": 3, "c": 9}, "first_at": SIGNED + timedelta(hours=24, minutes=1)},
            {"prescriptions": 1, "items": 3, "antibiotic": 1, "settled": 1, "collected": 1, "collected_whole": 1, "minutes": 1441},
        ),
        ({"status": "cancelled"}, {"cancelled": 1}),
        # Cancelled when a pharmacy had handed out some of it: it was taken, so it counts.
        (
            {"status": "cancelled", "handed_out": {"a": 14}, "first_at": SIGNED},
            {"prescriptions": 1, "items": 3, "antibiotic": 1, "settled": 1, "collected": 1, "within_day": 1},
        ),
    ],
    ids=["open", "expired", "part", "whole but late", "cancelled", "cancelled after part"],
)  # fmt: skip
def test_what_it_adds(values, expected):
    assert named(counting.contribution_of(facts(**values))) == expected


def test_overrides_are_counted_and_so_are_prescriptions_that_have_any():
    content = {**facts().content, "overrides": [{"finding": "x"}, {"finding": "y"}]}
    found = named(counting.contribution_of(facts(content=content)))
    assert (found["overridden"], found["overrides"]) == (1, 2)


def test_each_item_adds_to_its_own_drug_and_a_cancelled_one_to_none():
    one = counting.contribution_of(facts(handed_out={"a": 14, "c": 2}, first_at=SIGNED))
    assert one.drugs == {"J01CA04": (1, 1, 1), "J01FA10": (1, 1, 0), "N02BE01": (1, 1, 1)}
    assert counting.contribution_of(facts(status="cancelled")).drugs == {}


def test_a_contribution_is_kept_as_plain_values():
    one = counting.contribution_of(facts(handed_out={"a": 1}, first_at=SIGNED))
    assert Contribution.from_json(one.as_json()) == one


def test_a_difference_is_only_what_changed():
    before = counting.contribution_of(facts())
    after = counting.contribution_of(facts(status="expired"))
    figures, drugs = counting.differences([(before, after), (None, before), (before, before)])
    settled = counting.FIGURES.index("settled")
    expected = list(before.figures)
    expected[settled] += 1
    assert figures == {before.cell: expected}
    assert drugs[*before.cell, "N02BE01"] == [1, 1, 0]
    assert counting.differences([(before, None), (None, before)]) == ({}, {})


# The edges of the WHO's chapters (ICD-10, version 2019), those that share a letter above all.
@pytest.mark.parametrize(
    ("code", "chapter"),
    [
        ("A00", 1), ("B99", 1), ("C00.0", 2), ("D48.9", 2), ("D50.9", 3), ("D89.9", 3), ("E11.9", 4), ("F41.9", 5), ("G43.0", 6),
        ("H59.9", 7), ("H60.9", 8), ("I10", 9), ("J02.9", 10), ("K93.8", 11), ("L20.9", 12), ("M54.5", 13), ("N39.0", 14),
        ("O13", 15), ("P59.9", 16), ("Q21.1", 17), ("R05", 18), ("S00.9", 19), ("T98.3", 19), ("V01", 20), ("Y98", 20),
        ("Z00.0", 21), ("U07.1", 22), ("", 0), ("D49", 0), ("K94", 0), ("X", 0),
    ],
)  # fmt: skip
def test_the_chapter_of_a_code(code, chapter):
    assert chapter_of(code) == chapter


def test_there_are_twenty_two_chapters_with_names_in_both_languages():
    assert sorted(chapters()) == list(range(1, 23))
    assert all(one.name_vi and one.name_en for one in chapters().values())
