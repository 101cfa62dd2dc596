"""The main job, top to bottom: a time is held, paid, booked; a room opens; they speak; the visit is closed.

Steps are called by doors, because somebody waits for the answer. Reactions run as jobs, because nobody does. Each reaction
tolerates being early, late or twice: the actions it calls say so themselves.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

import booking.actions
import booking.queries
import payments.actions
import realtime.actions
import records.actions
from booking.errors import HoldExpired as HoldHasExpired
from booking.events import AppointmentBooked, AppointmentCancelled, HoldExpired
from core.actor import Actor
from core.edge import now as this_instant
from core.errors import WrongState
from core.events import on
from core.refs import Ref, ref
from journeys import moving
from payments.events import DisputeWon, PaymentAuthorised, PaymentCaptured
from realtime.events import CitizenLetIn
from records.events import EncounterFinished, EncounterStarted

if TYPE_CHECKING:
    from booking.models import Appointment
    from payments.models import Payment

STORY = Actor.system("consultation")


def book(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    values: dict[str, Any] | None = None,
    by: Actor,
    now: datetime,
) -> tuple[Appointment, Payment | None]:
    """Hold a time and open its payment, in one transaction; a free visit is booked at once (payment None).

    `values` are what booking.api.wishes made of the citizen's further wishes.
    Raises what booking.hold_slot raises, and then nothing is held and nothing owed.
    """
    agreed: tuple[Appointment, Payment | None] | None = None

    def agree(appointment: Appointment) -> None:
        nonlocal agreed
        # What a station's nurse books is the citizen's to pay, as far as the contract leaves something.
        asker = STORY if by.role == "nurse" else by
        agreed = _book_or_ask_for_money(appointment, by.person_id or person_id, asker, now)

    booking.actions.hold_slot(
        schedule_id=schedule_id,
        starts_at=starts_at,
        visit_type_id=visit_type_id,
        person_id=person_id,
        mode=mode,
        reason=reason,
        values=values,
        then=agree,
        by=by,
        now=now,
    )
    assert agreed is not None
    return agreed


def _book_or_ask_for_money(
    appointment: Appointment, payer_id: UUID, by: Actor, now: datetime
) -> tuple[Appointment, Payment | None]:
    if appointment.price.is_zero:
        return booking.actions.book_appointment(appointment_id=appointment.id, by=STORY, now=now), None
    assert appointment.hold_expires_at is not None  # every hold has its end
    payment = payments.actions.open_payment(
        subject=ref(appointment),
        price=appointment.price,
        payer_id=payer_id,
        facility_id=appointment.facility_id,
        description=appointment.visit_type.name_vi,  # stored, and read by others than who books
        expires_at=appointment.hold_expires_at,
        capture_by=appointment.ends_at,
        by=by,
        now=now,
    )
    return appointment, payment


@on(PaymentAuthorised)
@on(PaymentCaptured)
def confirm_the_appointment(event: PaymentAuthorised | PaymentCaptured) -> None:
    """The money came, or is reserved: book the time, or complete the move it pays for. It came too late: see below."""
    subject = Ref.parse(event.subject)
    if subject.kind != "appointment":
        return
    try:
        booking.actions.confirm_paid(appointment_id=subject.id, by=STORY, now=this_instant())
    except (HoldHasExpired, WrongState):
        _find_another_time_or_give_back(subject.id)
    else:
        # Of money that was reserved, less may be owed by now than was being taken.
        moving.settle(subject.id, reason="too_much")


@on(DisputeWon)
def give_back_what_was_disputed(event: DisputeWon) -> None:
    """The money is here again: if the visit was given up meanwhile, it goes back now. Of a series: journeys.series."""
    subject = Ref.parse(event.subject)
    if subject.kind == "appointment":
        moving.settle(subject.id, reason="dispute_won")


def _find_another_time_or_give_back(appointment_id: UUID) -> None:
    """Late money: the next free time, if the citizen wished that and there is one; else the money goes back by itself.

    Also money for a visit that was paid by another try and has moved since: what is beyond the price goes back.
    """
    swapped = booking.actions.swap_late(appointment_id=appointment_id, by=STORY, now=this_instant())
    if swapped is None:
        # If nobody noticed yet that its time ran out.
        booking.actions.expire_hold(appointment_id=appointment_id, by=STORY, now=this_instant())
    moving.settle(appointment_id, reason="late")


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
        form=facts.form,
        listed_code=facts.listed_code,
        opened_because=facts.fit_reason,
        pilot_id=facts.pilot_id,
        partner_id=facts.partner_id,
        partner_practitioner_id=facts.partner_practitioner_id,
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


@on(EncounterFinished)
def take_what_was_reserved(event: EncounterFinished) -> None:
    """The care is done: a card that was only held is charged now."""
    if event.appointment_ref:
        payments.actions.request_capture(subject=Ref.parse(event.appointment_ref), by=STORY, now=this_instant())


@on(AppointmentCancelled)
def give_the_money_back(event: AppointmentCancelled) -> None:
    """Cancelled: what was paid goes back but for the fee, what was only asked for is no longer asked for."""
    subject = Ref("appointment", UUID(event.appointment_id))
    payments.actions.cancel_payment(subject=subject, by=STORY, now=this_instant())
    moving.settle(subject.id, reason="cancelled")


@on(AppointmentCancelled)
@transaction.atomic
def close_what_was_prepared(event: AppointmentCancelled) -> None:
    """Cancelled: the encounter will not happen, and its room closes."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.encounter_id is not None:
        records.actions.cancel_encounter(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
        realtime.actions.close_room(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
