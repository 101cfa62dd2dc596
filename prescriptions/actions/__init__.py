"""What can be done with a prescription, in the order of its life, with its rules and drugs, and at the national system."""

from prescriptions.actions.accounts import remove_account, save_account
from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.figures import count_all_changes, count_changes, forget_figures
from prescriptions.actions.filing import file_next, set_aside, try_again, try_all_again, wake_filings
from prescriptions.actions.importing import (
    apply_drug_import,
    begin_drug_import,
    check_drug_import,
    confirm_drug_import,
)
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
    "apply_drug_import",
    "begin_drug_import",
    "cancel",
    "check",
    "check_drug_import",
    "complete",
    "confirm_drug_import",
    "confirm_rules",
    "count_all_changes",
    "count_changes",
    "discard_rules",
    "dispense",
    "draft",
    "end_rules",
    "expire",
    "file_next",
    "forget_figures",
    "import_rules",
    "look_at_rules",
    "lookup",
    "remove_account",
    "return_",
    "route",
    "save_account",
    "save_draft",
    "set_aside",
    "sign",
    "try_again",
    "try_all_again",
    "wake_filings",
]
