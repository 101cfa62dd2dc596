"""Adding to what is known about a person. Nothing is erased: what turns out wrong is ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from core.errors import Invalid, NotAllowed, NotFound
from identity.models import Person
from identity.names import fold
from records import access, icd
from records.errors import ImplausibleValue, UnknownCode
from records.models import Allergy, Condition, Encounter, Observation, Source
from records.vitals import BY_CODE, implausible

CLOCKS_DIFFER = timedelta(minutes=5)  # a phone may run ahead of us by this much


@dataclass(frozen=True)
class Reading:
    """One measured value, by LOINC code, in the unit of records.vitals."""

    code: str
    value: Decimal


def _source(by: Actor) -> str:
    return {"citizen": Source.CITIZEN, "nurse": Source.NURSE}.get(by.role, Source.PRACTITIONER)


def _encounter(by: Actor, person: Person, encounter_id: UUID | None) -> Encounter | None:
    """Return the encounter this was found in. Raises NotFound when it is not the actor's, or another person's."""
    if encounter_id is None:
        return None
    encounter = access.visible_encounters(by).filter(id=encounter_id, person=person).first()
    if encounter is None:
        raise NotFound()
    return encounter


def _lock(person: Person) -> None:
    # Two windows adding the same allergy stand in line here, so that the second finds the first's row.
    Person.objects.select_for_update().get(id=person.id)


@transaction.atomic
def add_allergy(
    *,
    person_id: UUID,
    substance: str,
    ingredient: str = "",
    atc: str = "",
    reaction: str = "",
    severity: str = "",
    encounter_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Allergy:
    """Remember that this person must not be given a substance; the same substance again returns the row there is.

    Without `ingredient` the substance itself is compared when prescribing. Raises NotFound, Invalid.
    """
    person = access.get_person_to_write(by, person_id)
    substance = " ".join(substance.split())
    if not substance:
        raise Invalid(fields={"substance": [_("Say what the person does not tolerate.")]})
    _lock(person)
    for known in Allergy.objects.filter(person=person, ended_at__isnull=True):
        if fold(known.substance) == fold(substance):
            return known
    allergy = Allergy.objects.create(
        person=person,
        encounter=_encounter(by, person, encounter_id),
        substance=substance,
        ingredient=(ingredient or substance).strip().lower()[:120],
        atc=atc.upper(),
        reaction=reaction.strip(),
        severity=severity,
        source=_source(by),
        recorded_by=by.user_id,
        recorded_name=by.name,
        created_at=now,
    )
    audit.record(by, "records.allergy", allergy, person_id=person.id)
    return allergy


@transaction.atomic
def end_allergy(*, allergy_id: UUID, person_id: UUID | None = None, by: Actor, now: datetime) -> Allergy:
    """Note that it turned out not to be so. A citizen may take back what a citizen entered, a doctor both.

    Raises NotFound, NotAllowed. Asking again changes nothing.
    """
    allergy = Allergy.objects.select_for_update(of=("self",)).filter(id=allergy_id).first()
    if allergy is None or person_id not in (None, allergy.person_id):
        raise NotFound()
    access.get_person_to_write(by, allergy.person_id)
    if by.role == "citizen" and allergy.source != Source.CITIZEN:
        raise NotAllowed(_("A doctor recorded this. Please ask the doctor to change it."))
    if allergy.ended_at is None:
        allergy.ended_at = now
        allergy.save(update_fields=["ended_at"])
        audit.record(by, "records.allergy", allergy, person_id=allergy.person_id)
    return allergy


@transaction.atomic
def add_condition(
    *,
    person_id: UUID,
    code: str,
    name: str = "",
    since: date | None = None,
    encounter_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Condition:
    """Remember a problem that stays; the same code again returns the row there is. Raises NotFound, UnknownCode."""
    person = access.get_person_to_write(by, person_id)
    title = icd.find(code)
    if title is None:
        raise UnknownCode()
    _lock(person)
    known = Condition.objects.filter(person=person, code=title.code, ended_on__isnull=True).first()
    if known is not None:
        return known
    condition = Condition.objects.create(
        person=person,
        encounter=_encounter(by, person, encounter_id),
        code=title.code,
        name=(name or title.name_vi or title.name_en).strip()[:255],
        since=since,
        source=_source(by),
        recorded_by=by.user_id,
        recorded_name=by.name,
        created_at=now,
    )
    audit.record(by, "records.condition", condition, person_id=person.id)
    return condition


@transaction.atomic
def end_condition(*, condition_id: UUID, by: Actor, now: datetime) -> Condition:
    """Note that the problem is over; a doctor's word. Raises NotFound. Asking again changes nothing."""
    condition = Condition.objects.select_for_update(of=("self",)).filter(id=condition_id).first()
    if condition is None or by.role == "citizen":
        raise NotFound()
    access.get_person_to_write(by, condition.person_id)
    if condition.ended_on is None:
        condition.ended_on = now.date()
        condition.save(update_fields=["ended_on"])
        audit.record(by, "records.condition", condition, person_id=condition.person_id)
    return condition


@transaction.atomic
def add_observations(
    *,
    person_id: UUID,
    readings: list[Reading],
    at: datetime,
    encounter_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> list[Observation]:
    """Add values measured at one instant (blood pressure is two). Raises NotFound, ImplausibleValue, Invalid."""
    person = access.get_person_to_write(by, person_id)
    encounter = _encounter(by, person, encounter_id)
    return write_readings(person=person, encounter=encounter, readings=readings, at=at, by=by, now=now)


def write_readings(
    *, person: Person, encounter: Encounter | None, readings: list[Reading], at: datetime, by: Actor, now: datetime
) -> list[Observation]:
    """Write values measured at one instant of a person the caller has asked about. Raises ImplausibleValue, Invalid."""
    if at > now + CLOCKS_DIFFER:
        raise Invalid(fields={"at": [_("A measurement cannot lie in the future.")]})
    wrong = implausible({reading.code: reading.value for reading in readings})
    if wrong:
        raise ImplausibleValue(fields={code: [ImplausibleValue.message] for code in sorted(wrong)})
    rows = Observation.objects.bulk_create(
        Observation(
            person=person,
            encounter=encounter,
            code=reading.code,
            value=reading.value,
            unit=BY_CODE[reading.code].unit,
            at=at,
            source=_source(by),
            performer_id=by.practitioner_id,
            recorded_by=by.user_id,
            recorded_name=by.name,
            created_at=now,
        )
        for reading in readings
    )
    if rows:
        audit.record(by, "records.observation", rows[0], person_id=person.id)
    return rows


def add_observation(
    *,
    person_id: UUID,
    code: str,
    value: Decimal,
    at: datetime,
    encounter_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Observation:
    """Add one measured value. Raises as add_observations."""
    reading = Reading(code, Decimal(value))
    return add_observations(person_id=person_id, readings=[reading], at=at, encounter_id=encounter_id, by=by, now=now)[
        0
    ]
