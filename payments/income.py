"""Figures of a facility's money in a time: what came and went by day and by way, and for what it came. Dong only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, QuerySet, Sum
from django.db.models.functions import TruncDate

from core.actor import Actor
from core.money import Money
from payments import access
from payments.gateways import ZONE, day_of
from payments.models import Payment, Refund

LONGEST = 366


@dataclass
class Sums:
    """What came, what went back, what the gateways kept, and how many payments it were."""

    came: int = 0
    back: int = 0
    fees: int = 0
    payments: int = 0

    @property
    def net(self) -> int:
        """What stays."""
        return self.came - self.back

    @property
    def came_money(self) -> Money:
        return Money.vnd(self.came)

    @property
    def back_money(self) -> Money:
        return Money.vnd(self.back)

    @property
    def net_money(self) -> Money:
        return Money.vnd(self.net)

    def add(self, other: Sums) -> None:
        """Take another's into this."""
        self.came += other.came
        self.back += other.back
        self.fees += other.fees
        self.payments += other.payments


@dataclass(frozen=True)
class Line:
    """One day at one gateway."""

    day: date
    gateway: str
    sums: Sums


def by_day(by: Actor, first: date, last: date) -> list[Line]:
    """Return the days and gateways of a time with money in them: what came by the day it came, refunds by theirs."""
    found: dict[tuple[date, str], Sums] = {}
    came = _captured(by, first, last).annotate(day=TruncDate("captured_at", tzinfo=ZONE)).values("day", "gateway")
    for row in came.annotate(total=Sum("captured_amount"), fee=Sum("fee_amount"), n=Count("id")).order_by():
        found[row["day"], row["gateway"]] = Sums(row["total"], 0, row["fee"], row["n"])
    since, until = day_of(first)[0], day_of(last)[1]
    _user_id, facility_id = access.require_desk_user(by)
    gone = Refund.objects.filter(
        status="done", done_at__gte=since, done_at__lt=until, payment__facility_id=facility_id, currency="VND"
    )
    gone_by_day = gone.annotate(day=TruncDate("done_at", tzinfo=ZONE)).values("day", "payment__gateway")
    for line in gone_by_day.annotate(total=Sum("amount")).order_by():
        found.setdefault((line["day"], line["payment__gateway"]), Sums()).back += line["total"]
    return [Line(day, gateway, sums) for (day, gateway), sums in sorted(found.items())]


def by_subject(by: Actor, first: date, last: date) -> Iterator[tuple[str, Sums]]:
    """Walk through what was paid for in a time, with what of it has gone back until now."""
    rows = _captured(by, first, last).values_list("subject", "captured_amount", "refunded_amount", "fee_amount")
    for subject, came, back, fee in rows.iterator(chunk_size=2000):
        yield subject, Sums(came, back, fee, 1)


def _captured(by: Actor, first: date, last: date) -> QuerySet[Payment]:
    _user_id, facility_id = access.require_desk_user(by)
    last = min(last, first + timedelta(days=LONGEST - 1))
    return Payment.objects.filter(
        facility_id=facility_id,
        captured_at__gte=day_of(first)[0],
        captured_at__lt=day_of(last)[1],
        currency="VND",
    )
