"""One visit as the model believes it to be. The numbers are the house's own, written down by hand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from tests import make

HOUR, MINUTE, DAY = timedelta(hours=1), timedelta(minutes=1), timedelta(days=1)
TODAY = make.TOMORROW - DAY
DAYS = 3  # on which people ask for times
HOLD, GRID = 10 * MINUTE, 20 * MINUTE
OPEN, CLOSE = "14:00", "16:00"
A_DAY_HAS = 6  # starts
MOST_HOLDS, MOST_VISITS = 3, 5
FREE_CANCEL, LATE_FEE, NO_SHOW_FEE = 4 * HOUR, 30, 50  # before the visit, percent, percent
GRACE = HOUR  # after the end, before the house notes that nobody came
PRICES = {"usual": (20, 150_000), "long": (40, 250_000), "free": (20, 0)}  # minutes, ₫

ACTIVE = {"held", "booked", "checked_in", "in_consultation", "interrupted"}
AGREED = {"booked", "checked_in"}

Wish = tuple[int, str, datetime]  # doctor, kind, start


@dataclass(eq=False)
class Visit:
    """What the model believes of one visit."""

    id: UUID
    who: int
    doctor: int
    kind: str
    start: datetime
    status: str
    price: int
    hold_until: datetime | None = None
    fee: int = 0
    paid: int = 0
    swap: bool = False
    due: int = 0
    payment: UUID | None = None
    old: Visit | None = None  # whose place it takes
    was_agreed: bool = False
    came: bool = False
    missed_by: str = ""
    undone: bool = False  # somebody said that they did come
    settled_at: datetime | None = None

    @property
    def end(self) -> datetime:
        return self.start + length(self.kind)

    @property
    def wish(self) -> Wish:
        return self.doctor, self.kind, self.start

    def keeps_time(self, now: datetime) -> bool:
        return self.status in ACTIVE and not self.lapsed(now)

    def lapsed(self, now: datetime) -> bool:
        """Its wait is over, whether or not anybody has noticed."""
        return self.status == "held" and self.hold_until is not None and self.hold_until <= now

    def meets(self, start: datetime, end: datetime) -> bool:
        return self.start < end and start < self.end

    def agree(self) -> None:
        self.status, self.hold_until, self.was_agreed = "booked", None, True


def length(kind: str) -> timedelta:
    return PRICES[kind][0] * MINUTE


def day_of(moment: datetime) -> date:
    """The day in Hà Nội."""
    return (moment + 7 * HOUR).date()


def starts(days: int = DAYS) -> list[datetime]:
    """All the times at which a visit may begin, the first one first."""
    return [make.at(TODAY + day * DAY, OPEN) + step * GRID for day in range(days) for step in range(A_DAY_HAS)]
