"""What can be done with a prescription, in the order of its life, with its rules and drugs, and at the national system."""

from prescriptions.actions.accounts import remove_account, save_account
from prescriptions.actions.asking import (
    answer_inquiry,
    ask_pharmacies,
    close_inquiry,
    refuse_inquiry,
    withdraw_inquiry,
)
from prescriptions.actions.at_counter import (
    ask_for_counter_code,
    open_by_counter_code,
    send_codes,
)
from prescriptions.actions.certificates import revoke_certificate
from prescriptions.actions.collecting import accept, lookup, return_, route
from prescriptions.actions.dispensing import complete, dispense
from prescriptions.actions.documents import make_document
from prescriptions.actions.ending import cancel, expire
from prescriptions.actions.figures import count_all_changes, count_changes, forget_figures
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
from prescriptions.actions.reminding import (
    remind_of_doses,
    set_dose_times,
    tell_of_doses,
)
from prescriptions.actions.replacing import keep_old, replace
from prescriptions.actions.reserving import (
    expire_reservation,
    reserve,
    settle_reservations,
    take_back_reservation,
)
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
from prescriptions.actions.shelf import (
    correct_lot,
    receive_lot,
    set_answer_rule,
    set_low_mark,
    set_price,
)
from prescriptions.actions.signing import ask_signature, sign
from prescriptions.actions.stock_import import (
    Landed,
    import_stock,
)
from prescriptions.actions.writing import check, draft, save_draft

__all__ = [
    "NATIONAL",
    "Imported",
    "Landed",
    "accept",
    "answer_inquiry",
    "apply_drug_import",
    "ask_for_counter_code",
    "ask_pharmacies",
    "ask_signature",
    "begin_drug_import",
    "cancel",
    "change_set",
    "check",
    "check_drug_import",
    "close_inquiry",
    "complete",
    "confirm_drug_import",
    "confirm_rules",
    "correct_lot",
    "count_all_changes",
    "count_changes",
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
    "expire_reservation",
    "file_next",
    "forget_figures",
    "fresh_revocation_list",
    "give_permit",
    "import_rules",
    "import_stock",
    "issue_revocation_list",
    "keep_favourite",
    "keep_old",
    "keep_set",
    "keep_snippet",
    "look_at_rules",
    "lookup",
    "make_document",
    "open_by_counter_code",
    "plan_parts",
    "receive_lot",
    "refuse_inquiry",
    "remind_of_doses",
    "remove_account",
    "replace",
    "reserve",
    "return_",
    "revoke_certificate",
    "route",
    "save_account",
    "save_draft",
    "send_codes",
    "set_answer_rule",
    "set_aside",
    "set_dose_times",
    "set_low_mark",
    "set_price",
    "settle_reservations",
    "sign",
    "take_back_reservation",
    "tell_of_doses",
    "trust_list",
    "try_again",
    "try_all_again",
    "wake_filings",
    "withdraw_inquiry",
]
