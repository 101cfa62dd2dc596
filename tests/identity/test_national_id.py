import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from identity import national_id
from identity.errors import BadNationalId

VECTORS = json.loads((Path(__file__).parent / "fixtures" / "vectors.json").read_text())
TODAY = date(2031, 3, 25)


@pytest.mark.parametrize("vector", VECTORS["cccd"]["valid"], ids=lambda vector: vector["value"])
def test_reads_what_the_digits_say(vector: dict[str, Any]) -> None:
    facts = national_id.read(vector["value"])
    assert facts.province_code == vector["province_code"]
    assert facts.sex == vector["sex"]
    assert facts.birth_year == vector["birth_year"]
    assert vector["province"] in facts.province_name
    assert national_id.doubts(vector["value"], today=TODAY) == []


@pytest.mark.parametrize(("value", "why"), [*VECTORS["cccd"]["hard_reject"], ["000000000000", "all equal"]])
def test_refuses_anything_but_12_digits(value: str, why: str) -> None:
    with pytest.raises(BadNationalId):
        national_id.read(value)


@pytest.mark.parametrize(("written", "stored"), VECTORS["cccd"]["normalise_then_valid"])
def test_drops_spaces_and_dots(written: str, stored: str) -> None:
    assert national_id.normalised(written) == stored


def test_warns_and_never_refuses() -> None:
    assert len(national_id.doubts("003095000123", today=TODAY)) == 1  # registered abroad
    assert len(national_id.doubts("096399999999", today=TODAY)) == 1  # born in 2099
    assert len(national_id.doubts("079195012345", born_on=date(1994, 1, 1), today=TODAY)) == 1
    assert len(national_id.doubts("079195012345", sex="male", today=TODAY)) == 1
    assert national_id.doubts("079195012345", born_on=date(1995, 3, 5), sex="female", today=TODAY) == []


@pytest.mark.parametrize("sample", VECTORS["cccd_qr"]["samples"], ids=lambda sample: sample["dob"])
def test_reads_the_code_of_a_card(sample: dict[str, Any]) -> None:
    card = national_id.read_card(sample["text"])
    assert card.born == sample["dob"]
    assert (card.born_on is None) == ("dob_precision" in sample)
    for ours, theirs in {"number": "cccd", "old_number": "old_id", "full_name": "name", "sex": "sex"}.items():
        if theirs in sample:
            assert getattr(card, ours) == sample[theirs]
    if "issued" in sample:
        assert card.issued_on == date.fromisoformat(sample["issued"])


@pytest.mark.parametrize("text", [*VECTORS["cccd_qr"]["invalid"], "079195012345||An|31021995|Nữ|a|25082021"])
def test_refuses_other_codes(text: str) -> None:
    with pytest.raises(BadNationalId):
        national_id.read_card(text)


def test_takes_fields_that_newer_cards_add() -> None:
    text = VECTORS["cccd_qr"]["samples"][0]["text"] + "|mother|father"
    assert national_id.read_card(text).full_name == "Nguyễn Thị An"
