"""What can be done with a prescription, in the order of its life, with its rules and drugs, and at the national system."""

from prescriptions.actions.accounts import remove_account, save_account
from prescriptions.actions.certificates import revoke_certificate
from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.documents import make_document
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.filing import file_next, set_aside, try_again, try_all_again, wake_filings
from prescriptions.actions.importing import (
    apply_drug_import,
    begin_drug_import,
    check_drug_import,
    confirm_drug_import,
)
from prescriptions.actions.keys import enrol_key
from prescriptions.actions.own import (
    change_set,
    drop_favourite,
    drop_set,
    drop_snippet,
    keep_favourite,
    keep_set,
    keep_snippet,
)
from prescriptions.actions.parts import plan_parts
from prescriptions.actions.permits import end_permit, give_permit
from prescriptions.actions.replacing import keep_old, replace
from prescriptions.actions.revocations import fresh_revocation_list, issue_revocation_list, trust_list
from prescriptions.actions.rules import (
    NATIONAL,
    Imported,
    confirm_rules,
    discard_rules,
    end_rules,
    import_rules,
    look_at_rules,
)
from prescriptions.actions.signing import ask_signature, sign
from prescriptions.actions.writing import check, draft, save_draft

__all__ = [
    "NATIONAL",
    "Imported",
    "accept",
    "apply_drug_import",
    "ask_signature",
    "begin_drug_import",
    "cancel",
    "change_set",
    "check",
    "check_drug_import",
    "complete",
    "confirm_drug_import",
    "confirm_rules",
    "discard_rules",
    "dispense",
    "draft",
    "drop_favourite",
    "drop_set",
    "drop_snippet",
    "end_permit",
    "end_rules",
    "enrol_key",
    "expire",
    "file_next",
    "fresh_revocation_list",
    "give_permit",
    "import_rules",
    "issue_revocation_list",
    "keep_favourite",
    "keep_old",
    "keep_set",
    "keep_snippet",
    "look_at_rules",
    "lookup",
    "make_document",
    "plan_parts",
    "remove_account",
    "replace",
    "return_",
    "revoke_certificate",
    "route",
    "save_account",
    "save_draft",
    "set_aside",
    "sign",
    "trust_list",
    "try_again",
    "try_all_again",
    "wake_filings",
]
