"""Vietnamese phone numbers: people write 0912 345 678, we store +84912345678 (E.164).

The rule is the numbering plan's own table of mobile prefixes since 2018. Google's metadata is not asked for permission: it
refuses ranges that are in use (0521…, 089 1234567).
"""

import re

MOBILE = re.compile(r"0(3[2-9]|5[25689]|7[06-9]|8[1-9]|9[0-9])[0-9]{7}")
LANDLINE = re.compile(r"02[0-9]{9}|02[0-9]{8}")  # 02 + area + number: ten or eleven digits
FOREIGN = re.compile(r"\+[1-9][0-9]{6,14}")
_FILLERS = re.compile(r"[\s.\-()\u00a0]")


def to_e164(text: str, *, landline: bool = False) -> str | None:
    """Return the number in E.164, or None when it is none. Landlines count only where `landline` says so.

    Numbers of other countries are taken as written with their +code: tourists and relatives abroad have phones too.
    """
    compact = _FILLERS.sub("", text.strip())
    if compact.startswith("0084"):
        compact = "+84" + compact[4:]
    elif re.fullmatch(r"84[0-9]{9}", compact):
        compact = "+" + compact
    if compact.startswith("+") and not compact.startswith("+84"):
        return compact if FOREIGN.fullmatch(compact) else None
    national = "0" + compact.removeprefix("+84").removeprefix("0") if compact.startswith("+84") else compact
    if MOBILE.fullmatch(national) or (landline and LANDLINE.fullmatch(national)):
        return "+84" + national[1:]
    return None


def spoken(e164: str) -> str:
    """Return the number as people in Vietnam write it: +84912345678 → 0912 345 678."""
    if not e164.startswith("+84"):
        return e164
    national = "0" + e164[3:]
    if MOBILE.fullmatch(national):
        return f"{national[:4]} {national[4:7]} {national[7:]}"
    return national


def masked(e164: str) -> str:
    """Return the number with its middle hidden, for pages that say where a code went: 0912 ••• 678."""
    national = spoken(e164).replace(" ", "")
    return f"{national[:4]} ••• {national[-3:]}"
