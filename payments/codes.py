"""A payment's code: what people read aloud, what stands in a bank memo, what gateways that want a name of ours get. Pure.

`LH`, ten drawn characters of Crockford's alphabet (no I, L, O, U), one check character by the Luhn algorithm modulo 32,
which finds every single wrong character. Banks add words, drop spaces and change case around it: find_in() sees through that.
"""

from __future__ import annotations

import re
import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
PREFIX = "LH"
DRAWN = 10
LENGTH = len(PREFIX) + DRAWN + 1
_MISREAD = str.maketrans("ILO", "110")
_SHAPE = re.compile(f"(?={PREFIX}([0-9A-TV-Z]{{{DRAWN + 1}}}))")


def new_code() -> str:
    """Draw a code: 32**10 of them, so that none is met by trying."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(DRAWN))
    return PREFIX + drawn + check_of(drawn)


def check_of(drawn: str) -> str:
    """Return the check character of the drawn part."""
    total = 0
    for place, character in enumerate(reversed(drawn)):
        value = ALPHABET.index(character) * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def clean(text: str) -> str | None:
    """Return the code somebody typed, with I, L and O read as 1, 1 and 0; None when it is not a code."""
    found = find_in(text)
    packed = re.sub(r"[\W_]", "", text)
    return found[0] if len(found) == 1 and len(packed) == LENGTH else None


def find_in(text: str) -> list[str]:
    """Return the codes in a text, in their order, each once: `MBVCB.123.lh7 k2m9…` has one."""
    packed = re.sub(r"[\W_]", "", text).upper()
    found = []
    for match in _SHAPE.finditer(packed):
        body = match[1].translate(_MISREAD)
        if check_of(body[:-1]) == body[-1]:
            found.append(PREFIX + body)
    return list(dict.fromkeys(found))
