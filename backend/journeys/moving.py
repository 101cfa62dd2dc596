"""A visit moves: its money, its encounter and its room follow; the difference of price is asked for or goes back."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction

import booking.actions
import booking.queries
import payments.actions
import payments.queries
import realtime.actions
import records.actions
from booking.events import AppointmentMoved
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref, ref

if TYPE_CHECKING:
    from booking.models import Appointment
    from payments.models import Payment
    from payments.queries import PaymentFacts

STORY = Actor.system("moving")


@transaction.atomic
def move(
    *,
    appointment_id: UUID,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID | None = None,
    mode: str | None = None,
    keep_price: bool = False,
    condition: str = "",
    by: Actor,
    now: datetime,
) -> tuple[Appointment, Payment | None]:
    """Move a visit; where the new time costs more it is kept, and the payment of the difference comes with it.

    Raises what booking.move_appointment raises, and then nothing has changed.
    """
    moved = booking.actions.move_appointment(
        appointment_id=appointment_id,
        schedule_id=schedule_id,
        starts_at=starts_at,
        visit_type_id=visit_type_id,
        mode=mode,
        keep_price=keep_price,
        condition=condition,
        by=by,
        now=now,
    )
    if moved.hold_expires_at is None:
        return moved, None
    payment = payments.actions.open_payment(
        subject=ref(moved),
        price=booking.queries.due(moved),
        payer_id=by.person_id or moved.person_id,
        facility_id=moved.facility_id,
        description=moved.visit_type.name_vi,  # stored, and read by others than who moves
        expires_at=moved.hold_expires_at,
        by=by,
        now=now,
    )
    return moved, payment


@on(AppointmentMoved)
@transaction.atomic
def take_the_money_along(event: AppointmentMoved) -> None:
    """What was paid for the old time is for the new one; if that is cheaper, the difference goes back."""
    origin, target = Ref("appointment", UUID(event.from_id)), Ref("appointment", UUID(event.appointment_id))
    payments.actions.carry_over(origin=origin, target=target, by=STORY, now=this_instant())
    payments.actions.cancel_payment(subject=origin, by=STORY, now=this_instant())
    settle(target.id, reason="moved")


@on(AppointmentMoved)
@transaction.atomic
def close_what_was_prepared_for_the_old_time(event: AppointmentMoved) -> None:
    """The encounter of the old time will not happen and its room closes; the new one is planned as for any booking."""
    facts = booking.queries.get_facts(UUID(event.from_id))
    if facts.encounter_id is not None:
        records.actions.cancel_encounter(encounter_id=facts.encounter_id, by=STORY, now=this_instant())
        realtime.actions.close_room(encounter_id=facts.encounter_id, by=STORY, now=this_instant())


def settle(appointment_id: UUID, *, reason: str, at: datetime | None = None) -> None:
    """Give back what was paid for this visit, its moves and its series beyond what is owed for them, now or as of `at`."""
    now = this_instant()
    account = booking.queries.account_of(appointment_id, at or now)
    payments.actions.settle(subjects=account.subjects, owed=account.owed, reason=reason, by=STORY, now=now)


def payment_of(appointment: Appointment) -> PaymentFacts | None:
    """Give the payment that matters for a visit: its own, or that of the series it belongs to."""
    own = payments.queries.for_subject(ref(appointment))
    if own is not None or appointment.series is None:
        return own
    return payments.queries.for_subject(Ref("series", appointment.series))
