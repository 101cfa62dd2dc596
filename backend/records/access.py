"""From an id to an encounter or a person's record, asking on the way whether the actor may, and noting who looked."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.utils import timezone

import audit
from audit.queries import lines_about
from core.actor import Actor
from core.errors import NotAllowed, NotFound
from core.refs import Ref, ref
from identity import access as identity_access
from identity.models import Person
from records.models import Attendee, Encounter, HandOver

CARE_LASTS = timedelta(days=30)  # a doctor may look back at the record this long after the visit
STATION_LASTS = timedelta(days=1)  # a station helps in a visit this long after its end: to correct what it measured
ONE_READING = timedelta(minutes=10)  # a page that asks five times is one look, one line in the log


def note_reading(by: Actor, action: str, subject: Model | Ref, person_id: UUID) -> None:
    """Write that somebody looked, once per subject and ONE_READING. The house itself leaves no line."""
    if by.is_system:
        return
    since = timezone.now() - ONE_READING
    about = subject if isinstance(subject, Ref) else ref(subject)
    known = lines_about(person_id).filter(
        user_id=by.user_id, role=by.role, action=action, subject=str(about), created_at__gt=since
    )
    if not known.exists():
        audit.record(by, action, subject, person_id=person_id)


def note_record_read(by: Actor, person_id: UUID) -> None:
    """Write the line "read the health record", for doors that showed parts of it which other apps keep."""
    note_reading(by, "records.read", Ref("person", person_id), person_id)


def visible_encounters(by: Actor) -> QuerySet[Encounter]:
    """Return the encounters this actor may read: own patients', own and those of people acted for, or all (system)."""
    if by.is_system:
        mine = Q()
    elif by.role == "citizen":
        mine = Q(person__in=identity_access.people_of(by, "read"))
    elif by.role == "practitioner" and by.practitioner_id is not None:
        mine = Q(practitioner_id=by.practitioner_id)
    else:
        mine = Q(pk__in=[])
    return Encounter.objects.filter(mine).select_related("person", "practitioner", "facility")


def get_encounter(by: Actor, encounter_id: UUID) -> Encounter:
    """Return an encounter to its citizen (or who reads for them), its practitioner or the house; notes the reading.

    Raises NotFound for "absent" and "not yours" alike.
    """
    encounter = visible_encounters(by).filter(id=encounter_id).first()
    if encounter is None:
        raise NotFound()
    note_reading(by, "records.read_encounter", encounter, encounter.person_id)
    return encounter


def get_encounter_in_record(by: Actor, encounter_id: UUID) -> Encounter:
    """Return an encounter as part of a health record: a doctor with a care relation reads colleagues' visits too.

    Raises NotFound.
    """
    rows = Encounter.objects.select_related("person", "practitioner", "facility")
    encounter = rows.filter(id=encounter_id).first()
    if encounter is None:
        raise NotFound()
    if not visible_encounters(by).filter(id=encounter_id).exists():
        identity_access.get_person(by, encounter.person_id, "read")
    note_reading(by, "records.read_encounter", encounter, encounter.person_id)
    return encounter


def lock_encounter(by: Actor, encounter_id: UUID) -> Encounter:
    """Return the row locked until the transaction ends, to those who may write it: its practitioner or the house.

    Raises NotFound, and NotAllowed for the citizen, who may read but not write it.
    """
    if not visible_encounters(by).filter(id=encounter_id).exists():
        raise NotFound()
    if not by.is_system and by.role != "practitioner":
        raise NotAllowed()
    # Not its key: whoever holds the visit's room adds rows that point here, and must not wait for us who may wait for the room.
    # Without joins: a practitioner who changes while we wait would make the row fall out of its join.
    encounter = Encounter.objects.select_for_update(no_key=True).get(id=encounter_id)
    if not by.is_system and encounter.practitioner_id != by.practitioner_id:
        raise NotFound()  # taken over by a colleague while we waited
    return encounter


def station_encounters(by: Actor, now: datetime) -> Q:
    """Say which visits a station nurse may help in: those with the citizen at their station, until a day after."""
    if by.role != "nurse" or by.facility_id is None:
        return Q(pk__in=[])
    return Q(
        attendees__facility_id=by.facility_id,
        attendees__part__in=[Attendee.Part.BESIDE, Attendee.Part.ASKS],
        planned_to__gt=now - STATION_LASTS,
    )


def station_visits(by: Actor) -> QuerySet[Encounter]:
    """Return the visits at a distance in which the actor's station sits with the citizen; none for any other role."""
    now = timezone.now()
    rows = Encounter.objects.filter(station_encounters(by, now)).exclude(status=Encounter.Status.CANCELLED)
    return rows.distinct()


