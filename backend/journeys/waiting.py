"""The waiting list, top to bottom: a time comes free, is offered to one person at a time, is taken or passed on.

Whoever takes it pays as for any other time; a later visit they had is given up for it, and its money follows.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

import booking.actions
import booking.queries
import notifications.actions
import payments.actions
import realtime.actions
from booking.events import (
    AppointmentCancelled,
    HoldExpired,
    OfferClosed,
    OfferMade,
    PlaceFreed,
    WaitingEnded,
    WaitingJoined,
)
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref, ref
from identity.queries import contacts_of, staff_of

if TYPE_CHECKING:
    from booking.models import Appointment
    from payments.models import Payment

STORY = Actor.system("waiting")


@transaction.atomic
def take(*, offer_id: UUID, condition: str = "", by: Actor, now: datetime) -> tuple[Appointment, Payment | None]:
    """Take an offered time: agreed at once when nothing more is owed, else kept while it is paid.

    Raises what booking.take_offer raises, and then nothing has changed.
    """
    offer = booking.actions.take_offer(offer_id=offer_id, condition=condition, by=by, now=now)
    appointment = offer.appointment
    if str(appointment.status) != "held":
        return appointment, None
    owed = booking.queries.due(appointment)
    if owed.is_zero:
        agree = booking.actions.complete_move if appointment.moved_from_id else booking.actions.book_appointment
        return agree(appointment_id=appointment.id, by=STORY, now=now), None
    assert appointment.hold_expires_at is not None  # every hold has its end
    payment = payments.actions.open_payment(
        subject=ref(appointment),
        price=owed,
        payer_id=by.person_id or appointment.person_id,
        facility_id=appointment.facility_id,
        description=appointment.visit_type.name_vi,
        expires_at=appointment.hold_expires_at,
        by=by,
        now=now,
    )
    return appointment, payment


@on(PlaceFreed)
def offer_it_to_who_waits(event: PlaceFreed) -> None:
    """A time came free: whoever is first in line for it has it for some minutes, alone."""
    booking.actions.offer_place(
        schedule_id=UUID(event.schedule_id),
        starts_at=datetime.fromisoformat(event.starts_at),
        ends_at=datetime.fromisoformat(event.ends_at),
        by=STORY,
        now=this_instant(),
    )


@on(WaitingJoined)
def look_at_once(event: WaitingJoined) -> None:
    """Somebody waits: perhaps there is a time for them already."""
    booking.actions.look_for(entry_id=UUID(event.entry_id), by=STORY, now=this_instant())


@on(HoldExpired)
def wait_on_after_expiry(event: HoldExpired) -> None:
    """An offered time was not paid, or not passed on in time: who had it waits on."""
    booking.actions.settle_offer(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(AppointmentCancelled)
def wait_on_after_cancel(event: AppointmentCancelled) -> None:
    """An offered time was cancelled: who had it waits on."""
    booking.actions.settle_offer(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(OfferMade)
def tell_them_of_the_offer(event: OfferMade) -> None:
    """A time is kept for one person: they hear it at once, by every way they have."""
    facts = booking.queries.offer_facts(UUID(event.offer_id))
    if facts.status == "open":
        _tell("waiting_offer", facts)
    _ring("offer.made", facts)


@on(OfferClosed)
def tell_them_it_passed(event: OfferClosed) -> None:
    """Nobody answered, or the time is gone: they keep their place."""
    facts = booking.queries.offer_facts(UUID(event.offer_id))
    if event.how in {"passed", "void"} and facts.entry_status in {"waiting", "offered"}:
        _tell("waiting_passed", facts)
    _ring(f"offer.{event.how}", facts)


@on(WaitingEnded)
def tell_them_it_is_over(event: WaitingEnded) -> None:
    """The days are over, or three offers went without an answer: they are off the list, and know it."""
    if event.why == "withdrawn":
        return
    entry = booking.queries.entry_facts(UUID(event.entry_id))
    notifications.actions.send(
        kind="waiting_over",
        to_person_id=entry.person_id,
        params={"patient": entry.person_name, "facility": entry.facility_name, "silent": event.why == "silent"},
        key=f"waiting_over:{event.entry_id}",
        about=Ref("waitingentry", UUID(event.entry_id)),
        by=STORY,
        now=this_instant(),
    )


def _tell(kind: str, facts: booking.queries.OfferFacts) -> None:
    notifications.actions.send(
        kind=kind,
        to_person_id=facts.person_id,
        params={
            "practitioner": facts.practitioner_name,
            "patient": facts.person_name,
            "facility": facts.facility_name,
            "starts_at": facts.starts_at.isoformat(),
            "answer_at": facts.expires_at.isoformat(),
            "zone": facts.zone,
            "mode": facts.mode,
        },
        key=f"{kind}:{facts.id}",
        about=Ref("offer", facts.id),
        by=STORY,
        now=this_instant(),
    )


def _ring(kind: str, facts: booking.queries.OfferFacts) -> None:
    users = [*contacts_of(facts.person_id), *staff_of(facts.facility_id, "desk")]
    realtime.actions.publish(
        user_ids=[user.id for user in users], kind=kind, subject=Ref("offer", facts.id), by=STORY, now=this_instant()
    )
