"""Who hears what about a visit: messages that stay, and the bell that makes open pages look again."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import booking.queries
import notifications.actions
import payments.queries
import realtime.actions
from booking.events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentCheckedIn,
    AppointmentFulfilled,
    AppointmentMoved,
    AppointmentNoShow,
    BlockAnswered,
    BlockMade,
    HoldExpired,
)
from booking.queries import AppointmentFacts
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.events import DelegationRevoked
from identity.models import Facility, Person, Practitioner, User
from identity.queries import contacts_of, staff_of
from notifications.events import MessageWritten
from payments.events import PaymentAuthorised, PaymentCaptured, PaymentFailed, PaymentRefunded
from realtime.events import CitizenLetIn, CitizenWaiting

STORY = Actor.system("telling")


def _about(facts: AppointmentFacts) -> dict[str, str]:
    """What a message about a visit may say: who, where, when. Never why."""
    facility = Facility.objects.get(id=facts.facility_id)
    return {
        "practitioner": Practitioner.objects.get(id=facts.practitioner_id).display_name,
        "patient": Person.objects.get(id=facts.person_id).full_name,
        "facility": facility.name,
        "starts_at": facts.starts_at.isoformat(),
        "zone": facility.zone,
        "mode": facts.mode,
        "amount": str(facts.price),
    }


def _tell(kind: str, facts: AppointmentFacts, *, person: bool = True, practitioner: bool = False, **more: str) -> None:
    subject = Ref("appointment", facts.id)
    params = _about(facts) | more
    common: dict[str, Any] = {"kind": kind, "params": params, "about": subject, "by": STORY, "now": this_instant()}
    if person:
        notifications.actions.send(to_person_id=facts.person_id, key=f"{kind}:{facts.id}", **common)
    user = _doctor(facts) if practitioner else None
    if user is not None:
        notifications.actions.send(to_user_id=user.id, key=f"{kind}:{facts.id}:doctor", **common)


def _doctor(facts: AppointmentFacts) -> User | None:
    return Practitioner.objects.select_related("user").get(id=facts.practitioner_id).user


def _ring(kind: str, facts: AppointmentFacts, *, desk: bool = True) -> None:
    users = contacts_of(facts.person_id)
    doctor = _doctor(facts)
    users += [doctor] if doctor else []
    users += staff_of(facts.facility_id, "desk") if desk else []
    realtime.actions.publish(
        user_ids=[user.id for user in users],
        kind=kind,
        subject=Ref("appointment", facts.id),
        by=STORY,
        now=this_instant(),
    )


@on(AppointmentBooked)
def tell_citizen_and_doctor(event: AppointmentBooked) -> None:
    """Booked: both have it in their inbox, once. A visit that took the place of another is told as moved (below)."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.moved_from_id is None:
        _tell("appointment_booked", facts, practitioner=True)
    _ring("appointment.booked", facts)


@on(AppointmentMoved)
def tell_all_of_the_new_time(event: AppointmentMoved) -> None:
    """Moved: the citizen and both doctors, who may be one, hear when it is now."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    before = booking.queries.get_facts(UUID(event.from_id))
    _tell("appointment_moved", facts, practitioner=True, from_at=before.starts_at.isoformat())
    user = _doctor(before)
    if user is not None and before.practitioner_id != facts.practitioner_id and before.was_booked:
        notifications.actions.send(
            kind="appointment_cancelled",
            to_user_id=user.id,
            params=_about(before),
            about=Ref("appointment", before.id),
            key=f"appointment_moved:{facts.id}:former",
            by=STORY,
            now=this_instant(),
        )
    _ring("appointment.moved", before)


@on(AppointmentNoShow)
def tell_that_nobody_came(event: AppointmentNoShow) -> None:
    """Missed: the citizen hears it, also what it costs, and while it can still be put right."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.status == "no_show":
        fee = "" if facts.fee.is_zero else str(facts.fee)
        _tell("appointment_no_show", facts, side=event.by_side, fee=fee)
    _ring("appointment.no_show", facts)


@on(BlockMade)
def tell_the_blocked(event: BlockMade) -> None:
    """Paused: until when, and how to ask for it to be lifted."""
    _tell_of_block("booking_blocked", UUID(event.block_id))


@on(BlockAnswered)
def tell_the_answer(event: BlockAnswered) -> None:
    """The desk has answered."""
    _tell_of_block("block_answered", UUID(event.block_id))


