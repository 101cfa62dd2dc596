"""The visit takes place at another time: with the same doctor or a colleague of the facility, and the chain is kept.

Where nothing more is owed, the old time is given up and the new one agreed in one breath. Where the new one costs more, it
is kept while the difference is paid, and until then the old one stays agreed: a payment that never comes changes nothing.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from booking import access, days, queries
from booking.actions import terms
from booking.actions.fitting import check_fit
from booking.actions.freeing import emit_freed, give_back
from booking.actions.holding import book_appointment
from booking.actions.noting import note
from booking.actions.placing import place
from booking.actions.undoing import remember_move
from booking.errors import (
    BookingBlocked,
    HoldExpired,
    MoveOverlaps,
    NotBookable,
    OffGrid,
    PersonBusy,
    SlotPast,
    SlotTaken,
    TooLateToMove,
    TooManyBookings,
)
from booking.events import AppointmentBooked, AppointmentHeld, AppointmentMoved
from booking.events import HoldExpired as HoldExpiredEvent
from booking.models import ACTIVE, Appointment, Schedule, Status
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from core.money import Money
from identity.models import Person, VisitType
from records.errors import NotAtADistance

AGREED = {Status.BOOKED, Status.CHECKED_IN}
SWAP_WITHIN = timedelta(days=14)
SWAP_TRIES = 10
KEPT = (
    *("series", "booked_by", "reason", "intake", "condition_code", "fit_reason"),
    *("form", "partner", "partner_practitioner"),
)


@transaction.atomic
def move_appointment(
    *,
    appointment_id: UUID,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID | None = None,
    mode: str | None = None,
    keep_price: bool = False,
    condition: str = "",
    by: Actor,
    now: datetime,
) -> Appointment:
    """Agree on another time, or keep it (status held) while the difference of price is paid. Asking again is harmless.

    A citizen may as long as cancelling is free; whom the facility moves, by its desk or with `keep_price`, pays no more
    than before. `condition`: of the list for visits at a distance, where the visit becomes one.
    Raises NotFound, TooLateToMove, MoveOverlaps, WrongState, ConditionNeeded, NotFitForRemote and what `place` raises.
    """
    old = access.lock_appointment(by, appointment_id)
    schedule, visit_type = _wish(old, schedule_id, visit_type_id)
    mode = mode or old.mode
    wish = (schedule.pk, starts_at, visit_type.pk, mode)
    if old.status == Status.RESCHEDULED:
        return _same_move(old, wish)
    if old.status not in AGREED:
        raise WrongState
    if _wish_of(old) == wish:
        return old
    if by.role == "citizen" and not keep_price and not queries.may_move(old, now):
        raise TooLateToMove
    fitting = _fitting(old, schedule, mode, condition, keep_price, by, now)
    days.ensure_far(schedule, starts_at, now=now)  # before any day is locked
    waiting = pending_move(old)
    if waiting is not None:
        if _wish_of(waiting) == wish and not waiting.is_overdue(now):
            return waiting
        _drop(waiting, by, now)
    if not keep_price:
        terms.refuse_if_blocked_or_full(old.person, old.facility_id, by, now, replaces=old.pk)
    price, parts = _price(old, schedule, visit_type, mode, starts_at, keep_price or by.role != "citizen", now)
    values: dict[str, Any] = {name: getattr(old, name) for name in KEPT}
    values |= {"moved_from": old, "price_amount": price.amount, "price_parts": parts, **fitting}
    asked: dict[str, Any] = {
        "schedule": schedule,
        "visit_type": visit_type,
        "person": old.person,
        "mode": mode,
        "starts_at": starts_at,
        "by": by,
        "now": now,
        "any_notice": by.role != "citizen",
    }
    if old.price < price:
        return _keep(old, asked, values, by, now)
    access.lock_pilots([old.pilot_id])  # it gives its case back, and pilots come before days
    days.lock({old.practitioner_id, schedule.practitioner_id}, _span(old), (starts_at, starts_at + timedelta(days=1)))
    _give_up(old, now)
    new = place(**asked, status=Status.BOOKED, values=values | {"booked_at": now})
    _tell(new, old, by, now)
    remember_move(new, old, by=by, now=now)
    return new


@transaction.atomic
def complete_move(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """The difference is paid: the new time is agreed and the old one given up, together or not at all.

    Raises NotFound, HoldExpired when the time was no longer kept, WrongState when either was given up meanwhile.
    """
    origin = Appointment.objects.filter(pk=appointment_id).values_list("moved_from", flat=True).first()
    if origin is None:
        raise NotFound
    old = access.lock_appointment(by, origin)  # the older one first, as whoever moves or cancels it does
    new = access.lock_appointment(by, appointment_id)
    if new.booked_at is not None:
        return new
    if new.status == Status.EXPIRED or new.is_overdue(now):
        raise HoldExpired
    if old.status not in AGREED or new.status != Status.HELD:
        raise WrongState
    _give_up(old, now)
    new.move_to(Status.BOOKED, at=now)
    new.hold_expires_at = None
    new.save(update_fields=["status", "booked_at", "hold_expires_at"])
    _tell(new, old, by, now)
    return new


@transaction.atomic
def swap_late(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment | None:
    """The money came after the hold had run out: agree on the same time if it is still free, or the next one after it.

    Only where the citizen asked for that and could still book it themselves; None when not, or when nothing is free
    within two weeks. Raises NotFound.
    """
    lapsed = access.lock_appointment(by, appointment_id)
    follower = Appointment.objects.filter(moved_from=lapsed).first()
    if follower is not None:
        return follower
    if lapsed.if_late != Appointment.IfLate.SWAP or lapsed.moved_from_id or lapsed.series:
        return None
    access.lock_times_of(lapsed.schedule_id)  # the next free time may lie on a day without a row
    if lapsed.is_overdue(now):  # nobody has noticed yet
        lapsed.move_to(Status.EXPIRED, at=now)
        lapsed.save(update_fields=["status", "expired_at"])
        note(by, "booking.expire", lapsed)
        emit(HoldExpiredEvent(str(lapsed.pk)))
        days.renew(lapsed.practitioner_id, _span(lapsed))
    if lapsed.status != Status.EXPIRED:
        return None
    try:  # they may have been blocked since, or booked something else
        terms.refuse_if_blocked_or_full(lapsed.person, lapsed.facility_id, _themselves(lapsed), now)
    except (BookingBlocked, TooManyBookings):
        return None
    new = _next_free(lapsed, by, now)
    if new is not None:
        _tell(new, lapsed, by, now)
    return new


def confirm_paid(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """What was asked for a kept time is paid: agree on it, and complete the move if it is one.

    Raises NotFound, HoldExpired, WrongState.
    """
    kept_for = Appointment.objects.filter(pk=appointment_id, moved_from__status__in=ACTIVE, status=Status.HELD)
    if kept_for.exists():
        return complete_move(appointment_id=appointment_id, by=by, now=now)
    given_up = Appointment.objects.filter(pk=appointment_id, moved_from__isnull=False, status=Status.HELD)
    if given_up.exclude(moved_from__status__in=ACTIVE).exists():
        raise WrongState  # the visit it would replace is gone: this time was kept for nothing else
    return book_appointment(appointment_id=appointment_id, by=by, now=now)


def pending_move(old: Appointment) -> Appointment | None:
    """Give the time that is kept for this visit while a difference is paid."""
    return Appointment.objects.select_for_update(of=("self",)).filter(moved_from=old, status=Status.HELD).first()


def drop_pending_move(old: Appointment, by: Actor, now: datetime) -> None:
    """Let go of the time that was kept for a visit that will not be moved any more."""
    waiting = pending_move(old)
    if waiting is not None:
        _drop(waiting, by, now)


def price_of_move(
    *,
    appointment_id: UUID,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID | None = None,
    mode: str | None = None,
    by: Actor,
    now: datetime,
) -> Money:
    """Tell what the visit would cost at that time, before anybody decides; nothing is written. Raises NotFound."""
    old = access.get_appointment(by, appointment_id)
    schedule, visit_type = _wish(old, schedule_id, visit_type_id)
    return _price(old, schedule, visit_type, mode or old.mode, starts_at, by.role != "citizen", now)[0]


def _price(
    old: Appointment,
    schedule: Schedule,
    visit_type: VisitType,
    mode: str,
    starts_at: datetime,
    no_more: bool,
    now: datetime,
) -> tuple[Money, list[dict[str, object]]]:
    price, parts = terms.price_for(old.person, schedule, visit_type, mode, starts_at, now)
    if no_more and old.price < price:
        return old.price, [*parts, {"kind": "kept", "amount": old.price_amount - price.amount}]
    return price, parts


def _fitting(
    old: Appointment, schedule: Schedule, mode: str, condition: str, keep_price: bool, by: Actor, now: datetime
) -> dict[str, str]:
    """Ask about the law where somebody wishes another way of visit, or takes a doctor's leave along to somebody else."""
    other_doctor = schedule.practitioner_id != old.practitioner_id
    opened_by_another = bool(old.fit_reason) and other_doctor and not keep_price
    if mode == old.mode and (by.role != "citizen" or not opened_by_another):
        return {}
    condition = condition or old.condition_code
    return check_fit(
        mode=mode,
        condition=condition,
        person_id=old.person_id,
        schedule_id=schedule.pk,
        instead_of=old,
        by=by,
        now=now,
    )


