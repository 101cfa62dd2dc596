"""Accounts, payments and refunds, bank lines, the cash desk, the ledger, what gateways told us, the sandbox's own books."""

from payments.models.accounts import GatewayAccount
from payments.models.bank import BankLine, BankStatement
from payments.models.books import Delivery, Entry
from payments.models.cash import CashMovement, CashShift
from payments.models.credits import Credit
from payments.models.disputes import Dispute
from payments.models.payments import Payment, Refund
from payments.models.reconciling import BooksProof, Difference, Reconciliation, StatementLine
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = [
    "BankLine",
    "BankStatement",
    "BooksProof",
    "CashMovement",
    "CashShift",
    "Charge",
    "ChargeRefund",
    "Credit",
    "Delivery",
    "Difference",
    "Dispute",
    "Entry",
    "GatewayAccount",
    "Notice",
    "Payment",
    "Reconciliation",
    "Refund",
    "StatementLine",
]
