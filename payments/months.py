"""A facility's month in money: from the ledger what came and went back, and the balances; from invoices who owes which part."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from core.money import Money
from identity.models import Facility
from payments import ledger
from payments.models import CountedPayment, Entry, Invoice


@dataclass
class Sums:
    """What moved, in minor units: came, promised back (less promises taken back), sent back, kept by gateways, lost."""

    income: int = 0
    refunds: int = 0
    sent_back: int = 0
    fees: int = 0
    losses: int = 0  # disputes decided for the payer
    number: int = 0  # payments that came

    @property
    def net(self) -> int:
        return self.income - self.refunds - self.fees - self.losses


@dataclass
class Balance:
    """How one account of the ledger stood when the month began and when it ended. Debit is positive."""

    account: str
    opening: int = 0
    closing: int = 0

    @property
    def change(self) -> int:
        return self.closing - self.opening


@dataclass(frozen=True)
class Billed:
    """The invoices of a month that stand today, in minor units: who pays which part, and what is still to come."""

    number: int = 0
    total: int = 0  # after discounts, without what was taken back of the insurance's and others' part
    discount: int = 0
    insurance: int = 0  # to be claimed from the health insurance fund
    other: int = 0
    patients: int = 0  # co-payments and own parts
    credited: int = 0  # taken back of the patients' part by credit notes of the month
    unpaid: int = 0  # of the patients' part


@dataclass
class Statement:
    """A month of one facility in one currency."""

    facility: Facility
    first_day: date
    last_day: date
    currency: str
    total: Sums = field(default_factory=Sums)
    by_way: dict[str, Sums] = field(default_factory=dict)  # gateway → sums
    by_day: dict[date, Sums] = field(default_factory=dict)
    balances: list[Balance] = field(default_factory=list)
    billed: Billed = field(default_factory=Billed)

    def money(self, amount: int) -> Money:
        return Money(amount, self.currency)


def month_of(facility: Facility, first_day: date, *, currency: str = "VND") -> Statement:
    """Return the statement of the month that begins on a day, on the facility's clock."""
    zone = ZoneInfo(facility.zone)
    last_day = (first_day + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    begins = datetime.combine(first_day, time(0), zone)
    ends = datetime.combine(last_day + timedelta(days=1), time(0), zone)
    found = Statement(facility, first_day, last_day, currency)
    _moved(found, begins, ends, zone)
    found.balances = _balances(found, begins, ends)
    found.billed = _billed(found, begins, ends)
    return found


def _moved(found: Statement, begins: datetime, ends: datetime, zone: ZoneInfo) -> None:
    """Sum the ledger's lines: credits of income, debits of refunds, fees and losses, credits of what gateways hold."""
    house = found.facility.pk
    sides = {
        ledger.income(house): ("income", -1),
        ledger.refunds(house): ("refunds", 1),
        ledger.fees(house): ("fees", 1),
        ledger.losses(house): ("losses", 1),
    }
    rows = Entry.objects.filter(facility_id=house, currency=found.currency, created_at__gte=begins, created_at__lt=ends)
    told = (
        rows.filter(Q(account__in=sides) | Q(account__startswith="clearing/", kind="refund_done"))
        .annotate(day=TruncDate("created_at", tzinfo=zone))
        .values("account", "day", "payment__gateway")
        .annotate(total=Sum("amount"), number=Count("id"))
        .order_by()
    )
    ways: defaultdict[str, Sums] = defaultdict(Sums)
    days: defaultdict[date, Sums] = defaultdict(Sums)
    for row in told:
        part, sign = sides.get(row["account"], ("sent_back", -1))
        for sums in (found.total, ways[row["payment__gateway"] or ""], days[row["day"]]):
            setattr(sums, part, getattr(sums, part) + sign * row["total"])
            sums.number += row["number"] if part == "income" else 0
    found.by_way, found.by_day = dict(sorted(ways.items())), dict(sorted(days.items()))


def _balances(found: Statement, begins: datetime, ends: datetime) -> list[Balance]:
    rows = Entry.objects.filter(facility_id=found.facility.pk, currency=found.currency, created_at__lt=ends)
    told = rows.values("account").annotate(
        opening=Sum("amount", filter=Q(created_at__lt=begins), default=0), closing=Sum("amount")
    )
    return [Balance(row["account"], row["opening"], row["closing"]) for row in told.order_by("account")]


def _billed(found: Statement, begins: datetime, ends: datetime) -> Billed:
    rows = Invoice.objects.filter(
        facility=found.facility, currency=found.currency, issued_at__gte=begins, issued_at__lt=ends
    )
    bills = rows.filter(kind="bill", status__in=["issued", "settled", "adjusted"])
    columns = ("total", "discount", "insurance", "copay", "own", "other")
    sums = bills.aggregate(number=Count("id"), **{name: Sum(f"{name}_amount", default=0) for name in columns})
    back = rows.filter(kind="credit").aggregate(**{name: Sum(f"{name}_amount", default=0) for name in columns})
    open_ones = bills.filter(status__in=["issued", "adjusted"])
    own_part = Sum(F("copay_amount") + F("own_amount"), default=0)
    counted = CountedPayment.objects.filter(invoice__in=open_ones).aggregate(total=Sum("amount", default=0))["total"]
    taken_back = Invoice.objects.filter(adjusts__in=open_ones, refund=None).exclude(status="draft")
    return Billed(
        number=sums["number"],
        total=sums["total"] - back["insurance"] - back["other"],
        discount=sums["discount"],
        insurance=sums["insurance"] - back["insurance"],
        other=sums["other"] - back["other"],
        patients=sums["copay"] + sums["own"],
        credited=back["copay"] + back["own"],
        unpaid=open_ones.aggregate(total=own_part)["total"] - counted - taken_back.aggregate(total=own_part)["total"],
    )
