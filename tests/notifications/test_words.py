"""Words: every kind in both languages, short enough for an SMS, and nothing clinical outside the house."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications import gsm, words
from notifications.kinds import KINDS
from tests.notifications.facts import FACTS, SHEET, VISIT

EACH = [(kind, language, staff) for kind in KINDS for language in ("vi", "en") for staff in (False, True)]


@pytest.mark.parametrize(("kind", "language", "staff"), EACH)
def test_every_kind_has_words_for_every_way(kind: str, language: str, staff: bool) -> None:
    for part in words.PARTS:
        text = words.text_of(kind, part, language, {**FACTS[kind], "staff": staff})
        assert text and "{" not in text and "None" not in text


@pytest.mark.parametrize(("kind", "language"), [(kind, language) for kind in KINDS for language in ("vi", "en")])
def test_an_sms_is_one_part_of_plain_letters(kind: str, language: str) -> None:
    text = words.text_of(kind, "sms", language, FACTS[kind])
    assert gsm.length(text) <= 160 and not text.endswith("...") and "?" not in text
    assert gsm.plain(text) == text


@pytest.mark.parametrize(("kind", "language", "staff"), EACH)
def test_nothing_that_leaves_names_a_person_a_place_or_a_medicine(kind: str, language: str, staff: bool) -> None:
    secrets = [VISIT["practitioner"], VISIT["patient"], VISIT["facility"], SHEET["pharmacy"], SHEET["code"]]
    if (
        kind == "prescription_codes"
    ):  # the codes themselves, asked for by the person they belong to; nothing beside them
        secrets.remove(SHEET["code"])
    for part in ("push", "sms", "email"):
        text = words.text_of(kind, part, language, {**FACTS[kind], "staff": staff})
        for secret in secrets:
            assert secret not in text and gsm.plain(secret) not in text
        for word in ("thuốc", "medicine", "prescri", "chẩn đoán", "diagnos"):
            assert word not in text.lower()


def test_the_inbox_says_it_in_full_and_on_the_clinics_clock() -> None:
    text = words.text_of("appointment_booked", "inbox", "vi", VISIT)
    assert VISIT["practitioner"] in text and VISIT["facility"] in text
    assert "09:00 · Thứ Tư, 26/03/2031" in text
    assert "Wednesday, 26 Mar 2031" in words.text_of("appointment_booked", "inbox", "en", VISIT)


def test_an_unknown_language_is_read_in_vietnamese() -> None:
    assert words.text_of("let_in", "push", "fr", VISIT) == words.text_of("let_in", "push", "vi", VISIT)


@given(st.text(max_size=400))
def test_any_text_becomes_one_part_every_phone_can_show(text: str) -> None:
    short = gsm.one_part(text)
    assert gsm.length(short) <= 160
    assert all(letter in gsm.BASIC or letter in gsm.DOUBLE for letter in short)


def test_takes_the_marks_off_vietnamese() -> None:
    assert gsm.plain("Đặng Thị Ngọc Ưu, lịch khám: 150.000 ₫") == "Dang Thi Ngoc Uu, lich kham: 150.000 d"
