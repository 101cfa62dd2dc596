"""Morning, afternoon, evening: in the clinic's wall time, and as the marks of a day. Pure."""

from datetime import datetime, time

from booking import marks, slots

AN_HOUR = 60 // marks.MINUTES  # in marks

# From and to, in the clinic's wall time.
PARTS_OF_DAY: dict[str, tuple[time, time]] = {
    "morning": (time(0), time(12)),
    "afternoon": (time(12), time(17)),
    "evening": (time(17), time(23, 59, 59)),
}


def in_part(moment: datetime, zone: str, part: str) -> bool:
    """Say whether a moment lies in that part of the clinic's day; without a part every moment does."""
    if part not in PARTS_OF_DAY:
        return True
    begins, ends = PARTS_OF_DAY[part]
    return begins <= slots.wall(moment, zone).time() < ends


def marks_of_part(part: str) -> int:
    """Give the marks a part of the day may touch, an hour more on each side for nights on which clocks change; 0 for none."""
    if part not in PARTS_OF_DAY:
        return 0
    first, after = (at.hour * AN_HOUR + -(-at.minute // marks.MINUTES) for at in PARTS_OF_DAY[part])
    return marks.run(first - AN_HOUR, after - first + 2 * AN_HOUR)
