"""Strengths as labels write them, in milligrams of one dose unit."""

from decimal import Decimal

import pytest

from prescriptions.catalogue import rows
from prescriptions.strengths import milligrams


@pytest.mark.parametrize(
    ("strength", "unit", "expected"),
    [
        ("500 mg", "tablet", ["500"]),
        ("500mg", "capsule", ["500"]),
        ("0,5 g", "tablet", ["500"]),
        ("0.5 g", "tablet", ["500"]),
        ("1.000 mg", "tablet", ["1000"]),  # a Vietnamese label groups thousands with a point
        ("875 mg + 125 mg", "tablet", ["875", "125"]),
        ("325 mg + 37,5 mg", "tablet", ["325", "37.5"]),
        ("500mg; 125mg", "tablet", ["500", "125"]),
        ("250 mg/5 ml", "ml", ["50"]),
        ("0,5 mg/ml", "ml", ["0.5"]),
        ("400 mg + 57 mg/5 ml", "ml", ["80", "11.4"]),
        ("100 microgam", "tablet", ["0.1"]),
        ("75 µg", "tablet", ["0.075"]),
        ("160 microgam + 4,5 microgam/liều", "puff", ["0.16", "0.0045"]),
        ("40 mg/0,4 ml", "syringe", ["40"]),
        ("80 mg/2 ml", "ampoule", ["80"]),
    ],
)
def test_what_one_dose_unit_holds(strength, unit, expected):
    assert milligrams(strength, unit, len(expected)) == tuple(Decimal(one) for one in expected)


@pytest.mark.parametrize(
    ("strength", "unit", "ingredients"),
    [
        ("1 %", "application", 1),
        ("1000 IU", "tablet", 1),
        ("400 IU/giọt", "drop", 1),
        ("10 mg/ml", "drop", 1),  # a drop has no agreed size
        ("10 mg/ml", "ampoule", 1),  # how many ml an ampoule holds is not said
        ("25 microgam/giờ", "patch", 1),
        ("1.125 mg", "tablet", 1),  # a thousand and more, or one and a bit
        ("500 mg", "ml", 1),
        ("250 mg/5 ml", "tablet", 2),
        ("500 mg + 125 mg", "tablet", 1),
        ("500 mg", "tablet", 2),
        ("500 mg + 1000 IU", "tablet", 2),
        ("250 mg/0 ml", "ml", 1),
        ("0 mg", "tablet", 1),
        ("nhiều", "tablet", 1),
        ("", "tablet", 1),
        ("+", "tablet", 2),
        ("-5 mg", "tablet", 1),
    ],
)
def test_what_cannot_be_told_is_not_claimed(strength, unit, ingredients):
    assert milligrams(strength, unit, ingredients) is None


def test_every_tablet_of_the_catalogue_in_milligrams_is_read():
    unread = [
        drug["code"]
        for drug in rows()
        if drug["dose_unit"] in {"tablet", "capsule"}
        and "mg" in drug["strength"]
        and "IU" not in drug["strength"]
        and milligrams(drug["strength"], drug["dose_unit"], len(drug["ingredients"])) is None
    ]
    assert unread == []
