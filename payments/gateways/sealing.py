"""The seal most Vietnamese gateways put under a text of theirs: HMAC-SHA256 in lower-case hex. Pure."""

from __future__ import annotations

import hashlib
import hmac

from payments.errors import BadNotice


def mac(secret: str, text: str) -> str:
    """Return the signature of a text. Raises BadNotice for what is no text at all (half a character)."""
    try:
        return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
    except UnicodeEncodeError as error:
        raise BadNotice() from error


def is_right(secret: str, text: str, given: object) -> bool:
    """Say whether this is the signature of a text, in constant time."""
    return hmac.compare_digest(mac(secret, text).encode(), str(given).encode(errors="replace"))
