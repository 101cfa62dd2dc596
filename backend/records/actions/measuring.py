"""What is measured during a visit, by who is with the patient: entered at once, taken back when it was a slip."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import Invalid, NotAllowed, NotFound
from records import access
from records.actions.history import Reading, write_readings
from records.errors import AlreadyCorrected, NoteClosed
from records.models import Encounter, Observation


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
    """Enter what was just measured in a visit; with `corrects` the one value stands for an older one, which is taken back.

    Raises NotFound, NoteClosed once the visit is finished or cancelled (a correction may still come), ImplausibleValue,
    Invalid, AlreadyCorrected, and NotAllowed to correct what somebody else measured.
    """
    encounter = access.get_encounter_to_measure(by, encounter_id, now)
    if not readings:
        return []
    if corrects is None:
        if not encounter.is_open:
            raise NoteClosed()
        return write_readings(
            person=encounter.person, encounter=encounter, readings=readings, at=at or now, by=by, now=now
        )
    old = _lock(encounter, corrects, by)
    if len(readings) != 1 or readings[0].code != old.code:
        raise Invalid(fields={"corrects": ["One value of the same kind stands for another."]})
    if old.wrong_at is not None:
        raise AlreadyCorrected()
    _strike(old, by, now)
    # Measured when the other was: only the number was wrong.
    rows = write_readings(
        person=encounter.person, encounter=encounter, readings=readings, at=at or old.at, by=by, now=now
    )
    rows[0].corrects = old
    rows[0].save(update_fields=["corrects"])
    return rows


@transaction.atomic
def take_back(*, encounter_id: UUID, observation_id: UUID, by: Actor, now: datetime) -> Observation:
    """Note that a value was entered in error (FHIR entered-in-error): it counts no longer and stays for the history.

    Again: nothing happens. Raises NotFound, NotAllowed for what somebody else measured.
    """
    encounter = access.get_encounter_to_measure(by, encounter_id, now)
    row = _lock(encounter, observation_id, by)
    if row.wrong_at is None:
        _strike(row, by, now)
    return row


def _lock(encounter: Encounter, observation_id: UUID, by: Actor) -> Observation:
    rows = Observation.objects.select_for_update(of=("self",))
    row = rows.filter(pk=observation_id, encounter=encounter).first()
    if row is None:
        raise NotFound()
    # The doctor of the visit may correct anybody's, the nurse those of the station.
    if by.role == "nurse" and row.performer_id != by.practitioner_id:
        raise NotAllowed()
    return row


def _strike(row: Observation, by: Actor, now: datetime) -> None:
    row.wrong_at, row.wrong_by = now, by.user_id
    row.save(update_fields=["wrong_at", "wrong_by"])
    audit.record(by, "records.observation_error", row, person_id=row.person_id)
