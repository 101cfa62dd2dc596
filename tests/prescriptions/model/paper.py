"""One prescription as the model believes it to be; it knows nothing of rows, locks or signatures."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import prescriptions.errors as refused
from core.errors import DomainError, NotFound, WrongState

SHOWN_FOR = timedelta(minutes=30)
FREE_TRIES = 5
Reasons = set[type[DomainError]]


@dataclass
class Go:
    """One part: its window, how much of each item belongs to it, how much of that is out."""

    opens: datetime
    closes: datetime
    shares: list[int]
    done: list[int] = field(default_factory=list)
    collected: bool = False

    def is_open(self, now: datetime) -> bool:
        return not self.collected and self.opens <= now < self.closes


@dataclass
class Hold:
    """A pharmacy's: how it ended, and by which secret it is proved."""

    pharmacy: int
    secret: str
    go: Go | None
    ended: datetime | None = None
    how: str = ""


@dataclass
class Paper:
    """Where a prescription stands."""

    id: Any
    code: str
    access_code: str
    totals: list[int]
    expires: datetime
    goes: list[Go] = field(default_factory=list)
    status: str = "signed"
    pending: bool = False  # taken back while a pharmacy holds it
    replaced: bool = False
    draft: Any = None  # of what is to take its place
    routed: int | None = None
    shown: dict[int, datetime] = field(default_factory=dict)  # pharmacy → until
    holds: list[Hold] = field(default_factory=list)
    wrong: list[datetime] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)  # what the audit trail must say, in order
    done: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.done = self.done or [0] * len(self.totals)
        for go in self.goes:
            go.done = go.done or [0] * len(go.shares)

    @property
    def hold(self) -> Hold | None:
        return next((one for one in self.holds if one.ended is None), None)

    @property
    def is_open(self) -> bool:
        return self.status in {"signed", "accepted"}

    @property
    def left(self) -> bool:
        return self.done != self.totals

    def open_go(self, now: datetime) -> Go | None:
        return next((go for go in self.goes if go.is_open(now)), None)

    # -- what stands against it -----------------------------------------------------------------------------------

    def why_withdrawn(self) -> Reasons:
        if self.replaced:
            return {refused.Replaced}
        return {refused.Cancelled} if self.pending or self.status == "cancelled" else set()

    def why_not_collectable(self, now: datetime) -> Reasons:
        if why := self.why_withdrawn():
            return why
        if self.status == "dispensed":
            return {refused.AlreadyDispensed}
        if self.status == "expired" or now >= self.expires:
            return {refused.Expired}
        if self.goes and self.open_go(now) is None:
            over = [go for go in self.goes if go.closes <= now]
            return {refused.PartTooLate} if over and not over[-1].collected else {refused.PartTooEarly}
        return set()

    def sees(self, pharmacy: int, now: datetime) -> bool:
        """Whether a pharmacy gets as far as being told why not."""
        shown = pharmacy in self.shown and self.shown[pharmacy] > now
        mine = [one for one in self.holds if one.pharmacy == pharmacy]
        filled = any(one.how == "completed" for one in mine) and not self.is_open
        return shown or self.routed == pharmacy or any(one.ended is None for one in mine) or filled

    def why_slowed(self, now: datetime) -> Reasons:
        """Five tries are free; then one, two, four … minutes after the last, an hour at most."""
        if len(self.wrong) < FREE_TRIES:
            return set()
        wait = timedelta(minutes=min(60, 2 ** (len(self.wrong) - FREE_TRIES)))
        return {refused.TooManyAttempts} if now < self.wrong[-1] + wait else set()

    def why_no_look(self, pharmacy: int, right: bool, now: datetime) -> Reasons:
        if why := self.why_slowed(now):
            return why
        if not right:
            return {refused.NoSuchPrescription}
        if self.hold is not None and self.hold.pharmacy == pharmacy:
            return set()
        if why := self.why_not_collectable(now):
            return why
        return {refused.TakenElsewhere} if self.hold is not None else set()

    def why_no_accept(self, pharmacy: int, now: datetime) -> Reasons:
        if not self.sees(pharmacy, now):
            return {NotFound}
        if self.hold is not None:
            return set() if self.hold.pharmacy == pharmacy else {refused.TakenElsewhere}
        return self.why_not_collectable(now)

    def why_no_hold(self, pharmacy: int, secret: str, now: datetime) -> Reasons:
        if not self.sees(pharmacy, now):
            return {NotFound}
        mine = self.hold is not None and self.hold.pharmacy == pharmacy and self.hold.secret == secret
        return set() if mine else {refused.WrongSecret}

    def why_no_hand_out(self, pharmacy: int, secret: str, quantities: list[int], now: datetime) -> Reasons:
        if why := self.why_no_hold(pharmacy, secret, now) or self.why_withdrawn():
            return why
        assert self.hold is not None
        go = self.hold.go
        if go is not None and not go.is_open(now):
            return {refused.PartTooLate}
        if now >= self.expires:
            return {refused.Expired}
        done, most = (go.done, go.shares) if go else (self.done, self.totals)
        fits = all(had + more <= all_of_it for had, more, all_of_it in zip(done, quantities, most, strict=True))
        return set() if fits else {refused.MoreThanPrescribed}

    def why_no_end(self, pharmacy: int, secret: str, reasons: bool, now: datetime) -> Reasons:
        if not self.sees(pharmacy, now):
            return {NotFound}
        if self.status == "dispensed":
            return set()
        if why := self.why_no_hold(pharmacy, secret, now):
            return why
        done, most = self.counted()
        if done != most and (why := self.why_withdrawn()):
            return why
        if not any(done):
            return {refused.NothingDispensed}
        return set() if reasons or done == most else {refused.ItemsOpen}

    def counted(self) -> tuple[list[int], list[int]]:
        """What is out and what there is, of the part in hand or of the whole."""
        go = self.hold.go if self.hold is not None else None
        return (go.done, go.shares) if go else (self.done, self.totals)

    def last_of(self, pharmacy: int) -> Hold | None:
        return next((one for one in reversed(self.holds) if one.pharmacy == pharmacy), None)

    def why_no_return(self, pharmacy: int, now: datetime) -> Reasons:
        mine = self.last_of(pharmacy)
        if mine is None or mine.how == "completed":
            return {NotFound}
        if mine.ended is not None:
            moved_on = self.holds[-1] is not mine
            return {NotFound} if moved_on or now - mine.ended > SHOWN_FOR else set()
        done, most = self.counted()
        return {refused.EverythingHandedOut} if done == most else set()

    def why_no_cancel(self) -> Reasons:
        if self.status == "cancelled" or self.pending:
            return set()
        if not self.is_open or (self.status == "accepted" and not self.left):
            return {WrongState}
        return set()

    def can_be_replaced(self, now: datetime) -> bool:
        return self.is_open and now < self.expires and not self.pending and self.left

    def why_no_route(self, now: datetime) -> Reasons:
        if why := self.why_not_collectable(now):
            return why
        return {refused.TakenElsewhere} if self.status == "accepted" else set()

    # -- what follows ---------------------------------------------------------------------------------------------

    def hand_out(self, quantities: list[int]) -> None:
        assert self.hold is not None
        for number, more in enumerate(quantities):
            self.done[number] += more
            if self.hold.go:
                self.hold.go.done[number] += more

    def give_back(self, now: datetime) -> None:
        hold = self.hold
        assert hold is not None
        hold.ended, hold.how = now, "returned"
        self.shown.pop(hold.pharmacy, None)
        self.routed = None if self.routed == hold.pharmacy else self.routed
        self._let_go(now)

    def close(self, now: datetime) -> None:
        hold = self.hold
        assert hold is not None
        hold.ended, hold.how = now, "completed"
        if hold.go is None or hold.go is self.goes[-1]:
            self.status = "dispensed"
        if hold.go is not None:
            hold.go.collected = True
            if self.status != "dispensed":
                self._let_go(now)
                self.routed = None if self.status == "signed" else self.routed

    def _let_go(self, now: datetime) -> None:
        if self.pending:
            self.status = "cancelled"
        else:
            self.status = "expired" if now >= self.expires else "signed"

    def take_back(self) -> None:
        if self.status == "accepted":
            self.pending = True
        else:
            self.status = "cancelled"
