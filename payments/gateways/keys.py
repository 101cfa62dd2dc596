"""What a refund's key tells: gateways that know only dates and short names get theirs from it, the same each time. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

VIETNAM = ZoneInfo("Asia/Ho_Chi_Minh")


def made_at(key: UUID) -> datetime:
    """Return when a key was made: the first 48 bits of a UUIDv7 are milliseconds (RFC 9562, section 5.7)."""
    return datetime.fromtimestamp((key.int >> 80) / 1000, UTC)


def is_of_today(key: UUID, now: datetime) -> bool:
    """Say whether a key was made today, by Vietnam's clock."""
    return made_at(key).astimezone(VIETNAM).date() == now.astimezone(VIETNAM).date()


def short(key: UUID) -> str:
    """Return twenty characters that no other key has: 74 of its bits are random."""
    return key.hex[12:]


def is_number(text: str) -> bool:
    """Say whether a gateway's number of a movement is one, and not zero."""
    return text.isascii() and text.isdigit() and len(text) <= 20 and int(text) > 0
