"""VNPAY 2.1.0 on the wire: addresses, calls and answers, with HMAC-SHA512 over them. Pure.

Two ways to sign: a query is signed as it is encoded, fields sorted by name; a JSON body over its values joined by `|`, in
an order of its own for each kind (VNPAY's integration guide; specs/vietnam.md 4.3).
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from payments.errors import BadNotice, BadSignature
from payments.gateways.keys import VIETNAM

VERSION = "2.1.0"
HEALTH = "270000"  # vnp_OrderType
SIGNATURES = frozenset({"vnp_SecureHash", "vnp_SecureHashType"})


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


QUERY = _names("RequestId Version Command TmnCode TxnRef TransactionDate CreateDate IpAddr OrderInfo")
REFUND = _names(
    "RequestId Version Command TmnCode TransactionType TxnRef Amount TransactionNo TransactionDate "
    "CreateBy CreateDate IpAddr OrderInfo"
)
REFUNDED = _names(
    "ResponseId Command ResponseCode Message TmnCode TxnRef Amount BankCode PayDate TransactionNo "
    "TransactionType TransactionStatus OrderInfo"
)
QUERIED = (*REFUNDED, "PromotionCode", "PromotionAmount")


def mac(secret: str, text: str) -> str:
    """Return the signature of a text."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha512).hexdigest()


def stamp(at: datetime) -> str:
    """Return an instant as VNPAY writes it: `yyyyMMddHHmmss` by Vietnam's clock."""
    return at.astimezone(VIETNAM).strftime("%Y%m%d%H%M%S")


def plain(text: str, most: int = 255) -> str:
    """Return a text as vnp_OrderInfo may be: Latin letters, digits and single spaces."""
    text = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    kept = "".join(letter if letter.isalnum() else " " for letter in text if letter.isascii() or letter.isspace())
    return " ".join(kept.split())[:most].rstrip()


def address(url: str) -> str:
    """Return the same address without `*` and `~`, which VNPAY's sides encode unlike each other."""
    return url.replace("*", "%2A").replace("~", "%7E")


def encoded(params: Mapping[str, Any]) -> str:
    """Return what is signed and sent: fields by name, empty ones left out, a space as `+`. Raises ValueError for `*`, `~`."""
    kept = {name: str(value) for name, value in params.items() if value not in ("", None) and name not in SIGNATURES}
    if any(sign in value for value in kept.values() for sign in "*~"):
        raise ValueError("'*' and '~' are never sent to VNPAY")
    return "&".join(f"{name}={quote_plus(kept[name])}" for name in sorted(kept))


def pay_url(page: str, secret: str, params: Mapping[str, Any]) -> str:
    """Return the address that opens VNPAY's page; made here, nobody is asked."""
    text = encoded({"vnp_Version": VERSION, "vnp_Command": "pay", "vnp_CurrCode": "VND", **params})
    return f"{page}?{text}&vnp_SecureHash={mac(secret, text)}"


def fields_of(query: str) -> dict[str, str]:
    """Return the fields of a raw query, not yet believed. Raises BadNotice when one stands twice or it is no text."""
    fields: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if not name.startswith("vnp_"):
            continue
        if name in fields:
            raise BadNotice()
        fields[name] = value
    try:
        return {name: unquote_plus(value, errors="strict") for name, value in fields.items()}
    except UnicodeDecodeError as error:
        raise BadNotice() from error


def signed_text(query: str) -> str:
    """Return what a call's signature is over: the raw query as it came, so that nobody's encoding matters."""
    parts = [part for part in query.split("&") if part.startswith("vnp_")]
    kept = [part for part in parts if part.partition("=")[0] not in SIGNATURES and part.partition("=")[2]]
    return "&".join(sorted(kept, key=lambda part: part.partition("=")[0]))


def read(secret: str, query: str) -> dict[str, str]:
    """Return the fields of a call with a right signature. Raises BadSignature or BadNotice."""
    fields = fields_of(query)
    given = fields.get("vnp_SecureHash", "").lower()
    if not same(mac(secret, signed_text(query)), given):
        raise BadSignature()
    return fields


def same(ours: str, given: str) -> bool:
    """Compare two signatures in constant time."""
    return hmac.compare_digest(ours.encode(), given.encode())


def piped(body: Mapping[str, Any], order: tuple[str, ...]) -> str:
    """Return what a JSON body's signature is over; what is absent counts as empty."""
    values = (body.get(f"vnp_{name}") for name in order)
    return "|".join("" if value is None else str(value) for value in values)


def sealed(secret: str, body: Mapping[str, Any], order: tuple[str, ...]) -> dict[str, Any]:
    """Return a JSON body with its signature."""
    return {**body, "vnp_SecureHash": mac(secret, piped(body, order))}


def is_sealed(secret: str, body: Mapping[str, Any], order: tuple[str, ...]) -> bool:
    """Say whether a JSON body's signature is right."""
    return same(mac(secret, piped(body, order)), str(body.get("vnp_SecureHash", "")).lower())
