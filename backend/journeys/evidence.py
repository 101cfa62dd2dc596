"""What shows afterwards how a visit took place, where it is told outside the room: the note that became final."""

from __future__ import annotations

from uuid import UUID

import realtime.actions
import records.queries
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from records.events import EncounterFinished

STORY = Actor.system("evidence")


@on(EncounterFinished)
def note_that_the_note_is_final(event: EncounterFinished) -> None:
    """The doctor has finished: the version and the hash of the note, never its words. Twice is once."""
    version, digest = records.queries.note_digest(UUID(event.encounter_id))
    realtime.actions.note_final(
        encounter_id=UUID(event.encounter_id), version=version, digest=digest, by=STORY, now=this_instant()
    )
