"""Handing a visit over to a colleague, from the first question to the new doctor at the table.

The citizen hears who goes on before that doctor comes in: message and call are told in the transaction in which the colleague
accepts, and only what has committed lets the colleague in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

import booking.queries
import notifications.actions
import realtime.actions
import records.actions
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref, ref
from identity.models import Practitioner
from identity.queries import colleagues_of, contacts_of
from records import access, handed
from records.events import HandOverAnswered, HandOverAsked
from records.models import HandOver

STORY = Actor.system("handing")
MOST = 50  # a house with more doctors is searched by name
RANK = {"on_call": 0, "free": 1, "busy": 2}


@dataclass(frozen=True)
class Colleague:
    """Somebody who may be asked; `standing` says whether they are on call, free or with a patient right now."""

    practitioner: Practitioner
    standing: str

    @property
    def id(self) -> UUID:
        return self.practitioner.id

    @property
    def field(self) -> str:
        """Their specialities in the reader's language."""
        return ", ".join(one.name for one in self.practitioner.specialties.all())


def colleagues(*, encounter_id: UUID, q: str = "", by: Actor, now: datetime) -> list[Colleague]:
    """List the doctors of the visit's facility but the asker: who is on call and free first. Raises NotFound."""
    encounter = access.get_encounter(by, encounter_id)
    today = now.astimezone(ZoneInfo(encounter.facility.zone)).date()
    found = list(colleagues_of(encounter.facility_id, today, q).exclude(pk=encounter.practitioner_id))
    busy = handed.busy_now([one.id for one in found], now)
    on_call = {duty.practitioner_id for duty in booking.queries.on_call_now(now)}

    def standing(one: Practitioner) -> str:
        return "busy" if one.id in busy else "on_call" if one.id in on_call else "free"

    return sorted((Colleague(one, standing(one)) for one in found), key=lambda one: RANK[one.standing])[:MOST]


@transaction.atomic
def accept(*, hand_over_id: UUID, by: Actor, now: datetime) -> HandOver:
    """Take the visit over; the citizen is told by name and speciality. Again changes nothing.

    Raises what records.accept_hand_over raises, and then nobody is told anything.
    """
    before = access.lock_hand_over(by, hand_over_id).status  # locked: of three presses one finds it asked
    hand_over = records.actions.accept_hand_over(hand_over_id=hand_over_id, by=by, now=now)
    if before == HandOver.Status.ACCEPTED:
        return hand_over
    realtime.actions.hand_room_over(
        encounter_id=hand_over.encounter_id, former=hand_over.asked_by.display_name, by=STORY, now=now
    )
    _tell_the_citizen(hand_over, now)
    return hand_over


def _tell_the_citizen(hand_over: HandOver, now: datetime) -> None:
    person_id = hand_over.encounter.person_id
    first = hand_over.asked_of.specialties.first()
    notifications.actions.send(
        kind="hand_over_told",
        to_person_id=person_id,
        params=_said_of(hand_over)
        | {"field_vi": first.name_vi if first else "", "field_en": first.name_en if first else ""},
        key=f"hand_over_told:{hand_over.id}",
        about=_visit_of(hand_over),
        by=STORY,
        now=now,
    )
    users = [user.id for user in contacts_of(person_id)]
    realtime.actions.publish(
        user_ids=users, kind="appointment.handed_over", subject=_visit_of(hand_over), by=STORY, now=now
    )


@on(HandOverAsked)
def tell_the_colleague(event: HandOverAsked) -> None:
    """Asked: the colleague's inbox and board show it; not any more when it was answered or taken back meanwhile."""
    hand_over = handed.facts_of(UUID(event.hand_over_id))
    if hand_over is None or hand_over.status != HandOver.Status.ASKED:
        return
    _tell("hand_over_asked", hand_over, hand_over.asked_of)
    _ring(hand_over)


@on(HandOverAnswered)
def tell_who_asked(event: HandOverAnswered) -> None:
    """Answered: who asked hears it at once; boards and pages look again."""
    hand_over = handed.facts_of(UUID(event.hand_over_id))
    if hand_over is None:
        return
    if event.how in {"accepted", "declined"}:
        _tell(f"hand_over_{event.how}", hand_over, hand_over.asked_by)
    _ring(hand_over)


def _tell(kind: str, hand_over: HandOver, reader: Practitioner) -> None:
    if reader.user_id is None:
        return
    notifications.actions.send(
        kind=kind,
        to_user_id=reader.user_id,
        params=_said_of(hand_over),
        key=f"{kind}:{hand_over.id}",
        about=ref(hand_over.encounter),
        by=STORY,
        now=this_instant(),
    )


def _said_of(hand_over: HandOver) -> dict[str, str]:
    """Who asks whom, and since when; never why: the reason speaks of the patient and stays on the board."""
    return {
        "former": hand_over.asked_by.display_name,
        "practitioner": hand_over.asked_of.display_name,
        "facility": hand_over.encounter.facility.name,
        "zone": hand_over.encounter.facility.zone,
        "starts_at": hand_over.encounter.planned_from.isoformat(),
    }


def _visit_of(hand_over: HandOver) -> Ref:
    """What the citizen's page of the visit is about: the appointment where there is one."""
    known = hand_over.encounter.appointment_ref
    return Ref.parse(known) if known else ref(hand_over.encounter)


def _ring(hand_over: HandOver) -> None:
    users = [one.user_id for one in (hand_over.asked_by, hand_over.asked_of) if one.user_id is not None]
    realtime.actions.publish(
        user_ids=users, kind="handover.changed", subject=ref(hand_over.encounter), by=STORY, now=this_instant()
    )
