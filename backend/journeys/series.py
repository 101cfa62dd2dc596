"""Weekly visits as one act: kept together, paid at once, booked all or not at all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import transaction

import booking.actions
import booking.queries
import payments.actions
from booking.errors import HoldExpired as HoldHasExpired
from booking.events import AppointmentCancelled, HoldExpired
from core.actor import Actor
from core.edge import now as this_instant
from core.errors import WrongState
from core.events import on
from core.money import Money
from core.refs import Ref
from journeys import moving
from payments.events import DisputeWon, PaymentCaptured

if TYPE_CHECKING:
    from booking.models import Appointment
    from payments.models import Payment

STORY = Actor.system("series")


@transaction.atomic
def book_weekly(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    count: int,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    values: dict[str, Any] | None = None,
    by: Actor,
    now: datetime,
) -> tuple[list[Appointment], Payment | None]:
    """Hold all the times and open one payment for them; free visits are booked at once (payment None).

    `values` are what booking.api.wishes made of the citizen's further wishes.
    Raises what booking.hold_series raises, and then nothing is held and nothing owed.
    """
    held = booking.actions.hold_series(
        schedule_id=schedule_id,
        starts_at=starts_at,
        count=count,
        visit_type_id=visit_type_id,
        person_id=person_id,
        mode=mode,
        reason=reason,
        values=values,
        by=by,
        now=now,
    )
    first = held[0]
    assert first.series is not None
    assert first.hold_expires_at is not None  # every hold has its end
    price = Money(sum(one.price_amount for one in held), first.price_currency)
    if price.is_zero:
        return booking.actions.book_series(series_id=first.series, by=STORY, now=now), None
    payment = payments.actions.open_payment(
        subject=Ref("series", first.series),
        price=price,
        payer_id=by.person_id or person_id,
        facility_id=first.facility_id,
        description=f"{first.visit_type.name_vi} × {len(held)}",
        expires_at=first.hold_expires_at,
        by=by,
        now=now,
    )
    return held, payment


@on(PaymentCaptured)
def confirm_the_series(event: PaymentCaptured) -> None:
    """The money for all came: book all. It came too late: it goes back by itself."""
    subject = Ref.parse(event.subject)
    if subject.kind != "series":
        return
    try:
        booking.actions.book_series(series_id=subject.id, by=STORY, now=this_instant())
    except (HoldHasExpired, WrongState):
        booking.actions.release_series(series_id=subject.id, by=STORY, now=this_instant())
        moving.settle(booking.queries.visits_of_series(subject.id)[0], reason="late")


@on(DisputeWon)
def give_back_what_was_disputed_of_a_series(event: DisputeWon) -> None:
    """The money for all is here again: what of the series was given up meanwhile goes back now."""
    subject = Ref.parse(event.subject)
    if subject.kind == "series":
        moving.settle(booking.queries.visits_of_series(subject.id)[0], reason="dispute_won")


@on(HoldExpired)
def stop_asking_when_one_ran_out(event: HoldExpired) -> None:
    """One of the kept times ran out, so all did: the payment is no longer asked for."""
    _stop_asking(UUID(event.appointment_id))


@on(AppointmentCancelled)
def stop_asking_when_one_was_given_up(event: AppointmentCancelled) -> None:
    """One of the kept times was given up before anything was paid: the whole is no longer asked for."""
    _stop_asking(UUID(event.appointment_id))


def _stop_asking(appointment_id: UUID) -> None:
    facts = booking.queries.get_facts(appointment_id)
    if facts.series is not None and facts.moved_from_id is None and not facts.was_booked:
        booking.actions.release_series(series_id=facts.series, by=STORY, now=this_instant())
        payments.actions.cancel_payment(subject=Ref("series", facts.series), by=STORY, now=this_instant())
