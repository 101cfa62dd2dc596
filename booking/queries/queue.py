"""The lines of a day: who is inside, who is called, who comes next, and how long it takes."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import QuerySet

from booking import access, queue, slots
from booking.models import Appointment, Schedule, Screen, Status, Ticket
from booking.queries.terms import policy_of
from core.actor import Actor
from identity.models import User

S = Ticket.Status
LATE_BY = timedelta(hours=3)  # a doctor may run so late that somebody should still set out for a time that has passed
SHOWN_NEXT = 5  # numbers on a corridor's screen


@dataclass(frozen=True)
class Place:
    """Somebody in a line: how many are called before them, and how long that may take."""

    ticket: Ticket
    before: int
    wait: queue.Range

    @property
    def can_undo(self) -> bool:
        return bool(self.ticket.before)


@dataclass
class LineView:
    """The line of one doctor on one day, as those who call see it."""

    schedule: Schedule
    serving: list[Ticket] = field(default_factory=list)
    called: list[Ticket] = field(default_factory=list)
    waiting: list[Place] = field(default_factory=list)
    skipped: list[Ticket] = field(default_factory=list)
    over: list[Ticket] = field(default_factory=list)  # done or left, the latest first
    minutes_a_visit: int = 0

    @property
    def is_empty(self) -> bool:
        return not (self.serving or self.called or self.waiting or self.skipped or self.over)


@dataclass(frozen=True)
class Board:
    """One room on a corridor's screen: numbers only, never a name of somebody who waits."""

    room: str
    doctor: str
    now: list[int]  # called or inside, the latest call first
    following: list[int]
    waiting: int
    called_at: datetime | None
    calls: int


def tickets_of_day(day: date, schedule_ids: Iterable[UUID]) -> QuerySet[Ticket]:
    """Give the numbers of a day in front of these doctors, with what their rows show."""
    rows = Ticket.objects.filter(schedule__in=list(schedule_ids), line__day=day)
    return rows.select_related("appointment__person", "appointment__visit_type", "appointment__encounter", "line")


def lines_of(schedules: Sequence[Schedule], day: date, now: datetime) -> list[LineView]:
    """Lay out the lines of these schedules, in one statement. The caller has asked who may see them."""
    by_schedule: dict[UUID, list[Ticket]] = defaultdict(list)
    for ticket in tickets_of_day(day, [one.pk for one in schedules]).order_by("number"):
        by_schedule[ticket.schedule_id].append(ticket)
    return [_view(schedule, by_schedule[schedule.pk], now) for schedule in schedules]


def line_of(schedule: Schedule, now: datetime) -> LineView:
    """Lay out today's line of one schedule."""
    return lines_of([schedule], schedule.today(now), now)[0]


def ticket_of(by: Actor, appointment_id: UUID) -> Ticket | None:
    """Give the number of a visit, or None when there is none (yet). Raises NotFound when the visit is not theirs."""
    appointment = access.get_appointment(by, appointment_id)
    rows = Ticket.objects.select_related("schedule", "line", "appointment")
    return rows.filter(appointment=appointment).exclude(status=S.LEFT).first()


def place_of(ticket: Ticket, now: datetime) -> Place | None:
    """Tell how many come before a waiting number; None when it does not wait. The caller has asked whose it is."""
    view = lines_of([ticket.schedule], ticket.line.day, now)[0]
    return next((place for place in view.waiting if place.ticket.pk == ticket.pk), None)


