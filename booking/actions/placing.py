"""The one way a new appointment comes to be: a guarded statement on the day's row, with the appointment in the same breath.

Who wants a taken time writes nothing and waits for nobody; two who want the same time meet at the day's row for the
blink of a commit, never in a line. The exclusion constraints of the table stand behind it, whatever the code does.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from booking import days, marks, queries, slots
from booking.actions.gating import ask_the_gate
from booking.actions.lapsing import let_go_of_overdue
from booking.errors import NotBookable, PersonBusy, PilotUsedUp, SlotPast, SlotTaken
from booking.models import ACTIVE, Appointment, Schedule, Status
from booking.queries.times import purposes_of
from core import rounds
from core.actor import Actor
from identity.models import Person, VisitType
from records.errors import NotAtADistance

Along = Callable[[Appointment], Sequence[rounds.Statement]]


def place(
    *,
    schedule: Schedule,
    visit_type: VisitType,
    person: Person,
    mode: str,
    starts_at: datetime,
    by: Actor,
    now: datetime,
    status: str = Status.HELD,
    hold_expires_at: datetime | None = None,
    any_notice: bool = False,
    values: dict[str, Any] | None = None,
) -> Appointment:
    """Put an appointment at a free time: buffers blocked, a seat taken in a shared session, the projection kept.

    `any_notice`: the facility itself asks, so the minimum notice does not count. `values` are further fields; without a
    price among them it is the visit type's for this mode. Neither an audit line nor an event: those are the caller's.
    Raises SlotPast, NotBookable, OffGrid, SlotTaken, PersonBusy, and NotAtADistance where the law's gate is closed.
    """
    asked: dict[str, Any] = {
        "schedule": schedule,
        "visit_type": visit_type,
        "person": person,
        "mode": mode,
        "starts_at": starts_at,
        "by": by,
        "now": now,
        "status": status,
        "hold_expires_at": hold_expires_at,
        "any_notice": any_notice,
        "values": values,
    }
    try:
        with transaction.atomic():
            return place_at_once(**asked)
    except (SlotTaken, PersonBusy):
        # Only who is refused looks closer: it may be a hold whose time ran out, and search offers that time already.
        with transaction.atomic():
            whose = {"practitioner_id": schedule.practitioner_id, "person_id": person.pk}
            if not let_go_of_overdue(**whose, wanted_at=starts_at, now=now):
                raise
            return place_at_once(**asked)


def place_at_once(
    *,
    schedule: Schedule,
    visit_type: VisitType,
    person: Person,
    mode: str,
    starts_at: datetime,
    by: Actor,
    now: datetime,
    status: str = Status.HELD,
    hold_expires_at: datetime | None = None,
    any_notice: bool = False,
    values: dict[str, Any] | None = None,
    hours: queries.Hours | None = None,
    along: Along | None = None,
) -> Appointment:
    """Do as `place`, in a transaction of the caller's, which a refusal leaves fit for nothing but rolling back.

    `hours` where they have been read already. `along` says what is written in the same statement: `INSERT … SELECT` and
    `SELECT` without a WHERE.
    """
    slot = _fit(schedule, visit_type, starts_at, mode, now, any_notice, hours)
    days.ensure_far(schedule, slot.starts_at, now=now)  # before any day is locked
    appointment = Appointment(
        schedule=schedule,
        practitioner=schedule.practitioner,
        facility=schedule.facility,
        person=person,
        booked_by=by.user_id,
        visit_type=visit_type,
        mode=mode,
        during=DateTimeTZRange(slot.starts_at, slot.ends_at),
        blocked=blocked(schedule, slot),
        room=slot.room or schedule.room,
        status=status,
        created_at=now,
        hold_expires_at=hold_expires_at,
        booked_at=now if status == Status.BOOKED else None,
        price_amount=visit_type.price_in(mode).amount,
        price_currency=visit_type.price_currency,
    )
    for name, value in (values or {}).items():
        setattr(appointment, name, value)
    ask_the_gate(appointment, registered=hours.is_registered if hours is not None else None)
    appointment.session = appointment.pk
    further = along(appointment) if along is not None else ()
    if slot.capacity > 1:
        return _take_a_seat(appointment, slot.capacity, further)
    take(appointment, schedule, further)
    return appointment


def blocked(schedule: Schedule, slot: slots.Span) -> DateTimeTZRange:
    """Tell what a visit keeps from the practitioner's others."""
    before, after = (timedelta(minutes=m) for m in (schedule.buffer_before_minutes, schedule.buffer_after_minutes))
    return DateTimeTZRange(slot.starts_at - before, slot.ends_at + after)


