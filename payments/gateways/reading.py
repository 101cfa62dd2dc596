"""Reading what gateways send us as JSON: never believed to be what it should be. Pure."""

from __future__ import annotations

import json
import re
from typing import Any

from payments.errors import BadNotice

NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}", re.ASCII)
MOST = 2**53


def document(raw: bytes | str) -> dict[str, Any]:
    """Return a JSON object. Raises BadNotice for everything else."""
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise BadNotice() from error
    if not isinstance(found, dict):
        raise BadNotice()
    return found


def name(value: Any) -> str:
    """Return a reference as gateways write them. Raises BadNotice."""
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise BadNotice()
    return value


def whole(value: Any) -> int:
    """Return a whole number from 0 on, also one written as text. Raises BadNotice."""
    if isinstance(value, str) and re.fullmatch(r"[0-9]{1,16}", value, re.ASCII):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < MOST:
        raise BadNotice()
    return value
