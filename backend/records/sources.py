"""The timeline: entries from every part of the house that knows something about a person (settings.RECORD_SOURCES)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from core.refs import ref
from records.models import Encounter


@dataclass(frozen=True)
class Entry:
    """One thing that happened: a visit, a prescription, medicines handed out."""

    kind: str  # "encounter", "prescription", "dispense", …
    at: datetime
    title: str
    subtitle: str = ""
    ref: str = ""  # core.refs.Ref of what lies behind it
    facility: str = ""
    practitioner: str = ""
    status: str = ""
    detail: dict[str, Any] = field(default_factory=dict)


def encounters(person_id: UUID) -> list[Entry]:
    """Return the person's visits, planned ones too; cancelled ones are no part of a health record."""
    rows = (
        Encounter.objects.filter(person_id=person_id)
        .exclude(status=Encounter.Status.CANCELLED)
        .select_related("practitioner", "facility")
        .prefetch_related("diagnoses")
    )
    return [_entry_of(encounter) for encounter in rows]


def _entry_of(encounter: Encounter) -> Entry:
    diagnoses = [{"code": one.code, "name": one.name} for one in encounter.diagnoses.all()]
    done = encounter.status == Encounter.Status.FINISHED
    return Entry(
        kind="encounter",
        at=encounter.started_at or encounter.planned_from,
        title=diagnoses[0]["name"] if done and diagnoses else encounter.reason or encounter.practitioner.display_name,
        subtitle=encounter.practitioner.display_name,
        ref=str(ref(encounter)),
        facility=encounter.facility.name,
        practitioner=encounter.practitioner.display_name,
        status=encounter.status,
        detail={
            "mode": encounter.mode,
            "reason": encounter.reason,
            # What is still being written may be wrong; the citizen reads it once the visit is finished.
            "diagnoses": diagnoses if done else [],
            "advice": encounter.advice if done else "",
        },
    )


def timeline(person_id: UUID, *, kinds: Collection[str] = (), before: datetime | None = None) -> list[Entry]:
    """Return the entries of all sources, newest first."""
    found: list[Entry] = []
    for path in settings.RECORD_SOURCES:
        source: Callable[[UUID], list[Entry]] = import_string(path)
        found.extend(source(person_id))
    wanted = [entry for entry in found if (not kinds or entry.kind in kinds) and (before is None or entry.at < before)]
    return sorted(wanted, key=lambda entry: (entry.at, entry.ref), reverse=True)
