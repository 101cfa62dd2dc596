"""A hospital's own system makes a visit: agreed at once, under its own number, paid at the hospital."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection, transaction

from booking import access
from booking.actions import terms
from booking.actions.fitting import check_fit
from booking.actions.noting import note
from booking.actions.placing import place
from booking.errors import NumberUsed
from booking.events import AppointmentBooked
from booking.models import Appointment, OutsideNumber, Status
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from identity.models import VisitType


@transaction.atomic
def book_for_hospital(
    *,
    schedule_id: UUID,
    starts_at: datetime,
    visit_type_id: UUID,
    person_id: UUID,
    mode: str,
    reason: str = "",
    condition: str = "",
    numbers: list[tuple[str, str]],
    by: Actor,
    now: datetime,
) -> tuple[Appointment, bool]:
    """Agree on a time for a patient the facility knows; `numbers` are (system, value), what its system calls the visit.

    Asked again with a number that is known, gives the same appointment (and False). The minimum notice does not count.
    At a distance the law asks of a hospital what it asks of everybody: `condition` (ICD-10) from the list of TT 30/2023.
    Raises NotFound, NumberUsed when the number means another visit, ConditionNeeded, NotFitForRemote, and what `place` raises.
    """
    person = access.get_patient(by, person_id)
    schedule = access.get_schedule(by, schedule_id)
    visit_type = VisitType.objects.filter(pk=visit_type_id, facility=schedule.facility_id).first()
    if visit_type is None:
        raise NotFound
    known = _known(numbers, by)
    if known is not None:
        said = (known.schedule_id, known.starts_at, known.visit_type_id, known.person_id, known.mode)
        if said != (schedule.pk, starts_at, visit_type.pk, person.pk, mode):
            raise NumberUsed
        return known, False
    about = check_fit(mode=mode, condition=condition, person_id=person.pk, schedule_id=schedule.pk, by=by, now=now)
    price, parts = terms.price_for(person, schedule, visit_type, mode, starts_at, now)
    appointment = place(
        schedule=schedule,
        visit_type=visit_type,
        person=person,
        mode=mode,
        starts_at=starts_at,
        by=by,
        now=now,
        status=Status.BOOKED,
        any_notice=True,
        values={
            "reason": reason,
            **about,
            "price_amount": price.amount,
            "price_parts": parts,
            "booked_at": now,
        },
    )
    for system, value in numbers:
        OutsideNumber.objects.create(
            appointment=appointment, facility_id=schedule.facility_id, system=system, value=value, created_at=now
        )
    note(by, "booking.book", appointment)
    emit(AppointmentBooked(str(appointment.pk)))
    return appointment, True


def _known(numbers: list[tuple[str, str]], by: Actor) -> Appointment | None:
    """Find what these numbers mean already; whoever asks with the same number at the same moment waits."""
    found: Appointment | None = None
    assert by.facility_id is not None  # get_patient has let nobody else pass
    for system, value in sorted(numbers):
        with connection.cursor() as cursor:
            key = f"outside number {by.facility_id} {system} {value}"
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])
        row = OutsideNumber.objects.filter(facility_id=by.facility_id, system=system, value=value).first()
        if row is not None:
            if found is not None and found.pk != row.appointment_id:
                raise NumberUsed
            found = access.get_appointment(by, row.appointment_id)
    return found
