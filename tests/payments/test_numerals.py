"""Amounts in words, as a Vietnamese accountant writes them."""

import pytest

from payments.numerals import dong_in_words, in_words


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        (0, "Không đồng"),
        (5, "Năm đồng"),
        (15, "Mười lăm đồng"),
        (21, "Hai mươi mốt đồng"),
        (105, "Một trăm linh năm đồng"),
        (1_000, "Một nghìn đồng"),
        (1_005, "Một nghìn không trăm linh năm đồng"),
        (150_000, "Một trăm năm mươi nghìn đồng"),
        (1_172_839, "Một triệu một trăm bảy mươi hai nghìn tám trăm ba mươi chín đồng"),
        (2_000_005, "Hai triệu không trăm linh năm đồng"),
        (14_040_000, "Mười bốn triệu không trăm bốn mươi nghìn đồng"),
        (1_000_000_000, "Một tỷ đồng"),
        (3_025_000_001, "Ba tỷ không trăm hai mươi lăm triệu không trăm linh một đồng"),
    ],
)
def test_amounts_are_written_out(amount: int, words: str) -> None:
    assert dong_in_words(amount) == words


@pytest.mark.parametrize("number", [-1, 10**18])
def test_other_numbers_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="no words"):
        in_words(number)
