"""Web hooks, reckoned: which there are, how a message is signed, when it is tried again. Knows neither database nor network."""

from __future__ import annotations

import hashlib
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

EVENTS = (
    "appointment.booked",
    "appointment.moved",
    "appointment.cancelled",
    "appointment.checked_in",
    "appointment.no_show",
    "appointment.fulfilled",
)
PING = "ping"
GIVE_UP = timedelta(hours=24)
LONGEST_PAUSE = timedelta(minutes=15)


def bytes_of(body: dict[str, Any]) -> bytes:
    """Write a body down. What is signed is these bytes."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def signature(secret: str, raw: bytes, at: datetime) -> str:
    """Give the value of the header Lanh-Signature: `t=<seconds since 1970>,v1=<HMAC-SHA256 of "<t>.<body>", hex>`.

    The receiver reckons v1 itself, compares, and refuses a t that is more than five minutes away: then nobody can send an
    old message again.
    """
    moment = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), moment.encode() + b"." + raw, hashlib.sha256).hexdigest()
    return f"t={moment},v1={digest}"


def pause_after(failures: int) -> timedelta:
    """Say how long to wait after so many failures in a row: 15 s, 30 s, 60 s … at most 15 minutes."""
    return min(timedelta(seconds=15 * 2 ** max(0, min(failures, 10) - 1)), LONGEST_PAUSE)


def is_taken(status: int) -> bool:
    """Say whether the other side took the message in."""
    return 200 <= status < 300


def is_their_trouble(status: int) -> bool:
    """Say whether the whole endpoint is in trouble; otherwise only this message is refused (400, 404, 410, a redirect)."""
    return status >= 500 or status in {408, 425, 429}
