"""The records stage: an encounter of ana with ben, through the real actions."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core.actor import Actor
from core.ids import new_id
from core.refs import Ref
from identity.models import Person, Practitioner
from records import actions
from records.models import Encounter
from tests import make

SYSTEM = Actor.system("test")


def plan(person: Person, practitioner: Practitioner, *, starts_at: datetime = make.NOW, **values: Any) -> Encounter:
    """A planned video visit of 20 minutes."""
    membership = practitioner.memberships.get()
    wish = {
        "appointment_ref": Ref("appointment", new_id()),
        "mode": "video",
        "planned_from": starts_at,
        "planned_to": starts_at + timedelta(minutes=20),
        "reason": "Ho ba ngày, sốt nhẹ",
        "listed_code": "J00",
        "by": SYSTEM,
        "now": starts_at,
        **values,
    }
    return actions.plan_encounter(
        person_id=person.id, practitioner_id=practitioner.id, facility_id=membership.facility_id, **wish
    )


def begin(person: Person, practitioner: Practitioner, **values: Any) -> Encounter:
    """A visit that has begun."""
    encounter = plan(person, practitioner, **values)
    return actions.start_encounter(
        encounter_id=encounter.id, by=make.actor_for(practitioner), now=encounter.planned_from
    )


def finish(person: Person, practitioner: Practitioner, **values: Any) -> Encounter:
    """A finished visit: acute bronchitis, with advice."""
    encounter = begin(person, practitioner, **values)
    by = make.actor_for(practitioner)
    actions.save_note(
        encounter_id=encounter.id,
        version=0,
        changes={"subjective": "Ho khan", "advice": "Uống nhiều nước ấm"},
        diagnoses=[{"code": "J20.9"}],
        by=by,
        now=encounter.planned_from,
    )
    return actions.finish_encounter(encounter_id=encounter.id, by=by, now=encounter.planned_from)
