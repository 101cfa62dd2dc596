"""Parts as plain values: how a prescription is divided, and when each part can be collected. Pure.

The writing side makes a list of `PartPlan`; actions.plan_parts keeps it with the draft and signing makes it final.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

MOST_PARTS = 12


@dataclass(frozen=True)
class PartPlan:
    """One part to be: its window [opens_at, closes_at), the days it is taken (both included), and how much of each item.

    `shares` is {rank of the item, from 1: quantity in its unit of sale}; an item may be missing from a part.
    """

    opens_at: datetime
    closes_at: datetime
    used_from: date
    used_to: date
    shares: Mapping[int, int]


def shares_of(total: int, days: int, lengths: Sequence[int]) -> list[int]:
    """Divide whole units of a course of `days` over parts of these lengths: by the days of each, what is over goes first."""
    reached, given, found = 0, 0, []
    for length in lengths:
        reached = min(days, reached + length)
        until = -(-total * reached // days)
        found.append(until - given)
        given = until
    return found


def plan_of(
    totals: Sequence[int],
    *,
    days: Sequence[int],
    first_day: date,
    zone: str,
    signed_at: datetime,
    valid_days: int,
    opens_before: int,
    closes_before: int,
) -> list[PartPlan]:
    """Plan parts of `days` days each, one after the other from `first_day`; each total is shared out by days.

    The first part is collected from signing to the end of the `valid_days`-th day after it; each later one from `opens_before`
    to `closes_before` days before its first day, both included. Tranches of narcotics: 3 and 1 (Circular 26/2025/TT-BYT).
    A negative `closes_before` lets people come late by so many days.
    """
    there = ZoneInfo(zone)
    shared = [shares_of(total, sum(days), days) for total in totals]
    begins = [first_day + timedelta(days=sum(days[:number])) for number in range(len(days))]
    opens = [signed_at, *[_midnight(begin - timedelta(days=opens_before), there) for begin in begins[1:]]]
    last_days = [signed_at.astimezone(there).date() + timedelta(days=valid_days)]
    last_days += [begin - timedelta(days=closes_before) for begin in begins[1:]]
    closes = [_midnight(last + timedelta(days=1), there) for last in last_days]
    # Whoever may come late for one part cannot come at the same time for the next.
    closes = [min(pair) for pair in zip(closes, [*opens[1:], closes[-1]], strict=True)]
    return [
        PartPlan(
            opens[number],
            closes[number],
            begins[number],
            begins[number] + timedelta(days=length - 1),
            {rank: share[number] for rank, share in enumerate(shared, start=1) if share[number]},
        )
        for number, length in enumerate(days)
    ]


def plan_of_tranches(
    tranches: Sequence[Mapping[str, Any]],
    totals: Sequence[int],
    *,
    courses: Sequence[int] = (),
    zone: str,
    signed_at: datetime,
) -> list[PartPlan]:
    """Turn tranches {from, to, collect_from, collect_to} (ISO days, all included) into parts; fewer than two are none.

    The first can be collected from signing on. The totals are shared out by the days of each tranche; `courses` says for how
    many days each item is taken, where that is not all of them.
    """
    if len(tranches) < 2:
        return []
    there, plans = ZoneInfo(zone), list[PartPlan]()
    spans = [(date.fromisoformat(one["from"]), date.fromisoformat(one["to"])) for one in tranches]
    days = [(last - first).days + 1 for first, last in spans]
    taken = courses or [sum(days)] * len(totals)
    shared = [shares_of(total, course, days) for total, course in zip(totals, taken, strict=True)]
    for number, (one, (first, last)) in enumerate(zip(tranches, spans, strict=True)):
        opens = _midnight(date.fromisoformat(one["collect_from"]), there) if number else signed_at
        closes = _midnight(date.fromisoformat(one["collect_to"]) + timedelta(days=1), there)
        shares = {rank: share[number] for rank, share in enumerate(shared, start=1) if share[number]}
        plans.append(PartPlan(opens, closes, first, last, shares))
    ends = [min(plan.closes_at, after.opens_at) for plan, after in pairwise(plans)] + [plans[-1].closes_at]
    return [replace(plan, closes_at=end) for plan, end in zip(plans, ends, strict=True)]


def _midnight(day: date, there: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, tzinfo=there)


def why_not_whole(plans: Sequence[PartPlan], totals: Mapping[int, int]) -> str:
    """Say what is wrong with a list of parts, as a code: one, many, window, order, item, empty, sum; empty when it is right."""
    if len(plans) == 1:
        return "one"
    if len(plans) > MOST_PARTS:
        return "many"
    for plan in plans:
        if plan.closes_at <= plan.opens_at or plan.used_to < plan.used_from:
            return "window"
        if set(plan.shares) - set(totals) or any(quantity < 1 for quantity in plan.shares.values()):
            return "item"
        if not plan.shares:
            return "empty"
    if any(after.opens_at < before.closes_at for before, after in pairwise(plans)):
        return "order"
    given = {rank: sum(plan.shares.get(rank, 0) for plan in plans) for rank in totals}
    return "sum" if plans and given != dict(totals) else ""
