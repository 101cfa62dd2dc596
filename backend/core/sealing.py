"""Secrets we must be able to use again, kept sealed: AES-256-GCM with a key derived from the installation's secret.

A hash would do for comparing. What must be shown or used again is sealed: a copy of the database alone opens none of it.
"""

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


class SealBroken(Exception):
    """The sealed bytes were changed, belong to another row, or were sealed under another installation's secret."""


def _cipher(purpose: str) -> AESGCM:
    derived = HKDF(SHA256(), 32, salt=None, info=f"lanh.{purpose}".encode())
    return AESGCM(derived.derive(settings.SECRET_KEY.encode()))


def seal(secret: bytes, *, purpose: str, owner: str) -> bytes:
    """Return nonce and ciphertext. `owner` (an id) is bound in, so that a sealed value cannot be moved to another row."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + _cipher(purpose).encrypt(nonce, secret, owner.encode())


def unseal(sealed: bytes | memoryview, *, purpose: str, owner: str) -> bytes:
    """Return the secret. Raises SealBroken."""
    sealed = bytes(sealed)
    try:
        return _cipher(purpose).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner.encode())
    except (InvalidTag, ValueError) as error:
        raise SealBroken from error
