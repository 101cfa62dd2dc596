"""Which servers a browser may ask for a path, with a password of minutes (TURN REST, draft-uberti-behave-turn-rest-00).

Without settings.TURN_URLS the list is empty and no request leaves the machine.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import datetime
from typing import Any

from django.conf import settings

LIFE_S = 300  # bound to one call, and short: a leaked password is worth five minutes (specs T14)
RENEW_S = 150  # a call that lasts longer is given new ones: what is set up anew in the middle of it needs a password that holds


def credentials(name: str, *, secret: str, now: datetime) -> tuple[str, str]:
    """Return user name "expiry:name" and base64(HMAC-SHA1(secret, user name)), as coturn's use-auth-secret reads them."""
    username = f"{int(now.timestamp()) + LIFE_S}:{name}"
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def ice_servers(seat_id: str, *, now: datetime) -> list[dict[str, Any]]:
    """Return RTCIceServer dictionaries for one seat; empty when no TURN server is configured."""
    urls = list(getattr(settings, "TURN_URLS", []))
    secret = getattr(settings, "TURN_SECRET", "")
    if not urls or not secret:
        return []
    username, credential = credentials(seat_id, secret=secret, now=now)
    return [{"urls": urls, "username": username, "credential": credential}]
