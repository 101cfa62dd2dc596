"""How long two sides were together: union of each side's stretches, then what they share. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

Stretch = tuple[datetime, datetime]  # [from, to)


def united(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Return the same time in stretches that neither touch nor overlap, in order; empty and reversed ones vanish."""
    whole: list[Stretch] = []
    for begins, ends in sorted(one for one in stretches if one[0] < one[1]):
        if whole and begins <= whole[-1][1]:
            whole[-1] = (whole[-1][0], max(whole[-1][1], ends))
        else:
            whole.append((begins, ends))
    return whole


def together(one: Iterable[Stretch], other: Iterable[Stretch]) -> timedelta:
    """Return how long both sides had somebody there at once."""
    ours, theirs, total = united(one), united(other), timedelta()
    here = there = 0
    while here < len(ours) and there < len(theirs):
        begins, ends = max(ours[here][0], theirs[there][0]), min(ours[here][1], theirs[there][1])
        total += max(ends - begins, timedelta())
        if ours[here][1] <= theirs[there][1]:
            here += 1
        else:
            there += 1
    return total
