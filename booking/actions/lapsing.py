"""A hold whose wait is over keeps nothing, whether or not anybody has noticed: whoever stumbles over it lets it go."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from booking import access, days, queries
from booking.actions.freeing import give_back
from booking.actions.noting import note
from booking.events import HoldExpired
from booking.models import Appointment, Status
from core.actor import Actor
from core.events import emit

A_DAY = timedelta(days=1)
HOUSEKEEPING = Actor.system("booking")


def expire(appointment: Appointment, by: Actor, now: datetime) -> None:
    """Let go of a kept time, in the caller's transaction and under its lock."""
    appointment.move_to(Status.EXPIRED, at=now)
    appointment.save(update_fields=["status", "expired_at"])
    give_back(appointment, now)
    note(by, "booking.expire", appointment)
    emit(HoldExpired(str(appointment.pk)))


def overdue(*, practitioner_id: UUID, person_id: UUID, now: datetime) -> QuerySet[Appointment]:
    """Tell what a practitioner and a person only seem to keep."""
    theirs = Appointment.objects.filter(
        Q(practitioner=practitioner_id) | Q(person=person_id), status=Status.HELD, hold_expires_at__lte=now
    )
    return theirs.exclude(pk__in=queries.on_offer()).order_by("pk")


def let_go_of_overdue(*, practitioner_id: UUID, person_id: UUID, wanted_at: datetime, now: datetime) -> bool:
    """Let go of what a practitioner and a person only seem to keep; say whether there was any.

    What another transaction has in its hands is left to it: a caller that holds locks already never waits here. The days
    of all of them, and the one the caller wants next, are locked at once in their order.
    """
    found = list(
        overdue(practitioner_id=practitioner_id, person_id=person_id, now=now).select_for_update(
            of=("self",), skip_locked=True
        )
    )
    if found:
        access.lock_pilots(one.pilot_id for one in found)  # their cases come back, and pilots come before days
        spans = [(one.blocked.lower, one.blocked.upper) for one in found]
        days.lock({practitioner_id, *(one.practitioner_id for one in found)}, (wanted_at, wanted_at + A_DAY), *spans)
    for appointment in found:
        expire(appointment, HOUSEKEEPING, now)
    return bool(found)
