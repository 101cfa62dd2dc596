"""Numbers in a line: given when somebody arrives, kept in step with what becomes of the visit."""

from datetime import datetime
from typing import Any

from django.conf import settings

from booking import queue, slots
from booking.events import LineMoved, TicketGiven
from booking.models import Appointment, Line, Schedule, Ticket
from core.actor import Actor
from core.events import emit

# What a step may change on a ticket, and `undo` puts back.
KEPT = ("status", "calls", "priority", "called_at", "serving_at", "done_at", "skipped_at", "left_at")


def give(appointment: Appointment, *, by: Actor, now: datetime, priority: str = "") -> Ticket:
    """Give a number for the day's line; who has one keeps it, and comes back to the line with it.

    In the transaction of the check-in, with the appointment locked.
    """
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(appointment=appointment).first()
    if ticket is not None:
        return _again(ticket, now)
    schedule = Schedule.objects.get(pk=appointment.schedule_id)
    line = line_for(schedule, appointment, now)
    ticket = Ticket.objects.create(
        line=line,
        schedule=schedule,
        appointment=appointment,
        number=next_number(line),
        priority=priority or _by_age(appointment, line),
        walk_in=appointment.walk_in,
        promised_at=appointment.starts_at,
        source={"citizen": Ticket.Source.CITIZEN, "system": Ticket.Source.KIOSK}.get(by.role, Ticket.Source.DESK),
        created_at=now,
    )
    emit(TicketGiven(str(ticket.pk), str(appointment.pk)))
    moved(line)
    return ticket


def withdraw(appointment: Appointment, *, now: datetime) -> None:
    """Take whoever does not come (any more) out of the line; in the transaction that says so."""
    ticket = Ticket.objects.select_for_update(of=("self",)).filter(appointment=appointment).first()
    if ticket is not None and ticket.can_move_to(Ticket.Status.LEFT):
        step(ticket, Ticket.Status.LEFT, "leave", now)
        save(ticket)


def line_for(schedule: Schedule, appointment: Appointment, now: datetime) -> Line:
    """Give the line of the day in front of the schedule's room, locked."""
    room = (appointment.room if appointment.schedule_id == schedule.pk else "") or schedule.room
    day = slots.wall(now, schedule.zone).date()
    line, _new = Line.objects.get_or_create(
        facility_id=schedule.facility_id, room=room, schedule=None if room else schedule, day=day
    )
    return Line.objects.select_for_update(no_key=True).get(pk=line.pk)


def next_number(line: Line) -> int:
    """Count one further in a locked line: no number twice, none left out, also when two ask at once."""
    line.last_number += 1
    line.save(update_fields=["last_number"])
    return line.last_number


def step(ticket: Ticket, status: str, verb: str, now: datetime) -> None:
    """Move a locked ticket and remember what it was; the caller saves."""
    before = remembered(ticket, verb)
    ticket.move_to(status, at=now)
    ticket.before = before


def remembered(ticket: Ticket, verb: str) -> dict[str, Any]:
    """Write down what a step may change."""
    values = {name: getattr(ticket, name) for name in KEPT}
    stamps = {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}
    return {
        "verb": verb,
        **stamps,
        "line": str(ticket.line_id),
        "schedule": str(ticket.schedule_id),
        "number": ticket.number,
    }


def save(ticket: Ticket) -> None:
    """Write what a step changed and tell the boards."""
    ticket.save(update_fields=[*KEPT, "before", "line", "schedule", "number"])
    moved(Line.objects.get(pk=ticket.line_id))


def moved(line: Line) -> None:
    """Tell whoever shows this line that it looks different now."""
    emit(LineMoved(str(line.pk), str(line.facility_id)))


def _again(ticket: Ticket, now: datetime) -> Ticket:
    if ticket.status == Ticket.Status.LEFT:
        step(ticket, Ticket.Status.WAITING, "bring_back", now)
        ticket.before = None  # it was a check-in; that one has an undo of its own
        save(ticket)
    return ticket


def stand_here(ticket: Ticket, now: datetime) -> None:
    """Somebody with this locked number stands in the house: in line again if they were passed over, and no more on their way."""
    if ticket.status in {Ticket.Status.LEFT, Ticket.Status.SKIPPED}:
        step(ticket, Ticket.Status.WAITING, "bring_back", now)
        save(ticket)
    if ticket.source == Ticket.Source.CITIZEN:
        ticket.source = Ticket.Source.KIOSK
        ticket.save(update_fields=["source"])


def _by_age(appointment: Appointment, line: Line) -> str:
    return queue.priority_by_age(appointment.person.born_on, line.day, settings.QUEUE_HIGH_AGE)
