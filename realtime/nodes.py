"""Which media relays live, and which of them has a room. Relays are added by starting them; a dead one's rooms move on.

The relays' own loops never come here: `runtime.media` writes their sign of life from a thread beside them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from realtime.errors import NoRelay
from realtime.models import MediaNode, MediaPlace, Room

BEAT_S = 2
DEAD_AFTER = timedelta(seconds=6)  # with one beat between: noticed within eight seconds


@dataclass(frozen=True)
class Place:
    """Where a room's media are. Another `fence` than the one remembered: clients must offer anew."""

    node: str
    control: str
    fence: int


def beat(
    *, name: str, control: str, epoch: UUID, seats: int, most_seats: int, is_draining: bool, now: datetime
) -> None:
    """A relay lives."""
    MediaNode.objects.update_or_create(
        name=name,
        defaults={
            "control": control,
            "epoch": epoch,
            "seats": seats,
            "most_seats": most_seats,
            "is_draining": is_draining,
            "seen_at": now,
        },
    )


def sign_off(*, name: str, epoch: UUID) -> None:
    """A relay ends as it should; its successor of the same name is left alone."""
    MediaNode.objects.filter(name=name, epoch=epoch).delete()


def live_nodes(now: datetime) -> list[MediaNode]:
    """Those heard from lately, also the ones that take no more rooms."""
    return list(MediaNode.objects.filter(seen_at__gt=now - DEAD_AFTER).order_by("name"))


def place_of(*, room_id: UUID, now: datetime) -> Place | None:
    """Where the room is now; None when nowhere, or on a relay that has died since."""
    found = MediaPlace.objects.filter(room_id=room_id).first()
    if found is None:
        return None
    node = next((each for each in live_nodes(now) if (each.name, each.epoch) == (found.node, found.epoch)), None)
    return Place(node.name, node.control, found.fence) if node else None


def assign(*, room_id: UUID, now: datetime) -> Place:
    """Where the room is, or shall be from now on. Raises NoRelay when no relay lives that has room."""
    with transaction.atomic():
        # The room's row is the lock: two who ask at once get the same answer.
        Room.objects.select_for_update(no_key=True).get(id=room_id)
        if place := place_of(room_id=room_id, now=now):
            return place
        node = choose(str(room_id), live_nodes(now))
        if node is None:
            raise NoRelay
        former = MediaPlace.objects.filter(room_id=room_id).first()
        fence = former.fence + 1 if former else 1
        MediaPlace.objects.update_or_create(
            room_id=room_id, defaults={"node": node.name, "epoch": node.epoch, "fence": fence}
        )
        return Place(node.name, node.control, fence)


def choose(room_id: str, nodes: list[MediaNode]) -> MediaNode | None:
    """Of the two relays that rank first for this room, the one with more seats free: balanced, and mostly the same one."""
    fit = [node for node in nodes if not node.is_draining and node.seats < node.most_seats]
    ranked = sorted(fit, key=lambda node: hashlib.sha256(f"{room_id} {node.name}".encode()).digest())
    return min(ranked[:2], key=lambda node: node.seats / node.most_seats, default=None)


def doubt(*, control: str) -> None:
    """Nobody answers there: no room goes to it until it gives a sign of life again."""
    MediaNode.objects.filter(control=control).delete()


def forget_the_dead(*, now: datetime) -> int:
    """Rows of relays that ended without a word a day ago."""
    return MediaNode.objects.filter(seen_at__lt=now - timedelta(days=1)).delete()[0]
