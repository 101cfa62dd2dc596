"""See someone now, top to bottom: a wish is offered to one doctor on call after the other, taken, paid, and becomes a visit."""

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
    RemoteWishDecided,
    UrgentAskAccepted,
    UrgentAskClosed,
    UrgentAskOffered,
    UrgentAskPassed,
)
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref, ref
from identity.models import Practitioner
from identity.queries import contacts_of, person_of

if TYPE_CHECKING:
    from booking.models import UrgentAsk

STORY = Actor.system("urgent")


@transaction.atomic
def accept(*, ask_id: UUID, fit_reason: str = "", by: Actor, now: datetime) -> UrgentAsk:
    """A doctor takes the citizen: the visit is kept while they pay; a free one is booked at once.

    Raises what booking.accept_ask raises, and then nothing is kept and nothing owed.
    """
    ask = booking.actions.accept_ask(ask_id=ask_id, fit_reason=fit_reason, by=by, now=now)
    appointment = ask.appointment
    if appointment is None or str(appointment.status) != "held":
        return ask
    if appointment.price.is_zero:
        booking.actions.book_appointment(appointment_id=appointment.id, by=STORY, now=now)
        appointment.refresh_from_db()
        return ask
    assert appointment.hold_expires_at is not None  # every hold has its end
    # What a station's nurse asks for is the citizen's to pay, as far as the contract leaves something.
    payer = person_of(ask.asked_by) if ask.asked_by and ask.partner_id is None else None
    payments.actions.open_payment(
        subject=ref(appointment),
        price=appointment.price,
        payer_id=payer.id if payer else appointment.person_id,
        facility_id=appointment.facility_id,
        description=appointment.visit_type.name_vi,
        expires_at=appointment.hold_expires_at,
        by=STORY,
        now=now,
    )
    return ask


def _ring(kind: str, subject: Ref, user_ids: list[UUID]) -> None:
    realtime.actions.publish(user_ids=user_ids, kind=kind, subject=subject, by=STORY, now=this_instant())


def _doctor(practitioner_id: str) -> list[UUID]:
    user_id = Practitioner.objects.values_list("user_id", flat=True).get(id=practitioner_id)
    return [user_id] if user_id else []


def _citizen(ask_id: str) -> list[UUID]:
    """Whoever may have the page of the wish open: the citizen's people, and the nurse who asked for them."""
    found = [user.id for user in contacts_of(booking.queries.person_of_ask(UUID(ask_id)))]
    asked_by = booking.queries.asker_of(UUID(ask_id))
    return found if asked_by is None or asked_by in found else [*found, asked_by]


@on(UrgentAskOffered)
@transaction.atomic
def call_the_doctor(event: UrgentAskOffered) -> None:
    """A doctor is asked: their open page rings, and so does their phone."""
    subject, users = Ref("ask", UUID(event.ask_id)), _doctor(event.practitioner_id)
    _ring("ask.offered", subject, users)
    for user_id in users:
        notifications.actions.send(
            kind="urgent_ask",
            to_user_id=user_id,
            params={"expires_at": event.expires_at},
            key=f"urgent_ask:{event.ask_id}:{event.practitioner_id}",
            about=subject,
            by=STORY,
            now=this_instant(),
        )


@on(UrgentAskOffered)
def tell_the_citizen_who_is_asked(event: UrgentAskOffered) -> None:
    """The citizen's page shows that somebody is being asked, and how long."""
    _ring("ask.changed", Ref("ask", UUID(event.ask_id)), _citizen(event.ask_id))


@on(UrgentAskPassed)
def ask_the_doctor_no_longer(event: UrgentAskPassed) -> None:
    """Answered, silent, or taken back: the doctor's page lets go of it, the citizen's looks again."""
    _ring("ask.passed", Ref("ask", UUID(event.ask_id)), _doctor(event.practitioner_id) + _citizen(event.ask_id))


@on(UrgentAskAccepted)
def tell_the_citizen_who_comes(event: UrgentAskAccepted) -> None:
    """A doctor takes it: the citizen's page leads on to paying, and so does a message."""
    _ring("ask.accepted", Ref("ask", UUID(event.ask_id)), _citizen(event.ask_id))
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    notifications.actions.send(
        kind="urgent_ask_accepted",
        to_person_id=facts.person_id,
        params={"practitioner": facts.practitioner_name, "amount": str(facts.price)},
        key=f"urgent_ask_accepted:{event.ask_id}",
        about=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )


@on(UrgentAskClosed)
def tell_the_citizen_it_is_over(event: UrgentAskClosed) -> None:
    """Nobody found, or taken back: the citizen's page says so."""
    _ring("ask.closed", Ref("ask", UUID(event.ask_id)), _citizen(event.ask_id))


@on(RemoteWishDecided)
def tell_the_citizen_what_was_decided(event: RemoteWishDecided) -> None:
    """A doctor has opened a visit at a distance, or wants to see them in person."""
    wish = booking.queries.remote_wish_facts(UUID(event.wish_id))
    notifications.actions.send(
        kind="remote_wish_opened" if wish.is_open else "remote_wish_declined",
        to_person_id=wish.person_id,
        params={"practitioner": wish.practitioner_name},
        key=f"remote_wish:{event.wish_id}:{wish.status}",
        about=Ref("practitioner", wish.practitioner_id),
        by=STORY,
        now=this_instant(),
    )
