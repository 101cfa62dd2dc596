"""A doctor is away, top to bottom: each visit gets its case, each citizen is told once and chooses, nobody loses money.

What a choice does to money, encounter and room is told elsewhere: a moved visit in `moving`, a cancelled one in
`consultation`.
"""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

import booking.actions
import booking.queries
import notifications.actions
import realtime.actions
from booking.events import (
    AppointmentCancelled,
    AppointmentMoved,
    LeaveCaseClosed,
    LeaveCaseOpened,
    LeaveTaken,
    LeaveUndone,
)
from core.actor import Actor
from core.edge import now as this_instant
from core.events import on
from core.refs import Ref
from identity.queries import contacts_of, staff_of

STORY = Actor.system("leave")


@on(LeaveCaseOpened)
@transaction.atomic
def find_ways_and_tell(event: LeaveCaseOpened) -> None:
    """For one visit: look for other ways, then ask its citizen. Found and told together, or neither."""
    case = booking.actions.find_ways(case_id=UUID(event.case_id), by=STORY, now=this_instant())
    if str(case.status) == "open":
        _tell("leave_choice", UUID(event.case_id))


@on(LeaveCaseClosed)
def tell_that_it_stays(event: LeaveCaseClosed) -> None:
    """The leave was taken back: who had been asked to choose hears that the visit takes place. The desk's page follows."""
    case = booking.queries.case_facts(UUID(event.case_id))
    if (
        event.how == "kept"
        and case.ways_found_at is not None
        and str(case.appointment.status) in {"booked", "checked_in"}
    ):
        _tell("leave_kept", UUID(event.case_id))
    _ring(f"leave.{event.how}", UUID(event.leave_id), case.appointment.person_id, case.leave.facility_id)


@on(LeaveTaken)
def ring_taken(event: LeaveTaken) -> None:
    """Open calendars of the desk show the leave."""
    _ring("leave.taken", UUID(event.leave_id), None, booking.queries.facility_of_leave(UUID(event.leave_id)))


@on(LeaveUndone)
def ring_undone(event: LeaveUndone) -> None:
    """Open calendars of the desk show the hours again."""
    _ring("leave.undone", UUID(event.leave_id), None, booking.queries.facility_of_leave(UUID(event.leave_id)))


@on(AppointmentCancelled)
def follow_a_cancel(event: AppointmentCancelled) -> None:
    """Cancelled by another way: there is nothing left to choose."""
    booking.actions.settle_case(appointment_id=UUID(event.appointment_id), by=STORY, now=this_instant())


@on(AppointmentMoved)
def follow_a_move(event: AppointmentMoved) -> None:
    """Moved by another way: there is nothing left to choose."""
    booking.actions.settle_case(appointment_id=UUID(event.from_id), by=STORY, now=this_instant())


def _tell(kind: str, case_id: UUID) -> None:
    case = booking.queries.case_facts(case_id)
    facts = booking.queries.get_facts(case.appointment_id)
    notifications.actions.send(
        kind=kind,
        to_person_id=facts.person_id,
        params={
            "practitioner": facts.practitioner_name,
            "patient": facts.person_name,
            "facility": facts.facility_name,
            "starts_at": facts.starts_at.isoformat(),
            "answer_at": case.decide_by.isoformat(),
            "zone": facts.zone,
            "mode": facts.mode,
            "words": case.leave.message,
        },
        key=f"{kind}:{case_id}",
        about=Ref("leavecase", case_id),
        by=STORY,
        now=this_instant(),
    )
    _ring(kind.replace("_", "."), case_id, facts.person_id, facts.facility_id, subject="leavecase")


def _ring(kind: str, subject_id: UUID, person_id: UUID | None, facility_id: UUID, *, subject: str = "leave") -> None:
    users = [*(contacts_of(person_id) if person_id else []), *staff_of(facility_id, "desk")]
    realtime.actions.publish(
        user_ids=[user.id for user in users], kind=kind, subject=Ref(subject, subject_id), by=STORY, now=this_instant()
    )
