"""See someone now: doctors on call are asked one after the other until one takes it.

A wish is moved by three hands: the doctor who answers, the citizen who takes it back, and the clock. Each locks the wish first
and looks again, so whoever comes second finds what the first has done. Doctors are chosen with SKIP LOCKED and one unique
constraint (one open offer a doctor): two wishes never meet at one doctor, and nobody waits for anybody.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, emergency, fit, queries
from booking.actions.gating import agreed_with_station, ask_for_the_duty, ask_the_gate, station_of
from booking.actions.noting import note
from booking.actions.placing import place
from booking.errors import (
    AskPassed,
    ConditionNeeded,
    EmergencyWords,
    NotBookable,
    NotOnCall,
    OffGrid,
    PersonBusy,
    ReasonNeeded,
    SlotPast,
    SlotTaken,
)
from booking.events import (
    AppointmentHeld,
    UrgentAskAccepted,
    UrgentAskClosed,
    UrgentAskOffered,
    UrgentAskPassed,
)
from booking.models import ACTIVE, Appointment, OnCall, Schedule, Status, UrgentAsk
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.tasks import later
from identity import access as identity_access
from identity.models import Person, Telemedicine, VisitType

LONGEST_DUTY = timedelta(hours=16)
Searching = UrgentAsk.Status.SEARCHING


@transaction.atomic
def start_on_call(
    *, schedule_id: UUID, visit_type_id: UUID, mode: str, until: datetime, by: Actor, now: datetime
) -> OnCall:
    """Be asked by people who want to see someone now, until a time. Again: the same duty with the new end.

    Raises NotFound, NotBookable (not a visit this doctor gives here, or no time ahead), NotAtADistance.
    """
    schedule = access.get_schedule(by, schedule_id)
    visit_type = VisitType.objects.filter(pk=visit_type_id).first()
    if visit_type is None or by.role != "practitioner":
        raise NotFound
    if mode not in visit_type.modes or not queries.offers(schedule, visit_type, schedule.today(now)):
        raise NotBookable
    if fit.is_remote(mode):
        ask_for_the_duty(schedule, now)
    if not now < until <= now + LONGEST_DUTY:
        raise NotBookable
    duty = OnCall.objects.select_for_update().filter(practitioner=schedule.practitioner, ended_at=None).first()
    if duty is not None and duty.until <= now:
        _end(duty, duty.until)
        duty = None
    if duty is None:
        duty = OnCall(practitioner_id=schedule.practitioner_id, created_at=now)
    duty.schedule, duty.visit_type, duty.mode, duty.until = schedule, visit_type, mode, until
    try:
        with transaction.atomic():
            duty.save()
    except IntegrityError as error:  # two windows pressed at once; the other one's duty stands
        raise NotBookable from error
    audit.record(by, "booking.on_call", schedule, facility_id=schedule.facility_id)
    _look_for_the_waiting()
    return duty


@transaction.atomic
def stop_on_call(*, by: Actor, now: datetime) -> OnCall:
    """Be asked no more; what is open goes to the next doctor. Raises NotOnCall."""
    duty = OnCall.objects.select_for_update().filter(practitioner=by.practitioner_id, ended_at=None).first()
    if duty is None or by.role != "practitioner":
        raise NotOnCall
    _end(duty, min(now, duty.until))
    audit.record(by, "booking.on_call", duty.schedule, facility_id=duty.schedule.facility_id)
    return duty


@transaction.atomic
def ask_for_someone_now(
    *,
    person_id: UUID,
    specialty: str = "",
    mode: str = "video",
    reason: str = "",
    condition: str = "",
    not_an_emergency: bool = False,
    by: Actor,
    now: datetime,
) -> UrgentAsk:
    """Ask to see a doctor at once. Whoever asks already gets the wish there is.

    A station nurse asks for who sits beside her: doctors of facilities with a contract, not bound to the list.
    Raises NotFound, EmergencyWords, ConditionNeeded, PersonBusy, NotAtADistance where the station has no contract.
    """
    person = identity_access.get_person(by, person_id, "book")
    known = UrgentAsk.objects.filter(person=person, status=Searching).first()
    if known is not None:
        return known
    signs = emergency.signs(reason)
    if signs and not not_an_emergency:
        raise EmergencyWords([one.words for one in signs])
    beside = station_of(by, now)
    if not beside and fit.is_remote(mode) and not condition and settings.BOOKING_FIT_CHECK != "off":
        raise ConditionNeeded(fields={"condition": [ConditionNeeded.message]})
    _not_busy(person, now)
    entry = fit.find(condition) if condition and condition != fit.OTHER else None
    ask = UrgentAsk(
        person=person,
        asked_by=by.user_id,
        specialty=specialty,
        mode=mode,
        reason=reason[:500],
        condition_code=entry.code if entry else "",
        created_at=now,
        **beside,
    )
    try:
        with transaction.atomic():
            ask.save(force_insert=True)
    except IntegrityError:  # a second tap was faster
        return UrgentAsk.objects.get(person=person, status=Searching)
    audit.record(by, "booking.ask_now", ask, person_id=person.pk)
    _offer_next(ask, now)
    return ask


@transaction.atomic
def withdraw_ask(*, ask_id: UUID, by: Actor, now: datetime) -> UrgentAsk:
    """Take the wish back. Raises NotFound, WrongState when a doctor has taken it."""
    if by.role not in {"citizen", "nurse"}:
        raise NotFound
    ask = access.lock_ask(by, ask_id)
    if ask.status in {UrgentAsk.Status.WITHDRAWN, UrgentAsk.Status.NOBODY}:
        return ask
    _close(ask, UrgentAsk.Status.WITHDRAWN, now)
    audit.record(by, "booking.withdraw_ask", ask, person_id=ask.person_id)
    return ask


@transaction.atomic
def accept_ask(*, ask_id: UUID, fit_reason: str = "", by: Actor, now: datetime) -> UrgentAsk:
    """Take the citizen: the visit is kept for them to pay, at the next start of the grid or at once.

    Raises NotFound, AskPassed (too late), ReasonNeeded (not on the list for remote visits), PersonBusy.
    """
    ask = access.lock_ask(by, ask_id)
    duty = _asked_duty(ask, by)
    if ask.status == UrgentAsk.Status.ACCEPTED and duty is not None:
        return ask  # the same doctor pressed twice
    if ask.status != Searching or duty is None or ask.offer_expires_at is None or ask.offer_expires_at <= now:
        raise AskPassed
    if needs_reason(ask) and not fit_reason.strip():
        raise ReasonNeeded(fields={"fit_reason": [ReasonNeeded.message]})
    appointment = _agree(ask, duty, fit_reason.strip(), now)
    ask.move_to(UrgentAsk.Status.ACCEPTED, at=now)
    ask.appointment = appointment
    ask.offer_expires_at = None
    ask.save(update_fields=["status", "accepted_at", "appointment", "offer_expires_at"])
    duty.last_offered_at = now
    duty.save(update_fields=["last_offered_at"])
    note(by, "booking.accept_ask", appointment)
    assert appointment.hold_expires_at is not None
    emit(AppointmentHeld(str(appointment.pk), appointment.hold_expires_at.isoformat()))
    later("booking.tasks.expire_one", at=appointment.hold_expires_at, appointment_id=str(appointment.pk))
    emit(UrgentAskAccepted(str(ask.pk), str(appointment.pk)))
    return ask


@transaction.atomic
def decline_ask(*, ask_id: UUID, by: Actor, now: datetime) -> UrgentAsk:
    """Leave the citizen to the next doctor. Raises NotFound. Again, or too late: nothing happens."""
    ask = access.lock_ask(by, ask_id)
    if ask.status == Searching and _asked_duty(ask, by) is not None:
        _pass_on(ask, now)
    return ask


@transaction.atomic
def turn_ask(*, ask_id: UUID, by: Actor, now: datetime) -> UrgentAsk:
    """What the clock does: silence goes to the next doctor, waiting looks again, too long a wait ends. Raises NotFound."""
    ask = access.lock_ask(by, ask_id)
    if ask.status != Searching:
        return ask
    duty = ask.offered_to
    if duty is None:
        _offer_next(ask, now)
    elif duty.ended_at is not None or (ask.offer_expires_at and ask.offer_expires_at <= now):
        _pass_on(ask, now)
    return ask


def needs_reason(ask: UrgentAsk) -> bool:
    """Say whether the doctor must write why this may be treated at a distance."""
    if ask.form != Telemedicine.DIRECT:
        return False  # what one facility advises the other is not bound to the list
    return settings.BOOKING_FIT_CHECK == "refuse" and not fit.fits(ask.mode, ask.condition_code)


def _asked_duty(ask: UrgentAsk, by: Actor) -> OnCall | None:
    """Give the duty of the doctor who is asked, locked, when that is who acts."""
    if ask.offered_to_id is None or by.practitioner_id is None:
        return None
    rows = OnCall.objects.select_for_update().filter(pk=ask.offered_to_id, practitioner=by.practitioner_id)
    return rows.first()


def _not_busy(person: Person, now: datetime) -> None:
    soon = DateTimeTZRange(now, now + timedelta(minutes=settings.BOOKING_ASK_SOON_MINUTES))
    busy = Appointment.objects.filter(person=person, status__in=ACTIVE, during__overlap=soon)
    if busy.exclude(status=Status.HELD, hold_expires_at__lte=now).exists():
        raise PersonBusy


def _offer_next(ask: UrgentAsk, now: datetime) -> None:
    """Ask the fitting doctor who has been idle longest; none there at all ends the search, all of them busy does not."""
    for duty in queries.duties_for(ask, now):
        if _offer(ask, duty, now):
            return
    waited = now - ask.created_at >= timedelta(minutes=settings.BOOKING_ASK_LONGEST_MINUTES)
    if waited or not queries.duties_for(ask, now, busy_too=True):
        _close(ask, UrgentAsk.Status.NOBODY, now)
        return
    again = now + timedelta(seconds=settings.BOOKING_ASK_LOOK_SECONDS)
    later("booking.tasks.turn_ask", at=again, ask_id=str(ask.pk))


def _offer(ask: UrgentAsk, duty_id: UUID, now: datetime) -> bool:
    locked = OnCall.objects.select_for_update(skip_locked=True)
    duty = locked.filter(pk=duty_id, ended_at=None, until__gt=now).first()
    if duty is None or UrgentAsk.objects.filter(offered_to=duty, status=Searching).exists():
        return False
    ask.offered_to = duty
    ask.offer_expires_at = now + timedelta(seconds=settings.BOOKING_ASK_SECONDS)
    ask.save(update_fields=["offered_to", "offer_expires_at"])
    duty.last_offered_at = now
    duty.save(update_fields=["last_offered_at"])
    emit(UrgentAskOffered(str(ask.pk), str(duty.practitioner_id), ask.offer_expires_at.isoformat()))
    later("booking.tasks.turn_ask", at=ask.offer_expires_at, ask_id=str(ask.pk))
    return True


def _pass_on(ask: UrgentAsk, now: datetime) -> None:
    duty = ask.offered_to
    assert duty is not None
    ask.asked_before = [*ask.asked_before, str(duty.pk)]
    ask.offered_to = None
    ask.offer_expires_at = None
    ask.save(update_fields=["asked_before", "offered_to", "offer_expires_at"])
    emit(UrgentAskPassed(str(ask.pk), str(duty.practitioner_id)))
    _offer_next(ask, now)
    _look_for_the_waiting(ask.pk)


def _close(ask: UrgentAsk, status: str, now: datetime) -> None:
    duty = ask.offered_to
    ask.move_to(status, at=now)
    ask.offered_to = None
    ask.offer_expires_at = None
    ask.save(update_fields=["status", "nobody_at", "withdrawn_at", "offered_to", "offer_expires_at"])
    if duty is not None:
        emit(UrgentAskPassed(str(ask.pk), str(duty.practitioner_id)))
        _look_for_the_waiting(ask.pk)
    emit(UrgentAskClosed(str(ask.pk)))


def _end(duty: OnCall, at: datetime) -> None:
    duty.ended_at = at
    duty.save(update_fields=["ended_at"])
    # Only the clock's hand moves the wish: taking its lock here too could make two wait for each other.
    for ask_id in UrgentAsk.objects.filter(offered_to=duty, status=Searching).values_list("pk", flat=True):
        later("booking.tasks.turn_ask", ask_id=str(ask_id))


def _look_for_the_waiting(but: UUID | None = None) -> None:
    """A doctor has become free: those who wait without an offer look again, the oldest first."""
    for ask_id in queries.asks_without_offer():
        if ask_id != but:
            later("booking.tasks.turn_ask", ask_id=str(ask_id))


def _agree(ask: UrgentAsk, duty: OnCall, fit_reason: str, now: datetime) -> Appointment:
    """Make the visit: at a free start of the doctor's grid very soon, else at once and beside it."""
    schedule = Schedule.objects.select_related("practitioner", "facility").get(pk=duty.schedule_id)
    values: dict[str, Any] = {
        "reason": ask.reason,
        "booked_by": ask.asked_by,
        "condition_code": ask.condition_code,
        "fit_reason": fit_reason[:300],
        **agreed_with_station(ask, schedule.facility_id, schedule.today(now)),
    }
    common: dict[str, Any] = {
        "schedule": schedule,
        "visit_type": duty.visit_type,
        "person": ask.person,
        "mode": duty.mode,
        "by": Actor.system("urgent"),
        "now": now,
        "hold_expires_at": now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES),
    }
    for starts_at in queries.next_starts(schedule, duty.visit_type, now, settings.BOOKING_ASK_SOON_MINUTES):
        try:
            return place(**common, starts_at=starts_at, any_notice=True, values=values)
        except (SlotTaken, SlotPast, NotBookable, OffGrid):
            continue
    return _beside_the_grid(schedule, duty, ask, values, now)


def _beside_the_grid(
    schedule: Schedule, duty: OnCall, ask: UrgentAsk, values: dict[str, Any], now: datetime
) -> Appointment:
    kind = duty.visit_type
    appointment = Appointment(
        schedule=schedule,
        practitioner_id=schedule.practitioner_id,
        facility_id=schedule.facility_id,
        person=ask.person,
        visit_type=kind,
        mode=duty.mode,
        during=DateTimeTZRange(now, now + timedelta(minutes=kind.minutes)),
        walk_in=True,
        created_at=now,
        hold_expires_at=now + timedelta(minutes=settings.BOOKING_HOLD_MINUTES),
        price_amount=kind.price_in(duty.mode).amount,
        price_currency=kind.price_currency,
    )
    for name, value in values.items():
        setattr(appointment, name, value)
    ask_the_gate(appointment)
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as error:
        if "appointment_person_free" in str(error):
            raise PersonBusy from error
        raise
    return appointment
