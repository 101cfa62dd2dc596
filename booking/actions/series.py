"""Several weekly visits agreed as one act: all of them or none."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from booking import access, queries, slots
from booking.actions import terms
from booking.actions.appointments import cancel_appointment
from booking.actions.noting import note
from booking.actions.placing import place
from booking.errors import BadSeries, HoldExpired, NotBookable, OffGrid, PersonBusy, SlotPast, SlotTaken, TooManyHolds
from booking.events import AppointmentBooked, AppointmentHeld
from booking.models import ACTIVE, Appointment, Schedule, Status
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from core.ids import new_id
from identity import access as identity_access
from identity.models import VisitType

LONGEST = 12
A_WEEK = timedelta(days=7)


@transaction.atomic
def hold_series(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    count: int,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    values: dict[str, Any] | None = None,
    by: Actor,
    now: datetime,
) -> list[Appointment]:
    """Keep the same weekly time `count` times for a person while they pay for all. Asking again keeps the same ones.

    Nine stays nine on the clinic's wall. Raises BadSeries, NotFound, TooManyHolds, BookingBlocked, TooManyBookings and
    what `place` raises; then nothing is kept, and the refusal's fields name the time that cannot be had.
    """
    if not 2 <= count <= LONGEST:
        raise BadSeries
    person = identity_access.get_person(by, person_id, "book")
    schedule = access.lock_times_of(schedule_id)
    visit_type = VisitType.objects.filter(pk=visit_type_id).first()
    if visit_type is None:
        raise NotFound
    known = _same_series(schedule, person_id, visit_type, starts_at, mode, count, now)
    if known:
        return known
    _look_at_the_holds(person_id, by, now)
    terms.refuse_if_blocked_or_full(person, schedule.facility_id, by, now)
    series, until, kept = new_id(), now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES), []
    for one in weekly(starts_at, count, schedule.zone):
        price, parts = terms.price_for(person, schedule, visit_type, mode, one, now)
        fields = {"series": series, "reason": reason, "price_amount": price.amount, "price_parts": parts}
        try:
            appointment = place(
                schedule=schedule,
                visit_type=visit_type,
                person=person,
                mode=mode,
                starts_at=one,
                by=by,
                now=now,
                status=Status.HELD,
                hold_expires_at=until,
                values={**(values or {}), **fields},
            )
        except (SlotTaken, SlotPast, NotBookable, OffGrid, PersonBusy) as refusal:
            refusal.fields["starts_at"] = [one.isoformat()]
            raise
        note(by, "booking.hold", appointment)
        emit(AppointmentHeld(str(appointment.pk), until.isoformat()))
        kept.append(appointment)
    return kept


@transaction.atomic
def book_series(*, series_id: UUID, by: Actor, now: datetime) -> list[Appointment]:
    """Agree on all the times that are kept. Repeatable. Raises NotFound, HoldExpired, WrongState: then on none of them."""
    rows = _lock_series(by, series_id)
    if all(one.booked_at is not None for one in rows):
        return rows
    if any(one.status == Status.EXPIRED or one.is_overdue(now) for one in rows):
        raise HoldExpired
    if any(one.status != Status.HELD for one in rows):
        raise WrongState
    for one in rows:
        one.move_to(Status.BOOKED, at=now)
        one.hold_expires_at = None
        one.save(update_fields=["status", "booked_at", "hold_expires_at"])
        note(by, "booking.book", one)
        emit(AppointmentBooked(str(one.pk)))
    return rows


@transaction.atomic
def cancel_series(*, series_id: UUID, reason: str = "", by: Actor, now: datetime) -> list[Appointment]:
    """Give up all visits of a series that are still to come. Raises NotFound."""
    given_up = []
    for one in _lock_series(by, series_id):
        if one.status in {Status.HELD, Status.BOOKED, Status.CHECKED_IN} and one.starts_at > now:
            given_up.append(cancel_appointment(appointment_id=one.pk, reason=reason, by=by, now=now))
    return given_up


@transaction.atomic
def release_series(*, series_id: UUID, by: Actor, now: datetime) -> None:
    """Let go of what is still kept of a series that will not be booked as a whole. Repeatable. Raises NotFound."""
    for one in _lock_series(by, series_id):
        if one.status == Status.HELD:
            cancel_appointment(appointment_id=one.pk, by=by, now=now)


def weekly(starts_at: datetime, count: int, zone: str) -> list[datetime]:
    """List the same wall time of the same weekday, week after week."""
    first = slots.wall(starts_at, zone)
    return [slots.instant(first.date() + number * A_WEEK, first.time(), zone) for number in range(count)]


def _lock_series(by: Actor, series_id: UUID) -> list[Appointment]:
    rows = Appointment.objects.select_for_update(of=("self",)).filter(
        access.visible_appointments(by, "book"), series=series_id
    )
    found = list(rows.order_by("pk"))
    if not found:
        raise NotFound
    return found


def _look_at_the_holds(person_id: UUID, by: Actor, now: datetime) -> None:
    """A series keeps many times unpaid: one of them for a person, two for an account. Raises TooManyHolds."""
    held = Appointment.objects.filter(status=Status.HELD, hold_expires_at__gt=now, moved_from=None)
    held = held.exclude(pk__in=queries.on_offer())
    theirs = held.filter(person=person_id)
    if theirs.filter(series__isnull=False).exists() or theirs.count() >= settings.BOOKING_MAX_OPEN_HOLDS:
        raise TooManyHolds
    if by.user_id is not None and not by.is_staff:
        of_account = held.filter(booked_by=by.user_id, series__isnull=False).values("series").distinct()
        if of_account.count() >= 2:
            raise TooManyHolds


def _same_series(
    schedule: Schedule,
    person_id: UUID,
    visit_type: VisitType,
    starts_at: datetime,
    mode: str,
    count: int,
    now: datetime,
) -> list[Appointment]:
    rows = Appointment.objects.filter(schedule=schedule, person=person_id, visit_type=visit_type, mode=mode)
    first = rows.filter(status=Status.HELD, during__startswith=starts_at, hold_expires_at__gt=now).first()
    if first is None or first.series is None:
        return []
    kept = list(Appointment.objects.filter(series=first.series, status__in=ACTIVE).order_by("during"))
    return kept if len(kept) == count else []
