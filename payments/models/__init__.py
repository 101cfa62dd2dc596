"""Accounts with gateways, payments and refunds, the ledger, prices, invoices and papers, and what gateways told us."""

from payments.models.accounts import GatewayAccount
from payments.models.books import Delivery, Entry
from payments.models.invoices import ChargedItem, Credit, Invoice, Series
from payments.models.papers import EInvoice, PayLink, Receipt, Summed
from payments.models.payments import Payment, Refund
from payments.models.prices import Category, PriceItem, PriceList
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = [
    "Category",
    "Charge",
    "ChargeRefund",
    "ChargedItem",
    "Credit",
    "Delivery",
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
