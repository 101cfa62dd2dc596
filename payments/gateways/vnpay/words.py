"""VNPAY's codes in a payer's words (2.1.0: vnp_ResponseCode of a payment, vnp_TransactionStatus)."""

from __future__ import annotations

from typing import Any

from payments.gateways import words
from payments.gateways.words import FAULT as FAULT

RESPONSE: dict[str, Any] = {
    "00": words.PAID,
    "01": words.WAITING,  # the transaction exists
    "02": words.FAULT,  # merchant invalid
    "03": words.FAULT,  # format
    "04": words.FAULT,  # website locked
    "05": words.WRONG_CODE,  # wrong password too often
    "06": words.WRONG_CODE,
    "07": words.HELD,
    "08": words.RESTING,
    "09": words.NOT_ENABLED,
    "10": words.WRONG_CODE,  # card or account not confirmed, three times
    "11": words.LAPSED,
    "12": words.LOCKED,
    "13": words.WRONG_CODE,
    "24": words.CANCELLED,
    "51": words.TOO_LITTLE,
    "65": words.LIMIT,
    "75": words.RESTING,
    "79": words.WRONG_CODE,
    "99": words.FAULT,
}
STATUS: dict[str, Any] = {
    "00": words.PAID,
    "01": words.WAITING,
    "02": words.FAULT,
    "04": words.REVERSED,
    "05": words.PAID,  # of a refund, so of something paid
    "06": words.PAID,
    "07": words.HELD,
    "09": words.PAID,
}
