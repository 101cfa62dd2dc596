"""Where a file can be fetched, for a minute, by whoever holds the address: signed, so that the path needs no cookie.

On a site with FILES_URL the path is on a host of its own, to which no cookie of ours is ever sent.
"""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse

SALT = "realtime.files"
GOOD_FOR_S = 60


def address_of(file_id: UUID, part: str) -> str:
    """Sign an address of one part of a file."""
    token = signing.dumps([str(file_id), part], salt=SALT)
    return f"{settings.FILES_URL}{reverse('realtime_file', args=[token])}"


def read(token: str) -> tuple[UUID, str] | None:
    """Return what an address leads to; None when it is not ours, or too old."""
    try:
        file_id, part = signing.loads(token, salt=SALT, max_age=GOOD_FOR_S)
    except signing.BadSignature:
        return None
    return UUID(file_id), str(part)
