"""A doctor is away: one operation closes the hours and opens a case for each agreed visit; each case is then its own job.

Nothing is decided over the citizen's head while there is time to ask. Whoever does not answer gets the best way that is
later than the moment it is decided, and if there is none, the money back. The price stays what it was, whatever the way.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

import audit
from booking import access, days, patience, queries
from booking.actions.appointments import cancel_appointment
from booking.actions.moving import move_appointment
from booking.errors import (
    BadHours,
    CaseClosed,
    LeaveOver,
    NotAWay,
    NotBookable,
    OffGrid,
    PersonBusy,
    SlotPast,
    SlotTaken,
)
from booking.events import LeaveCaseClosed, LeaveCaseOpened, LeaveTaken, LeaveUndone
from booking.models import Appointment, Closure, Leave, LeaveCase, Schedule, Status
from booking.queries import Way
from booking.slots import Span
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from records.errors import NotAtADistance

LONGEST = timedelta(days=366)
DECIDED: dict[str, str] = {Status.RESCHEDULED: "moved", Status.CANCELLED: "cancelled"}
HOUSE = Actor.system("leave")


@transaction.atomic
def take_leave(
    *,
    practitioner_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    reason: str = "",
    message: str = "",
    by: Actor,
    now: datetime,
) -> Leave:
    """Close a doctor's hours at the desk's facility and open a case for each agreed visit in them, as one operation.

    Times that are only kept are let go of. Asking again for the same leave returns it. Raises NotFound, BadHours.
    """
    schedules = _lock_schedules(practitioner_id, by)
    if not (now - timedelta(days=1) <= starts_at < ends_at <= now + 2 * LONGEST and ends_at > now):
        raise BadHours
    facility_id = schedules[0].facility_id
    during = DateTimeTZRange(starts_at, ends_at)
    known = Leave.objects.filter(
        practitioner=practitioner_id, facility=facility_id, during=during, status=Leave.Status.ACTIVE
    ).first()
    if known is not None:
        return known
    leave = Leave.objects.create(
        practitioner_id=practitioner_id,
        facility_id=facility_id,
        during=during,
        reason=reason,
        message=message,
        created_at=now,
    )
    Closure.objects.bulk_create(
        Closure(
            schedule=one,
            during=during,
            kind=Closure.Kind.CLOSED,
            reason=reason,
            source=Closure.Source.LEAVE,
            leave=leave,
            created_at=now,
        )
        for one in schedules
    )
    days.rebuild([one.pk for one in schedules], now=now)
    # After the days were locked: who booked before is seen, who comes later meets the closure.
    away = Span(starts_at, ends_at)
    for hold_id in queries.holds_in(practitioner_id, facility_id, away):
        cancel_appointment(appointment_id=hold_id, reason=message, by=HOUSE, now=now)
    for visit in queries.visits_in(practitioner_id, facility_id, away, now):
        _open_case(leave, visit, now)
    audit.record(by, "booking.leave", leave, facility_id=facility_id, detail={"what": "taken", "during": str(during)})
    emit(LeaveTaken(str(leave.pk)))
    return leave


@transaction.atomic
def undo_leave(*, leave_id: UUID, by: Actor, now: datetime) -> Leave:
    """The doctor will be there after all: the hours open again, and what nobody has decided yet stays as it was agreed.

    Raises NotFound, LeaveOver.
    """
    leave = access.lock_leave(by, leave_id)
    if leave.status == Leave.Status.UNDONE:
        return leave
    if leave.during.upper <= now:
        raise LeaveOver
    schedules = list(Closure.objects.filter(leave=leave).values_list("schedule_id", flat=True))
    days.lock_hours(schedules)
    Closure.objects.filter(leave=leave).delete()
    days.rebuild(schedules, now=now)
    leave.move_to(Leave.Status.UNDONE, at=now)
    leave.save(update_fields=["status", "undone_at"])
    for case in leave.cases.select_for_update().filter(status=LeaveCase.Status.OPEN).order_by("pk"):
        _close(case, LeaveCase.Status.KEPT, by, now)
    audit.record(by, "booking.leave", leave, facility_id=leave.facility_id, detail={"what": "undone"})
    emit(LeaveUndone(str(leave.pk)))
    return leave


@transaction.atomic
def find_ways(*, case_id: UUID, by: Actor, now: datetime) -> LeaveCase:
    """Look for the ways on of one visit, once; who reads the case sees the same ones from then on. Raises NotFound."""
    case = access.lock_case(by, case_id)
    if case.ways_found_at is not None or case.status != LeaveCase.Status.OPEN:
        return case
    visit = Appointment.objects.select_related("practitioner", "visit_type", "schedule__practitioner").get(
        pk=case.appointment_id
    )
    case.ways = [way.as_json() for way in queries.finder_for(case, now).ways_for(visit)]
    case.ways_found_at = now
    case.save(update_fields=["ways", "ways_found_at"])
    return case


@transaction.atomic
def choose_way(*, case_id: UUID, way: int, condition: str = "", by: Actor, now: datetime) -> LeaveCase:
    """Take one of the ways that were named, if it is still there; `condition` as in `move_appointment`.

    Raises NotFound, NotAWay, CaseClosed, SlotTaken …
    """
    case = access.lock_case(by, case_id)
    named = queries.ways_of(case)
    if not 0 <= way < len(named):
        raise NotAWay
    return _move(case, named[way], by, now, condition)


@transaction.atomic
def choose_time(
    *, case_id: UUID, schedule_id: UUID, starts_at: datetime, mode: str, condition: str = "", by: Actor, now: datetime
) -> LeaveCase:
    """Take any other free time for the same kind of visit at the facility, at the price that was agreed.

    Raises NotFound, NotAWay, CaseClosed and what `place` raises.
    """
    case = access.lock_case(by, case_id)
    visit = case.appointment
    schedule = (
        Schedule.objects.filter(pk=schedule_id, facility=visit.facility_id).select_related("practitioner").first()
    )
    if schedule is None or mode not in visit.visit_type.modes:
        raise NotAWay
    name = schedule.practitioner.display_name
    way = Way(schedule_id, name, starts_at, visit.visit_type_id, mode, "time", schedule.zone)
    return _move(case, way, by, now, condition)


@transaction.atomic
def give_up_visit(*, case_id: UUID, by: Actor, now: datetime) -> LeaveCase:
    """Choose none: the visit is cancelled by the facility's leave, so all that was paid goes back.

    Raises NotFound, CaseClosed.
    """
    case = access.lock_case(by, case_id)
    if case.status == LeaveCase.Status.CANCELLED:
        return case
    _refuse_closed(case, now)
    return _cancel(case, by, now)


@transaction.atomic
def close_case(*, case_id: UUID, by: Actor, now: datetime) -> LeaveCase:
    """Nobody chose in time: the best way that is later than now, found anew if those named are gone, else the money back.

    Before its time, or once decided, nothing happens. Raises NotFound.
    """
    case = access.lock_case(by, case_id)
    if case.status != LeaveCase.Status.OPEN or case.decide_by > now or _settled(case, by, now):
        return case
    visit = Appointment.objects.select_related("practitioner", "visit_type", "schedule__practitioner").get(
        pk=case.appointment_id
    )
    if visit.starts_at <= now:
        return _cancel(case, by, now)  # told too late, as after a night without a worker: nobody is moved by surprise
    named = queries.ways_of(case)
    for way in [*named, *queries.finder_for(case, now).ways_for(visit)]:
        if way.starts_at <= now or way.mode != visit.mode:
            continue  # nobody is put before a screen who did not say so
        try:
            with transaction.atomic():
                return _move(case, way, by, now)
        except (SlotTaken, SlotPast, NotBookable, OffGrid, PersonBusy, NotAtADistance, NotAWay):
            continue
    return _cancel(case, by, now)


@transaction.atomic
def settle_case(*, appointment_id: UUID, by: Actor, now: datetime) -> LeaveCase | None:
    """The visit was moved or cancelled by another way: its case follows. None when it has none."""
    known = queries.open_case_of(appointment_id)
    if known is None:
        return None
    case = access.lock_case(by, known.pk)
    if case.status == LeaveCase.Status.OPEN:
        _settled(case, by, now)
    return case


def _lock_schedules(practitioner_id: UUID, by: Actor) -> list[Schedule]:
    if by.role != "desk":
        raise NotFound
    # Not their keys: whoever books holds the row of a day, which the leave waits for, and points at its schedule.
    rows = Schedule.objects.select_for_update(of=("self",), no_key=True).filter(access.visible_schedules(by))
    found = list(rows.filter(practitioner=practitioner_id).order_by("pk"))
    if not found:
        raise NotFound
    return found


def _open_case(leave: Leave, visit: Appointment, now: datetime) -> None:
    case = LeaveCase.objects.create(
        leave=leave, appointment=visit, decide_by=patience.decide_by(visit.starts_at, now), created_at=now
    )
    emit(LeaveCaseOpened(str(leave.pk), str(case.pk)))


def _refuse_closed(case: LeaveCase, now: datetime) -> None:
    if case.status != LeaveCase.Status.OPEN or case.appointment.status not in queries.MOVABLE:
        raise CaseClosed
    if case.appointment.starts_at <= now:
        raise CaseClosed


def _move(case: LeaveCase, way: Way, by: Actor, now: datetime, condition: str = "") -> LeaveCase:
    there = case.moved_to
    if there is not None and (there.schedule_id, there.starts_at) == (way.schedule_id, way.starts_at):
        return case  # the same wish again
    _refuse_closed(case, now)
    visit = case.appointment
    if (visit.schedule_id, visit.starts_at) == (way.schedule_id, way.starts_at):
        raise NotAWay  # there the doctor is away
    case.moved_to = move_appointment(
        appointment_id=case.appointment_id,
        schedule_id=way.schedule_id,
        starts_at=way.starts_at,
        visit_type_id=way.visit_type_id,
        mode=way.mode,
        keep_price=True,
        condition=condition,
        by=by,
        now=now,
    )
    _close(case, LeaveCase.Status.MOVED, by, now)
    return case


def _cancel(case: LeaveCase, by: Actor, now: datetime) -> LeaveCase:
    # In the name of the house, whoever chose: it was not the citizen who could not come, so it costs nothing.
    cancel_appointment(appointment_id=case.appointment_id, reason=case.leave.message, by=HOUSE, now=now)
    _close(case, LeaveCase.Status.CANCELLED, by, now)
    return case


def _settled(case: LeaveCase, by: Actor, now: datetime) -> bool:
    """Close a case whose visit is no longer waiting for it; say whether it is closed."""
    if case.appointment.status in queries.MOVABLE:
        return False
    if case.appointment.status == Status.RESCHEDULED:
        case.moved_to = Appointment.objects.filter(moved_from=case.appointment, booked_at__isnull=False).first()
    _close(case, DECIDED.get(case.appointment.status, "kept"), by, now)
    return True


def _close(case: LeaveCase, how: str, by: Actor, now: datetime) -> None:
    case.move_to(how, at=now)
    if how != LeaveCase.Status.KEPT:
        sides = {"citizen": LeaveCase.ChosenBy.CITIZEN, "desk": LeaveCase.ChosenBy.DESK}
        case.chosen_by = sides.get(by.role, LeaveCase.ChosenBy.SILENCE)
    case.save(update_fields=["status", "moved_at", "cancelled_at", "kept_at", "moved_to", "chosen_by"])
    visit = case.appointment
    audit.record(
        by, "booking.leave_case", case, person_id=visit.person_id, facility_id=visit.facility_id, detail={"what": how}
    )
    emit(LeaveCaseClosed(str(case.leave_id), str(case.pk), str(how)))