def _keep(old: Appointment, asked: dict[str, Any], values: dict[str, Any], by: Actor, now: datetime) -> Appointment:
    minutes = asked["visit_type"].minutes
    if asked["starts_at"] < old.ends_at and old.starts_at < asked["starts_at"] + timedelta(minutes=minutes):
        raise MoveOverlaps
    until = now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES)
    new = place(**asked, status=Status.HELD, hold_expires_at=until, values=values)
    note(by, "booking.hold", new)
    emit(AppointmentHeld(str(new.pk), until.isoformat()))
    return new


def _give_up(old: Appointment, now: datetime) -> None:
    old.move_to(Status.RESCHEDULED, at=now)
    old.save(update_fields=["status", "rescheduled_at"])
    give_back(old, now)


def _tell(new: Appointment, old: Appointment, by: Actor, now: datetime) -> None:
    note(by, "booking.move", new)
    emit(AppointmentBooked(str(new.pk)))
    emit(AppointmentMoved(str(new.pk), str(old.pk)))


def _drop(waiting: Appointment, by: Actor, now: datetime) -> None:
    waiting.move_to(Status.EXPIRED, at=now)
    waiting.save(update_fields=["status", "expired_at"])
    note(by, "booking.expire", waiting)
    emit(HoldExpiredEvent(str(waiting.pk)))
    days.renew(waiting.practitioner_id, _span(waiting))
    emit_freed(waiting, now)


