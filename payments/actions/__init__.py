"""The verbs of payments: ask for money, record what the gateway says, give money back."""

from payments.actions.accounts import close_account, enter_account
from payments.actions.asking import cancel_payment, expire_payment, open_payment, start_payment
from payments.actions.deliveries import look_into, note_return, receive_delivery, settle_delivery
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
from payments.actions.settling import carry_over, settle

__all__ = [
    "ask_gateway",
    "cancel_payment",
    "carry_out_hold",
    "carry_out_refund",
    "carry_over",
    "close_account",
    "enter_account",
    "expire_payment",
    "look_into",
    "note_return",
    "open_payment",
    "receive_delivery",
    "record_authorisation",
    "record_capture",
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
]
