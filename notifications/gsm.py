"""SMS text: only letters every phone and every tariff knows (GSM 03.38), one part of 160. Pure.

A Vietnamese text with its marks needs 16-bit letters: 70 to a part, three times the price, and boxes on old phones.
"""

from __future__ import annotations

import unicodedata

MOST = 160
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
DOUBLE = frozenset("^{}\\[~]|€")  # sent as two
_PLAIN = str.maketrans(
    {
        "đ": "d",
        "Đ": "D",
        "₫": "d",
        "–": "-",
        "—": "-",
        "‘": "'",
        "’": "'",
        "“": '"',
        "”": '"',
        "…": "...",
        "·": "-",
        " ": " ",
    }
)


def plain(text: str) -> str:
    """Take the marks off: "Lịch khám" becomes "Lich kham". Anything no phone knows becomes "?"."""
    bare = unicodedata.normalize("NFD", text.translate(_PLAIN))
    letters = "".join(letter for letter in bare if not unicodedata.combining(letter))
    return "".join(letter if letter in BASIC or letter in DOUBLE else "?" for letter in letters)


def length(text: str) -> int:
    """Count as the network does."""
    return sum(2 if letter in DOUBLE else 1 for letter in text)


def one_part(text: str) -> str:
    """Return the plain text, cut to one part with "..." if it must be."""
    text = " ".join(plain(text).split())
    if length(text) <= MOST:
        return text
    while length(text) > MOST - 3:
        text = text[:-1]
    return text.rstrip() + "..."
