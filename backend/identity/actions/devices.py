"""Devices that push messages go to."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from core.actor import Actor
from core.errors import NotSignedIn
from identity.models import Device


@transaction.atomic
def register_device(*, token: str, platform: str, by: Actor, now: datetime) -> Device:
    """Remember a push token; a token that belonged to somebody else moves, because the phone changed hands.

    Raises NotSignedIn for nobody.
    """
    if by.user_id is None:
        raise NotSignedIn()
    values = {"user_id": by.user_id, "platform": platform, "seen_at": now}
    return Device.objects.update_or_create(token=token, defaults=values)[0]


def forget_device(*, token: str, by: Actor) -> None:
    """Forget a push token of one's own; nothing happens when there is none."""
    if by.user_id is not None:
        Device.objects.filter(token=token, user_id=by.user_id).delete()
