"""The desk takes its last change back: the former rows are put in place, unless somebody has changed or booked meanwhile."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, models, transaction

import audit
from booking import access, days
from booking.actions import buffers, harm
from booking.actions.moving import move_appointment
from booking.actions.undoing import forgetting, rows_of
from booking.errors import ChangedMeanwhile, TooLateToUndo
from booking.models import Closure, Rule, Schedule, Undo
from core.actor import Actor
from core.errors import Conflict, Invalid

KINDS: dict[str, type[models.Model]] = {"schedule": Schedule, "rule": Rule, "closure": Closure}


@transaction.atomic
def undo(*, undo_id: UUID, by: Actor, now: datetime) -> Undo:
    """Take the change back, once; asking again changes nothing more.

    Raises NotFound, TooLateToUndo when the ten seconds have passed, ChangedMeanwhile when somebody has changed or booked
    these hours since.
    """
    row = access.lock_undo(by, undo_id)
    if row.used_at is not None:
        return row
    if row.expires_at <= now:
        raise TooLateToUndo
    if row.verb == "move_appointment":
        _move_back(row.values, by, now)
    else:
        _restore(row, by, now)
    row.used_at = now
    row.save(update_fields=["used_at"])
    return row


def _move_back(wish: dict[str, Any], by: Actor, now: datetime) -> None:
    """The visit has its former time again; its citizen is told, as they were of the move."""
    try:
        with forgetting(), transaction.atomic():
            move_appointment(
                appointment_id=UUID(wish["appointment"]),
                schedule_id=UUID(wish["schedule"]),
                starts_at=datetime.fromisoformat(wish["starts_at"]),
                visit_type_id=UUID(wish["visit_type"]),
                mode=wish["mode"],
                by=by,
                now=now,
            )
    except (Conflict, Invalid) as error:
        raise ChangedMeanwhile from error


def _restore(row: Undo, by: Actor, now: datetime) -> None:
    ids = [UUID(one) for one in row.values["schedules"]]
    schedules = access.lock_schedules(by, ids)
    present = rows_of(ids)
    if any(present.get(name) != then for name, then in row.values["after"].items()):
        raise ChangedMeanwhile
    covered = harm.covered(schedules, now)
    had = {one.pk: _buffers_of(one) for one in schedules}
    try:
        with transaction.atomic():
            _put_back(row.values["before"])
    except IntegrityError as error:
        raise ChangedMeanwhile from error
    if covered - harm.covered(schedules, now):
        raise ChangedMeanwhile  # somebody has booked in hours that would go
    touched = set(ids)
    for schedule in Schedule.objects.filter(pk__in=ids).order_by("pk"):
        if _buffers_of(schedule) != had[schedule.pk]:
            touched |= _give_room_back(schedule, *had[schedule.pk], now)
    days.rebuild(touched, now=now)
    for schedule in schedules:
        detail = {"what": "taken back", "verb": row.verb}
        audit.record(by, "booking.schedule", schedule, facility_id=schedule.facility_id, detail=detail)


def _buffers_of(schedule: Schedule) -> tuple[timedelta, timedelta]:
    return timedelta(minutes=schedule.buffer_before_minutes), timedelta(minutes=schedule.buffer_after_minutes)


def _give_room_back(schedule: Schedule, before: timedelta, after: timedelta, now: datetime) -> set[UUID]:
    """Agreed visits keep the former minutes around them again; return the schedules whose days that touches."""
    days.lock([schedule.practitioner_id], (now, now + days.FARTHEST))
    if buffers.widen(schedule, before, after, now):
        raise ChangedMeanwhile  # somebody has booked what had become free
    return set(Schedule.objects.filter(practitioner=schedule.practitioner_id).values_list("pk", flat=True))


def _put_back(rows: dict[str, dict[str, Any] | None]) -> None:
    for name, columns in rows.items():
        if columns is None:
            kind, _, key = name.partition(":")
            KINDS[kind]._default_manager.filter(pk=key).delete()
    for name, columns in rows.items():
        if columns is not None:
            model = KINDS[name.partition(":")[0]]
            fields = {field.attname: field for field in model._meta.concrete_fields}
            row = model(**{key: fields[key].to_python(columns[key]) for key in fields if key in columns})
            known = model._default_manager.filter(pk=row.pk).exists()
            row.save(force_insert=not known, force_update=known)
            if "visit_types" in columns:
                row.visit_types.set(columns["visit_types"])  # type: ignore[attr-defined]
