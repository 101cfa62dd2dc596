"""Pure: the national code, the access code, slowing. Vectors of valid and invalid codes follow Decision 808/QĐ-BYT."""

from datetime import timedelta

import pytest

from prescriptions import codes
from tests.make import NOW

VALID = [
    "79999VMA33XQ-c",
    "79999537RNFX-c",
    "79999R001935-c",
    "01CXUabcdefk-c",
    "79999a1b2c3d-C",
    "79999a1b2c3d-n",
    "79999a1b2c3d-H",
    "79999a1b2c3d-y",
    "79999a1b2c3d-T",
]
INVALID = [
    "79999a1b2c3d",
    "79999a1b2c3dc",
    "7999a1b2c3d-c",
    "79999a1b2c3-c",
    "79999a1b2c3dd-c",
    "79999a1b2_3d-c",
    "79999a1b2c3d-x",
    "79999a1b2c3đ-c",
    "７9999a1b2c3d-c",
    "",
    "79999a1b2c3d-c\x00",
]


@pytest.mark.parametrize("code", VALID)
def test_accepts_codes_as_they_are_issued(code):
    assert codes.normalised(code) == code


@pytest.mark.parametrize("code", INVALID)
def test_refuses_what_is_not_a_code(code):
    assert codes.normalised(code) is None


def test_inner_spaces_are_forgiven():
    assert codes.normalised(" 79999 a1b2c3d-c\n") == "79999a1b2c3d-c"


def test_codes_compare_without_regard_to_case():
    assert codes.same_key("79999VMA33XQ-C") == codes.same_key("79999vma33xq-c")


def test_y_of_the_national_system_is_t_of_the_circular():
    assert codes.same_key("79999a1b2c3d-Y") == codes.same_key("79999a1b2c3d-t") != codes.same_key("79999a1b2c3d-c")
    assert codes.new_code("79999", "t").endswith("-t")


def test_new_codes_are_valid_carry_facility_and_type_and_do_not_repeat():
    drawn = {codes.new_code("79999", "c") for _ in range(2000)}
    assert len(drawn) == 2000
    assert all(codes.normalised(code) == code and code.startswith("79999") and code.endswith("-c") for code in drawn)


@pytest.mark.parametrize(("facility", "kind"), [("7999", "c"), ("79999", "x"), ("7999đ", "c"), ("799999", "c")])
def test_a_code_needs_a_facility_and_a_known_type(facility, kind):
    with pytest.raises(ValueError):
        codes.new_code(facility, kind)


@pytest.mark.parametrize(
    ("typed", "clean"),
    [("1234 5678", "12345678"), ("1234-5678", "12345678"), ("1234567", None), ("1234567a", None), ("١٢٣٤٥٦٧٨", None)],
)
def test_access_codes_are_eight_digits_however_they_are_grouped(typed, clean):
    assert codes.clean_access_code(typed) == clean


def test_four_wrong_tries_cost_nothing_the_fifth_a_minute_then_it_doubles_up_to_an_hour():
    waits = []
    for number in range(4, 14):
        tries = [NOW - timedelta(seconds=number - n) for n in range(number)]
        until = codes.slowed_until(tries, NOW)
        waits.append(round((until - tries[-1]).total_seconds() / 60) if until else 0)
    assert waits == [0, 1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_yesterdays_tries_are_forgotten():
    assert codes.slowed_until([NOW - timedelta(hours=25)] * 50, NOW) is None


def test_after_the_wait_one_may_try_again():
    assert codes.slowed_until([NOW - timedelta(minutes=2)] * 5, NOW) is None
