"""The day of the visit, at the door of the room: call, skip, bring back, begin, end, send to another room, take back.

Always in this order, so that nobody waits in a ring: the appointment, the lines by their ids, the ticket.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from booking import access, days, queries
from booking.actions import tickets
from booking.actions.appointments import start_consultation
from booking.actions.noting import note
from booking.errors import LineEmpty, NotBookable, NothingToUndo, OtherLine, PersonBusy, WalkInsNotTaken
from booking.events import AppointmentBooked, AppointmentCheckedIn, TicketCalled, TicketTransferred
from booking.models import Appointment, Line, Schedule, Status, Ticket
from booking.queue import calls_in_a_row, next_of
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from identity.models import Person, VisitType


@transaction.atomic
def walk_in(
    *,
    schedule_id: UUID,
    visit_type_id: UUID,
    person_id: UUID,
    priority: str = "",
    reason: str = "",
    by: Actor,
    now: datetime,
) -> Ticket:
    """Let somebody without an appointment wait for the doctor: booked, arrived, in the line; no time is kept. Desk only.

    Raises NotFound, WalkInsNotTaken, NotBookable, PersonBusy.
    """
    if not (by.is_system or by.role == "desk"):
        raise NotFound
    schedule = access.get_schedule(by, schedule_id)
    visit_type = VisitType.objects.filter(pk=visit_type_id, facility=schedule.facility_id).first()
    person = Person.objects.filter(pk=person_id).first()
    if visit_type is None or person is None:
        raise NotFound
    if not queries.policy_of(schedule.facility_id).takes_walk_ins:
        raise WalkInsNotTaken
    if not schedule.active or not visit_type.active or "in_person" not in visit_type.modes:
        raise NotBookable
    during = DateTimeTZRange(now, now + timedelta(minutes=visit_type.minutes))
    price = visit_type.price_in("in_person")
    appointment = Appointment(
        schedule=schedule,
        practitioner_id=schedule.practitioner_id,
        facility_id=schedule.facility_id,
        person=person,
        booked_by=by.user_id,
        visit_type=visit_type,
        mode=Appointment.Mode.IN_PERSON,
        during=during,
        walk_in=True,
        room=schedule.room,
        status=Status.CHECKED_IN,
        booked_at=now,
        checked_in_at=now,
        price_amount=price.amount,
        price_currency=price.currency,
        price_parts=[{"kind": "base", "amount": price.amount}],
        reason=reason,
        created_at=now,
    )
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as error:
        raise PersonBusy from error
    note(by, "booking.walk_in", appointment)
    emit(AppointmentBooked(str(appointment.pk)))
    emit(AppointmentCheckedIn(str(appointment.pk)))
    return tickets.give(appointment, by=by, now=now, priority=priority)


@transaction.atomic
def call_next(*, schedule_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Call whoever is next to this doctor. Two who press at once call two people, one after the other.

    Raises NotFound, LineEmpty when nobody waits.
    """
    schedule = access.get_schedule(by, schedule_id)
    today = Ticket.objects.filter(schedule=schedule, line__day=schedule.today(now))
    lines = today.values("line")
    list(Line.objects.select_for_update(no_key=True).filter(pk__in=lines).order_by("pk"))
    while True:
        called = (
            today.filter(called_at__isnull=False).order_by("called_at", "number").values_list("priority", flat=True)
        )
        waiting = [one.as_waiting() for one in today.filter(status=Ticket.Status.WAITING)]
        chosen = next_of(waiting, now, calls_in_a_row(list(called)))
        if chosen is None:
            raise LineEmpty
        # Who left the line in this very moment holds the ticket, not the line: then somebody else is next.
        ticket = Ticket.objects.select_for_update().filter(pk=chosen.id, status=Ticket.Status.WAITING).first()
        if ticket is not None:
            return _call(ticket, by, now)