def take(appointment: Appointment, schedule: Schedule, along: Sequence[rounds.Statement] = ()) -> None:
    """Write the appointment if its marks are free, in one statement with what goes along.

    The row of a day is made when it turns out to be missing, as when the window has not been rolled on for days.
    Raises SlotTaken, PersonBusy.
    """
    day = slots.wall(appointment.starts_at, schedule.zone).date()
    has_row = _try(appointment, day, along)
    if has_row is False:
        days.ensure(schedule, appointment.starts_at)
        has_row = _try(appointment, day, along)
    if has_row is not None:
        raise SlotTaken


def _try(appointment: Appointment, day: date, along: Sequence[rounds.Statement]) -> bool | None:
    """Give None when it is written; else whether its day has a row, and nothing is written."""
    parameters = {f"a_{column}": value for column, value in rounds.values_of(appointment).items()}
    for _, given in along:
        parameters |= given
    parameters["day"] = day
    parameters["first"], parameters["count"] = _in_marks(appointment.blocked.lower, appointment.blocked.upper)
    parameters["visit_first"], parameters["visit_count"] = _in_marks(appointment.starts_at, appointment.ends_at)
    parameters["from"], parameters["to"] = appointment.blocked.lower, appointment.blocked.upper
    try:
        (placed, marked, has_row, *_) = rounds.ask((_statement(tuple(text for text, _ in along)), parameters))[0]
    except IntegrityError as error:  # the exclusion constraints are the guards that never sleep
        if _constraint(error) == "appointment_practitioner_free":
            raise SlotTaken from error
        if _constraint(error) == "appointment_person_free":
            raise PersonBusy from error
        if _constraint(error) == "pilot_quota_kept":
            raise NotAtADistance(PilotUsedUp.message, fields={"form": ["pilot_used_up"]}) from error
        raise
    if placed:
        appointment._state.adding, appointment._state.db = False, connection.alias
        return None
    if marked:  # days at other doors next to the one that was full
        days.renew(appointment.practitioner_id, (appointment.blocked.lower, appointment.blocked.upper))
    return bool(has_row)


@cache
def _statement(along: tuple[str, ...]) -> str:
    columns = [field.column for field in Appointment._meta.local_concrete_fields]
    written = [text for text in along if text.startswith("INSERT")]
    asked = [text for text in along if not text.startswith("INSERT")]
    return _TAKE.format(
        columns=", ".join(f'"{column}"' for column in columns),
        values=", ".join(f"%(a_{column})s" for column in columns),
        written="".join(f", along{n} AS ({text} WHERE EXISTS (SELECT FROM b))" for n, text in enumerate(written)),
        asked="".join(f", ({text} WHERE EXISTS (SELECT FROM b))" for text in asked),
    )


def _constraint(error: IntegrityError) -> str:
    return str(getattr(getattr(error.__cause__, "diag", None), "constraint_name", ""))


