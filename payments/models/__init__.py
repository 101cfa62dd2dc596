"""Payments and refunds, the ledger, what gateways told us, and the sandbox's own books."""

from payments.models.books import Delivery, Entry
from payments.models.payments import Payment, Refund
from payments.models.sandbox import Charge, ChargeRefund, Notice

__all__ = ["Charge", "ChargeRefund", "Delivery", "Entry", "Notice", "Payment", "Refund"]