def get_encounter_to_measure(by: Actor, encounter_id: UUID, now: datetime) -> Encounter:
    """Return a visit to who measures in it: its practitioner, or the nurse of the station where the citizen sits.

    Raises NotFound.
    """
    rows = Encounter.objects.select_related("person", "practitioner", "facility")
    mine = station_encounters(by, now) if by.role == "nurse" else Q(pk__in=visible_encounters(by).values("pk"))
    allowed = by.role in {"nurse", "practitioner"} or by.is_system
    encounter = rows.filter(mine, pk=encounter_id).distinct().first() if allowed else None
    if encounter is None:
        raise NotFound()
    note_reading(by, "records.read_encounter", encounter, encounter.person_id)
    return encounter


def in_care_of(practitioner_id: UUID) -> QuerySet[Encounter]:
    """Return the encounters that give this practitioner a care relation today.

    Planned ones that nobody came to give none after CARE_LASTS either.
    """
    since = timezone.now() - CARE_LASTS
    return Encounter.objects.filter(
        Q(status__in=[Encounter.Status.PLANNED, Encounter.Status.IN_PROGRESS], planned_to__gt=since)
        | Q(status=Encounter.Status.FINISHED, finished_at__gt=since),
        practitioner_id=practitioner_id,
    )


def cares_for(by: Actor, person_id: UUID) -> bool:
    """Say whether a practitioner has this person in care (settings.CARE_RELATION)."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return False
    return in_care_of(by.practitioner_id).filter(person_id=person_id).exists()


def get_record_of(by: Actor, person_id: UUID) -> Person:
    """Return the person whose record the actor may read, and write the line "read the health record".

    Raises NotFound for "absent" and "not yours" alike.
    """
    person = identity_access.get_person(by, person_id, "read")
    note_reading(by, "records.read", person, person.id)
    return person


def get_access_log_of(by: Actor, person_id: UUID) -> Person:
    """Return the person whose access log the actor may read: their own, or that of somebody they read for.

    Reading the log is itself noted. Raises NotFound.
    """
    if by.role != "citizen":
        raise NotFound()
    person = identity_access.get_person(by, person_id, "read")
    note_reading(by, "records.read_log", person, person.id)
    return person


def get_person_to_write(by: Actor, person_id: UUID) -> Person:
    """Return the person whose allergies and measurements the actor may add to.

    A citizen needs more than leave to read for somebody else: the scope "book". Raises NotFound.
    """
    return identity_access.get_person(by, person_id, "read" if by.role == "practitioner" else "book")


def visible_hand_overs(by: Actor) -> Q:
    """Say which wishes to hand over an actor may see: the doctor who asked and the one who is asked, nobody else."""
    if by.is_system:
        return Q()
    if by.role == "practitioner" and by.practitioner_id is not None:
        return Q(asked_by_id=by.practitioner_id) | Q(asked_of_id=by.practitioner_id)
    return Q(pk__in=[])


def get_hand_over(by: Actor, hand_over_id: UUID) -> HandOver:
    """Return a wish to hand over. Raises NotFound."""
    rows = HandOver.objects.select_related("encounter__person", "encounter__facility", "asked_by", "asked_of")
    found = rows.filter(visible_hand_overs(by), pk=hand_over_id).first()
    if found is None:
        raise NotFound()
    return found


def lock_hand_over(by: Actor, hand_over_id: UUID) -> HandOver:
    """Return the wish locked, behind its encounter, which who is asked may not see yet. Raises NotFound."""
    found = get_hand_over(by, hand_over_id)
    encounter = lock_encounter(Actor.system("hand_over"), found.encounter_id)
    row = HandOver.objects.select_for_update(of=("self",)).select_related("asked_by", "asked_of").get(pk=found.pk)
    row.encounter = encounter
    return row


def handed_over_by(practitioner_id: UUID) -> QuerySet[HandOver]:
    """Return the visits a practitioner has given to a colleague: they keep what they wrote, and no more than that."""
    return HandOver.objects.filter(asked_by_id=practitioner_id, status=HandOver.Status.ACCEPTED)


def get_handed_over(by: Actor, encounter_id: UUID) -> HandOver:
    """Return the latest wish by which this practitioner gave a visit away; notes the reading. Raises NotFound."""
    if by.role != "practitioner" or by.practitioner_id is None:
        raise NotFound()
    rows = handed_over_by(by.practitioner_id).filter(encounter_id=encounter_id)
    found = rows.select_related("encounter__person", "encounter__facility", "asked_of").first()
    if found is None:
        raise NotFound()
    note_reading(by, "records.read_encounter", found.encounter, found.encounter.person_id)
    return found
