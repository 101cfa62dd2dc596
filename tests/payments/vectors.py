"""Facts from outside: signed calls and code tables of VNPAY, MoMo and ZaloPay, with keys nobody uses (fixtures/)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from core.ids import new_id
from payments.gateways import Account, Call

FIXTURES = Path(__file__).parent / "fixtures"
VNPAY: dict[str, Any] = json.loads((FIXTURES / "vnpay_vectors.json").read_text())
MOMO: dict[str, Any] = json.loads((FIXTURES / "momo_vectors.json").read_text())
ZALOPAY: dict[str, Any] = json.loads((FIXTURES / "zalopay_vectors.json").read_text())

AT_VNPAY = Account(new_id(), new_id(), VNPAY["tmn_code"], {"hash_secret": VNPAY["secret"]})
AT_MOMO = Account(new_id(), new_id(), "MOMODEMO", {"access_key": MOMO["access_key"], "secret_key": MOMO["secret_key"]})
AT_ZALOPAY = Account(new_id(), new_id(), str(ZALOPAY["app_id"]), {"key1": ZALOPAY["key1"], "key2": ZALOPAY["key2"]})


def one(vectors: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """Return the vector of that name."""
    return next(vector for vector in vectors if vector["id"] == name)


def got(query: str) -> Call:
    """Return a call as VNPAY makes it."""
    return Call("GET", query, {}, b"")


def posted(body: Any) -> Call:
    """Return a call as MoMo and ZaloPay make it."""
    raw = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return Call("POST", "", {"Content-Type": "application/json"}, raw)
