"""Who came by an invitation: its link, the cookie of the one browser that opened it, and the actor that makes of them.

The secret part of a link is known to whoever has the link; the database keeps its hash. On its way to an SMS or an e-mail
it lies sealed in the job. The cookie goes to the link's own path only, so it signs nobody in anywhere else.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from core import sealing
from core.actor import Actor
from realtime.models import Invite

PURPOSE = "room.invite"
COOKIE = "lanh_guest"
SALT = "realtime.guest"
COOKIE_LASTS_S = 24 * 3600  # a visit is over before


def address_of(token: str) -> str:
    """The whole link, as it is shown, copied and sent."""
    return settings.PUBLIC_URL.rstrip("/") + reverse("realtime_join", args=[token])


def hash_of(secret: str) -> str:
    """As the database keeps it."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def seal_token(invite_id: UUID, token: str) -> str:
    """For the way through the job table."""
    return base64.b64encode(sealing.seal(token.encode(), purpose=PURPOSE, owner=str(invite_id))).decode()


def path_of(invite_id: UUID, sealed: str) -> str:
    """The path of a link that was sealed. Raises SealBroken."""
    token = sealing.unseal(base64.b64decode(sealed), purpose=PURPOSE, owner=str(invite_id)).decode()
    return reverse("realtime_join", args=[token])


def is_held_by(invite: Invite, holder: str) -> bool:
    """Say whether this browser is the one that opened the link."""
    return bool(holder and invite.holder_hash) and hmac.compare_digest(hash_of(holder), invite.holder_hash)


def actor_of(invite: Invite, holder: str) -> Actor | None:
    """Return the guest, where the browser is the one that opened the link; whether the room still wants them is asked there."""
    return Actor.guest(invite.id, invite.name) if is_held_by(invite, holder) else None


def holder_of(request: HttpRequest) -> str:
    """What this browser holds for this link's path, or "" when it holds nothing we signed."""
    try:
        return str(signing.loads(request.COOKIES.get(COOKIE, ""), salt=SALT, max_age=COOKIE_LASTS_S))
    except signing.BadSignature:
        return ""


def new_holder() -> str:
    """Something for a browser to hold."""
    return secrets.token_urlsafe(24)


def hand_out(response: HttpResponse, holder: str, path: str) -> None:
    """Let the browser keep it: out of reach of scripts, for this path, not for requests other sites make."""
    response.set_cookie(
        COOKIE,
        signing.dumps(holder, salt=SALT),
        max_age=COOKIE_LASTS_S,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
