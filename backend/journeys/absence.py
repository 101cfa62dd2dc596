"""Nobody came: who is noted as missing, when the money is settled, and what becomes of the empty room."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

import booking.actions
import booking.queries
import realtime.actions
import realtime.queries
import records.actions
from booking.events import AppointmentNoShow
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.tasks import later
from journeys import moving

STORY = Actor.system("absence")
log = logging.getLogger("lanh.journeys")


def sweep(now: datetime) -> None:
    """Note for every visit that should long be over that nobody came; each by itself, one that fails stops no other.

    Who sat in the waiting room of a call and was never let in did come: there the doctor was missing.
    """
    for appointment_id in booking.queries.nobody_came(now - timedelta(minutes=settings.BOOKING_NO_SHOW_GRACE_MINUTES)):
        try:
            facts = booking.queries.get_facts(appointment_id)
            came = facts.encounter_id is not None and realtime.queries.citizen_came(facts.encounter_id)
            booking.actions.record_no_show(
                appointment_id=appointment_id, side="practitioner" if came else "citizen", by=STORY, now=now
            )
        except Exception:
            log.exception("nobody came to %s, which could not be noted", appointment_id)


@on(AppointmentNoShow)
def settle_the_missed_visit(event: AppointmentNoShow) -> None:
    """The doctor was missing: all goes back at once. The citizen was: when it can no longer be taken back."""
    appointment_id = UUID(event.appointment_id)
    if event.by_side == "practitioner":
        close(appointment_id, at=this_instant())
        return
    at = booking.queries.no_show_settled_at(appointment_id)
    # The job knows its moment: clocks that differ by a blink settle nothing too early and forget nothing.
    values = {"appointment_id": event.appointment_id, "moment": at.isoformat()}
    later("journeys.tasks.close_missed_visit", lock=event.story, at=at, **values)


@transaction.atomic
def close(appointment_id: UUID, *, at: datetime) -> None:
    """Give back what the fee leaves of the price; the encounter will not happen, and its room closes. Repeatable.

    `at` is the moment this was put off to. Taken back and missed again since, the visit waits for its next one.
    """
    facts = booking.queries.get_facts(appointment_id)
    if facts.status != "no_show":
        return
    if facts.no_show_by == "citizen" and at < booking.queries.no_show_settled_at(appointment_id):
        return
    moving.settle(appointment_id, reason="no_show", at=at)
    if facts.encounter_id is not None:
        records.actions.cancel_encounter(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
        realtime.actions.close_room(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
