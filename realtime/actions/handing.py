"""A visit has become another doctor's: its room tells everybody in it, and the evidence keeps it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from realtime import access, queries, rooms
from realtime.actions.evidence import append
from realtime.actions.stepping import take_step, tell
from realtime.models import Room


@transaction.atomic
def hand_room_over(*, encounter_id: UUID, former: str, by: Actor, now: datetime) -> Room | None:
    """Tell those in the call whose visit it is now, before that doctor comes in. None where the visit has no room.

    `former` is the name of who gave it away. The encounter must have its new practitioner already.
    """
    room_id = queries.room_id_of(encounter_id)
    if room_id is None:
        return None
    room = access.lock_room(by, room_id)
    doctor = room.encounter.practitioner
    facts = {"role": "practitioner", "name": doctor.display_name, "licence": doctor.licence_number, "former": former}
    append(room, "handed_over", facts, now=now)
    if room.status == Room.Status.OPEN:
        take_step(room, rooms.HandedOver(), by=by, now=now)
    tell(room.id, {"k": "handed_over", "doctor": queries.doctor_of(room)})
    return room
