"""What a page needs to show the call of an encounter: `{% call_of encounter as call %}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template

from core.errors import NotFound
from core.pages import actor_of, now
from realtime import access, queries
from realtime.models import Room
from realtime.words import call_words

register = template.Library()


@dataclass(frozen=True)
class Call:
    """The room of a visit as the viewer may see it, and the sentences the script says."""

    room: Room
    words: dict[str, str]
    is_over: bool
    is_early: bool
    waiting: list[queries.Waiting]
    inside: list[str]


@register.simple_tag(takes_context=True)
def call_of(context: template.Context, encounter: Any) -> Call | None:
    """Return the call of an encounter, or None when it has no room or the viewer may not enter it."""
    actor = actor_of(context["request"])
    try:
        room = access.get_room_of(actor, encounter.id)
    except NotFound:
        return None
    moment = now()
    is_over = room.status == Room.Status.CLOSED or moment >= room.closes_at
    waiting = [one for one in queries.waiting_for(actor) if one.room_id == room.id]
    is_early = not is_over and moment < room.opens_at
    return Call(room, call_words(), is_over, is_early, waiting, queries.inside(actor, room.id))
