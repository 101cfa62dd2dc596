"""Quantities: how much a line comes to, how it is written, and how many days a law allows. Pure.

A line says `dose_quantity` × `doses_a_day` × `days` in the unit a person takes (tablets, ml, drops). A pharmacy hands out
whole units of sale (tablets, bottles), so the total is rounded up by the size of a pack.
"""

from datetime import date, datetime, time, timedelta
from decimal import ROUND_CEILING, Decimal
from zoneinfo import ZoneInfo

# Circular 26/2025/TT-BYT: 30 days for ordinary drugs, 7 for narcotics and 10 for psychotropics in acute illness.
LONGEST_SUPPLY_DAYS = {"c": 30, "n": 7, "h": 10}
# The class of control decides the type, and with it the last letter of the code.
KIND_OF_CONTROL = {"ordinary": "c", "toxic": "c", "narcotic": "n", "psychotropic": "h"}
# Circular 26/2025/TT-BYT: toxic and controlled drugs stand before the others.
ORDER_OF_CONTROL = ("narcotic", "psychotropic", "toxic", "ordinary")
SMALLEST_DOSE, LARGEST_DOSE = Decimal("0.25"), Decimal(1000)
MOST_DOSES_A_DAY = 24
LARGEST_TOTAL = 2000


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
