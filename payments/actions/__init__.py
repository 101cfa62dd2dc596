"""The verbs of payments: ask for money, record what gateways, the bank and cashiers say, give money back, prove the books."""

from payments.actions.accounts import close_account, enter_account
from payments.actions.approving import approve_refund, reject_refund
from payments.actions.asking import cancel_payment, expire_payment, open_payment, start_payment
from payments.actions.bank import take_line
from payments.actions.bank_statements import hand_in_statement, read_statement
from payments.actions.cash import close_shift, open_shift, take_cash
from payments.actions.crediting import pay_out
from payments.actions.deliveries import look_into, note_return, receive_delivery, settle_delivery
from payments.actions.differences import (
    investigate,
    owe_the_double,
    record_what_is_missing,
    settled_elsewhere,
    write_off,
)
from payments.actions.disputes import ask_dispute, look_into_dispute, record_dispute
from payments.actions.holds import carry_out_hold, request_capture
from payments.actions.proving import prove_books
from payments.actions.reconciling import ask_statement, begin_reconciliation, import_statement, reconcile_yesterday
from payments.actions.recording import (
    ask_gateway,
    record_authorisation,
    record_capture,
    record_failure,
    record_truth,
    record_unknown,
)
from payments.actions.refunds import carry_out_refund, record_refund, record_refund_failure, request_refund
from payments.actions.reminding import remind_the_unpaid
from payments.actions.resolving import assign_lines, ignore_line, note_transfer_back
from payments.actions.settling import carry_over, settle

__all__ = [
    "approve_refund",
    "ask_dispute",
    "ask_gateway",
    "ask_statement",
    "assign_lines",
    "begin_reconciliation",
    "cancel_payment",
    "carry_out_hold",
    "carry_out_refund",
    "carry_over",
    "close_account",
    "close_shift",
    "enter_account",
    "expire_payment",
    "hand_in_statement",
    "ignore_line",
    "import_statement",
    "investigate",
    "look_into",
    "look_into_dispute",
    "note_return",
    "note_transfer_back",
    "open_payment",
    "open_shift",
    "owe_the_double",
    "pay_out",
    "prove_books",
    "read_statement",
    "receive_delivery",
    "reconcile_yesterday",
    "record_authorisation",
    "record_capture",
    "record_dispute",
    "record_failure",
    "record_refund",
    "record_refund_failure",
    "record_truth",
    "record_unknown",
    "record_what_is_missing",
    "reject_refund",
    "remind_the_unpaid",
    "request_capture",
    "request_refund",
    "settle",
    "settle_delivery",
    "settled_elsewhere",
    "start_payment",
    "take_cash",
    "take_line",
    "write_off",
]
