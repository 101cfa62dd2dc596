"""What is sealed here: the citizen sees their access code again, a pharmacy reads its secret again after a lost answer,
and a private key must sign.
"""

from core import sealing
from core.sealing import SealBroken

__all__ = ["SealBroken", "seal", "unseal"]


def seal(secret: bytes, *, purpose: str, owner: str) -> bytes:
    """Return nonce and ciphertext, bound to the row's id (`owner`)."""
    return sealing.seal(secret, purpose=f"prescriptions.{purpose}", owner=owner)


def unseal(sealed: bytes | memoryview, *, purpose: str, owner: str) -> bytes:
    """Return the secret. Raises SealBroken."""
    return sealing.unseal(sealed, purpose=f"prescriptions.{purpose}", owner=owner)