def _wish(old: Appointment, schedule_id: UUID, visit_type_id: UUID | None) -> tuple[Schedule, VisitType]:
    schedules = Schedule.objects.select_related("practitioner", "facility").filter(facility=old.facility_id)
    schedule = schedules.filter(pk=schedule_id).first()
    kinds = VisitType.objects.filter(facility=old.facility_id)
    visit_type = kinds.filter(pk=visit_type_id or old.visit_type_id).first()
    if schedule is None or visit_type is None:
        raise NotFound
    return schedule, visit_type


def _wish_of(one: Appointment) -> tuple[UUID, datetime, UUID, str]:
    return one.schedule_id, one.starts_at, one.visit_type_id, one.mode


def _same_move(old: Appointment, wish: tuple[UUID, datetime, UUID, str]) -> Appointment:
    for new in Appointment.objects.filter(moved_from=old, booked_at__isnull=False):
        if _wish_of(new) == wish:
            return new
    raise WrongState


def _span(one: Appointment) -> tuple[datetime, datetime]:
    return one.blocked.lower, one.blocked.upper


def _themselves(one: Appointment) -> Actor:
    return Actor("citizen", person_id=one.person_id)


def _next_free(lapsed: Appointment, by: Actor, now: datetime) -> Appointment | None:
    first = max(lapsed.starts_at, now)
    schedule = Schedule.objects.select_related("practitioner", "facility").get(pk=lapsed.schedule_id)
    visit_type, person = lapsed.visit_type, Person.objects.get(pk=lapsed.person_id)
    until = (first + SWAP_WITHIN).date()
    free = queries.slots_of(lapsed.practitioner_id, visit_type.pk, first.date(), until, now)
    values: dict[str, Any] = {name: getattr(lapsed, name) for name in KEPT}
    values |= {"moved_from": lapsed, "price_amount": lapsed.price_amount, "price_parts": lapsed.price_parts}
    for one in [one for one in free if one.schedule_id == schedule.pk and one.starts_at >= first][:SWAP_TRIES]:
        try:
            with transaction.atomic():
                return place(
                    schedule=schedule,
                    visit_type=visit_type,
                    person=person,
                    mode=lapsed.mode,
                    starts_at=one.starts_at,
                    by=by,
                    now=now,
                    status=Status.BOOKED,
                    values=values | {"booked_at": now},
                )
        except (SlotTaken, SlotPast, NotBookable, OffGrid, PersonBusy, NotAtADistance):
            continue  # somebody was faster, or the citizen is busy then
    return None
