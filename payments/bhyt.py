"""What the health insurance (BHYT) pays of a bill, and what the citizen does. Pure: no database, no clock.

Formula and thresholds: Health Insurance Law article 22, Decree 188/2025, base salary by Decree (data/base_salaries.csv), share
of the kind of visit by QĐ 3276/QĐ-BYT (data/bhyt_visit_objects.csv). Amounts are Decimal đồng inside, whole đồng outside:

- `Split` has the exact parts of a claim, two decimals, halves up (T_BHTT, T_BNCCT, T_BNTT).
- `in_dong` gives the parts people pay. What is insured and the fund's part of it are rounded to whole đồng, halves up; the
  co-payment is what is left of the insured part, the citizen's own the rest of the bill. So the parts always sum to the bill.

A direct session at a distance has no insured part at all: the fund pays only where a facility receives the patient.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"
SHARES = {"1": Decimal(1), "2": Decimal(1), "3": Decimal("0.95"), "4": Decimal("0.80"), "5": Decimal(1)}
SMALL_VISIT = Decimal("0.15")  # of the base salary; below it, on the right route, there is no co-payment
MOST_COPAY = 6  # base salaries since 1 January; above it, after five years in a row, there is none any more
INSURED_FORMS = frozenset({"in_person", "via_receiving_facility"})
CENT, DONG = Decimal("0.01"), Decimal(1)
CARD = re.compile(r"[A-Z]{2}[1-5][0-9]{12}")


@dataclass(frozen=True)
class Paid:
    """A co-payment made earlier in the year: on which day, how many đồng."""

    on: date
    amount: int


@dataclass(frozen=True)
class VisitObject:
    """What is insured of one kind of visit (MA_DOITUONG_KCB)."""

    code: str
    share: Decimal
    any_card: bool  # the whole of it, whatever the card's share
    right_route: bool
    name: str


@dataclass(frozen=True)
class Split:
    """The parts of a claim, exact to two decimals, and why the fund's share is what it is."""

    fund: Decimal  # T_BHTT
    copay: Decimal  # T_BNCCT
    own: Decimal  # T_BNTT
    reason: str  # "card share" · "visit cost below 15% of base salary" · "5 continuous years and co-pay above 6 base salaries"


@dataclass(frozen=True)
class Parts:
    """The parts of a bill in whole đồng; they sum to the bill."""

    fund: int
    copay: int
    own: int


def base_salary(on: date) -> int:
    """Return the base salary ("lương cơ sở") of a day, in đồng. Raises ValueError for days before the table begins."""
    known = [amount for since, amount in _salaries() if since <= on]
    if not known:
        raise ValueError(f"no base salary is known for {on}")
    return known[-1]


def share_of(card: str) -> Decimal | None:
    """Return the share a 15-character card number promises; None when the number does not carry one."""
    card = card.replace(" ", "").upper()
    return SHARES[card[2]] if CARD.fullmatch(card) else None


def visit_object(code: str, on: date) -> VisitObject | None:
    """Return what holds for a kind of visit on a day; None for codes the table does not have then."""
    for row, since, until in _objects():
        if row.code == code and since <= on and (until is None or on < until):
            return row
    return None


def visit_objects(on: date) -> list[VisitObject]:
    """Return the kinds of visit there are on a day, in the order of the table."""
    return [row for row, since, until in _objects() if since <= on and (until is None or on < until)]


def periods_of_year(on: date) -> list[tuple[date, date]]:
    """Return first and last day of each time of the year until a day that has one base salary."""
    begins = [date(on.year, 1, 1)]
    begins += [since for since, _amount in _salaries() if since.year == on.year and begins[0] < since <= on]
    ends = [one - timedelta(days=1) for one in begins[1:]]
    return list(zip(begins, [*ends, on], strict=True))


def copay_in_base_salaries(paid: Iterable[Paid]) -> Decimal:
    """Count co-payments in base salaries, each by that of its own day.

    So when the base salary changes within a year, what is left is (6 - paid before / old) x new (NĐ 161/2026).
    """
    return sum((Decimal(one.amount) / base_salary(one.on) for one in paid), Decimal(0))


def split(
    share: Decimal,
    in_scope: Decimal | int,
    *,
    on: date,
    form: str,
    outside: Decimal | int = 0,
    beside: Decimal | int = 0,
    object_share: Decimal = Decimal(1),
    right_route: bool = True,
    five_years: bool = False,
    copay_this_year: Sequence[Paid] = (),
) -> Split:
    """Split a visit's bill: `in_scope` is what BHYT knows of it, `outside` the rest. `form` is the form of care.

    `beside` is what BHYT knows of the visit's other bills: whether a visit is a small one, all of them say together.
    """
    inside, outside = Decimal(in_scope), Decimal(outside)
    if form not in INSURED_FORMS:
        return Split(Decimal("0.00"), Decimal("0.00"), _cents(inside + outside), "not insured at a distance")
    share, reason = _share(share, inside + beside, on, right_route, five_years, copay_this_year)
    insured = inside * object_share
    fund = _cents(insured * share)
    return Split(fund, _cents(insured) - fund, _cents(inside - insured + outside), reason)


def _share(
    share: Decimal, inside: Decimal, on: date, right_route: bool, five_years: bool, paid: Sequence[Paid]
) -> tuple[Decimal, str]:
    if right_route and inside < SMALL_VISIT * base_salary(on):
        return Decimal(1), "visit cost below 15% of base salary"
    if right_route and five_years and copay_in_base_salaries(paid) > MOST_COPAY:
        return Decimal(1), "5 continuous years and co-pay above 6 base salaries"
    return share, "card share"


def in_dong(parts: Split, bill: int) -> Parts:
    """Round a split to whole đồng so that its parts sum to the bill."""
    insured = min(int((parts.fund + parts.copay).quantize(DONG, ROUND_HALF_UP)), bill)
    fund = min(int(parts.fund.quantize(DONG, ROUND_HALF_UP)), insured)
    return Parts(fund, insured - fund, bill - insured)


def shared_out(whole: int, weights: Sequence[int]) -> list[int]:
    """Share a whole number out by weights, to the last đồng: the largest remainders get what rounding down left.

    No share is above its weight when the whole is not above their sum.
    """
    total = sum(weights)
    if not total:
        return [0] * len(weights)
    shares = [whole * weight // total for weight in weights]
    order = sorted(range(len(weights)), key=lambda n: (-(whole * weights[n] % total), n))
    for n in order[: whole - sum(shares)]:
        shares[n] += 1
    return shares


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


@cache
def _salaries() -> list[tuple[date, int]]:
    with (DATA / "base_salaries.csv").open(encoding="utf-8", newline="") as lines:
        return sorted((date.fromisoformat(row["from"]), int(row["vnd"])) for row in csv.DictReader(lines))


@cache
def _objects() -> list[tuple[VisitObject, date, date | None]]:
    with (DATA / "bhyt_visit_objects.csv").open(encoding="utf-8", newline="") as lines:
        return [
            (
                VisitObject(
                    code=row["code"],
                    share=Decimal(row["share"]),
                    any_card=row["any_card"] == "1",
                    right_route=row["right_route"] == "1",
                    name=row["name_vi"],
                ),
                date.fromisoformat(row["from"]),
                date.fromisoformat(row["to"]) if row["to"] else None,
            )
            for row in csv.DictReader(lines)
        ]