def _in_marks(starts_at: datetime, ends_at: datetime) -> tuple[int, int]:
    """Give the first mark, counted from 1970, and how many: each row takes its own midnight off."""
    first = int(starts_at.timestamp()) // _MARK
    return first, -(-int(ends_at.timestamp()) // _MARK) - first


def _fit(
    schedule: Schedule,
    visit_type: VisitType,
    starts_at: datetime,
    mode: str,
    now: datetime,
    any_notice: bool,
    hours: queries.Hours | None,
) -> slots.Slot:
    if starts_at < now:
        raise SlotPast
    if starts_at > now + timedelta(days=schedule.horizon_days + 2):
        raise NotBookable
    day = slots.wall(starts_at, schedule.zone).date()
    specialties = hours.specialties if hours is not None else None
    if mode not in visit_type.modes or not queries.offers(schedule, visit_type, day, specialties):
        raise NotBookable
    rules: Sequence[slots.WeeklyRule]
    closures: Sequence[slots.Exceptional]
    busy: Sequence[slots.Span]
    if hours is not None and not hours.are_shared:
        # Who is there already need not be known: the guarded statement asks.
        rules, closures, busy = hours.rules, hours.closures, ()
    else:
        around = timedelta(days=2)
        times = queries.times_of([schedule], starts_at - around, starts_at + around, now)[schedule.pk]
        rules, closures, busy = times.rules_for(visit_type), times.closures, times.busy
    return slots.fit(
        rules,
        closures,
        busy,
        schedule.zone,
        visit_type.minutes,
        starts_at,
        now,
        timedelta(0) if any_notice else timedelta(minutes=schedule.min_notice_minutes),
        schedule.horizon_days,
        buffer_before=timedelta(minutes=schedule.buffer_before_minutes),
        buffer_after=timedelta(minutes=schedule.buffer_after_minutes),
        purposes=purposes_of(schedule, visit_type, [mode]),
    )


def _take_a_seat(appointment: Appointment, capacity: int, along: Sequence[rounds.Statement]) -> Appointment:
    """Join the session at that time, or begin it: seats are counted under the lock of the day."""
    span = (appointment.blocked.lower, appointment.blocked.upper)
    days.lock([appointment.practitioner_id], span)
    company = Appointment.objects.filter(
        schedule=appointment.schedule_id,
        visit_type=appointment.visit_type_id,
        mode=appointment.mode,
        during=appointment.during,
        status__in=ACTIVE,
        walk_in=False,
    )
    taken = list(company.order_by("seat").values_list("session", "seat"))
    if taken:
        if len(taken) >= capacity:
            raise SlotTaken
        appointment.session = taken[0][0]
        appointment.seat = min(set(range(capacity)) - {seat for _, seat in taken})
        _insert(appointment)
        for statement in along:
            with connection.cursor() as cursor:
                cursor.execute(*statement)
    else:
        take(appointment, appointment.schedule, along)
    days.renew(appointment.practitioner_id, span)
    return appointment


def _insert(appointment: Appointment) -> None:
    try:
        with transaction.atomic():
            appointment.save(force_insert=True)
    except IntegrityError as error:
        if _constraint(error) in {"appointment_practitioner_free", "appointment_seat_once"}:
            raise SlotTaken from error
        if _constraint(error) == "appointment_person_free":
            raise PersonBusy from error
        if _constraint(error) == "pilot_quota_kept":
            raise NotAtADistance(PilotUsedUp.message, fields={"form": ["pilot_used_up"]}) from error
        raise


_MARK = 60 * marks.MINUTES
_MIDNIGHT = f"(extract(epoch FROM midnight_at)::bigint / {_MARK})"  # in marks since 1970
_RUN = f"booking_run((%(first)s - {_MIDNIGHT})::int, %(count)s)"
_VISIT = f"booking_run((%(visit_first)s - {_MIDNIGHT})::int, %(visit_count)s)"
# Without the starts that the run leaves no room for: from `reach_after` - 1 before it to `reach_before` behind its end.
_LEFT = (
    f"(starts & ~booking_run((%(first)s - {_MIDNIGHT})::int - reach_after + 1,"
    " %(count)s + reach_after - 1 + reach_before))"
)
# Expressions name columns of the row itself only: then PostgreSQL reckons again on the newest version when two meet.
_FREE = f"""practitioner_id = %(a_practitioner_id)s
    AND midnight_at > %(from)s - interval '26 hours' AND midnight_at < %(to)s
    AND taken & {_RUN} = booking_run(0, 0)
    AND (schedule_id <> %(a_schedule_id)s OR day <> %(day)s OR open & {_VISIT} = {_VISIT})"""
# One visit may lie on several rows of its doctor (two houses, or just after midnight): all writers lock them in one order.
_TAKE = f"""
WITH o AS (
  SELECT id FROM booking_practitionerday WHERE {_FREE}
  ORDER BY schedule_id, day FOR NO KEY UPDATE),
d AS (
  UPDATE booking_practitionerday SET
    taken = taken | {_RUN},
    starts = {_LEFT},
    n_free = bit_count({_LEFT}),
    first_free_at = midnight_at + {marks.MINUTES} * interval '1 minute' * (nullif(position(B'1' IN {_LEFT}), 0) - 1),
    version = version + 1
  WHERE id IN (SELECT id FROM o) AND {_FREE}
  RETURNING id, schedule_id, day, first_free_at),
b AS (
  INSERT INTO booking_appointment ({{columns}}) SELECT {{values}}
  WHERE EXISTS (SELECT FROM d WHERE schedule_id = %(a_schedule_id)s AND day = %(day)s)
  RETURNING id),
f AS (
  UPDATE booking_freefrom e SET first_free_at = d.first_free_at FROM d
  WHERE e.day_row_id = d.id AND e.first_free_at IS DISTINCT FROM d.first_free_at){{written}}
SELECT EXISTS (SELECT FROM b), EXISTS (SELECT FROM d),
  EXISTS (SELECT FROM booking_practitionerday WHERE schedule_id = %(a_schedule_id)s AND day = %(day)s){{asked}}
"""
