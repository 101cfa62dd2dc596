"""What can be done with a prescription, in the order of its life; and how it is filed with the national system."""

from prescriptions.actions.accounts import remove_account, save_account
from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.filing import file_next, set_aside, try_again, try_all_again, wake_filings
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
    "file_next",
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
