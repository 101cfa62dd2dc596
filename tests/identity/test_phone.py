import json
from pathlib import Path

import pytest

from identity.phone import masked, spoken, to_e164

VECTORS = json.loads((Path(__file__).parent / "fixtures" / "vectors.json").read_text())["phone"]


@pytest.mark.parametrize(("written", "stored"), VECTORS["valid"])
def test_reads_a_mobile_number(written: str, stored: str) -> None:
    assert to_e164(written) == stored


@pytest.mark.parametrize("written", VECTORS["invalid"])
def test_refuses_what_is_no_number(written: str) -> None:
    assert to_e164(written) is None
    assert to_e164(written, landline=True) is None


@pytest.mark.parametrize(("written", "stored"), VECTORS["landline"])
def test_takes_a_landline_only_where_it_may(written: str, stored: str) -> None:
    assert to_e164(written, landline=True) == stored
    assert to_e164(written) is None


@pytest.mark.parametrize("prefix", [prefix for group in VECTORS["prefixes"].values() for prefix in group])
def test_knows_every_operator(prefix: str) -> None:
    digits = prefix[:3]
    assert to_e164(digits + "1234567") == f"+84{digits[1:]}1234567"


@pytest.mark.parametrize("written", ["84912345678", "0084912345678", "+84912345678", "+840912345678", "(091) 234-5678"])
def test_reads_the_ways_people_write_it(written: str) -> None:
    assert to_e164(written) == "+84912345678"


def test_takes_numbers_of_other_countries_as_they_are() -> None:
    assert to_e164("+49 151 23456789") == "+4915123456789"
    assert to_e164("+1") is None


def test_shows_it_as_people_say_it() -> None:
    assert spoken("+84912345678") == "0912 345 678"
    assert masked("+84912345678") == "0912 ••• 678"
