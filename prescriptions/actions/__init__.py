"""What can be done with a prescription, in the order of its life; and lists of drugs, taken in."""

from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.importing import (
    apply_drug_import,
    begin_drug_import,
    check_drug_import,
    confirm_drug_import,
)
from prescriptions.actions.signing import sign
from prescriptions.actions.writing import check, draft, save_draft

__all__ = [
    "accept",
    "apply_drug_import",
    "begin_drug_import",
    "cancel",
    "check",
    "check_drug_import",
    "complete",
    "confirm_drug_import",
    "dispense",
    "draft",
    "expire",
    "lookup",
    "return_",
    "route",
    "save_draft",
    "sign",
]