def _tell_of_block(kind: str, block_id: UUID) -> None:
    block = booking.queries.block_facts(block_id)
    facility = Facility.objects.get(id=block.facility_id)
    params = {
        "patient": Person.objects.get(id=block.person_id).full_name,
        "facility": facility.name,
        "zone": facility.zone,
        "until": block.until.isoformat(),
        "lifted": "yes" if block.is_lifted else "",
        "answer": block.answer,
    }
    notifications.actions.send(
        kind=kind,
        to_person_id=block.person_id,
        params=params,
        key=f"{kind}:{block.id}",
        about=Ref("block", block.id),
        by=STORY,
        now=this_instant(),
    )


@on(AppointmentCancelled)
def tell_both_it_is_off(event: AppointmentCancelled) -> None:
    """Cancelled: whoever had been told that it was on is told that it is off."""
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    if facts.was_booked:
        _tell("appointment_cancelled", facts, practitioner=True)
    _ring("appointment.cancelled", facts)


@on(HoldExpired)
def tell_the_citizen_the_time_is_free_again(event: HoldExpired) -> None:
    """The countdown ran out. Of a time that was only offered, the waiting list tells."""
    if booking.queries.is_unanswered_offer(UUID(event.appointment_id)):
        return
    facts = booking.queries.get_facts(UUID(event.appointment_id))
    _tell("hold_expired", facts, stays="yes" if facts.due != facts.price else "")
    _ring("appointment.expired", facts)


@on(AppointmentCheckedIn)
def ring_checked_in(event: AppointmentCheckedIn) -> None:
    """Arrived: the doctor's list and the desk's list change."""
    _ring("appointment.checked_in", booking.queries.get_facts(UUID(event.appointment_id)))


@on(AppointmentFulfilled)
def ring_fulfilled(event: AppointmentFulfilled) -> None:
    """Over: the citizen's pages show what came of it."""
    _ring("appointment.fulfilled", booking.queries.get_facts(UUID(event.appointment_id)))


@on(CitizenWaiting)
def tell_the_doctor_somebody_waits(event: CitizenWaiting) -> None:
    """In the waiting room: the doctor hears it once, their list at once."""
    facts = booking.queries.facts_of_encounter(UUID(event.encounter_id))
    if facts is None:
        return
    _tell("citizen_waiting", facts, person=False, practitioner=True)
    _ring("appointment.waiting", facts)


@on(CitizenLetIn)
def call_the_citizen_in(event: CitizenLetIn) -> None:
    """Let in: who put the phone down while waiting is called, once; lists show that the consultation runs."""
    facts = booking.queries.facts_of_encounter(UUID(event.encounter_id))
    if facts is not None:
        _tell("let_in", facts)
        _ring("appointment.in_consultation", facts)


@on(DelegationRevoked)
def close_what_they_had_open(event: DelegationRevoked) -> None:
    """A right to act has ended: the sockets of who had it are asked again; what rested on it closes, the rest goes on."""
    delegate = Person.objects.filter(id=event.delegate_id).values_list("user_id", flat=True).first()
    if delegate is not None:
        realtime.actions.recheck_user(user_id=delegate, by=STORY)


@on(PaymentRefunded)
def tell_the_payer_of_the_refund(event: PaymentRefunded) -> None:
    """The money is on its way back."""
    payment = payments.queries.get_facts(UUID(event.payment_id))
    notifications.actions.send(
        kind="payment_refunded",
        to_person_id=payment.payer_id,
        params={"amount": str(payment.refunded), "description": payment.description},
        key=f"payment_refunded:{event.payment_id}:{payment.refunded.amount}",
        about=Ref("payment", payment.id),
        by=STORY,
        now=this_instant(),
    )
    _ring_payment("payment.refunded", event.payment_id)


@on(PaymentAuthorised)
@on(PaymentCaptured)
def ring_captured(event: PaymentAuthorised | PaymentCaptured) -> None:
    """The page that waits for the gateway looks again."""
    _ring_payment("payment.captured", event.payment_id)


@on(PaymentFailed)
def ring_failed(event: PaymentFailed) -> None:
    """The page that waits for the gateway looks again."""
    _ring_payment("payment.failed", event.payment_id)


def _ring_payment(kind: str, payment_id: str) -> None:
    payment = payments.queries.get_facts(UUID(payment_id))
    listeners = [user.id for user in contacts_of(payment.payer_id)]
    realtime.actions.publish(
        user_ids=listeners, kind=kind, subject=Ref("payment", payment.id), by=STORY, now=this_instant()
    )


@on(MessageWritten)
def ring_the_inbox(event: MessageWritten) -> None:
    """A message: the inbox on every open device shows it."""
    subject = Ref("message", UUID(event.message_id))
    realtime.actions.publish(
        user_ids=[UUID(event.user_id)], kind="message.written", subject=subject, by=STORY, now=this_instant()
    )
