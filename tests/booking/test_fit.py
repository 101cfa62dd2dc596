"""The list for visits at a distance: the table against the text it comes from."""

from __future__ import annotations

import pytest

from booking import fit


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
