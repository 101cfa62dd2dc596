"""A payment's code: no single wrong character passes, and banks may write around it what they like."""

from __future__ import annotations

import re
from datetime import datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from payments import codes
from payments.models import Payment

drawn = st.text(codes.ALPHABET, min_size=codes.DRAWN, max_size=codes.DRAWN)
written = drawn.map(lambda body: codes.PREFIX + body + codes.check_of(body))
# What stands around a code in a memo; without L and H no second code can begin by chance.
words = st.text(st.characters(exclude_characters="lLhH", categories=("L", "N", "P", "Z")), max_size=30)


@given(written)
@example("LH00000000000")
def test_every_single_wrong_character_is_found(code: str) -> None:
    for place in range(len(codes.PREFIX), codes.LENGTH):
        for other in codes.ALPHABET:
            wrong = code[:place] + other + code[place + 1 :]
            assert codes.clean(wrong) == (code if wrong == code else None), wrong


@given(written, st.integers(0, codes.DRAWN - 2))
def test_two_neighbours_that_changed_places_are_found(code: str, number: int) -> None:
    """But for one pair: Luhn does not tell 0Z from Z0 (as 09 from 90 among digits)."""
    place = len(codes.PREFIX) + number
    first, second = code[place], code[place + 1]
    swapped = code[:place] + second + first + code[place + 2 :]
    if first != second and {first, second} != {"0", "Z"}:
        assert codes.clean(swapped) is None


@given(words, written, words)
def test_a_code_is_found_whatever_a_bank_writes_around_it(before: str, code: str, after: str) -> None:
    # A code's letters may run on into the next word: what is found first is ours.
    assert codes.find_in(f"{before} {code} {after}")[0] == code
    assert codes.find_in(f"{before}{code.lower()}{after}")[0] == code


@pytest.mark.parametrize(
    "memo",
    [
        "MBVCB.9876543210.LH{body}.CT tu 0011001234567 NGUYEN THI ANH toi 19031234567890",
        "IBFT lh{body} thanh toan kham benh",
        "LH {spaced}",
        "l h-{dashed}",
        "CHUYEN TIEN LH{body}-CHUYEN TIEN-OQCH0001abcd-MOMO",
        "lh{lower}\n",
        "Thanh toán: LH{half} {rest}, cảm ơn bác sĩ!",
        "QR-LH_{body}_",
    ],
)
def test_memos_as_banks_send_them(memo: str) -> None:
    body = "7K2M9QW4E6" + codes.check_of("7K2M9QW4E6")
    shapes = {
        "body": body,
        "spaced": " ".join(body),
        "dashed": "-".join(body),
        "lower": body.lower(),
        "half": body[:5],
        "rest": body[5:],
    }
    assert codes.find_in(memo.format(**shapes)) == [codes.PREFIX + body]


def test_two_codes_of_one_memo_are_both_found_and_the_same_one_once() -> None:
    one, two = codes.new_code(), codes.new_code()
    assert codes.find_in(f"{one} va {two}; {one}") == [one, two]
    assert codes.clean(f"{one} {two}") is None  # which one?


@given(written)
def test_letters_that_are_misread_are_read_as_digits(code: str) -> None:
    body = code[len(codes.PREFIX) :]
    misread = codes.PREFIX + body.translate(str.maketrans("10", "IO"))
    assert codes.clean(misread) == code
    assert codes.clean(codes.PREFIX + body.translate(str.maketrans("1", "L"))) == code


@given(st.text(max_size=200))
@example("LH")
@example("LHLHLHLHLHLHLHLH")
@example("ＬＨ00000000000")
def test_whatever_somebody_types_is_a_code_or_none(text: str) -> None:
    found = codes.clean(text)
    assert found is None or re.fullmatch(r"LH[0-9A-HJKMNP-TV-Z]{11}", found)
    for one in codes.find_in(text):
        assert codes.clean(one) == one


def test_ten_thousand_codes_are_ten_thousand() -> None:
    drawn_now = {codes.new_code() for _ in range(10_000)}
    assert len(drawn_now) == 10_000
    assert all(len(code) == codes.LENGTH <= 16 and code.isascii() and code.isalnum() for code in drawn_now)


def test_each_payment_has_one_of_its_own(payment: Payment, now: datetime) -> None:
    assert codes.clean(payment.code) == payment.code
