"""What a facility's desk hears about money: disputed payments, transfers nobody could match, bills of visits that do not take place."""

from __future__ import annotations

from datetime import UTC
from typing import Any
from uuid import UUID

import booking.queries
import notifications.actions
import payments.papers
import payments.queries
from booking.events import AppointmentCancelled, AppointmentNoShow
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.models import Facility
from identity.queries import staff_of
from payments.events import PaymentDisputed, TransferUnmatched

STORY = Actor.system("tills")


@on(PaymentDisputed)
def tell_the_desk_of_a_dispute(event: PaymentDisputed) -> None:
    """Disputed: everybody at the desk hears it once, with the day until which evidence may be sent.

    Where nothing had to be answered at first, they hear once more when something has to.
    """
    dispute = payments.queries.dispute_facts(UUID(event.dispute_id))
    if not dispute.is_open:
        return
    params: dict[str, Any] = {
        "amount": str(dispute.money),
        "code": dispute.code,
        "is_taken": dispute.is_taken,
        "zone": Facility.objects.get(id=dispute.facility_id).zone,
    }
    key = str(dispute.id)
    if dispute.answer_by is not None:
        params["answer_at"], key = dispute.answer_by.isoformat(), f"{key}:answer"
    _tell_the_desk("payment_disputed", dispute.facility_id, params, key=key, about=Ref("payment", dispute.payment_id))


@on(TransferUnmatched)
def tell_the_desk_of_unmatched_money(event: TransferUnmatched) -> None:
    """Money came that fits no payment: said at most once in each hour of the clock, however much more comes in it.

    The hour is that in which we heard of the money, so a reaction that runs late or twice finds the same key. Money that
    was settled before anybody could be told needs no word.
    """
    heard_at, facility_id = payments.queries.unmatched_since(UUID(event.line_id)), UUID(event.facility_id)
    if heard_at is None:
        return
    facility, (count, money) = Facility.objects.get(id=facility_id), payments.queries.unmatched_at(facility_id)
    params = {
        "count": count,
        "amount": str(money),
        "counted_at": this_instant().isoformat(),
        "facility": facility.name,
        "zone": facility.zone,
    }
    hour = f"{heard_at.astimezone(UTC):%Y-%m-%dT%H}"
    _tell_the_desk("transfers_unmatched", facility_id, params, key=f"{facility_id}:{hour}", about=None)


@on(AppointmentCancelled)
@on(AppointmentNoShow)
def tell_the_desk_of_bills_left(event: AppointmentCancelled | AppointmentNoShow) -> None:
    """A visit does not take place and has bills the desk wrote: people decide what of them is still owed."""
    subject = Ref("appointment", UUID(event.appointment_id))
    numbers = payments.papers.left_behind(subject)
    if not numbers:
        return
    facts = booking.queries.get_facts(subject.id)
    params = {"numbers": ", ".join(numbers), "starts_at": facts.starts_at.isoformat(), "zone": facts.zone}
    _tell_the_desk("visit_bills_left", facts.facility_id, params, key=str(subject.id), about=None)


def _tell_the_desk(kind: str, facility_id: UUID, params: dict[str, Any], *, key: str, about: Ref | None) -> None:
    for user in staff_of(facility_id, "desk"):
        notifications.actions.send(
            kind=kind,
            to_user_id=user.id,
            params=params,
            key=f"{kind}:{key}",
            about=about,
            by=STORY,
            now=this_instant(),
        )
