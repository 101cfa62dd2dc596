"""Accounts, payments and refunds, bank lines, the cash desk, prices, invoices, papers, the ledger, what gateways told us."""

from payments.models.accounts import GatewayAccount
from payments.models.bank import BankLine, BankStatement
from payments.models.books import Delivery, Entry
from payments.models.cash import CashMovement, CashShift
from payments.models.credits import Credit
from payments.models.disputes import Dispute
from payments.models.invoices import ChargedItem, CountedPayment, Invoice, InvoiceReminder, Series
from payments.models.limits import RefundLimit
from payments.models.papers import EInvoice, PayLink, Receipt, Summed
from payments.models.payments import Payment, Refund
from payments.models.prices import Category, PriceItem, PriceList
from payments.models.reconciling import BooksProof, Difference, Reconciliation, StatementLine
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = [
    "BankLine",
    "BankStatement",
    "BooksProof",
    "CashMovement",
    "CashShift",
    "Category",
    "Charge",
    "ChargeRefund",
    "ChargedItem",
    "CountedPayment",
    "Credit",
    "Delivery",
    "Difference",
    "Dispute",
    "EInvoice",
    "Entry",
    "GatewayAccount",
    "Invoice",
    "InvoiceReminder",
    "Notice",
    "PayLink",
    "Payment",
    "PriceItem",
    "PriceList",
    "Receipt",
    "Reconciliation",
    "Refund",
    "RefundLimit",
    "Series",
    "StatementLine",
    "Summed",
]
