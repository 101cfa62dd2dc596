"""The main job, top to bottom: a time is held, paid, booked; a room opens; they speak; the visit is closed.

Steps are called by doors, because somebody waits for the answer. Reactions run as jobs, because nobody does. Each reaction
tolerates being early, late or twice: the actions it calls say so themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.db import transaction

import booking.actions
import booking.queries
import payments.actions
import payments.queries
import realtime.actions
import records.actions
from booking.errors import HoldExpired as HoldHasExpired
from booking.events import AppointmentBooked, AppointmentCancelled, HoldExpired
from core.actor import Actor
from core.edge import now as this_instant
from core.errors import WrongState
from core.events import on
from core.refs import Ref, ref
from payments.events import PaymentCaptured
from realtime.events import CitizenLetIn
from records.events import EncounterFinished, EncounterStarted

if TYPE_CHECKING:
    from booking.models import Appointment
    from payments.models import Payment

STORY = Actor.system("consultation")


@transaction.atomic
def book(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    by: Actor,
    now: datetime,
) -> tuple[Appointment, Payment | None]:
    """Hold a time and open its payment; a free visit is booked at once (payment None).

    Raises what booking.hold_slot raises, and then nothing is held and nothing owed.
    """
    appointment = booking.actions.hold_slot(
        schedule_id=schedule_id,
        starts_at=starts_at,
        visit_type_id=visit_type_id,
        person_id=person_id,
        mode=mode,
        reason=reason,
        by=by,
        now=now,
    )
    if appointment.price.is_zero:
        return booking.actions.book_appointment(appointment_id=appointment.id, by=STORY, now=now), None
    assert appointment.hold_expires_at is not None  # every hold has its end
    payment = payments.actions.open_payment(
        subject=ref(appointment),
        price=appointment.price,
        payer_id=by.person_id or person_id,
        facility_id=appointment.facility_id,
        description=appointment.visit_type.name_vi,  # stored, and read by others than who books
        expires_at=appointment.hold_expires_at,
        by=by,
        now=now,
    )
    return appointment, payment


@on(PaymentCaptured)
def confirm_the_appointment(event: PaymentCaptured) -> None:
    """The money came: book the time. It came too late: the money goes back by itself."""
    subject = Ref.parse(event.subject)
    if subject.kind != "appointment":
        return
    try:
        booking.actions.book_appointment(appointment_id=subject.id, by=STORY, now=this_instant())
    except (HoldHasExpired, WrongState):
        payments.actions.request_refund(payment_id=UUID(event.payment_id), reason="late", by=STORY, now=this_instant())


@on(HoldExpired)
def close_the_payment(event: HoldExpired) -> None:
    """Nobody paid in time: the payment is no longer asked for. Money that still arrives is sent back (see above)."""
    payments.actions.cancel_payment(
        subject=Ref("appointment", UUID(event.appointment_id)), by=STORY, now=this_instant()
    )


@on(AppointmentBooked)
@transaction.atomic
def prepare_the_visit(event: AppointmentBooked) -> None:
    """Plan the encounter; for a video visit, open its room around the agreed time."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.status not in {"booked", "checked_in", "in_consultation"}:
        return
    encounter = records.actions.plan_encounter(
        appointment_ref=Ref("appointment", facts.id),
        person_id=facts.person_id,
        practitioner_id=facts.practitioner_id,
        facility_id=facts.facility_id,
        mode=facts.mode,
        planned_from=facts.starts_at,
        planned_to=facts.ends_at,
        reason=facts.reason,
        by=STORY,
        now=this_instant(),
    )
    booking.actions.link_encounter(appointment_id=facts.id, encounter_id=encounter.id, by=STORY)
    if facts.mode == "video":
        realtime.actions.open_room(
            encounter_id=encounter.id,
            opens_at=facts.starts_at - timedelta(minutes=settings.ROOM_OPENS_MINUTES_BEFORE),
            closes_at=facts.ends_at + timedelta(minutes=settings.ROOM_CLOSES_MINUTES_AFTER),
            by=STORY,
            now=this_instant(),
        )


@on(CitizenLetIn)
def begin_the_consultation(event: CitizenLetIn) -> None:
    """The doctor let the citizen in: care begins."""
    records.actions.start_encounter(encounter_id=UUID(event.encounter_id), by=STORY, now=this_instant())


@on(EncounterStarted)
def note_that_the_visit_runs(event: EncounterStarted) -> None:
    """Begun, by letting in or, without a call, by the doctor's word: the appointment says so too."""
    if event.appointment_ref:
        subject = Ref.parse(event.appointment_ref)
        booking.actions.start_consultation(appointment_id=subject.id, by=STORY, now=this_instant())


@on(EncounterFinished)
def close_the_visit(event: EncounterFinished) -> None:
    """The doctor has finished: the room closes and the appointment is fulfilled."""
    realtime.actions.close_room(encounter_id=UUID(event.encounter_id), by=STORY, now=this_instant())
    if event.appointment_ref:
        subject = Ref.parse(event.appointment_ref)
        booking.actions.fulfil(appointment_id=subject.id, by=STORY, now=this_instant())


@on(AppointmentCancelled)
def give_the_money_back(event: AppointmentCancelled) -> None:
    """Cancelled: what was paid goes back, what was only asked for is no longer asked for."""
    subject = Ref("appointment", UUID(event.appointment_id))
    payment = payments.queries.for_subject(subject)
    if payment is None:
        return
    if payment.is_captured:
        payments.actions.request_refund(payment_id=payment.id, reason="cancelled", by=STORY, now=this_instant())
    else:
        payments.actions.cancel_payment(subject=subject, by=STORY, now=this_instant())


@on(AppointmentCancelled)
@transaction.atomic
def close_what_was_prepared(event: AppointmentCancelled) -> None:
    """Cancelled: the encounter will not happen, and its room closes."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.encounter_id is not None:
        records.actions.cancel_encounter(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
        realtime.actions.close_room(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
