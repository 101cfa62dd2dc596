"""Live news for a person: kept in their stream, and a bell for whoever is listening."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import F

from core.actor import Actor
from core.refs import Ref
from realtime.hub import hub
from realtime.models import Stream, StreamEntry

KEPT = timedelta(days=30)


@transaction.atomic
def publish(*, user_ids: Collection[UUID], kind: str, subject: Ref, by: Actor, now: datetime) -> None:
    """Tell these people that something of theirs changed: a kind and a reference, never what it says.

    The bell rings when the transaction has committed; who is away reads the stream on return.
    """
    # In one order for all: two publishers never wait for each other in a ring.
    for user_id in sorted(set(user_ids)):
        Stream.objects.get_or_create(user_id=user_id)
        Stream.objects.filter(user_id=user_id).update(last_offset=F("last_offset") + 1)
        offset = Stream.objects.values_list("last_offset", flat=True).get(user_id=user_id)
        StreamEntry.objects.create(user_id=user_id, offset=offset, kind=kind, subject=str(subject), at=now)
        transaction.on_commit(partial(_ring, user_id))


def _ring(user_id: UUID) -> None:
    hub().publish(f"user:{user_id}", {"k": "bell"})


def ring_board(topic: str, *, by: Actor) -> None:
    """Make every board that shows this topic look again, when the transaction has committed. Nothing is said or kept."""
    transaction.on_commit(partial(hub().publish, f"board:{topic}", {"k": "bell"}))


def recheck_user(*, user_id: UUID, by: Actor) -> None:
    """A right of this person has ended: every socket they have open looks at once whether it may stay, not at its next beat."""
    transaction.on_commit(lambda: hub().publish(f"user:{user_id}", {"k": "recheck"}))


@transaction.atomic
def forget_old_news(*, now: datetime) -> int:
    """Drop news older than 30 days; a client that was away longer reloads."""
    return StreamEntry.objects.filter(at__lt=now - KEPT).delete()[0]
