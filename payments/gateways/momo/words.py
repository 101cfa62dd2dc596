"""MoMo's resultCode in a payer's words (v2)."""

from __future__ import annotations

from typing import Any

from payments.gateways import words
from payments.gateways.words import FAULT as FAULT

RESULT: dict[int, Any] = {
    0: words.PAID,
    9000: words.PAID,  # authorised
    1000: words.WAITING,
    7000: words.WAITING,
    7002: words.WAITING,
    1001: words.TOO_LITTLE,
    1002: words.REFUSED,
    1003: words.CANCELLED,
    1004: words.LIMIT,
    1005: words.LAPSED,
    1006: words.CANCELLED,  # the payer denied it in the app
    1007: words.LOCKED,
    1017: words.CANCELLED,  # by the merchant
    1026: words.REFUSED,  # promotion rules
    1080: words.FAULT,  # of a refund
    1081: words.FAULT,
    2019: words.FAULT,
    4001: words.LOCKED,
    4100: words.WRONG_CODE,
    10: words.RESTING,
    11: words.FAULT,
    12: words.FAULT,
    13: words.FAULT,
    20: words.FAULT,
    21: words.FAULT,
    22: words.FAULT,
    40: words.FAULT,
    41: words.FAULT,
    42: words.FAULT,
    43: words.WAITING,
    45: words.FAULT,
    47: words.FAULT,
    98: words.FAULT,
    99: words.FAULT,
}
