"""Numbers of papers without gaps: the counter moves in the transaction that writes the paper, and goes back with it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import connection

from identity.models import Facility

PREFIXES = {"invoice": "HD", "receipt": "PT", "payout": "PC"}  # hóa đơn, phiếu thu, phiếu chi

# The row is locked by its own change until the transaction ends: the next one waits, and sees what became of us.
_NEXT = """
INSERT INTO payments_series (facility_id, kind, year, last) VALUES (%s, %s, %s, 1)
ON CONFLICT (facility_id, kind, year) DO UPDATE SET last = payments_series.last + 1 RETURNING last
"""


@dataclass(frozen=True)
class Number:
    """A place in a series: 2026, 17, "HD26-0000017"."""

    year: int
    sequence: int
    text: str


def take(kind: str, facility: Facility, at: datetime) -> Number:
    """Take the next number of a facility's year, on its own clock. Raises RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("a number is taken in the transaction that writes the paper")
    year = at.astimezone(ZoneInfo(facility.zone)).year
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [facility.pk, kind, year])
        (sequence,) = cursor.fetchone()
    return Number(year, sequence, f"{PREFIXES[kind]}{year % 100:02d}-{sequence:07d}")
