"""ZaloPay v2 on the wire: HMAC-SHA256 over values joined by `|`; key1 signs what we send, key2 what ZaloPay sends. Pure.

specs/vietnam.md 4.5. Names of orders and refunds begin with Vietnam's date.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from payments.gateways import sealing
from payments.gateways.keys import VIETNAM

ORDERS: dict[str, tuple[str, ...]] = {
    "create": ("app_id", "app_trans_id", "app_user", "amount", "app_time", "embed_data", "item"),
    "refund": ("app_id", "zp_trans_id", "amount", "description", "timestamp"),
    "query_refund": ("app_id", "m_refund_id", "timestamp"),
}


def signed_text(kind: str, body: Mapping[str, Any], key1: str = "") -> str:
    """Return the text that is signed. A question about an order has the key itself in it, as ZaloPay wants it."""
    if kind == "query":
        return f"{body['app_id']}|{body['app_trans_id']}|{key1}"
    return "|".join(str(body[name]) for name in ORDERS[kind])


def sealed(kind: str, key1: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its signature."""
    return {**body, "mac": sealing.mac(key1, signed_text(kind, body, key1))}


def is_sealed(key2: str, data: str, given: Any) -> bool:
    """Say whether a callback's `data`, the text itself, has the right signature; in constant time."""
    return sealing.is_right(key2, data, given)


def dated(at: datetime, name: str) -> str:
    """Return a name as ZaloPay wants it: after Vietnam's date, `yyMMdd_`."""
    return f"{at.astimezone(VIETNAM):%y%m%d}_{name}"


def milliseconds(at: datetime) -> int:
    """Return an instant as ZaloPay counts it."""
    return int(at.timestamp() * 1000)
