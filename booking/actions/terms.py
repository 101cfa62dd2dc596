"""What a new visit costs a person, and whether they may have one at all."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Coalesce

from booking.errors import BookingBlocked, TooManyBookings
from booking.models import Appointment, Block, Policy, Schedule, Status
from booking.queries import policy_of, share
from core.actor import Actor
from core.money import Money
from identity.models import Person, VisitType

Price = tuple[Money, list[dict[str, object]]]
OPEN = [Status.BOOKED, Status.CHECKED_IN]


def price_for(
    person: Person, schedule: Schedule, visit_type: VisitType, mode: str, starts_at: datetime, now: datetime
) -> Price:
    """Give the price of a visit and what it is made of; a revisit soon after the last visit has its own price.

    The amounts of the parts add up to the price.
    """
    policy = policy_of(schedule.facility_id)
    since = starts_at - timedelta(days=policy.revisit_days)
    return price_by(policy, visit_type, mode, was_here=lambda: _was_here(person, schedule, since, starts_at))


def price_by(policy: Policy, visit_type: VisitType, mode: str, *, was_here: Callable[[], bool]) -> Price:
    """Decide the price; `was_here`: whether the last visit was no longer ago than the policy says."""
    base = visit_type.price_in(mode)
    parts: list[dict[str, object]] = [{"kind": "base", "amount": base.amount}]
    if base.is_zero or policy.revisit_days == 0 or policy.revisit_percent == 100 or not was_here():
        return base, parts
    price = share(base, policy.revisit_percent)
    return price, [*parts, {"kind": "revisit", "amount": (price - base).amount}]


def refuse_if_blocked_or_full(
    person: Person, facility_id: UUID, by: Actor, now: datetime, *, replaces: UUID | None = None
) -> None:
    """Refuse what a person may not book themselves: while blocked, or with too many visits open here.

    The desk and the house may. `replaces` is a visit that is given up for the new one; a series counts as one.
    Raises BookingBlocked, TooManyBookings.
    """
    if by.role != "citizen":
        return
    block = Block.objects.filter(person=person, facility=facility_id, status=Block.Status.ACTIVE, until__gt=now).first()
    mine = Appointment.objects.filter(person=person, facility=facility_id, walk_in=False, during__endswith__gt=now)
    held = Q(status=Status.HELD, hold_expires_at__gt=now, moved_from=None)
    counted = mine.filter(Q(status__in=OPEN) | held)
    if replaces is not None:
        counted = counted.exclude(pk=replaces)
    acts = counted.annotate(act=Coalesce("series", "pk")).values("act").distinct().count()
    refuse_by(
        policy_of(facility_id),
        by,
        block=(block.pk, block.until) if block is not None and replaces is None else None,
        open_acts=acts,
    )


def refuse_by(policy: Policy, by: Actor, *, block: tuple[UUID, datetime] | None, open_acts: int) -> None:
    """Decide whether a person may book themselves. Raises BookingBlocked, TooManyBookings."""
    if by.role != "citizen":
        return
    if block is not None:
        raise BookingBlocked(str(block[0]), block[1])
    if open_acts >= policy.max_open_bookings:
        raise TooManyBookings


def _was_here(person: Person, schedule: Schedule, since: datetime, until: datetime) -> bool:
    visits = Appointment.objects.filter(
        person=person, practitioner=schedule.practitioner_id, facility=schedule.facility_id, status=Status.FULFILLED
    )
    return visits.filter(fulfilled_at__gte=since, fulfilled_at__lt=until).exists()
