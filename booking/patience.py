"""How long people get to answer: pure, from the clock on their wall."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

WAKE_AT, SLEEP_AT = time(7), time(21, 30)  # an offer made at night waits for the morning
SHORTEST_ANSWER = timedelta(minutes=3)  # nobody is asked for less
MORNING_ENDS, AFTERNOON_ENDS = time(12), time(17)
DAYS_TO_CHOOSE = timedelta(days=2)
LAST_CALL = timedelta(hours=12)  # before a visit, to tell everybody what becomes of it


def offered_until(now: datetime, minutes: int, zone: str, starts_at: datetime) -> datetime | None:
    """Tell until when a time that begins at `starts_at` is offered; None when too little time is left to answer.

    Who is asked at night answers in the morning: the minutes begin to count at seven.
    """
    wall = now.astimezone(ZoneInfo(zone))
    if wall.time() >= SLEEP_AT:
        wall = datetime.combine(wall.date() + timedelta(days=1), WAKE_AT, wall.tzinfo)
    elif wall.time() < WAKE_AT:
        wall = datetime.combine(wall.date(), WAKE_AT, wall.tzinfo)
    until = min(wall.astimezone(now.tzinfo) + timedelta(minutes=minutes), starts_at)
    return until if until - now >= SHORTEST_ANSWER else None


def fits_time_of_day(starts: datetime, wanted: str) -> bool:
    """Say whether a wall time lies in the part of the day somebody asked for."""
    at = starts.time()
    return {
        "morning": at < MORNING_ENDS,
        "afternoon": MORNING_ENDS <= at < AFTERNOON_ENDS,
        "evening": at >= AFTERNOON_ENDS,
    }.get(wanted, True)


def decide_by(starts_at: datetime, now: datetime) -> datetime:
    """Tell until when somebody may choose what becomes of a visit that cannot take place.

    Two days, but not past twelve hours before the visit; when that is too soon, half of the time that is left.
    """
    return max(min(now + DAYS_TO_CHOOSE, starts_at - LAST_CALL), now + max((starts_at - now) / 2, timedelta(0)))
