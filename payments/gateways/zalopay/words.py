"""ZaloPay's sub_return_code of an order in a payer's words (v2); return_code alone says only yes, no, not yet."""

from __future__ import annotations

from typing import Any

from payments.gateways import words

RETURN: dict[int, Any] = {1: words.PAID, 2: words.FAULT, 3: words.WAITING}
SUB: dict[int, Any] = {
    1: words.PAID,
    -54: words.LAPSED,
    -63: words.TOO_LITTLE,
    -999: words.RESTING,
}
