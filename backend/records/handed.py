"""Reading what changes hands: who is asked, what was given away, and the note as it stood then."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from core.actor import Actor
from records import access
from records.models import Encounter, HandOver, NoteVersion
from records.models.encounters import NOTE_FIELDS

SHOWN = 20


def asked_of(by: Actor) -> list[HandOver]:
    """Return what this doctor is asked to take over right now, the longest wait first; nothing for anybody else."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return []
    rows = HandOver.objects.filter(asked_of_id=by.practitioner_id, status=HandOver.Status.ASKED)
    rows = rows.select_related("asked_by", "encounter__person", "encounter__facility")
    return list(rows.order_by("created_at", "id")[:SHOWN])


def wish_of(by: Actor, encounter_id: UUID) -> HandOver | None:
    """Return the latest wish by which this doctor asked a colleague about a visit, or None."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return None
    rows = HandOver.objects.filter(asked_by_id=by.practitioner_id, encounter_id=encounter_id)
    return rows.select_related("asked_of").first()


def taken_over(encounter_id: UUID) -> HandOver | None:
    """Return how a visit came to its present doctor, or None when it has always been theirs; for who may see the visit."""
    rows = HandOver.objects.filter(encounter_id=encounter_id, status=HandOver.Status.ACCEPTED)
    return rows.select_related("asked_by", "asked_of").order_by("-accepted_at").first()


def given_away(by: Actor, since: datetime, until: datetime) -> list[HandOver]:
    """Return the visits this doctor gave to colleagues in [since, until), the latest first."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return []
    rows = access.handed_over_by(by.practitioner_id).filter(accepted_at__gte=since, accepted_at__lt=until)
    return list(rows.select_related("encounter__person", "asked_of").order_by("-accepted_at")[:SHOWN])


def facts_of(hand_over_id: UUID) -> HandOver | None:
    """Return a wish; for journeys, which have asked for permission already."""
    rows = HandOver.objects.select_related("encounter__person", "encounter__facility", "asked_by", "asked_of")
    return rows.filter(pk=hand_over_id).first()


def busy_now(practitioner_ids: Iterable[UUID], now: datetime) -> set[UUID]:
    """Return which of these practitioners are with a patient, or have one planned at this very moment."""
    planned = Q(status=Encounter.Status.PLANNED, planned_from__lte=now)
    rows = Encounter.objects.filter(
        planned | Q(status=Encounter.Status.IN_PROGRESS), practitioner_id__in=practitioner_ids, planned_to__gt=now
    )
    return set(rows.values_list("practitioner_id", flat=True))


@dataclass(frozen=True)
class NoteThen:
    """The note as it changed hands: what came later is not the former doctor's to read."""

    texts: dict[str, str] = field(default_factory=dict)
    diagnoses: list[dict[str, str]] = field(default_factory=list)


def note_then(hand_over: HandOver) -> NoteThen:
    """Put the note together from what was saved until it changed hands."""
    rows = NoteVersion.objects.filter(encounter_id=hand_over.encounter_id, version__lte=hand_over.note_version or 0)
    whole: dict[str, object] = {}
    for changes in rows.order_by("version").values_list("changes", flat=True):
        whole.update(changes)
    texts = {name: str(whole[name]) for name in NOTE_FIELDS if whole.get(name)}
    diagnoses = whole.get("diagnoses", [])
    return NoteThen(texts, list(diagnoses) if isinstance(diagnoses, list) else [])
