"""The rules of the house: what may be had, what is owed, and what follows from what; pure, over a list of visits and a clock."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

import booking.errors as refused
from core.errors import DomainError
from tests import make
from tests.booking.model.visit import (
    ACTIVE,
    AGREED,
    CLOSE,
    DAY,
    GRACE,
    MOST_HOLDS,
    MOST_VISITS,
    NO_SHOW_FEE,
    Visit,
    day_of,
    length,
    starts,
)

Reasons = set[type[DomainError]]


@dataclass
class House:
    """All visits anybody ever asked for, and what time it is."""

    now: datetime
    visits: list[Visit] = field(default_factory=list)

    # -- what may be had ------------------------------------------------------------------------------------------

    def why_no_time(self, doctor: int, kind: str, start: datetime, leaving: Collection[Visit] = ()) -> Reasons:
        """Say why this doctor's time cannot be had, once `leaving` have gone."""
        end = start + length(kind)
        why: Reasons = set()
        if start < self.now:
            why.add(refused.SlotPast)
        if end > make.at(day_of(start), CLOSE):  # it would end after hours
            why |= {refused.OffGrid, refused.NotBookable, refused.SlotTaken}
        if any(one.doctor == doctor and one.meets(start, end) for one in self._keeping(leaving)):
            why |= {refused.SlotTaken, refused.OffGrid}
        return why

    def why_not_there(self, who: int, kind: str, start: datetime, leaving: Collection[Visit] = ()) -> Reasons:
        """Say why this person cannot be there."""
        end = start + length(kind)
        busy = any(one.who == who and one.meets(start, end) for one in self._keeping(leaving))
        return {refused.PersonBusy} if busy else set()

    def why_no_more(self, who: int, *, instead_of: Visit | None = None) -> Reasons:
        """Say why this person may not book one more visit themselves."""
        mine = [one for one in self._of(who) if one is not instead_of]
        asked = [one for one in mine if one.status == "held" and one.keeps_time(self.now) and one.old is None]
        agreed = [one for one in mine if one.status in AGREED]
        return {refused.TooManyBookings} if len(agreed) + len(asked) >= MOST_VISITS else set()

    def why_no_hold(self, who: int) -> Reasons:
        """Say why this person may not keep one more time while they pay."""
        kept = [one for one in self._of(who) if one.status == "held" and one.keeps_time(self.now)]
        return {refused.TooManyHolds} if len(kept) >= MOST_HOLDS else set()

    def same_hold(self, who: int, wish: tuple[int, str, datetime]) -> Visit | None:
        """Find the hold that asks for the same already."""
        held = [one for one in self.visits if one.who == who and one.status == "held" and one.keeps_time(self.now)]
        return next((one for one in held if one.wish == wish), None)

    def next_time(self, one: Visit) -> datetime:
        """Tell which time a payment that came too late is for: the same one, or the next that both have free."""
        for start in starts(days=15):
            why_not = self.why_no_time(one.doctor, one.kind, start) | self.why_not_there(one.who, one.kind, start)
            if start >= max(one.start, self.now) and not why_not:
                return start
        raise AssertionError("there is always a free time within two weeks")

    # -- what follows ---------------------------------------------------------------------------------------------

    def after(self, one: Visit) -> list[Visit]:
        return [new for new in self.visits if new.old is one]

    def waiting_to_move(self, one: Visit) -> Visit | None:
        return next((new for new in self.after(one) if new.status == "held"), None)

    def drop_what_waits(self, one: Visit) -> None:
        """Whatever was kept for a visit that is not moved any more is let go."""
        waiting = self.waiting_to_move(one)
        if waiting is not None:
            waiting.status = "expired"

    def miss(self, one: Visit, side: str) -> None:
        """Somebody did not come. The citizen pays a part; it can be taken back until midnight."""
        one.status, one.missed_by = "no_show", side
        one.fee = one.price * NO_SHOW_FEE // 100 if side == "citizen" else 0
        one.settled_at = make.at(day_of(self.now) + DAY, "00:00") if side == "citizen" else None
        self.drop_what_waits(one)

    def not_settled(self, one: Visit) -> bool:
        return one.status == "no_show" and one.settled_at is not None and self.now < one.settled_at

    def nobody_came(self) -> list[Visit]:
        long_over = [one for one in self.visits if one.status == "booked" and one.end <= self.now - GRACE]
        return [one for one in long_over if not one.undone]

    def let_go_of_the_lapsed(self) -> None:
        for one in self.visits:
            if one.lapsed(self.now):
                one.status = "expired"

    def money_comes(self, one: Visit) -> bool:
        """What was asked for a visit is paid. Say whether it came too late and is for another time now."""
        one.paid += one.due
        if one.status == "held" and not one.lapsed(self.now):
            if one.old is None or one.old.status in AGREED:
                one.agree()
                if one.old:
                    one.old.status = "rescheduled"
            return False
        return one.swap and one.old is None and (one.status == "expired" or one.lapsed(self.now))

    # -- money ----------------------------------------------------------------------------------------------------

    def kept(self) -> int:
        """Tell what the hospital holds: of what was paid, no more than what is agreed or was missed."""
        chains = [self._chain(root) for root in self.visits if root.old is None]
        return sum(min(sum(one.paid for one in chain), sum(self._owed(one) for one in chain)) for chain in chains)

    def _owed(self, one: Visit) -> int:
        if one.status == "held" and one.old:
            return max(one.price - one.old.price, 0) if one.old.status in ACTIVE else 0
        if one.status in ACTIVE | {"fulfilled"} or self.not_settled(one):
            return one.price
        return one.fee if one.status in {"no_show", "cancelled"} else 0

    def _chain(self, one: Visit) -> list[Visit]:
        return [one, *(far for new in self.after(one) for far in self._chain(new))]

    def _keeping(self, leaving: Collection[Visit]) -> list[Visit]:
        return [one for one in self.visits if one.keeps_time(self.now) and one not in leaving]

    def _of(self, who: int) -> list[Visit]:
        return [one for one in self.visits if one.who == who and one.end > self.now]
