"""The chain of a visit, read and checked, for those who may read the visit."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from core.actor import Actor
from core.errors import NotFound
from realtime import evidence, queries
from realtime.models import EvidenceRow
from records import access as records_access
from records.models import Encounter


@dataclass(frozen=True)
class Proof:
    """A visit, its rows in order, and the numbers of those that do not fit."""

    encounter: Encounter
    chain: list[evidence.Link]
    faults: list[int]

    @property
    def last_hash(self) -> str:
        return self.chain[-1].hash if self.chain else evidence.FIRST


def chain_of(encounter_id: UUID) -> list[evidence.Link]:
    """Return the rows of a visit, in order."""
    rows = EvidenceRow.objects.filter(encounter_id=encounter_id).order_by("number")
    return [
        evidence.Link(str(row.encounter_id), row.number, row.created_at, row.kind, row.facts, row.previous, row.hash)
        for row in rows
    ]


def get_proof(by: Actor, encounter_id: UUID) -> Proof:
    """Return the evidence of a visit to its citizen (or who reads for them) and its practitioner; notes the reading.

    Raises NotFound, also for a visit that is not by video.
    """
    encounter = records_access.get_encounter(by, encounter_id)
    if queries.room_id_of(encounter_id) is None:
        raise NotFound()
    chain = chain_of(encounter_id)
    return Proof(encounter, chain, evidence.faults(str(encounter_id), chain))
