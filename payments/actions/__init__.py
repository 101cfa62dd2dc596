"""The verbs of payments: ask for money, record what gateways, the bank and cashiers say, give money back, prove the books."""

from payments.actions.accounts import close_account, enter_account
from payments.actions.approving import approve_refund, reject_refund
from payments.actions.asking import cancel_payment, expire_payment, open_payment, start_payment, stop_there
from payments.actions.bank import take_line
from payments.actions.bank_statements import hand_in_statement, read_statement
from payments.actions.cash import close_shift, open_shift, take_cash
from payments.actions.charging import (
    charge_amount,
    charge_item,
    charge_visit,
    drop_bill,
    give_discount,
    prepare_invoice,
    split_by_insurance,
    take_from_other_source,
    take_off,
    without_insurance,
)
from payments.actions.counting import count_payment, give_back_free
from payments.actions.crediting import pay_out
from payments.actions.deliveries import look_into, note_return, receive_delivery, settle_delivery
from payments.actions.deposits import ask_for_deposit
from payments.actions.differences import (
    investigate,
    owe_the_double,
    post_fee,
    record_what_is_missing,
    settled_elsewhere,
    write_off,
)
from payments.actions.disputes import ask_dispute, look_into_dispute, note_lost_dispute, record_dispute
from payments.actions.einvoices import adjust_summary, request_einvoice, send_einvoice, sum_up_day
from payments.actions.holds import carry_out_hold, request_capture
from payments.actions.invoicing import (
    ask_to_pay,
    bill_payment,
    credit_refund,
    issue_invoice,
    take_back_invoice,
)
from payments.actions.limits import confirm_refund_limit, drop_refund_limit, set_refund_limit
from payments.actions.links import make_link, revoke_links, use_link
from payments.actions.prices import (
    begin_price_list,
    drop_price_list,
    import_prices,
    publish_price_list,
    put_price,
    take_out_price,
)
from payments.actions.proving import prove_books
from payments.actions.receipts import issue_receipt, paper_refunds
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
from payments.actions.reminding import remind_of_invoices, remind_the_unpaid
from payments.actions.replacing import replace_invoice
from payments.actions.resolving import assign_lines, ignore_line, note_transfer_back, split_line
from payments.actions.settling import carry_over, settle

__all__ = [
    "adjust_summary",
    "approve_refund",
    "ask_dispute",
    "ask_for_deposit",
    "ask_gateway",
    "ask_statement",
    "ask_to_pay",
    "assign_lines",
    "begin_price_list",
    "begin_reconciliation",
    "bill_payment",
    "cancel_payment",
    "carry_out_hold",
    "carry_out_refund",
    "carry_over",
    "charge_amount",
    "charge_item",
    "charge_visit",
    "close_account",
    "close_shift",
    "confirm_refund_limit",
    "count_payment",
    "credit_refund",
    "drop_bill",
    "drop_price_list",
    "drop_refund_limit",
    "enter_account",
    "expire_payment",
    "give_back_free",
    "give_discount",
    "hand_in_statement",
    "ignore_line",
    "import_prices",
    "import_statement",
    "investigate",
    "issue_invoice",
    "issue_receipt",
    "look_into",
    "look_into_dispute",
    "make_link",
    "note_lost_dispute",
    "note_return",
    "note_transfer_back",
    "open_payment",
    "open_shift",
    "owe_the_double",
    "paper_refunds",
    "pay_out",
    "post_fee",
    "prepare_invoice",
    "prove_books",
    "publish_price_list",
    "put_price",
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
    "remind_of_invoices",
    "remind_the_unpaid",
    "replace_invoice",
    "request_capture",
    "request_einvoice",
    "request_refund",
    "revoke_links",
    "send_einvoice",
    "set_refund_limit",
    "settle",
    "settle_delivery",
    "settled_elsewhere",
    "split_by_insurance",
    "split_line",
    "start_payment",
    "stop_there",
    "sum_up_day",
    "take_back_invoice",
    "take_cash",
    "take_from_other_source",
    "take_line",
    "take_off",
    "take_out_price",
    "use_link",
    "without_insurance",
    "write_off",
]
