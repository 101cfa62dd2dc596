"""Reading records: what a doctor needs at a glance, a doctor's day, and who looked. access.py asks whether one may."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.utils.translation import gettext

from audit.queries import lines_about
from audit.words import WORDS
from core.actor import Actor
from identity.models import Facility, Person
from records import sources
from records.models import Allergy, Condition, Encounter, Observation
from records.models.encounters import NOTE_FIELDS
from records.vitals import BY_CODE, VITALS, Vital

# Looking at one's own data is no news to oneself.
READINGS = ("records.read", "records.read_encounter", "records.read_log", "prescription.read", "booking.read")


def allergies_of(person_id: UUID) -> QuerySet[Allergy]:
    """Return what this person must not be given, severe ones first."""
    severity = Case(
        When(severity="severe", then=Value(0)),
        When(severity="moderate", then=Value(1)),
        When(severity="mild", then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    return Allergy.objects.filter(person_id=person_id, ended_at__isnull=True).order_by(severity, "substance", "id")


def conditions_of(person_id: UUID) -> QuerySet[Condition]:
    """Return the problems that stay, longest known first."""
    return Condition.objects.filter(person_id=person_id, ended_on__isnull=True).order_by("since", "code")


def observations_of(person_id: UUID, code: str = "") -> QuerySet[Observation]:
    """Return measurements that stand, newest first; of one kind when a LOINC code is given."""
    found = Observation.objects.filter(person_id=person_id, wrong_at__isnull=True)
    return (found.filter(code=code) if code else found).order_by("-at", "-id")


@dataclass(frozen=True)
class Measured:
    """The latest value of one kind, ready to be shown."""

    vital: Vital
    observation: Observation

    @property
    def shown(self) -> str:
        return self.vital.shown(self.observation.value)


def latest_vitals(person_id: UUID) -> list[Measured]:
    """Return the newest value of each kind, in the order of records.vitals."""
    rows = observations_of(person_id).order_by("code", "-at", "-created_at", "-id").distinct("code")
    newest = {row.code: row for row in rows if row.code in BY_CODE}
    return [Measured(vital, newest[vital.code]) for vital in VITALS if vital.code in newest]


def vitals_in(encounter_id: UUID) -> dict[str, Observation]:
    """Return the newest value of each kind measured in an encounter, by LOINC code."""
    rows = Observation.objects.filter(encounter_id=encounter_id, wrong_at__isnull=True)
    newest = rows.order_by("code", "-at", "-created_at", "-id").distinct("code")
    return {row.code: row for row in newest}


def measured_in(encounter_id: UUID) -> list[Observation]:
    """Return everything measured in an encounter, newest first, with what was taken back."""
    rows = Observation.objects.filter(encounter_id=encounter_id).select_related("performer")
    return list(rows.order_by("-created_at", "code", "-id"))


def who_cares(encounter_id: UUID) -> list[UUID]:
    """Return the accounts of the practitioner of an encounter and of who takes part in it; for journeys."""
    encounter = Encounter.objects.select_related("practitioner").get(pk=encounter_id)
    beside = encounter.attendees.values_list("practitioner__user_id", flat=True)
    return [one for one in {encounter.practitioner.user_id, *beside} if one is not None]


def note_digest(encounter_id: UUID) -> tuple[int, str]:
    """Return version and SHA-256 of an encounter's note with its diagnoses: shows later that it is the same; for journeys."""
    encounter = Encounter.objects.get(pk=encounter_id)
    note: dict[str, Any] = {name: getattr(encounter, name) for name in NOTE_FIELDS}
    note["diagnoses"] = [[one.rank, one.code, one.name] for one in encounter.diagnoses.all()]
    text = json.dumps(note, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return encounter.version, hashlib.sha256(text.encode()).hexdigest()


def last_visits(person_id: UUID, *, without: UUID | None = None, limit: int = 5) -> list[Encounter]:
    """Return the latest finished visits with their diagnoses, newest first."""
    others = Q() if without is None else ~Q(id=without)
    rows = (
        Encounter.objects.filter(others, person_id=person_id, status=Encounter.Status.FINISHED)
        .select_related("practitioner", "facility")
        .prefetch_related("diagnoses")
        .order_by("-finished_at", "-id")
    )
    return list(rows[:limit])


@dataclass(frozen=True)
class Summary:
    """A person at a glance, for a clinician with two minutes."""

    person: Person
    age: int | None
    allergies: list[Allergy]
    conditions: list[Condition]
    vitals: list[Measured]
    drugs: list[sources.Entry]  # prescriptions that still run
    visits: list[Encounter]


def summary_of(person: Person, *, now: datetime, without: UUID | None = None) -> Summary:
    """Gather allergies, conditions, latest measurements, running prescriptions and last visits.

    `without` leaves out the encounter that is open in front of the reader.
    """
    return Summary(
        person=person,
        age=person.age_on(now.date()),
        allergies=list(allergies_of(person.id)),
        conditions=list(conditions_of(person.id)),
        vitals=latest_vitals(person.id),
        drugs=_running(person.id, now),
        visits=last_visits(person.id, without=without),
    )


def _running(person_id: UUID, now: datetime) -> list[sources.Entry]:
    """Return signed prescriptions whose last day has not passed; without a day, those of the last 30 days."""
    found = []
    for entry in sources.timeline(person_id, kinds={"prescription"}):
        if entry.status in {"draft", "cancelled", "expired"}:
            continue
        ends_on = entry.detail.get("ends_on")
        runs_until = date.fromisoformat(ends_on) if ends_on else entry.at.date() + timedelta(days=30)
        if runs_until >= now.date():
            found.append(entry)
    return found


def day_of(practitioner_id: UUID, day: date, zone: str) -> list[Encounter]:
    """Return a practitioner's encounters of one day in the clinic's wall time, in order, cancelled ones left out."""
    midnight = datetime.combine(day, time.min, tzinfo=ZoneInfo(zone))
    following = datetime.combine(day + timedelta(days=1), time.min, tzinfo=ZoneInfo(zone))
    rows = (
        Encounter.objects.filter(
            practitioner_id=practitioner_id, planned_from__gte=midnight, planned_from__lt=following
        )
        .exclude(status=Encounter.Status.CANCELLED)
        .select_related("person", "facility")
        .prefetch_related("diagnoses")
        .order_by("planned_from", "id")
    )
    return list(rows)


def counts_by_day(practitioner_id: UUID, first: date, last: date, zone: str) -> dict[date, int]:
    """Return how many visits each day from `first` to `last` holds (days without one are left out)."""
    place = ZoneInfo(zone)
    starts = (
        Encounter.objects.filter(
            practitioner_id=practitioner_id,
            planned_from__gte=datetime.combine(first, time.min, tzinfo=place),
            planned_from__lt=datetime.combine(last + timedelta(days=1), time.min, tzinfo=place),
        )
        .exclude(status=Encounter.Status.CANCELLED)
        .values_list("planned_from", flat=True)
    )
    counts: dict[date, int] = {}
    for start in starts:
        day = start.astimezone(place).date()
        counts[day] = counts.get(day, 0) + 1
    return counts


@dataclass(frozen=True)
class Look:
    """One line of the access log in plain words: <who> <what>, when, where, why."""

    id: UUID
    at: datetime
    who: str
    role: str
    is_you: bool
    facility: str
    action: str
    what: str
    subject: str
    reason: str


def access_lines(by: Actor, person_id: UUID) -> QuerySet[Any]:
    """Return the lines about a person that tell them something: by people, without the reader's own looks."""
    own_looks = Q(user_id=by.user_id, action__in=READINGS)
    return lines_about(person_id).exclude(role="system").exclude(own_looks)


def looks_of(by: Actor, lines: list[Any]) -> list[Look]:
    """Put lines of the log into plain words in the reader's language."""
    places = {line.facility_id for line in lines if line.facility_id}
    names = dict(Facility.objects.filter(id__in=places).values_list("id", "name")) if places else {}
    return [
        Look(
            id=line.id,
            at=line.created_at,
            who=gettext("You") if line.user_id == by.user_id else line.name or gettext("Somebody"),
            role=line.role,
            is_you=line.user_id == by.user_id,
            facility=names.get(line.facility_id, ""),
            action=line.action,
            what=str(WORDS.get(line.action, line.action)),
            subject=line.subject,
            reason=line.reason,
        )
        for line in lines
    ]
