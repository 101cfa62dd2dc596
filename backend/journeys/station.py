"""A health station, top to bottom: a citizen arrives and agrees, a doctor is asked, the nurse sits beside and measures."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

import booking.actions
import identity.actions
import realtime.actions
import records.actions
import records.queries
from core.actor import Actor
from core.refs import Ref
from journeys import consultation

if TYPE_CHECKING:
    from booking.models import Appointment
    from identity.models import Arrival
    from journeys.queueing import Somebody
    from payments.models import Payment
    from records.actions import Reading
    from records.models import Observation

STORY = Actor.system("station")


@transaction.atomic
def welcome_somebody_new(*, somebody: Somebody, identified_by: str, agreed: bool, by: Actor, now: datetime) -> Arrival:
    """Write down who is not known yet and welcome them, in one breath; who turns out to be known is found again.

    Raises what identity.meet_person and identity.welcome raise.
    """
    person = identity.actions.meet_person(
        full_name=somebody.full_name,
        born_on=somebody.born_on,
        sex=somebody.sex,
        phone=somebody.phone,
        national_id=somebody.national_id,
        by=by,
        now=now,
    )
    return welcome(
        person_id=person.id,
        number=somebody.national_id or somebody.phone,
        born_on=somebody.born_on,
        identified_by=identified_by,
        agreed=agreed,
        by=by,
        now=now,
    )


def welcome(
    *, person_id: UUID, number: str, born_on: date, identified_by: str, agreed: bool, by: Actor, now: datetime
) -> Arrival:
    """Welcome somebody the house knows. Raises what identity.welcome raises."""
    return identity.actions.welcome(
        person_id=person_id,
        number=number,
        born_on=born_on,
        identified_by=identified_by,
        agreed=agreed,
        by=by,
        now=now,
    )


def book(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    reason: str,
    by: Actor,
    now: datetime,
) -> tuple[Appointment, Payment | None]:
    """Take a later time by video for who sits at the station, on the contract's terms; free ones are booked at once.

    Raises NotFound for who is not here, NotAtADistance, and what booking.hold_slot raises.
    """
    terms = booking.actions.terms_at_station(schedule_id=schedule_id, starts_at=starts_at, by=by, now=now)
    return consultation.book(
        schedule_id=schedule_id,
        starts_at=starts_at,
        visit_type_id=visit_type_id,
        person_id=person_id,
        mode="video",
        reason=reason,
        values=terms,
        by=by,
        now=now,
    )


@transaction.atomic
def enter_vitals(
    *,
    encounter_id: UUID,
    readings: list[Reading],
    corrects: UUID | None = None,
    at: datetime | None = None,
    by: Actor,
    now: datetime,
) -> list[Observation]:
    """Enter what was measured during a visit; the doctor's open page shows it at once. Raises what records raises."""
    rows = records.actions.enter_vitals(
        encounter_id=encounter_id, readings=readings, corrects=corrects, at=at, by=by, now=now
    )
    _ring(encounter_id, by, now)
    return rows


@transaction.atomic
def take_back(*, encounter_id: UUID, observation_id: UUID, by: Actor, now: datetime) -> Observation:
    """Take a value back that was entered in error; both pages show that. Raises what records raises."""
    row = records.actions.take_back(encounter_id=encounter_id, observation_id=observation_id, by=by, now=now)
    _ring(encounter_id, by, now)
    return row


def _ring(encounter_id: UUID, by: Actor, now: datetime) -> None:
    """Not as a job: somebody in the call waits for the number."""
    listeners = records.queries.who_cares(encounter_id)
    realtime.actions.publish(
        user_ids=listeners, kind="vitals.changed", subject=Ref("encounter", encounter_id), by=STORY, now=now
    )
