"""Reminders of doses: turned on and off by whoever reads them, at their own times, never in their quiet hours."""

from __future__ import annotations

from datetime import datetime, time
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from prescriptions import access, queries
from prescriptions.actions.standing import require_signature
from prescriptions.errors import BadDoseTimes
from prescriptions.events import DoseDue
from prescriptions.models import DoseReminder, DoseTimes


@transaction.atomic
def remind_of_doses(*, prescription_id: UUID, wanted: bool, by: Actor, now: datetime) -> None:
    """Turn the reader's reminders of one prescription on or off. Raises NotFound, SignatureBroken."""
    if by.role != "citizen" or by.user_id is None:
        raise NotFound()
    prescription = access.get_prescription(by, prescription_id, now)
    if not wanted:
        DoseReminder.objects.filter(user_id=by.user_id, prescription=prescription).delete()
        return
    require_signature(prescription)
    DoseReminder.objects.get_or_create(
        user_id=by.user_id, prescription=prescription, defaults={"begun_at": now, "created_at": now}
    )


@transaction.atomic
def set_dose_times(*, times: dict[str, time], by: Actor, now: datetime) -> DoseTimes:
    """Set when the reader takes medicines, and their quiet hours. Raises NotFound, BadDoseTimes; then nothing changed."""
    if by.role != "citizen" or by.user_id is None:
        raise NotFound()
    if not times["morning"] < times["noon"] < times["evening"] < times["night"]:
        raise BadDoseTimes()
    made, _fresh = DoseTimes.objects.update_or_create(user_id=by.user_id, defaults=times)
    return made


@transaction.atomic
def tell_of_doses(*, after: datetime, until: datetime, by: Actor) -> int:
    """Say each reminder that falls into (after, until]; saying it again is noticed by its key. Returns how many."""
    due = queries.doses_due(after, until)
    for one in due:
        emit(
            DoseDue(
                prescription_id=str(one.prescription_id),
                person_id=str(one.person_id),
                user_id=str(one.user_id),
                slot=one.slot,
                on=one.on.isoformat(),
            )
        )
    return len(due)
