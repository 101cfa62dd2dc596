"""Accounts with gateways, payments and refunds, bank lines, the ledger, prices, invoices and papers, what gateways told us."""

from payments.models.accounts import GatewayAccount
from payments.models.bank import BankLine, BankStatement
from payments.models.books import Delivery, Entry
from payments.models.disputes import Dispute
from payments.models.invoices import ChargedItem, Credit, Invoice, Series
from payments.models.papers import EInvoice, PayLink, Receipt, Summed
from payments.models.payments import Payment, Refund
from payments.models.prices import Category, PriceItem, PriceList
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = [
    "BankLine",
    "BankStatement",
    "Category",
    "Charge",
    "ChargeRefund",
    "ChargedItem",
    "Credit",
    "Delivery",
    "Dispute",
    "EInvoice",
    "Entry",
    "GatewayAccount",
    "Invoice",
    "Notice",
    "PayLink",
    "Payment",
    "PriceItem",
    "PriceList",
    "Receipt",
    "Refund",
    "Series",
    "Summed",
]
