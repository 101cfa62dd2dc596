"""Guests of a call: the link goes to where the doctor said, and at a health station the nurse opens the visit for the citizen."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

import notifications.actions
import realtime.queries
import records.actions
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from realtime import guests
from realtime.events import GuestInvited, GuestLetIn

STORY = Actor.system("guests")


@on(GuestInvited)
@transaction.atomic
def send_the_link(event: GuestInvited) -> None:
    """By SMS and e-mail, as given, once; not when the invitation was opened or taken back meanwhile."""
    invite = realtime.queries.invite_facts(UUID(event.invite_id))
    if invite is None or invite.opened_at is not None or invite.withdrawn_at is not None:
        return
    params = {"answer": guests.path_of(invite.id, event.sealed)}
    for carrier, to in (("sms", invite.phone), ("email", invite.email)):
        if to:
            notifications.actions.send_to_address(
                kind="call_invitation",
                carrier=carrier,
                to=to,
                params=params,
                key=event.invite_id,
                language=invite.language,
                by=STORY,
                now=this_instant(),
            )


@on(GuestLetIn)
def begin_at_the_station(event: GuestLetIn) -> None:
    """The citizen sits beside the nurse: when she is let in, care begins. For other guests nothing follows."""
    if event.kind == "station_nurse":
        records.actions.start_encounter(encounter_id=UUID(event.encounter_id), by=STORY, now=this_instant())
