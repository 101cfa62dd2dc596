"""Which visits share their money, and how much of it the facility may keep."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from booking.models import ACTIVE, Appointment, CutShort, Status
from booking.queries.terms import may_undo_no_show
from core.money import Money
from core.refs import Ref, ref

KEPT_WHOLE = {*ACTIVE, Status.FULFILLED}


@dataclass(frozen=True)
class Account:
    """What was paid for any of `subjects` is for all of them; `owed` of it is earned or still to be earned."""

    subjects: list[Ref]
    owed: Money


def account_of(appointment_id: UUID, now: datetime) -> Account:
    """Follow a visit through its moves and its series, and add up what the facility may keep.

    A missed visit counts whole while it can still be taken back: until then its money waits.
    """
    found, series = {appointment_id}, set[UUID]()
    while True:
        around = Q(pk__in=found) | Q(moved_from__in=found) | Q(series__in=series)
        rows = list(Appointment.objects.select_related("schedule").filter(around).order_by("pk"))
        wider = {one.pk for one in rows} | {one.moved_from_id for one in rows if one.moved_from_id}
        joined = {one.series for one in rows if one.series}
        if (wider, joined) == (found, series):
            break
        found, series = wider, joined
    by_id = {one.pk: one for one in rows}
    # Too short, and the citizen has chosen the money or another visit for it: nothing is owed for what there was.
    void = CutShort.objects.filter(appointment__in=found, status__in=["refunded", "rebooked"])
    too_short = set(void.values_list("appointment_id", flat=True))
    owed = sum((_owed(one, by_id, now) for one in rows if one.pk not in too_short), 0)
    subjects = [ref(one) for one in rows]
    subjects += [Ref("series", one) for one in sorted(series)]
    return Account(subjects, Money(owed, rows[0].price_currency if rows else "VND"))


def visits_of_series(series_id: UUID) -> list[UUID]:
    """List the visits of a series for journeys, the first one first."""
    return list(Appointment.objects.filter(series=series_id).order_by("pk").values_list("pk", flat=True))


def due(appointment: Appointment) -> Money:
    """Tell what is still to be paid for a kept time: the price, or what it costs more than the visit it replaces."""
    before = appointment.moved_from
    if before is None or before.status not in ACTIVE:
        return appointment.price
    return Money(max(appointment.price_amount - before.price_amount, 0), appointment.price_currency)


def _owed(one: Appointment, by_id: dict[UUID, Appointment], now: datetime) -> int:
    if one.status == Status.HELD and one.moved_from_id:
        before = by_id[one.moved_from_id]
        return max(one.price_amount - before.price_amount, 0) if before.status in ACTIVE else 0
    if one.status in KEPT_WHOLE or may_undo_no_show(one, now):
        return one.price_amount
    return one.fee_amount if one.status in {Status.CANCELLED, Status.NO_SHOW} else 0
