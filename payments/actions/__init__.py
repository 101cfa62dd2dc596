"""The verbs of payments: ask for money, record what gateways and cashiers say, give money back, and prove the books."""

from payments.actions.approving import approve_refund, reject_refund
from payments.actions.asking import cancel_payment, expire_payment, open_payment, start_payment
from payments.actions.cash import close_shift, open_shift, take_cash
from payments.actions.crediting import pay_out
from payments.actions.deliveries import receive_delivery, settle_delivery
from payments.actions.proving import prove_books
from payments.actions.reconciling import ask_statement, begin_reconciliation, import_statement, reconcile_yesterday
from payments.actions.recording import ask_gateway, record_capture, record_failure, record_truth
from payments.actions.refunds import carry_out_refund, record_refund, record_refund_failure, request_refund
from payments.actions.reminding import remind_the_unpaid
from payments.actions.resolving import look_into, owe_the_double, record_what_is_missing, write_off
from payments.actions.settling import carry_over, settle

__all__ = [
    "approve_refund",
    "ask_gateway",
    "ask_statement",
    "begin_reconciliation",
    "cancel_payment",
    "carry_out_refund",
    "carry_over",
    "close_shift",
    "expire_payment",
    "import_statement",
    "look_into",
    "open_payment",
    "open_shift",
    "owe_the_double",
    "pay_out",
    "prove_books",
    "receive_delivery",
    "reconcile_yesterday",
    "record_capture",
    "record_failure",
    "record_refund",
    "record_refund_failure",
    "record_truth",
    "record_what_is_missing",
    "reject_refund",
    "remind_the_unpaid",
    "request_refund",
    "settle",
    "settle_delivery",
    "start_payment",
    "take_cash",
    "write_off",
]
