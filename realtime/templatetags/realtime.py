"""What a page needs to show the call of an encounter: `{% call_of encounter as call %}`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.conf import settings

from core.actor import Actor
from core.errors import NotFound
from core.pages import actor_of, now
from realtime import access, consents, queries
from realtime.consents import ConsentText
from realtime.models import Invite, Recording, Room
from realtime.words import call_words, kept_for

register = template.Library()


@dataclass(frozen=True)
class Call:
    """The room of a visit as the viewer may see it, and the sentences the script says."""

    room: Room
    words: dict[str, str]
    kinds: list[tuple[str, Any]]  # as what somebody may be invited
    is_over: bool
    is_early: bool
    waiting: list[queries.Waiting]
    inside: list[str]
    most_bytes: int
    files: list[Any]
    recordings: list[Recording]
    kept_for: str
    consent: ConsentText | None  # to be agreed to before going in; None when nothing is asked


@register.simple_tag(takes_context=True)
def call_of(context: template.Context, encounter: Any) -> Call | None:
    """Return the call of an encounter, or None when it has no room or the viewer may not enter it."""
    actor = context.get("caller") or actor_of(context["request"])  # a guest is nobody to the rest of the house
    try:
        room = access.get_room_of(actor, encounter.id)
    except NotFound:
        return None
    moment = now()
    is_over = room.status == Room.Status.CLOSED or moment >= room.closes_at
    waiting = [one for one in queries.waiting_for(actor) if one.room_id == room.id]
    files = queries.files_of(encounter.id) if is_over else []
    is_early = not is_over and moment < room.opens_at
    return Call(
        room,
        call_words(),
        list(Invite.Kind.choices),
        is_over,
        is_early,
        waiting,
        queries.inside(actor, room.id),
        settings.ROOM_FILE_BYTES,
        files,
        queries.recordings_of(actor, encounter.id) if is_over else [],
        kept_for(settings.RECORDING_KEEP_DAYS),
        _to_agree(actor, room) if not is_over else None,
    )


def _to_agree(actor: Actor, room: Room) -> ConsentText | None:
    """The citizen's side agrees once per visit."""
    if actor.role != "citizen" or not settings.ROOM_CONSENT_ASKED or queries.has_consent(room.encounter_id):
        return None
    return consents.remote_visit(room.encounter)
