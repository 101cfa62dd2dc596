"""What can be done with a prescription, in the order of its life, and with the rules it is checked by."""

from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.rules import (
    NATIONAL,
    Imported,
    confirm_rules,
    discard_rules,
    end_rules,
    import_rules,
    look_at_rules,
)
from prescriptions.actions.signing import sign
from prescriptions.actions.writing import check, draft, save_draft

__all__ = [
    "NATIONAL",
    "Imported",
    "accept",
    "cancel",
    "check",
    "complete",
    "confirm_rules",
    "discard_rules",
    "dispense",
    "draft",
    "end_rules",
    "expire",
    "import_rules",
    "look_at_rules",
    "lookup",
    "return_",
    "route",
    "save_draft",
    "sign",
]