def boards_of(screen: Screen, now: datetime) -> list[Board]:
    """List the rooms a corridor's screen shows, with today's numbers; rooms without a line stay away."""
    schedules = {
        one.pk: one for one in Schedule.objects.filter(facility=screen.facility).select_related("practitioner")
    }
    days = {one.today(now) for one in schedules.values()}
    rows = Ticket.objects.filter(line__facility=screen.facility, line__day__in=days)
    rows = rows.select_related("line", "appointment__visit_type")
    if screen.rooms:
        rows = rows.filter(line__room__in=screen.rooms)
    by_line: dict[tuple[str, UUID], list[Ticket]] = defaultdict(list)
    for ticket in rows.order_by("number"):
        by_line[ticket.line.room, ticket.schedule_id].append(ticket)
    views = [_view(schedules[key[1]], found, now) for key, found in by_line.items()]
    boards = [_board(room, view) for (room, _s), view in zip(by_line, views, strict=True)]
    return sorted(boards, key=lambda one: (one.room, one.doctor))


def screens_of(by: Actor) -> list[Screen]:
    """List the kiosks and corridor screens of the desk's facility that still work."""
    rows = Screen.objects.filter(facility=by.facility_id, revoked_at__isnull=True) if by.role == "desk" else []
    return sorted(rows, key=lambda one: (one.kind, one.created_at))


def schedules_of_facility(by: Actor) -> QuerySet[Schedule]:
    """Give the schedules of the facility somebody works at: where a person in the line may be sent."""
    rows = Schedule.objects.filter(facility=by.facility_id, active=True) if by.facility_id else Schedule.objects.none()
    return rows.select_related("practitioner").order_by("practitioner__sort_name", "pk")


def takes_walk_ins(by: Actor) -> bool:
    """Say whether the desk's facility sees people without an appointment."""
    return bool(by.facility_id and policy_of(by.facility_id).takes_walk_ins)


def open_screen(screen_id: UUID, kind: str) -> Screen | None:
    """Give a screen that was not revoked; the caller has checked the signature of its address."""
    rows = Screen.objects.select_related("facility__province")
    return rows.filter(pk=screen_id, kind=kind, revoked_at__isnull=True, facility__active=True).first()


def visits_today(facility: Any, now: datetime) -> list[Appointment]:
    """List the facility's visits in person of its day that somebody may still arrive for, or has."""
    day = slots.wall(now, facility.zone).date()
    starts = slots.instant(day, datetime.min.time(), facility.zone)
    ends = slots.instant(day + timedelta(days=1), datetime.min.time(), facility.zone)
    rows = Appointment.objects.filter(
        facility=facility,
        mode=Appointment.Mode.IN_PERSON,
        status__in=[Status.BOOKED, Status.CHECKED_IN],
        during__overlap=DateTimeTZRange(starts, ends),
    )
    return list(rows.select_related("person__user", "schedule", "practitioner", "facility").order_by("during", "pk"))


def phones_of(appointment: Appointment) -> set[str]:
    """Give the phone numbers a kiosk may know a visit by: the person's, their account's, and of whoever booked it."""
    person = appointment.person
    known = {person.phone, person.user.phone if person.user else ""}
    if appointment.booked_by is not None:
        known |= set(User.objects.filter(pk=appointment.booked_by).values_list("phone", flat=True))
    return {phone for phone in known if phone}


def on_the_way(now: datetime, travel: timedelta) -> list[UUID]:
    """List the visits whose citizen should set out: it will take no longer than the way until they are called.

    Looked at are those who are not here: booked for today, or with a number they took by themselves, and not told yet.
    """
    rows = Appointment.objects.filter(
        mode=Appointment.Mode.IN_PERSON,
        status__in=[Status.BOOKED, Status.CHECKED_IN],
        leave_now_at__isnull=True,
        walk_in=False,
        during__overlap=DateTimeTZRange(now - LATE_BY, now + travel + timedelta(minutes=1)),
    ).select_related("schedule", "visit_type")
    coming = list(rows.order_by("during", "pk"))
    if not coming:
        return []
    schedules = {one.schedule_id: one.schedule for one in coming}
    days = {one.today(now) for one in schedules.values()}
    tickets: dict[UUID, list[Ticket]] = defaultdict(list)
    for day in days:
        for ticket in tickets_of_day(day, schedules):
            tickets[ticket.schedule_id].append(ticket)
    return [one.pk for one in coming if _is_time(one, tickets[one.schedule_id], now, travel)]


