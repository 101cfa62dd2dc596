"""The chain of a visit told over HTTP ends with its close and its note, of which it holds nothing but the hash."""

from datetime import datetime

import pytest

from journeys import evidence
from records.events import EncounterFinished
from tests.journeys.stage import Story, ok

pytestmark = pytest.mark.django_db


def test_the_final_note_is_told_once_and_stays_unread(story: Story, clock):
    story.hold()
    story.pay()
    clock.move_to(datetime.fromisoformat(story.appointment()["starts_at"]))
    story.room()
    story.let_in()
    story.write_note()
    story.finish()
    path = f"/api/v1/encounters/{story.ids['encounter']}/evidence"
    found = story.api(story.ana).get(path)
    rows = ok(found)["rows"]
    # Two reactions to one event: which of them comes first is not promised.
    assert ok(found)["is_whole"] and {row["kind"] for row in rows[-2:]} == {"closed", "note_final"}
    (note,) = [row["facts"] for row in rows if row["kind"] == "note_final"]
    assert note["version"] == 1 and len(note["sha256"]) == 64
    assert not any(secret in found.content.decode() for secret in ("Ho khan", "Viêm mũi họng", "J00"))
    event = EncounterFinished(story.ids["encounter"], f"appointment:{story.ids['appointment']}", str(story.ana.id))
    evidence.note_that_the_note_is_final(event)
    assert ok(story.api(story.ana).get(path))["rows"] == rows
