"""A video visit was too short: the server's own events say how long both were in the call, and the money follows.

The citizen chooses another visit for the same money, the money, or says that it was enough; silence is the money. What a
doctor writes at the end does not decide it, and nothing a page claims is reckoned with.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction

import booking.actions
import booking.queries
import notifications.actions
import realtime.actions
import realtime.queries
from booking.events import VisitCutShort, VisitCutShortSettled
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.queries import contacts_of
from journeys import moving
from realtime.events import RoomClosed

STORY = Actor.system("cut_short")
log = logging.getLogger("lanh.journeys")


def sweep(now: datetime) -> None:
    """Close the rooms of calls whose hours are over: nobody can be in them, and what they came to can be reckoned."""
    for encounter_id in realtime.queries.begun_and_over(now):
        try:
            realtime.actions.close_room(encounter_id=encounter_id, by=STORY, now=now)
        except Exception:
            log.exception("the room of %s could not be closed", encounter_id)


@on(RoomClosed)
@transaction.atomic
def reckon_the_joint_minutes(event: RoomClosed) -> None:
    """The call is over: were they together for as long as agreed? A visit that never began is told in `absence`."""
    facts = booking.queries.facts_of_encounter(UUID(event.encounter_id))
    if facts is None or facts.mode != "video" or not settings.ROOM_AGREED_MINUTES:
        return
    agreed = min(timedelta(minutes=settings.ROOM_AGREED_MINUTES), facts.ends_at - facts.starts_at)
    now = this_instant()
    booking.actions.open_cut_short(
        appointment_id=facts.id,
        joint=realtime.queries.joint_time(UUID(event.encounter_id), now),
        agreed=agreed,
        decide_by=now + timedelta(hours=settings.ROOM_CUT_SHORT_HOURS),
        by=STORY,
        now=now,
    )


@on(VisitCutShort)
def ask_the_citizen(event: VisitCutShort) -> None:
    """Told once: how it was, what they may choose, and until when."""
    appointment_id = UUID(event.appointment_id)
    case = booking.queries.cut_short_facts(appointment_id)
    if case is not None and case.is_open:
        about = Ref("cutshort", case.id)
        _tell("visit_cut_short", appointment_id, about=about, answer_at=case.decide_by.isoformat())


@on(VisitCutShortSettled)
def let_the_money_follow(event: VisitCutShortSettled) -> None:
    """Chosen or not: what is no longer owed goes back; what another visit takes over stays where it is."""
    appointment_id = UUID(event.appointment_id)
    moving.settle(appointment_id, reason="cut_short")
    if event.how == "rebooked":
        case = booking.queries.cut_short_facts(appointment_id)
        if case is not None and case.rebooked_as is not None:
            _tell("appointment_booked", case.rebooked_as)
    _ring(appointment_id)


def _tell(kind: str, appointment_id: UUID, *, about: Ref | None = None, **more: str) -> None:
    facts = booking.queries.get_facts(appointment_id)
    params = {
        "practitioner": facts.practitioner_name,
        "patient": facts.person_name,
        "facility": facts.facility_name,
        "starts_at": facts.starts_at.isoformat(),
        "zone": facts.zone,
        "mode": facts.mode,
        "amount": str(facts.price),
        **more,
    }
    notifications.actions.send(
        kind=kind,
        to_person_id=facts.person_id,
        params=params,
        key=f"{kind}:{appointment_id}",
        about=about or Ref("appointment", appointment_id),
        by=STORY,
        now=this_instant(),
    )
    _ring(appointment_id)


def _ring(appointment_id: UUID) -> None:
    users = contacts_of(booking.queries.get_facts(appointment_id).person_id)
    realtime.actions.publish(
        user_ids=[user.id for user in users],
        kind="appointment.cut_short",
        subject=Ref("appointment", appointment_id),
        by=STORY,
        now=this_instant(),
    )
