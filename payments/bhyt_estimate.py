"""What the health insurance (BHYT) would pay of a visit: an estimate for the page, never a charge. Pure.

Calculated as the bill will be (payments.bhyt), by the benefit digit of the card's number (Decisions 1351/2015 and 1314/2014; names
of the groups in data/bhyt_objects.csv). Before the visit nobody knows by which route somebody comes, nor what else will be charged:
the card's share is shown, without what a small visit or five years of insurance would add. The facility's own check of the card
decides, and some groups have since been given more than their card says (near-poor, people of 75 and over: 100 % since 2026).
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

from core.money import Money
from payments import bhyt


@dataclass(frozen=True)
class Estimate:
    """What the page shows before paying. Without a share the card's number does not tell it."""

    covered: bool  # False: the insurance does not pay for care of this form
    share: Decimal | None
    group: str  # Vietnamese, as on the card
    fund: Money
    own: Money
    small_visit_below: Money

    @property
    def percent(self) -> int | None:
        return None if self.share is None else int(self.share * 100)


def estimate(card: str, price: Money, *, form: str, on: date) -> Estimate | None:
    """Estimate who pays what of a visit of that day; None for somebody without a number, and where no đồng are asked for.

    Only the 15-character number carries the share; the ten- and twelve-digit ones say who, not how much.
    """
    card = card.replace(" ", "").upper()
    if not card or price.is_zero or price.currency != "VND":
        return None
    covered = form in bhyt.INSURED_FORMS
    share = bhyt.share_of(card) if covered else None
    parts = bhyt.Parts(fund=0, copay=0, own=price.amount)
    if share is not None:
        exact = bhyt.split(share, price.amount, on=on, form=form, right_route=False)
        parts = bhyt.in_dong(exact, price.amount)
    return Estimate(
        covered=covered,
        share=share,
        group="" if share is None else groups().get(card[:2], ""),
        fund=Money.vnd(parts.fund),
        own=Money.vnd(parts.copay + parts.own),
        small_visit_below=Money.vnd(int(bhyt.SMALL_VISIT * bhyt.base_salary(on))),
    )


@cache
def groups() -> dict[str, str]:
    """Return the groups of insured people by the two letters their cards begin with."""
    with (bhyt.DATA / "bhyt_objects.csv").open(encoding="utf-8", newline="") as lines:
        return {row["object"]: row["name_vi"] for row in csv.DictReader(lines)}
