"""What the desk looks up about money: payments by whatever people say of them, drawers, refunds that wait, what is owed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Case, IntegerField, Q, QuerySet, Sum, When

from core.actor import Actor
from core.money import Money
from core.refs import Ref
from identity.models import User
from identity.names import fold
from payments import access, cash, codes, queries
from payments.models import (
    BankLine,
    BooksProof,
    CashMovement,
    CashShift,
    Credit,
    Difference,
    Dispute,
    Payment,
    Reconciliation,
    Refund,
    RefundLimit,
)

MOST = 30


def find_payments(by: Actor, text: str, *, subjects: Iterable[Ref] = ()) -> list[Payment]:
    """Find payments of the desk's facility by code, phone or name, or for these subjects; what is open comes first."""
    access.require_desk_user(by)
    code = codes.clean(text)
    digits = "".join(character for character in text if character.isdigit())
    wanted = Q(subject__in=[str(one) for one in subjects])
    if code:
        wanted |= Q(code=code)
    elif len(digits) >= 6 and len(digits) >= len(text.replace(" ", "")) - 2:
        wanted |= Q(payer__phone__endswith=digits.removeprefix("84").lstrip("0"))
    elif words := [word for word in fold(text).split() if word.isalpha()]:
        named = Q()
        for word in words:
            named &= Q(payer__sort_name__startswith=word) | Q(payer__sort_name__contains=f" {word}")
        wanted |= named
    rows = access.visible_to(by).filter(wanted).select_related("payer", "facility")
    open_first = Case(When(status__in=Payment.OPEN, then=0), default=1, output_field=IntegerField())
    return list(rows.order_by(open_first, "-created_at")[:MOST])


def payments_for(by: Actor, subjects: Iterable[Ref]) -> list[Payment]:
    """Return what the desk's facility asked for these things, every try, the oldest first."""
    access.require_desk_user(by)
    rows = access.visible_to(by).filter(subject__in=[str(one) for one in subjects])
    return list(rows.order_by("created_at", "id"))


@dataclass(frozen=True)
class Drawer:
    """What went through a drawer: how much came in, how much went out, and what should lie in it."""

    shift: CashShift
    opening: Money
    taken: Money
    paid_out: Money
    inside: Money


def drawer_of(shift: CashShift) -> Drawer:
    """Sum up a shift."""
    rows = shift.movements.values_list("kind").annotate(total=Sum("amount")).order_by()
    sums = {str(kind): int(total) for kind, total in rows}
    taken, out = sums.get("take", 0), sums.get("pay_out", 0)
    inside = cash.in_drawer(shift.opening_float, [("take", taken), ("pay_out", out)])
    return Drawer(shift, Money.vnd(shift.opening_float), Money.vnd(taken), Money.vnd(out), Money.vnd(inside))


def movements_of(shift: CashShift) -> QuerySet[CashMovement]:
    """Return what went through a drawer, in its order."""
    return shift.movements.select_related("payment__payer").order_by("at", "id")


def taken_for(payment: Payment) -> CashMovement | None:
    """Return the cash that was taken for a payment; None when it was not paid so."""
    return CashMovement.objects.filter(payment=payment, kind="take").select_related("shift").first()


def shifts_of(by: Actor) -> QuerySet[CashShift]:
    """Return the shifts of the desk's facility, the latest first."""
    return access.shifts_of(by).order_by("-opened_at")


def _refunds(by: Actor) -> QuerySet[Refund]:
    _user_id, facility_id = access.require_desk_user(by)
    return Refund.objects.filter(payment__facility_id=facility_id).select_related("payment__payer")


def refunds_to_decide(by: Actor) -> QuerySet[Refund]:
    """Return refunds that wait for a second person, the oldest first."""
    return _refunds(by).filter(status=Refund.Status.AWAITING_APPROVAL).order_by("created_at")


def refunds_under_way(by: Actor) -> QuerySet[Refund]:
    """Return refunds a gateway is being asked for, the oldest first."""
    return _refunds(by).filter(status=Refund.Status.REQUESTED).order_by("created_at")


def refunds_ended(by: Actor, since: datetime) -> QuerySet[Refund]:
    """Return refunds that ended since then, the latest first."""
    ended = _refunds(by).filter(status__in=["done", "failed", "rejected"])
    return ended.filter(Q(done_at__gte=since) | Q(failed_at__gte=since) | Q(rejected_at__gte=since)).order_by("-id")


@dataclass(frozen=True)
class Limit:
    """Up to where the desk gives back of one payment without a second person, and what was set about it, the latest first."""

    above: Money
    house: Money
    own: RefundLimit | None  # the facility's own that holds
    wished: RefundLimit | None
    history: list[RefundLimit]


def refund_limit(by: Actor) -> Limit:
    """Return the limit of the desk's facility."""
    _user_id, facility_id = access.require_desk_user(by)
    rows = access.refund_limits_of(by)
    holding = rows.filter(status=RefundLimit.Status.HOLDS).first()
    return Limit(
        above=Money.vnd(queries.approval_above(facility_id)),
        house=Money.vnd(settings.REFUND_APPROVAL_ABOVE),
        own=holding if holding is not None and holding.amount is not None else None,
        wished=rows.filter(status=RefundLimit.Status.WISHED).first(),
        history=list(rows.exclude(status=RefundLimit.Status.WISHED).order_by("-created_at", "-id")[:10]),
    )


def credits_owed(by: Actor) -> QuerySet[Credit]:
    """Return what the desk's facility owes payers, the oldest first."""
    _user_id, facility_id = access.require_desk_user(by)
    owed = Credit.objects.filter(facility_id=facility_id, status=Credit.Status.OWED)
    return owed.select_related("payer", "payment", "refund").order_by("created_at")


def open_disputes(by: Actor) -> QuerySet[Dispute]:
    """Return disputes that are not decided, the one to be answered first before the others."""
    _user_id, facility_id = access.require_desk_user(by)
    rows = Dispute.objects.filter(payment__facility_id=facility_id, status__in=Dispute.OPEN)
    return rows.select_related("payment__payer").order_by("answer_by", "opened_at")


def names_of(user_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Return the names of users who asked or decided."""
    return dict(User.objects.filter(id__in=[one for one in user_ids if one]).values_list("id", "name"))


def reconciliations(by: Actor) -> QuerySet[Reconciliation]:
    """Return the days compared, the latest first."""
    return access.reconciliations_of(by).order_by("-day", "gateway")


def differences_of(row: Reconciliation) -> QuerySet[Difference]:
    """Return where a day differs: what is open first."""
    settled_last = Case(When(status="resolved", then=1), default=0, output_field=IntegerField())
    return row.differences.select_related("payment__payer", "refund", "reconciliation").order_by(
        settled_last, "at", "id"
    )


@dataclass(frozen=True)
class ToDo:
    """How much waits for people."""

    to_decide: int
    owed: int
    differing: int
    unmatched: int


def to_do(by: Actor) -> ToDo:
    """Count what waits at the desk's facility."""
    _user_id, facility_id = access.require_desk_user(by)
    return ToDo(
        to_decide=refunds_to_decide(by).count(),
        owed=credits_owed(by).count(),
        differing=access.reconciliations_of(by).filter(status="differs").count(),
        unmatched=BankLine.objects.filter(facility_id=facility_id, status=BankLine.Status.UNMATCHED).count(),
    )


def last_proof() -> BooksProof | None:
    """Return the latest run of the checker; None before the first night."""
    return BooksProof.objects.order_by("-created_at").first()