def _is_time(appointment: Appointment, tickets: list[Ticket], now: datetime, travel: timedelta) -> bool:
    own = next((one for one in tickets if one.appointment_id == appointment.pk), None)
    if own is None and appointment.status != Status.BOOKED:
        return False
    if own is not None and (own.source != Ticket.Source.CITIZEN or own.status != S.WAITING):
        return False  # they are here, or called already
    before = [one for one in tickets if one.status in {S.WAITING, S.CALLED}]
    if own is None:
        # Whoever waits and was promised an earlier moment is called before them; the doctor may run late by that much.
        before = [one for one in before if one.as_waiting().due_at <= appointment.starts_at]
        place = len(before)
    else:
        line = queue.in_order([one.as_waiting() for one in before if one.status == S.WAITING], now, _row(tickets))
        place = [one.id for one in line].index(own.pk) + sum(one.status == S.CALLED for one in before)
    wait = queue.expected_wait(place, *_pace(tickets, now, appointment.visit_type.minutes))
    expected = now + timedelta(minutes=wait.from_minutes)
    return max(expected, appointment.starts_at) <= now + travel


def _view(schedule: Schedule, tickets: list[Ticket], now: datetime) -> LineView:
    view = LineView(schedule)
    waiting = {}
    for ticket in tickets:
        if ticket.status == S.WAITING:
            waiting[ticket.pk] = ticket
        elif ticket.status == S.SERVING:
            view.serving.append(ticket)
        elif ticket.status == S.CALLED:
            view.called.append(ticket)
        elif ticket.status == S.SKIPPED:
            view.skipped.append(ticket)
        else:
            view.over.append(ticket)
    view.called.sort(key=lambda one: one.called_at or now, reverse=True)
    view.over.sort(key=lambda one: one.done_at or one.left_at or now, reverse=True)
    pace = _pace(tickets, now, 15)
    view.minutes_a_visit = round(queue.minutes_a_visit(pace[0], pace[1])[0])
    line = queue.in_order([one.as_waiting() for one in waiting.values()], now, _row(tickets))
    view.waiting = [
        Place(waiting[one.id], place, queue.expected_wait(place, *pace))
        for place, one in enumerate(line, start=len(view.called))
    ]
    return view


def _row(tickets: Iterable[Ticket]) -> int:
    called = sorted((one for one in tickets if one.called_at), key=lambda one: (one.called_at, one.number))
    return queue.calls_in_a_row([str(one.priority) for one in called])


def _pace(tickets: Iterable[Ticket], now: datetime, planned: float) -> tuple[list[float], float, list[float]]:
    """Give the minutes of finished visits, the planned minutes, and for how long people have been inside."""
    tickets = list(tickets)
    minutes = [one.appointment.visit_type.minutes for one in tickets]
    lasted = [
        _minutes(one.done_at - one.serving_at)
        for one in tickets
        if one.status == S.DONE and one.serving_at and one.done_at
    ]
    inside = [_minutes(now - one.serving_at) for one in tickets if one.status == S.SERVING and one.serving_at]
    return lasted, sum(minutes) / len(minutes) if minutes else planned, inside


def _minutes(span: timedelta) -> float:
    return span.total_seconds() / 60


def _board(room: str, view: LineView) -> Board:
    latest = sorted(
        [*view.called, *view.serving], key=lambda one: one.called_at or one.serving_at or one.created_at, reverse=True
    )
    return Board(
        room=room,
        doctor=view.schedule.practitioner.display_name,
        now=[one.number for one in latest[:2]],
        following=[place.ticket.number for place in view.waiting[:SHOWN_NEXT]],
        waiting=len(view.waiting),
        called_at=latest[0].called_at if latest else None,
        calls=latest[0].calls if latest else 0,
    )
