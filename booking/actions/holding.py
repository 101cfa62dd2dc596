"""Keep a time, agree on it, let it go again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from booking import access, days, queries
from booking.actions import lapsing, terms
from booking.actions.noting import note, note_along
from booking.actions.placing import place_at_once
from booking.errors import HoldExpired, PersonBusy, SlotTaken, TooManyHolds
from booking.events import AppointmentBooked, AppointmentHeld
from booking.models import ACTIVE, Appointment, Schedule, Status
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from core.tasks import later_as_select
from identity import access as identity_access


def hold_slot(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    values: dict[str, Any] | None = None,
    then: Callable[[Appointment], None] | None = None,
    by: Actor,
    now: datetime,
) -> Appointment:
    """Keep a time for a person while they pay (BOOKING_HOLD_MINUTES). Asking again for the same keeps the same hold.

    `values` are further fields of the appointment (intake, if_late …), already made clean by a door. `then` is called in
    the transaction that holds: what it raises undoes the hold.
    Raises NotFound, SlotPast, NotBookable, OffGrid, SlotTaken, PersonBusy, TooManyHolds, BookingBlocked,
    TooManyBookings.
    """
    wish = _Wish(schedule_id, visit_type_id, person_id, mode, starts_at, {"reason": reason, **(values or {})})
    if not identity_access.may_act_for(by, person_id, "book"):
        raise NotFound
    try:
        with transaction.atomic():
            return _and(then, _hold(wish, by, now))
    except (SlotTaken, PersonBusy, TooManyHolds):
        # Only who is refused looks closer: it may be their own hold, or one whose time ran out and nobody noticed.
        with transaction.atomic():
            known = _same_hold(wish, now)
            if known is None and not _let_go_of_overdue(wish, by, now):
                raise
            return _and(then, known or _hold(wish, by, now))


@transaction.atomic
def book_appointment(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Agree on the time that is kept; once booked it stays booked.

    Raises NotFound, HoldExpired when the time ran out (even if nobody noticed yet), WrongState when it was cancelled.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if (appointment.booked_at is not None and appointment.status in ACTIVE) or appointment.status == Status.FULFILLED:
        return appointment
    if appointment.status == Status.EXPIRED or appointment.is_overdue(now):
        raise HoldExpired
    if appointment.status != Status.HELD:  # one that was missed comes back by undo_no_show, not by news of its money
        raise WrongState
    appointment.move_to(Status.BOOKED, at=now)
    appointment.hold_expires_at = None
    appointment.save(update_fields=["status", "booked_at", "hold_expires_at"])
    note(by, "booking.book", appointment)
    emit(AppointmentBooked(str(appointment.pk)))
    return appointment


@transaction.atomic
def expire_hold(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Let go of a kept time nobody confirmed; before its time, or once it is booked, nothing happens.

    Raises NotFound.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.is_overdue(now) and not queries.on_offer().filter(appointment=appointment).exists():
        lapsing.expire(appointment, by, now)
    return appointment


@dataclass(frozen=True)
class _Wish:
    schedule_id: UUID
    visit_type_id: UUID
    person_id: UUID
    mode: str
    starts_at: datetime
    values: dict[str, Any]


def _and(then: Callable[[Appointment], None] | None, appointment: Appointment) -> Appointment:
    if then is not None:
        then(appointment)
    return appointment


def _hold(wish: _Wish, by: Actor, now: datetime) -> Appointment:
    """Two round trips: read all that decides, behind others who want the same; write, with all that belongs to it."""
    facts = queries.hold_facts(
        person_id=wish.person_id,
        user_id=by.user_id,
        schedule_id=wish.schedule_id,
        visit_type_id=wish.visit_type_id,
        starts_at=wish.starts_at,
        now=now,
    )
    _look_at_the_holds(facts, by)
    terms.refuse_by(facts.policy, by, block=facts.block, open_acts=facts.open_acts)
    price, parts = terms.price_by(facts.policy, facts.visit_type, wish.mode, was_here=lambda: facts.was_here)
    until = now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES)
    appointment = place_at_once(
        schedule=facts.schedule,
        visit_type=facts.visit_type,
        person=facts.person,
        mode=wish.mode,
        starts_at=wish.starts_at,
        by=by,
        now=now,
        hold_expires_at=until,
        values={"price_amount": price.amount, "price_parts": parts, **wish.values},
        hours=facts.hours,
        along=lambda held: (
            note_along(by, "booking.hold", held),
            later_as_select("booking.tasks.expire_one", at=until, appointment_id=str(held.pk)),
        ),
    )
    appointment.policy = facts.policy
    emit(AppointmentHeld(str(appointment.pk), until.isoformat()))
    return appointment


def _look_at_the_holds(facts: queries.HoldFacts, by: Actor) -> None:
    if facts.holds_of_person >= settings.BOOKING_MAX_OPEN_HOLDS:
        raise TooManyHolds
    if by.user_id is None or by.is_staff:
        return
    # A family may hold twice as much as one person, but no account a doctor's whole day, however many it acts for.
    if facts.holds_of_account >= 2 * settings.BOOKING_MAX_OPEN_HOLDS:
        raise TooManyHolds


def _let_go_of_overdue(wish: _Wish, by: Actor, now: datetime) -> bool:
    practitioner_id = Schedule.objects.values_list("practitioner_id", flat=True).get(pk=wish.schedule_id)
    whose: dict[str, Any] = {"practitioner_id": practitioner_id, "person_id": wish.person_id, "now": now}
    if not lapsing.overdue(**whose).exists():
        return False
    # In the order of all who book, or two could wait in a ring: the lines, the schedule of a far day, then days.
    queries.line_up(wish.person_id, by.user_id)
    days.ensure_far(access.get_bookable(wish.schedule_id), wish.starts_at, now=now)
    return lapsing.let_go_of_overdue(**whose, wanted_at=wish.starts_at)


def _same_hold(wish: _Wish, now: datetime) -> Appointment | None:
    held = Appointment.objects.filter(
        schedule=wish.schedule_id,
        person=wish.person_id,
        visit_type=wish.visit_type_id,
        mode=wish.mode,
        status=Status.HELD,
        hold_expires_at__gt=now,
    )
    # A time on offer from the waiting list is taken by the offer's own door, which also closes it.
    return held.filter(during__startswith=wish.starts_at).exclude(pk__in=queries.on_offer()).first()
