"""MoMo v2 on the wire: HMAC-SHA256 over `name=value` joined by `&`, values as they are. Pure.

The order of the names is the alphabet's, and which names there are differs by kind (specs/vietnam.md 4.4). The access key is
signed but never sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from payments.errors import BadNotice
from payments.gateways import sealing


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


NAMES: dict[str, tuple[str, ...]] = {
    "create": _names(
        "accessKey amount extraData ipnUrl orderId orderInfo partnerCode redirectUrl requestId requestType"
    ),
    "ipn": _names(
        "accessKey amount extraData message orderId orderInfo orderType partnerCode payType requestId "
        "responseTime resultCode transId"
    ),
    "query": _names("accessKey orderId partnerCode requestId"),
    "refund": _names("accessKey amount description orderId partnerCode requestId transId"),
    "confirm": _names("accessKey amount description orderId partnerCode requestId requestType"),
}


def raw(kind: str, access_key: str, body: Mapping[str, Any]) -> str:
    """Return the text that is signed. Raises BadNotice when a value is neither text nor whole number."""
    values = {**body, "accessKey": access_key}
    parts = []
    for name in NAMES[kind]:
        value = values.get(name, "")
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise BadNotice()
        parts.append(f"{name}={value}")
    return "&".join(parts)


def sealed(kind: str, access_key: str, secret: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return a body with its signature."""
    return {**body, "signature": sealing.mac(secret, raw(kind, access_key, body))}


def is_sealed(kind: str, access_key: str, secret: str, body: Mapping[str, Any]) -> bool:
    """Say whether a body's signature is right, in constant time."""
    return sealing.is_right(secret, raw(kind, access_key, body), body.get("signature", ""))
