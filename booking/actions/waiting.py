"""The waiting list: somebody joins it, leaves it, or the days they waited for are over."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from booking import access, queries
from booking.actions import terms
from booking.actions.offering import close_offer, hand_on
from booking.errors import AlreadyWaiting, BadWait, TooManyWaits
from booking.events import WaitingEnded, WaitingJoined
from booking.models import Appointment, Offer, Schedule, Status, WaitingEntry
from booking.queries.free import LONGEST_HORIZON_DAYS
from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.events import emit
from identity import access as identity_access
from identity.models import Person, VisitType

MOST_WAITS = 5  # of one person at a time


@transaction.atomic
def join_waiting_list(
    *,
    person_id: UUID,
    visit_type_id: UUID,
    mode: str,
    first_day: date,
    last_day: date,
    practitioner_id: UUID | None = None,
    day_time: str = WaitingEntry.DayTime.ANY,
    urgency: int = WaitingEntry.Urgency.USUAL,
    instead_of_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> WaitingEntry:
    """Wait for a time with one doctor, or with any of the facility; `instead_of` is a later visit, kept until then.

    Asking again for the same returns the entry. How urgent it is, staff say.
    Raises NotFound, NotAllowed, BadWait, AlreadyWaiting, TooManyWaits, BookingBlocked, TooManyBookings.
    """
    visit_type = VisitType.objects.select_related("facility").filter(pk=visit_type_id, active=True).first()
    if visit_type is None or (by.role == "desk" and by.facility_id != visit_type.facility_id):
        raise NotFound
    person = _person(by, person_id)
    if by.role == "citizen" and urgency != WaitingEntry.Urgency.USUAL:
        raise NotAllowed
    later = _later_visit(by, person, visit_type, instead_of_id)
    _refuse_nonsense(visit_type, practitioner_id, mode, first_day, last_day, now)
    terms.refuse_if_blocked_or_full(person, visit_type.facility_id, by, now, replaces=later.pk if later else None)
    entry = WaitingEntry(
        person=person,
        asked_by=by.user_id,
        facility=visit_type.facility,
        practitioner_id=practitioner_id,
        visit_type=visit_type,
        mode=mode,
        first_day=first_day,
        last_day=last_day,
        day_time=day_time,
        urgency=urgency,
        instead_of=later,
        created_at=now,
    )
    known = WaitingEntry.objects.filter(
        person=person, facility=visit_type.facility, visit_type=visit_type, status__in=queries.ALIVE
    ).first()
    if known is not None:
        if _wish_of(known) == _wish_of(entry):
            return known
        raise AlreadyWaiting
    if WaitingEntry.objects.filter(person=person, status__in=queries.ALIVE).count() >= MOST_WAITS:
        raise TooManyWaits
    try:
        with transaction.atomic():
            entry.save(force_insert=True)
    except IntegrityError as error:
        raise AlreadyWaiting from error
    _note(by, "joined", entry)
    emit(WaitingJoined(str(entry.pk)))
    return entry


@transaction.atomic
def leave_waiting_list(*, entry_id: UUID, by: Actor, now: datetime) -> WaitingEntry:
    """Wait no longer; a time that was on offer goes to the next person. Raises NotFound, WrongState."""
    entry = access.lock_entry(by, entry_id)
    if entry.status == WaitingEntry.Status.WITHDRAWN:
        return entry
    offer = _open_offer(entry, by)
    if offer is not None:
        close_offer(offer, Offer.Status.VOID, by=by, now=now)
        entry = offer.entry
    entry.move_to(WaitingEntry.Status.WITHDRAWN, at=now)
    entry.save(update_fields=["status", "withdrawn_at"])
    _note(by, "left", entry)
    emit(WaitingEnded(str(entry.pk), "withdrawn"))
    if offer is not None:
        hand_on(offer, by=by, now=now)
    return entry


@transaction.atomic
def expire_waiting(*, entry_id: UUID, by: Actor, now: datetime) -> WaitingEntry:
    """The days somebody waited for are over, or the visit it was instead of is: nothing happens while there is hope.

    Raises NotFound.
    """
    entry = access.lock_entry(by, entry_id)
    if entry.status != WaitingEntry.Status.WAITING or not _hopeless(entry, now):
        return entry
    entry.move_to(WaitingEntry.Status.EXPIRED, at=now)
    entry.save(update_fields=["status", "expired_at"])
    emit(WaitingEnded(str(entry.pk), "expired"))
    return entry


def _hopeless(entry: WaitingEntry, now: datetime) -> bool:
    if entry.last_day < queries.day_at(entry.facility.zone, now):
        return True
    later = entry.instead_of
    return later is not None and (later.status not in {Status.BOOKED, Status.CHECKED_IN} or later.starts_at <= now)


def _person(by: Actor, person_id: UUID) -> Person:
    if by.role != "desk":
        return identity_access.get_person(by, person_id, "book")
    # The desk adds people it knows: those who have been here or are expected.
    known = Appointment.objects.filter(person=person_id, facility=by.facility_id).exists()
    person = Person.objects.filter(pk=person_id).first() if known else None
    if person is None:
        raise NotFound
    return person


def _later_visit(by: Actor, person: Person, visit_type: VisitType, appointment_id: UUID | None) -> Appointment | None:
    if appointment_id is None:
        return None
    later = access.lock_appointment(by, appointment_id)
    agreed = later.status in {Status.BOOKED, Status.CHECKED_IN}
    if not agreed or later.person_id != person.pk or later.facility_id != visit_type.facility_id:
        raise BadWait
    return later


def _refuse_nonsense(
    visit_type: VisitType, practitioner_id: UUID | None, mode: str, first_day: date, last_day: date, now: datetime
) -> None:
    today = queries.day_at(visit_type.facility.zone, now)
    furthest = today + timedelta(days=LONGEST_HORIZON_DAYS)
    if mode not in visit_type.modes or not today <= last_day <= furthest or not first_day <= last_day:
        raise BadWait
    schedules = Schedule.objects.filter(facility=visit_type.facility_id, active=True).select_related("practitioner")
    if practitioner_id is not None:
        schedules = schedules.filter(practitioner=practitioner_id)
    day = max(first_day, today)
    if not any(queries.offers(one, visit_type, day) for one in schedules.prefetch_related("practitioner__specialties")):
        raise BadWait


def _wish_of(entry: WaitingEntry) -> tuple[object, ...]:
    return (
        entry.practitioner_id, entry.mode, entry.first_day, entry.last_day, entry.day_time, int(entry.urgency),
        entry.instead_of_id,
    )  # fmt: skip


def _open_offer(entry: WaitingEntry, by: Actor) -> Offer | None:
    offer_id = entry.offers.filter(status=Offer.Status.OPEN).values_list("pk", flat=True).first()
    return access.lock_offer(by, offer_id) if offer_id else None


def _note(by: Actor, what: str, entry: WaitingEntry) -> None:
    audit.record(
        by, "booking.waiting", entry, person_id=entry.person_id, facility_id=entry.facility_id, detail={"what": what}
    )
