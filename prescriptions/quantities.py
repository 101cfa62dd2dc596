"""Quantities: how much a line comes to, how a dose may be divided, how both are written. Pure.

A line says `dose_quantity` × `doses_a_day` × `days` in the unit a person takes (tablets, ml, drops). A pharmacy hands out
whole units of sale (tablets, bottles), so the total is rounded up by the size of a pack.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal, InvalidOperation
from fractions import Fraction
from zoneinfo import ZoneInfo

# The class of control decides the type, and with it the last letter of the code.
KIND_OF_CONTROL = {"ordinary": "c", "toxic": "c", "narcotic": "n", "psychotropic": "h"}
# Circular 26/2025/TT-BYT: toxic and controlled drugs stand before the others.
ORDER_OF_CONTROL = ("narcotic", "psychotropic", "toxic", "ordinary")
SMALLEST_DOSE, LARGEST_DOSE = Decimal("0.05"), Decimal(1000)
# Into what a unit can be divided by hand or measured at home; whatever is not here is taken whole.
QUARTER, HALF, WHOLE = Decimal("0.25"), Decimal("0.5"), Decimal(1)
DIVIDED = {
    "tablet": QUARTER,
    "sachet": QUARTER,
    "ampoule": QUARTER,
    "vial": QUARTER,
    "syringe": QUARTER,
    "suppository": HALF,
    "iu": HALF,
    "gram": HALF,
    "ml": Decimal("0.05"),
}
# What lets its medicine go slowly is not cut into quarters, and what is swallowed as a shell not at all.
BY_FORM = {"prolonged_release_tablet": HALF, "vaginal_tablet": WHOLE}
_FRACTION = re.compile(r"(?:([0-9]{1,4})\s+)?([0-9]{1,2})\s*/\s*([0-9]{1,2})", re.ASCII)
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4"}
MOST_DOSES_A_DAY = 24
LARGEST_TOTAL = 2000


def dose_from(text: str) -> Decimal | None:
    """Read a dose as people write it: "1", "0,5", "1/2", "1 1/2", "½"; None where it says no number or is no exact decimal."""
    written = text.strip().replace(",", ".")
    for sign, plain in _VULGAR.items():
        written = written.replace(sign, f" {plain}").strip()
    if part := _FRACTION.fullmatch(written):
        whole, above, below = int(part[1] or 0), int(part[2]), int(part[3])
        if not below:
            return None
        found = whole + Fraction(above, below)
        # A third of a tablet has no end in decimals: nobody can cut it, and a total would come out wrong.
        exact = Decimal(found.numerator) / Decimal(found.denominator)
        return exact if exact * 100 == (exact * 100).to_integral_value() else None
    try:
        return Decimal(written) if re.fullmatch(r"[0-9]{1,5}(\.[0-9]{1,2})?", written, re.ASCII) else None
    except InvalidOperation:
        return None


def smallest_part(dose_unit: str, form: str = "") -> Decimal:
    """Return the smallest amount a dose of this unit consists of."""
    return BY_FORM.get(form, DIVIDED.get(dose_unit, WHOLE))


def is_divisible(dose: Decimal, dose_unit: str, form: str = "") -> bool:
    """Say whether a dose can be had from whole units: half a tablet can, half a capsule cannot."""
    return dose > 0 and dose % smallest_part(dose_unit, form) == 0


def computed_total(dose_quantity: Decimal, doses_a_day: int, days: int, pack_size: Decimal | None) -> int | None:
    """Return the units of sale that last for the days, rounded up; None where a dose has no size (a cream)."""
    if not pack_size:
        return None
    taken = dose_quantity * doses_a_day * days
    return int((taken / pack_size).to_integral_value(rounding=ROUND_CEILING))


def printed_quantity(quantity: int) -> str:
    """Write a quantity as the circular asks: below ten with a leading zero ("06"), so that nobody adds a digit."""
    return f"{quantity:02d}"


def expires_at(signed_at: datetime, valid_days: int, zone: str) -> datetime:
    """Return the first instant at which it is too late: the end of the n-th day after the day of signing, in the clinic's zone."""
    there = ZoneInfo(zone)
    last_day: date = signed_at.astimezone(there).date() + timedelta(days=valid_days)
    return datetime.combine(last_day + timedelta(days=1), time.min, tzinfo=there)
