"""A day as five-minute marks: pure arithmetic on whole numbers, one bit a mark.

Mark 0 begins at local midnight and marks count real time, so a night on which clocks change has 23 or 25 hours of them.
26 hours fit: the longest day any zone knows, and for ordinary days the first two hours of the next one, so that a visit
may run past midnight. In the whole number mark 0 is the highest bit, as PostgreSQL's bit(312) writes it: leftmost first.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

MINUTES = 5
MARKS = 26 * 60 // MINUTES
ALL = (1 << MARKS) - 1
STEP = timedelta(minutes=MINUTES)


def run(first: int, count: int) -> int:
    """Give the marks [first, first + count), whatever of it lies inside the day."""
    first, after = max(first, 0), min(first + count, MARKS)
    return ((1 << (after - first)) - 1) << (MARKS - after) if after > first else 0


def between(midnight: datetime, starts_at: datetime, ends_at: datetime) -> int:
    """Give every mark that [starts_at, ends_at) touches, also in part."""
    first = (starts_at - midnight) // STEP
    after = -((midnight - ends_at) // STEP)
    return run(first, after - first)


def within(midnight: datetime, starts_at: datetime, ends_at: datetime) -> int:
    """Give every mark that lies in [starts_at, ends_at) as a whole."""
    first = -((midnight - starts_at) // STEP)
    after = (ends_at - midnight) // STEP
    return run(first, after - first)


def one(index: int) -> int:
    """Give the single mark of that number."""
    return 1 << (MARKS - 1 - index)


def each(bits: int) -> Iterator[int]:
    """Walk through the numbers of the marks that are set, the earliest first."""
    while bits:
        index = MARKS - bits.bit_length()
        yield index
        bits ^= one(index)


def first(bits: int) -> int | None:
    """Give the number of the earliest mark that is set."""
    return MARKS - bits.bit_length() if bits else None


def starts_of_runs(free: int, count: int, every: int = ALL) -> int:
    """Give the marks at which `count` free marks begin in a row; `every` is the whole there is to look at."""
    found, have = free, 1
    while have < count:
        step = min(have, count - have)
        found &= found << step & every
        have += step
    return found


def text(bits: int) -> str:
    """Write the marks as PostgreSQL does."""
    return format(bits, f"0{MARKS}b")
