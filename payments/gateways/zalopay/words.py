"""ZaloPay's sub_return_code of an order in a payer's words (v2); what is not listed is a fault."""

from __future__ import annotations

from typing import Any

from payments.gateways import words
from payments.gateways.words import FAULT as FAULT

SUB: dict[str, Any] = {
    "-2": words.CANCELLED,
    "-54": words.LAPSED,
    "-63": words.TOO_LITTLE,
    "-999": words.RESTING,
}
