"""Pure: totals, printed quantities, the last day."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from prescriptions.opening import opening_at
from prescriptions.quantities import computed_total, dose_from, expires_at, is_divisible, printed_quantity

HANOI = "Asia/Ho_Chi_Minh"


def at(day, clock):
    return datetime.fromisoformat(f"2031-03-{day}T{clock}").replace(tzinfo=ZoneInfo(HANOI))


@pytest.mark.parametrize(
    ("dose", "times", "days", "pack", "total"),
    [
        ("1", 2, 7, "1", 14),
        ("0.5", 3, 5, "1", 8),
        ("0.25", 1, 1, "1", 1),
        ("5", 2, 7, "60", 2),
        ("5", 2, 6, "60", 1),
        ("2", 2, 30, "120", 1),
        ("1", 2, 7, None, None),
    ],
)
def test_the_total_lasts_for_the_days_in_whole_units_of_sale(dose, times, days, pack, total):
    assert computed_total(Decimal(dose), times, days, Decimal(pack) if pack else None) == total


@pytest.mark.parametrize(
    ("text", "dose"),
    [
        ("1", "1"), (" 2 ", "2"), ("0.5", "0.5"), ("0,25", "0.25"), ("1/2", "0.5"), ("3/4", "0.75"), ("1 1/2", "1.5"), ("½", "0.5"),
        ("2½", "2.5"), ("2 ¼", "2.25"), ("4/2", "2"), ("1/3", None), ("1/0", None), ("", None), ("half", None), ("1.234", None),
        ("-1", None), ("1e3", None), ("NaN", None), ("1/2/3", None), ("٣", None),
    ],
)  # fmt: skip
def test_doses_as_people_write_them(text, dose):
    """A third of a tablet has no end in decimals: it would be reckoned wrongly, so it is no dose."""
    assert dose_from(text) == (Decimal(dose) if dose else None)


@pytest.mark.parametrize(
    ("dose", "unit", "form", "divisible"),
    [
        ("0.25", "tablet", "tablet", True), ("0.3", "tablet", "tablet", False), ("0.5", "capsule", "capsule", False),
        ("2", "capsule", "", True),
        ("0.25", "tablet", "prolonged_release_tablet", False), ("0.5", "tablet", "prolonged_release_tablet", True),
        ("2.5", "ml", "syrup", True), ("2.55", "ml", "syrup", True), ("2.51", "ml", "syrup", False), ("1.5", "drop", "eye_drops", False),
        ("0.5", "suppository", "", True), ("0.5", "patch", "", False), ("0", "tablet", "", False), ("-1", "tablet", "", False),
    ],
)  # fmt: skip
def test_what_can_be_divided_and_what_cannot(dose, unit, form, divisible):
    assert is_divisible(Decimal(dose), unit, form) is divisible


def test_small_quantities_are_printed_with_a_leading_zero():
    assert [printed_quantity(one) for one in (1, 9, 10, 120)] == ["01", "09", "10", "120"]


def test_five_days_end_with_the_fifth_day_after_signing_on_the_clinics_wall():
    assert expires_at(at(25, "23:59"), 5, HANOI) == at(31, "00:00")
    assert expires_at(at(25, "00:00"), 5, HANOI) == at(31, "00:00")


HOURS = {"tue": [["07:00", "11:30"], ["13:00", "21:00"]], "wed": [["20:00", "02:00"]]}


@pytest.mark.parametrize(
    ("day", "clock", "is_open", "changes"),
    [
        (25, "07:00", True, "25 11:30"),
        (25, "11:30", False, "25 13:00"),
        (25, "22:00", False, "26 20:00"),
        (26, "23:00", True, "27 02:00"),
        (27, "01:59", True, "27 02:00"),
        (27, "02:00", False, None),
    ],
)
def test_opening_hours_on_the_pharmacys_clock_also_over_midnight(day, clock, is_open, changes):
    found = opening_at(HOURS, HANOI, at(day, clock))
    assert found.is_open is is_open
    if changes:
        assert f"{found.changes_at:%d %H:%M}" == changes


def test_unknown_hours_are_closed_without_a_promise():
    assert opening_at({}, HANOI, at(25, "12:00")).changes_at is None
