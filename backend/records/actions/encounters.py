"""The life of an encounter: planned, begun, written, finished."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from core.errors import Invalid, WrongState
from core.events import emit
from core.refs import Ref
from identity.models import Telemedicine
from records import access, icd, telemedicine
from records.actions.handing import withdraw_open
from records.errors import DiagnosisMissing, NoteClosed, StaleNote, UnknownCode
from records.events import EncounterFinished, EncounterStarted
from records.models import Attendee, Diagnosis, Encounter, NoteVersion
from records.models.encounters import NOTE_FIELDS

MAX_DIAGNOSES = 13  # one main and twelve beside it, as in table XML1 of QĐ 130/QĐ-BYT
MAX_TEXT = 20_000  # characters in one part of a note


@transaction.atomic
def plan_encounter(
    *,
    appointment_ref: Ref | str | None,
    person_id: UUID,
    practitioner_id: UUID,
    facility_id: UUID,
    mode: str,
    planned_from: datetime,
    planned_to: datetime,
    reason: str,
    form: str = "",
    listed_code: str = "",
    opened_because: str = "",
    pilot_id: UUID | None = None,
    partner_id: UUID | None = None,
    partner_practitioner_id: UUID | None = None,
    by: Actor,
    now: datetime,
) -> Encounter:
    """Plan the care for an appointment; asking again for the same appointment returns the one there is.

    `form` and what follows are said of care at a distance (records.gate): the other facility and who is there, where there
    is one. Whether it may begin is asked when it begins.
    """
    key = str(appointment_ref) if appointment_ref else None
    known = Encounter.objects.filter(appointment_ref=key).first() if key else None
    if known is not None:
        return known
    try:
        with transaction.atomic():
            encounter = Encounter.objects.create(
                appointment_ref=key,
                person_id=person_id,
                practitioner_id=practitioner_id,
                facility_id=facility_id,
                mode=mode,
                planned_from=planned_from,
                planned_to=planned_to,
                reason=reason,
                form=form,
                listed_code=listed_code,
                opened_because=opened_because,
                pilot_id=pilot_id,
                created_at=now,
            )
            if partner_id is not None and partner_practitioner_id is not None:
                Attendee.objects.create(
                    encounter=encounter,
                    practitioner_id=partner_practitioner_id,
                    facility_id=partner_id,
                    part=Attendee.Part.ASKS if form == Telemedicine.SUPPORT else Attendee.Part.BESIDE,
                    created_at=now,
                )
    except IntegrityError:
        if key is None or not Encounter.objects.filter(appointment_ref=key).exists():
            raise
        return Encounter.objects.get(appointment_ref=key)  # somebody planned it in the same instant
    audit.record(by, "records.plan", encounter, person_id=person_id, facility_id=facility_id)
    return encounter


@transaction.atomic
def start_encounter(*, encounter_id: UUID, by: Actor, now: datetime) -> Encounter:
    """Begin the consultation; asking again changes nothing.

    Raises NotFound, NotAtADistance (the gate; the house itself has asked it at the door of the room), WrongState when
    finished or cancelled.
    """
    encounter = access.lock_encounter(by, encounter_id)
    if encounter.status == Encounter.Status.IN_PROGRESS:
        return encounter
    if not by.is_system and encounter.status == Encounter.Status.PLANNED:
        telemedicine.check_gate(encounter, now)
    encounter.move_to(Encounter.Status.IN_PROGRESS, at=now)
    encounter.started_at = now
    encounter.save(update_fields=["status", "started_at"])
    audit.record(by, "records.start", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id)
    emit(EncounterStarted(encounter_id=str(encounter.id), appointment_ref=encounter.appointment_ref or ""))
    return encounter


@transaction.atomic
def open_at_a_distance(*, encounter_id: UUID, reason: str, by: Actor, now: datetime) -> Encounter:
    """Write why a visit that the list of TT 30/2023 does not name is held at a distance all the same; before it begins.

    The same words again change nothing. Raises NotFound, NotAllowed, Invalid without words, WrongState once it has begun
    or for a visit of another form.
    """
    encounter = access.lock_encounter(by, encounter_id)
    words = " ".join(reason.split())[:300]
    if not words:
        raise Invalid(fields={"reason": [_("Say why it may be held at a distance.")]})
    if encounter.opened_because == words:
        return encounter
    if encounter.status != Encounter.Status.PLANNED or encounter.form != Telemedicine.DIRECT:
        raise WrongState()
    encounter.opened_because = words
    encounter.save(update_fields=["opened_because"])
    audit.record(
        by, "records.open_at_a_distance", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id
    )
    return encounter


@transaction.atomic
def name_attendee(
    *, encounter_id: UUID, practitioner_id: UUID, facility_id: UUID, part: str, by: Actor, now: datetime
) -> Attendee:
    """Name who takes part in a visit at a distance: of a council its chair and members. Again: the one there is.

    Raises NotFound, NotAllowed, Invalid for who is not registered at that facility, WrongState once it is over.
    """
    encounter = access.lock_encounter(by, encounter_id)
    if not encounter.form or not encounter.is_open:
        raise WrongState()
    if part not in Attendee.Part.values:
        raise Invalid(fields={"part": [_("Say as what they take part.")]})
    known = encounter.attendees.filter(practitioner_id=practitioner_id).first()
    if known is not None:
        return known
    on = telemedicine.day_of(encounter, now)
    if not telemedicine.is_registered(practitioner_id, facility_id, on, "practitioner", "nurse"):
        raise Invalid(fields={"practitioner": [_("They are not registered at that facility.")]})
    attendee = Attendee.objects.create(
        encounter=encounter, practitioner_id=practitioner_id, facility_id=facility_id, part=part, created_at=now
    )
    audit.record(by, "records.attendee", encounter, person_id=encounter.person_id, detail={"part": part})
    return attendee


@transaction.atomic
def hand_over(*, encounter_id: UUID, practitioner_id: UUID, by: Actor, now: datetime) -> Encounter:
    """Let another practitioner give the care, as long as nobody has begun; once begun it stays where it is.

    Raises NotFound.
    """
    encounter = access.lock_encounter(by, encounter_id)
    if encounter.practitioner_id == practitioner_id or encounter.status != Encounter.Status.PLANNED:
        return encounter
    encounter.practitioner_id = practitioner_id
    encounter.save(update_fields=["practitioner"])
    audit.record(by, "records.hand_over", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id)
    return encounter


def _changed(encounter: Encounter, changes: dict[str, str]) -> dict[str, Any]:
    unknown = set(changes) - set(NOTE_FIELDS)
    if unknown:
        raise Invalid(fields={name: [_("This is not a part of the note.")] for name in sorted(unknown)})
    too_long = [name for name, text in changes.items() if len(text) > MAX_TEXT]
    if too_long:
        raise Invalid(fields={name: [_("At most %(n)s characters.") % {"n": MAX_TEXT}] for name in too_long})
    return {name: text for name, text in changes.items() if getattr(encounter, name) != text}


def _clean_diagnoses(diagnoses: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return code and name of each, in rank order. Raises UnknownCode, Invalid for too many or twice the same."""
    clean: list[dict[str, str]] = []
    for one in diagnoses:
        title = icd.find(str(one.get("code", "")))
        if title is None:
            raise UnknownCode(fields={"diagnoses": [UnknownCode.message]})
        if any(title.code == other["code"] for other in clean):
            raise Invalid(fields={"diagnoses": [_("%(code)s is there twice.") % {"code": title.code}]})
        clean.append({"code": title.code, "name": (one.get("name") or title.name_vi or title.name_en).strip()[:255]})
    if len(clean) > MAX_DIAGNOSES:
        raise Invalid(fields={"diagnoses": [_("At most %(n)s diagnoses.") % {"n": MAX_DIAGNOSES}]})
    return clean


