"""Where a visit's files lie: a Django storage (STORAGES["files"]: a folder, or a site's S3), each sealed before it gets there.

Names are drawn at random and tell nothing. The row's id and the part are sealed in: swapped objects open no more.
"""

from __future__ import annotations

import logging
import secrets
from uuid import UUID

from django.core.files.base import ContentFile
from django.core.files.storage import Storage, storages

from core import sealing

log = logging.getLogger("lanh.files")
PURPOSE = "realtime.files"
PARTS = ("full", "small")


def _storage() -> Storage:
    return storages["files"]


def new_name() -> str:
    """Draw a name; the folders keep a listing short."""
    name = secrets.token_hex(20)
    return f"{name[:2]}/{name[2:]}"


def _place(name: str, part: str) -> str:
    return f"{name}.{part}"


def put(file_id: UUID, name: str, part: str, content: bytes) -> None:
    """Seal and store one part of a file."""
    sealed = sealing.seal(content, purpose=PURPOSE, owner=f"{file_id}/{part}")
    stored = _storage().save(_place(name, part), ContentFile(sealed))
    assert stored == _place(name, part), "a random name was taken"


def take(file_id: UUID, name: str, part: str) -> bytes:
    """Return one part. Raises FileNotFoundError, core.sealing.SealBroken."""
    with _storage().open(_place(name, part)) as stored:
        return sealing.unseal(stored.read(), purpose=PURPOSE, owner=f"{file_id}/{part}")


def drop(name: str) -> None:
    """Take away all parts; what is not there is no matter."""
    for part in PARTS:
        _storage().delete(_place(name, part))
