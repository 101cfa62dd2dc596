"""What records does: plan, start, write, finish encounters; add to what is known about a person."""

from records.actions.encounters import (
    cancel_encounter,
    finish_encounter,
    plan_encounter,
    save_note,
    start_encounter,
)
from records.actions.history import (
    Reading,
    add_allergy,
    add_condition,
    add_observation,
    add_observations,
    end_allergy,
    end_condition,
)

__all__ = [
    "Reading",
    "add_allergy",
    "add_condition",
    "add_observation",
    "add_observations",
    "cancel_encounter",
    "end_allergy",
    "end_condition",
    "finish_encounter",
    "plan_encounter",
    "save_note",
    "start_encounter",
]
