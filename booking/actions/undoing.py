"""Ten seconds to take a change of the desk back: what was there before is written down with the change itself.

Whatever an action does to weekly hours, exceptions or settings, the difference it made is kept as rows before and rows
after; of a visit that was moved, the time it had. `taking_back` puts it in place again.
"""

import functools
import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from typing import Any, ParamSpec, TypeVar
from uuid import UUID

from django.db import models, transaction

from booking import access
from booking.models import Appointment, Closure, Rule, Schedule, Undo
from core.actor import Actor

TIME_TO_UNDO = timedelta(seconds=10)
FORGOTTEN_AFTER = timedelta(hours=1)
P = ParamSpec("P")
R = TypeVar("R")

Rows = dict[str, dict[str, Any]]  # "rule:<id>" → its columns
_inside: ContextVar[bool] = ContextVar("inside a change that is being remembered", default=False)


@contextmanager
def remembering(verb: str, schedule_ids: Collection[UUID], *, by: Actor, now: datetime) -> Iterator[None]:
    """Keep what would take back whatever happens inside, for the desk that does it. Opens the transaction.

    A change made of several remembered ones is one change. Raises NotFound for schedules that are not theirs.
    """
    with transaction.atomic():
        if _inside.get() or by.user_id is None or by.facility_id is None:
            yield
            return
        access.lock_schedules(by, schedule_ids)
        before = rows_of(schedule_ids)
        with forgetting():
            yield
        after = rows_of(schedule_ids)
        changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
        if not changed:
            return
        values = {
            "schedules": sorted(str(one) for one in schedule_ids),
            "before": {name: before.get(name) for name in changed},
            "after": {name: after.get(name) for name in changed},
        }
        _keep(verb, values, by, now)


def undoable(action: Callable[P, R]) -> Callable[P, R]:
    """Let whoever calls this action on `schedule_id` take it back for ten seconds."""

    @functools.wraps(action)
    def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
        given: dict[str, Any] = dict(kwargs)
        with remembering(action.__name__, [given["schedule_id"]], by=given["by"], now=given["now"]):
            return action(*args, **kwargs)

    return remembered


@contextmanager
def forgetting() -> Iterator[None]:
    """What happens inside takes something back, and cannot be taken back itself."""
    mark = _inside.set(True)
    try:
        yield
    finally:
        _inside.reset(mark)


def remember_move(new: Appointment, old: Appointment, *, by: Actor, now: datetime) -> None:
    """Keep the way back for a visit the desk has moved to another time."""
    if by.role != "desk" or _inside.get():
        return
    wish = {
        "appointment": str(new.pk),
        "schedule": str(old.schedule_id),
        "starts_at": old.starts_at.isoformat(),
        "visit_type": str(old.visit_type_id),
        "mode": old.mode,
    }
    _keep("move_appointment", wish, by, now)


def rows_of(schedule_ids: Collection[UUID]) -> Rows:
    """Write down the columns of these schedules, their weekly hours and the exceptions the desk made."""
    found: Rows = {f"schedule:{one.pk}": _columns(one) for one in Schedule.objects.filter(pk__in=schedule_ids)}
    for rule in Rule.objects.filter(schedule__in=schedule_ids).prefetch_related("visit_types"):
        kinds = sorted(str(one.pk) for one in rule.visit_types.all())
        found[f"rule:{rule.pk}"] = {**_columns(rule), "visit_types": kinds}
    for closure in Closure.objects.filter(schedule__in=schedule_ids, source=Closure.Source.DESK):
        found[f"closure:{closure.pk}"] = _columns(closure)
    return found


def _columns(row: models.Model) -> dict[str, Any]:
    values = {}
    for field in row._meta.concrete_fields:
        known = field.value_from_object(row)
        values[field.attname] = known if known is None or isinstance(known, bool | int) else field.value_to_string(row)
    return json.loads(json.dumps(values))


def _keep(verb: str, values: dict[str, Any], by: Actor, now: datetime) -> None:
    assert by.user_id is not None
    assert by.facility_id is not None
    Undo.objects.filter(user_id=by.user_id, expires_at__lt=now - FORGOTTEN_AFTER).delete()
    Undo.objects.create(
        user_id=by.user_id,
        facility_id=by.facility_id,
        verb=verb,
        values=values,
        expires_at=now + TIME_TO_UNDO,
        created_at=now,
    )