@transaction.atomic
def save_note(
    *,
    encounter_id: UUID,
    version: int,
    changes: dict[str, str],
    diagnoses: list[dict[str, str]] | None,
    by: Actor,
    now: datetime,
) -> Encounter:
    """Save parts of the note and, unless None, the whole list of diagnoses (main one first); the version grows by one.

    Raises StaleNote when `version` is not the present one, NoteClosed after the visit, UnknownCode, Invalid. Sending
    again what is already so returns it, also with the old version: that is a phone whose answer got lost.
    """
    encounter = access.lock_encounter(by, encounter_id)
    changed = _changed(encounter, changes)
    present = [{"code": one.code, "name": one.name} for one in encounter.diagnoses.all()]
    wanted = present if diagnoses is None else _clean_diagnoses(diagnoses)
    if wanted != present:
        changed["diagnoses"] = wanted
    if not changed:
        return encounter
    if not encounter.is_open:
        raise NoteClosed()
    if version != encounter.version:
        raise StaleNote()
    for name in NOTE_FIELDS:
        if name in changed:
            setattr(encounter, name, changed[name])
    encounter.version += 1
    encounter.save(update_fields=[*NOTE_FIELDS, "version"])
    if "diagnoses" in changed:
        encounter.diagnoses.all().delete()
        Diagnosis.objects.bulk_create(
            Diagnosis(encounter=encounter, rank=rank, created_at=now, **one) for rank, one in enumerate(wanted, start=1)
        )
    NoteVersion.objects.create(
        encounter=encounter,
        version=encounter.version,
        user_id=by.user_id,
        name=by.name,
        changes=changed,
        created_at=now,
    )
    if encounter.version == 1:  # the log says that somebody wrote; what and when each time is in NoteVersion
        audit.record(
            by, "records.write_note", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id
        )
    return encounter


@transaction.atomic
def finish_encounter(*, encounter_id: UUID, by: Actor, now: datetime) -> Encounter:
    """Close the visit; its note is final from here on. Asking again changes nothing.

    Raises NotFound, DiagnosisMissing, WrongState when it never began or was cancelled.
    """
    encounter = access.lock_encounter(by, encounter_id)
    if encounter.status == Encounter.Status.FINISHED:
        return encounter
    if encounter.status == Encounter.Status.IN_PROGRESS and not encounter.diagnoses.exists():
        raise DiagnosisMissing()
    encounter.move_to(Encounter.Status.FINISHED, at=now)
    encounter.save(update_fields=["status", "finished_at"])
    withdraw_open(encounter, by=by, now=now)
    audit.record(by, "records.finish", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id)
    emit(
        EncounterFinished(
            encounter_id=str(encounter.id),
            appointment_ref=encounter.appointment_ref or "",
            person_id=str(encounter.person_id),
        )
    )
    return encounter


@transaction.atomic
def cancel_encounter(*, encounter_id: UUID, by: Actor, now: datetime) -> Encounter:
    """Note that the visit will not take place; asking again changes nothing. Raises NotFound, WrongState."""
    encounter = access.lock_encounter(by, encounter_id)
    if encounter.status == Encounter.Status.CANCELLED:
        return encounter
    encounter.move_to(Encounter.Status.CANCELLED, at=now)
    encounter.save(update_fields=["status", "cancelled_at"])
    withdraw_open(encounter, by=by, now=now)
    audit.record(by, "records.cancel", encounter, person_id=encounter.person_id, facility_id=encounter.facility_id)
    return encounter
