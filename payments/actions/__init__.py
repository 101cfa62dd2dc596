"""The verbs of payments: ask for money, record what the gateway or the bank says, give money back."""

from payments.actions.accounts import close_account, enter_account
from payments.actions.asking import cancel_payment, expire_payment, open_payment, start_payment
from payments.actions.bank import take_line
from payments.actions.bank_statements import hand_in_statement, read_statement
from payments.actions.deliveries import look_into, note_return, receive_delivery, settle_delivery
from payments.actions.disputes import ask_dispute, look_into_dispute, record_dispute
from payments.actions.holds import carry_out_hold, request_capture
from payments.actions.recording import (
    ask_gateway,
    record_authorisation,
    record_capture,
    record_failure,
    record_truth,
    record_unknown,
)
from payments.actions.refunds import carry_out_refund, record_refund, record_refund_failure, request_refund
from payments.actions.resolving import assign_lines, ignore_line, note_transfer_back
from payments.actions.settling import carry_over, settle

__all__ = [
    "ask_dispute",
    "ask_gateway",
    "assign_lines",
    "cancel_payment",
    "carry_out_hold",
    "carry_out_refund",
    "carry_over",
    "close_account",
    "enter_account",
    "expire_payment",
    "hand_in_statement",
    "ignore_line",
    "look_into",
    "look_into_dispute",
    "note_return",
    "note_transfer_back",
    "open_payment",
    "read_statement",
    "receive_delivery",
    "record_authorisation",
    "record_capture",
    "record_dispute",
    "record_failure",
    "record_refund",
    "record_refund_failure",
    "record_truth",
    "record_unknown",
    "request_capture",
    "request_refund",
    "settle",
    "settle_delivery",
    "start_payment",
    "take_line",
]
