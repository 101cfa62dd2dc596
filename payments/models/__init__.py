"""Accounts with gateways, payments and refunds, bank lines, the ledger, what gateways told us, and the sandbox's own books."""

from payments.models.accounts import GatewayAccount
from payments.models.bank import BankLine, BankStatement
from payments.models.books import Delivery, Entry
from payments.models.disputes import Dispute
from payments.models.payments import Payment, Refund
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = [
    "BankLine",
    "BankStatement",
    "Charge",
    "ChargeRefund",
    "Delivery",
    "Dispute",
    "Entry",
    "GatewayAccount",
    "Notice",
    "Payment",
    "Refund",
]
