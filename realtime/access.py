"""The only ways from an id to a room. What is absent and what is not yours are told alike: NotFound."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from realtime.models import Room


def visible_rooms(by: Actor) -> Q:
    """Say which rooms this actor may enter: their own visits, those of people they act for, the doctor's own."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        return Q(encounter__person__in=identity_access.people_of(by, "book"))
    if by.role == "practitioner" and by.practitioner_id:
        return Q(encounter__practitioner_id=by.practitioner_id)
    return Q(pk__in=[])


def get_room(by: Actor, room_id: UUID) -> Room:
    """Return a room the actor may enter. Raises NotFound."""
    rows = Room.objects.select_related("encounter__practitioner", "encounter__person", "encounter__facility")
    room = rows.filter(visible_rooms(by), pk=room_id).first()
    if room is None:
        raise NotFound()
    return room


def get_room_of(by: Actor, encounter_id: UUID) -> Room:
    """Return the room of an encounter. Raises NotFound, also when the visit is not by video."""
    found = Room.objects.filter(visible_rooms(by), encounter_id=encounter_id).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound()
    return get_room(by, found)


def lock_room(by: Actor, room_id: UUID) -> Room:
    """Return the room locked until the transaction ends. Raises NotFound."""
    rows = Room.objects.select_for_update(of=("self",)).select_related("encounter__practitioner")
    room = rows.filter(visible_rooms(by), pk=room_id).first()
    if room is None:
        raise NotFound()
    return room
