"""Signatures on webhooks: `t=<seconds>,v1=<hex HMAC-SHA256 of "t.body">`, over the raw bytes. Pure.

The time is part of what is signed, so an old message cannot be given a new date (specs/reliability-security.md, T32).
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Sequence

from payments.errors import BadSignature

TOLERANCE_S = 300
# While a secret is rotated, a sender signs with the old and the new one. More than a few signatures is an attack on our time.
MAX_SIGNATURES = 4
MAX_HEADER = 512
_TIME = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


def sign(secret: str, body: bytes, *, at: int) -> str:
    """Return the header for a body sent at `at` (seconds since 1970)."""
    return f"t={at},v1={_mac(secret, body, str(at))}"


def verify(secrets: Sequence[str], header: str, body: bytes, *, now: int) -> None:
    """Accept a body signed with one of the secrets at most 300 s ago or ahead. Raises BadSignature."""
    if not header or len(header) > MAX_HEADER:
        raise BadSignature()
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1" and _SIGNATURE.fullmatch(value)]
    if len(times) != 1 or not _TIME.fullmatch(times[0]) or not 0 < len(given) <= MAX_SIGNATURES:
        raise BadSignature()
    if abs(now - int(times[0])) > TOLERANCE_S:
        raise BadSignature()
    right = [_mac(secret, body, times[0]) for secret in secrets if secret]
    # Compared all against all, in constant time, without stopping early.
    if not sum(hmac.compare_digest(ours, theirs) for ours in right for theirs in given):
        raise BadSignature()


def _mac(secret: str, body: bytes, at: str) -> str:
    return hmac.new(secret.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()
