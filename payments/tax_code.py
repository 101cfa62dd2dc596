"""The tax code of who an invoice is made out to: ten digits with a check digit, or such and three of a branch. Pure."""

import re

WEIGHTS = (31, 29, 23, 19, 17, 13, 7, 5, 3)


def is_tax_code(text: str) -> bool:
    """Say whether this is a tax code: the tenth digit is 10 less the weighted sum of the nine before it, modulo 11."""
    if not re.fullmatch(r"[0-9]{10}(-[0-9]{3})?", text, re.ASCII):
        return False
    digits = [int(one) for one in text[:10]]
    return 10 - sum(weight * digit for weight, digit in zip(WEIGHTS, digits, strict=False)) % 11 == digits[9]
