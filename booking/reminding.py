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


def token_of(appointment_id: UUID, user_id: UUID) -> str:
    """Sign an appointment's id for one reader and one purpose: to say "I shall come" or "I cannot"."""
    return base64.urlsafe_b64encode(appointment_id.bytes + _mac(appointment_id, user_id)).decode().rstrip("=")


def appointment_of(token: str) -> UUID | None:
    """Read which visit such a token speaks of; whether it is ours, `is_for` tells. None when it is none at all."""
    raw = _raw(token)
    return UUID(bytes=raw[:16]) if raw else None


def is_for(token: str, user_id: UUID) -> bool:
    """Say whether it was this reader who was sent this token. Their id is not in it: an address has to fit into an SMS."""
    raw = _raw(token)
    return bool(raw) and hmac.compare_digest(raw[16:], _mac(UUID(bytes=raw[:16]), user_id))


def _raw(token: str) -> bytes:
    try:
        raw = base64.urlsafe_b64decode(f"{token}==".encode("ascii"))
    except (binascii.Error, ValueError):
        return b""
    return raw if len(raw) == 16 + MAC_BYTES else b""


def _mac(appointment_id: UUID, user_id: UUID) -> bytes:
    key = f"reminder {settings.SECRET_KEY}".encode()
    return hmac.digest(key, appointment_id.bytes + user_id.bytes, hashlib.sha256)[:MAC_BYTES]