@transaction.atomic
def call(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Call this very person, once more or out of turn. Raises NotFound, WrongState."""
    return _call(access.lock_ticket(by, ticket_id), by, now)


@transaction.atomic
def skip(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Note that somebody who was called did not answer. Raises NotFound, WrongState."""
    return _step(access.lock_ticket(by, ticket_id), Ticket.Status.SKIPPED, "skip", by, now)


@transaction.atomic
def bring_back(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Let somebody who is there after all wait again, at the place their promise gives. Raises NotFound, WrongState."""
    return _step(access.lock_ticket(by, ticket_id), Ticket.Status.WAITING, "bring_back", by, now)


@transaction.atomic
def leave(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Note that somebody went away without having been seen. Raises NotFound, WrongState."""
    return _step(access.lock_ticket(by, ticket_id), Ticket.Status.LEFT, "leave", by, now)


@transaction.atomic
def start(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Note that the person is inside: the visit begins. Raises NotFound, WrongState."""
    appointment = access.lock_appointment_of(by, ticket_id)
    ticket = access.lock_ticket(by, ticket_id)
    if ticket.status == Ticket.Status.SERVING:
        return ticket
    visit_was = str(appointment.status)
    start_consultation(appointment_id=appointment.pk, by=by, now=now)
    ticket = _step(ticket, Ticket.Status.SERVING, "start", by, now)
    ticket.before = {**(ticket.before or {}), "visit": visit_was}
    ticket.save(update_fields=["before"])
    return ticket


@transaction.atomic
def finish(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Note that the person has come out again; the doctor closes the visit itself. Raises NotFound, WrongState."""
    return _step(access.lock_ticket(by, ticket_id), Ticket.Status.DONE, "finish", by, now)


@transaction.atomic
def set_priority(*, ticket_id: UUID, priority: str, by: Actor, now: datetime) -> Ticket:
    """Say that somebody is called first (or is not), and why. Raises NotFound, WrongState."""
    ticket = access.lock_ticket(by, ticket_id)
    if ticket.priority == priority:
        return ticket
    if ticket.status in {Ticket.Status.DONE, Ticket.Status.LEFT}:
        raise WrongState
    ticket.before = tickets.remembered(ticket, "priority")
    ticket.priority = Ticket.Priority(priority)
    tickets.save(ticket)
    note(by, "booking.queue_priority", ticket.appointment)
    return ticket


@transaction.atomic
def transfer(*, ticket_id: UUID, schedule_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Send somebody to another doctor or room of the facility, with a number there; the promise, and so the place, stays.

    The visit becomes the other doctor's. It keeps none of their time, as a walk-in does not. Raises NotFound, WrongState,
    OtherLine for another facility.
    """
    appointment = access.lock_appointment_of(by, ticket_id)
    known = Ticket.objects.select_related("schedule").get(appointment=appointment)
    target = Schedule.objects.filter(pk=schedule_id, facility=appointment.facility_id, active=True).first()
    if target is None:
        raise OtherLine
    line = _lock_lines(known, target, appointment, now)
    ticket = access.lock_ticket(by, ticket_id)
    if ticket.schedule_id == target.pk:
        return ticket
    if ticket.status not in {Ticket.Status.WAITING, Ticket.Status.CALLED, Ticket.Status.SKIPPED}:
        raise WrongState
    before = {**tickets.remembered(ticket, "transfer"), "walk_in": appointment.walk_in, "room": appointment.room}
    left = Line.objects.get(pk=ticket.line_id)
    if left.pk != line.pk:
        ticket.line, ticket.number = line, tickets.next_number(line)
        tickets.moved(left)
    ticket.schedule, ticket.before = target, before
    ticket.status = Ticket.Status.WAITING
    tickets.save(ticket)
    _hand_over(appointment, target, walk_in=True, room=target.room)
    note(by, "booking.queue_transfer", appointment)
    emit(TicketTransferred(str(ticket.pk), str(appointment.pk)))
    return ticket


@transaction.atomic
def undo(*, ticket_id: UUID, by: Actor, now: datetime) -> Ticket:
    """Take the last step back: as it was before, with the number it had. Once.

    Raises NotFound, NothingToUndo when there is no step left, or the doctor has begun to write.
    """
    appointment = access.lock_appointment_of(by, ticket_id)
    known = Ticket.objects.get(appointment=appointment)
    lines = {known.line_id, (known.before or {}).get("line", known.line_id)}
    list(Line.objects.select_for_update(no_key=True).filter(pk__in=lines).order_by("pk"))
    ticket = access.lock_ticket(by, ticket_id)
    before = ticket.before
    if not before or appointment.status in _GIVEN_UP:
        raise NothingToUndo
    if before["verb"] == "start":
        _back_to(appointment, before.get("visit", Status.CHECKED_IN))
    if before["verb"] == "transfer":
        tickets.moved(Line.objects.get(pk=ticket.line_id))
        home = Schedule.objects.get(pk=before["schedule"])
        _hand_over(appointment, home, walk_in=before["walk_in"], room=before["room"])
        emit(TicketTransferred(str(ticket.pk), str(appointment.pk)))
    for name in tickets.KEPT:
        value = before[name]
        setattr(ticket, name, datetime.fromisoformat(value) if name.endswith("_at") and value else value)
    ticket.line_id, ticket.schedule_id, ticket.number = before["line"], before["schedule"], before["number"]
    ticket.before = None
    tickets.save(ticket)
    note(by, "booking.queue_undo", appointment)
    return ticket


@transaction.atomic
def follow_the_visit(*, appointment_id: UUID, by: Actor, now: datetime) -> None:
    """Keep the ticket in step with the visit: begun by the doctor, over, or given up. Early, late or twice, no harm."""
    appointment = access.lock_appointment(by, appointment_id)
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(appointment=appointment).first()
    if ticket is None:
        return
    if appointment.status == Status.IN_CONSULTATION and ticket.status in _BEFORE_SERVING:
        _step(ticket, Ticket.Status.SERVING, "start", by, now)
    elif appointment.status == Status.FULFILLED and ticket.status == Ticket.Status.SERVING:
        _step(ticket, Ticket.Status.DONE, "finish", by, now)
    elif appointment.status in _GIVEN_UP:
        tickets.withdraw(appointment, now=now)


@transaction.atomic
def say_leave_now(*, appointment_id: UUID, by: Actor, now: datetime) -> bool:
    """Note that somebody on the way is told to set out; say whether this was the first time. Raises NotFound."""
    appointment = access.lock_appointment(by, appointment_id)
    if appointment.leave_now_at is not None:
        return False
    appointment.leave_now_at = now
    appointment.save(update_fields=["leave_now_at"])
    Ticket.objects.filter(appointment=appointment).update(leave_now_at=now)
    return True


_BEFORE_SERVING = {Ticket.Status.WAITING, Ticket.Status.CALLED, Ticket.Status.SKIPPED}
_GIVEN_UP = {Status.CANCELLED, Status.RESCHEDULED, Status.NO_SHOW}


def _call(ticket: Ticket, by: Actor, now: datetime) -> Ticket:
    _refuse_given_up(ticket)
    before = tickets.remembered(ticket, "call")
    if ticket.status == Ticket.Status.CALLED:
        ticket.called_at = now
    else:
        ticket.move_to(Ticket.Status.CALLED, at=now)
    ticket.calls += 1
    ticket.before = before
    tickets.save(ticket)
    note(by, "booking.queue_call", ticket.appointment)
    emit(TicketCalled(str(ticket.pk), str(ticket.appointment_id), ticket.calls))
    return ticket


def _step(ticket: Ticket, status: str, verb: str, by: Actor, now: datetime) -> Ticket:
    if ticket.status == status:
        return ticket
    if status == Ticket.Status.WAITING:
        _refuse_given_up(ticket)
    tickets.step(ticket, status, verb, now)
    tickets.save(ticket)
    note(by, f"booking.queue_{verb}", ticket.appointment)
    return ticket


def _refuse_given_up(ticket: Ticket) -> None:
    """Nobody is called to a visit that will not take place. Raises WrongState."""
    if ticket.appointment.status in _GIVEN_UP:
        raise WrongState


def _lock_lines(ticket: Ticket, target: Schedule, appointment: Appointment, now: datetime) -> Line:
    """Lock the line that is left and the one that is joined, in the order of their ids; give the latter."""
    joined, _new = Line.objects.get_or_create(
        facility_id=target.facility_id,
        room=target.room,
        schedule=None if target.room else target,
        day=target.today(now),
    )
    wanted = {ticket.line_id, joined.pk}
    locked = Line.objects.select_for_update(no_key=True).filter(pk__in=wanted).order_by("pk")
    return next(one for one in list(locked) if one.pk == joined.pk)


def _hand_over(appointment: Appointment, schedule: Schedule, *, walk_in: bool, room: str) -> None:
    """Make the visit another doctor's. What it kept of the first one's day becomes free, or is kept again."""
    old = appointment.practitioner_id
    values: dict[str, Any] = {
        "schedule_id": schedule.pk,
        "practitioner_id": schedule.practitioner_id,
        "walk_in": walk_in,
        "room": room,
    }
    for name, value in values.items():
        setattr(appointment, name, value)
    try:
        with transaction.atomic():
            appointment.save(update_fields=["schedule", "practitioner", "walk_in", "room"])
    except IntegrityError as error:  # somebody took the time meanwhile: there is no way back to it
        raise NothingToUndo from error
    for practitioner in sorted({old, schedule.practitioner_id}):
        days.renew(practitioner, (appointment.blocked.lower, appointment.blocked.upper))


def _back_to(appointment: Appointment, status: str) -> None:
    """Let the visit be not yet begun, as long as the doctor has not begun to write."""
    encounter = appointment.encounter
    if encounter is not None and encounter.status != "planned":
        raise NothingToUndo
    if appointment.status != Status.IN_CONSULTATION:
        return
    appointment.status = Status(status)  # not move_to: the stamps of the check-in stay what they were
    appointment.in_consultation_at = None
    appointment.save(update_fields=["status", "in_consultation_at"])
