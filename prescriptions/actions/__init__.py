"""What can be done with a prescription, in the order of its life."""

from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.signing import sign
from prescriptions.actions.writing import check, draft, save_draft

__all__ = [
    "accept",
    "cancel",
    "check",
    "complete",
    "dispense",
    "draft",
    "expire",
    "lookup",
    "return_",
    "route",
    "save_draft",
    "sign",
]
