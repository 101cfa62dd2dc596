"""What records does: plan, start, write, finish encounters; add to what is known about a person."""

from records.actions.encounters import (
    cancel_encounter,
    finish_encounter,
    hand_over,
    name_attendee,
    open_at_a_distance,
    plan_encounter,
    save_note,
    start_encounter,
)
from records.actions.handing import accept_hand_over, ask_hand_over, decline_hand_over, withdraw_hand_over
from records.actions.history import (
    Reading,
    add_allergy,
    add_condition,
    add_observation,
    add_observations,
    end_allergy,
    end_condition,
)
from records.actions.measuring import enter_vitals, take_back

__all__ = [
    "Reading",
    "accept_hand_over",
    "add_allergy",
    "add_condition",
    "add_observation",
    "add_observations",
    "ask_hand_over",
    "cancel_encounter",
    "decline_hand_over",
    "end_allergy",
    "end_condition",
    "enter_vitals",
    "finish_encounter",
    "hand_over",
    "name_attendee",
    "open_at_a_distance",
    "plan_encounter",
    "save_note",
    "start_encounter",
    "take_back",
    "withdraw_hand_over",
]
