"""What the health insurance (BHYT) would pay of a visit: an estimate for the page, never a charge. Pure.

Shares follow the benefit digit of the 15-character card number (Decisions 1351/2015 and 1314/2014; names of the groups in
data/bhyt_objects.csv). Direct visits at a distance are paid by the citizen alone: the insurance pays only through a facility
that receives the patient. The facility's own check of the card decides, and some groups have since been given more than their
card says (near-poor, people of 75 and over: 100 % since 2026), so what is shown is called an estimate.
"""

import csv
import re
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

OBJECTS = Path(__file__).parent / "data" / "bhyt_objects.csv"
SHARES = {"1": Decimal(1), "2": Decimal(1), "3": Decimal("0.95"), "4": Decimal("0.80"), "5": Decimal(1)}
# The base salary ("lương cơ sở") from a day on; thresholds are counted in it (Decree 161/2026 for the last).
BASE_SALARIES = [(date(2024, 7, 1), 2_340_000), (date(2026, 7, 1), 2_530_000)]
SMALL_VISIT = Decimal("0.15")  # of the base salary: below it, on the right route, nothing is paid by the citizen
MOST_COPAY_A_YEAR = 6  # base salaries; above it, after five years in a row, nothing more is paid
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Split:
    """Who pays what of a bill: the fund, the citizen's share of what is insured, and what is not insured."""

    fund: Decimal
    copay: Decimal
    own: Decimal


@dataclass(frozen=True)
class Estimate:
    """What the page shows before paying. Without a share the card's number does not tell it."""

    covered: bool  # False: the insurance does not pay for a visit held in this way
    share: Decimal | None
    group: str  # Vietnamese, as on the card
    fund: int
    own: int
    small_visit_below: int

    @property
    def percent(self) -> int | None:
        return None if self.share is None else int(self.share * 100)


def estimate(card: str, price: int, mode: str, on: date) -> Estimate | None:
    """Estimate the split of a price in đồng for a card number; None for somebody without a number.

    Only the 15-character number carries the share; the ten- and twelve-digit ones say who, not how much.
    """
    card = card.replace(" ", "").upper()
    if not card:
        return None
    small = int(SMALL_VISIT * base_salary(on))
    if mode != "in_person":
        return Estimate(False, None, "", 0, price, small)
    share, group = share_of(card), objects().get(card[:2], "")
    if share is None:
        return Estimate(True, None, "", 0, price, small)
    parts = split(share, Decimal(price), on=on)
    fund = int(parts.fund.quantize(Decimal(1), ROUND_HALF_UP))
    return Estimate(True, share, group, fund, price - fund, small)


def share_of(card: str) -> Decimal | None:
    """Give the share a card's number promises, or None when the number does not carry one."""
    return SHARES[card[2]] if re.fullmatch(r"[A-Z]{2}[1-5][0-9]{12}", card) else None


def split(
    share: Decimal,
    in_scope: Decimal,
    *,
    on: date,
    outside: Decimal = Decimal(0),
    object_share: Decimal = Decimal(1),
    right_route: bool = False,
    five_years: bool = False,
    copay_this_year: Decimal = Decimal(0),
) -> Split:
    """Split a bill by the card's share, `object_share` being what is insured of this kind of visit."""
    base = base_salary(on)
    small = in_scope < SMALL_VISIT * base
    enough = five_years and copay_this_year > MOST_COPAY_A_YEAR * base
    if right_route and (small or enough):
        share = Decimal(1)
    insured = in_scope * object_share
    fund = (insured * share).quantize(CENT, ROUND_HALF_UP)
    return Split(fund, (insured - fund).quantize(CENT), (in_scope - insured + outside).quantize(CENT, ROUND_HALF_UP))


def base_salary(on: date) -> int:
    """Give the base salary of that day, in đồng."""
    return [amount for since, amount in BASE_SALARIES if since <= on or since == BASE_SALARIES[0][0]][-1]


@cache
def objects() -> dict[str, str]:
    """Give the groups of insured people by the two letters of the card."""
    with OBJECTS.open(encoding="utf-8", newline="") as lines:
        return {row["object"]: row["name_vi"] for row in csv.DictReader(lines)}
