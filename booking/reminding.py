"""Reminders, reckoned: when they are due, and the address under which one is answered without signing in."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

MAC_BYTES = 12  # 96 bits: nobody guesses that over the network, and the address still fits into an SMS


def due_at(starts_at: datetime, hours: int) -> datetime:
    """Tell when the reminder so many hours before a visit is due."""
    return starts_at - timedelta(hours=hours)


def still_to_come(leads: Iterable[int], starts_at: datetime, now: datetime) -> list[int]:
    """Give the lead times whose moment is yet to come, the longest first: who books late is not reminded at once."""
    return sorted({hours for hours in leads if due_at(starts_at, hours) > now}, reverse=True)


def token_of(appointment_id: UUID) -> str:
    """Sign an appointment's id for one purpose: to say "I shall come" or "I cannot"."""
    raw = appointment_id.bytes
    return base64.urlsafe_b64encode(raw + _mac(raw)).decode().rstrip("=")


def appointment_of(token: str) -> UUID | None:
    """Read such a token; None when it is not ours."""
    try:
        raw = base64.urlsafe_b64decode(f"{token}==".encode("ascii"))
    except (binascii.Error, ValueError):
        return None
    if len(raw) != 16 + MAC_BYTES or not hmac.compare_digest(raw[16:], _mac(raw[:16])):
        return None
    return UUID(bytes=raw[:16])


def _mac(raw: bytes) -> bytes:
    return hmac.digest(f"reminder {settings.SECRET_KEY}".encode(), raw, hashlib.sha256)[:MAC_BYTES]
