"""A video visit was too short: the citizen gets another visit for the same money, or the money; silence is the money."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from booking import access
from booking.actions.holding import book_appointment, hold_slot
from booking.actions.noting import note
from booking.errors import NotAWay
from booking.events import VisitCutShort, VisitCutShortSettled
from booking.models import Appointment, CutShort, Status
from core.actor import Actor
from core.errors import WrongState
from core.events import emit
from core.tasks import later

HELD = {Status.IN_CONSULTATION, Status.INTERRUPTED, Status.FULFILLED}  # it did begin


@transaction.atomic
def open_cut_short(
    *, appointment_id: UUID, joint: timedelta, agreed: timedelta, decide_by: datetime, by: Actor, now: datetime
) -> CutShort | None:
    """Note that a visit was too short and ask its citizen; asked again, or about a visit that never began: nothing new.

    Raises NotFound.
    """
    appointment = access.lock_appointment(by, appointment_id)
    known = CutShort.objects.filter(appointment=appointment).first()
    if known is not None or joint >= agreed:
        return known
    if appointment.status not in HELD or appointment.mode != Appointment.Mode.VIDEO or appointment.price.is_zero:
        return None
    case = CutShort.objects.create(
        appointment=appointment,
        joint_seconds=int(joint.total_seconds()),
        agreed_seconds=int(agreed.total_seconds()),
        decide_by=decide_by,
        created_at=now,
    )
    note(by, "booking.cut_short", appointment)
    emit(VisitCutShort(str(appointment.pk)))
    # The job knows its moment: clocks that differ by a blink settle nothing too early and forget nothing.
    values = {"case_id": str(case.pk), "moment": decide_by.isoformat()}
    later("booking.tasks.settle_cut_short", lock=f"appointment:{appointment.pk}", at=decide_by, **values)
    return case


@transaction.atomic
def refund_cut_short(*, appointment_id: UUID, by: Actor, now: datetime) -> CutShort:
    """Choose the money. Asking again returns it. Raises NotFound, WrongState."""
    case = access.lock_cut_short(by, appointment_id)
    return case if case.status == CutShort.Status.REFUNDED else _settle(case, CutShort.Status.REFUNDED, by, now)


@transaction.atomic
def accept_cut_short(*, appointment_id: UUID, by: Actor, now: datetime) -> CutShort:
    """Say that the visit was enough as it was: the facility keeps the price. Raises NotFound, WrongState."""
    case = access.lock_cut_short(by, appointment_id)
    return case if case.status == CutShort.Status.ENOUGH else _settle(case, CutShort.Status.ENOUGH, by, now)


@transaction.atomic
def rebook_cut_short(
    *, appointment_id: UUID, schedule_id: UUID, starts_at: datetime, by: Actor, now: datetime
) -> CutShort:
    """Choose another free time at the facility for the same kind of visit, paid by what was paid.

    Raises NotFound, WrongState, NotAWay (another facility) and what `hold_slot` raises; then nothing has changed.
    """
    case = access.lock_cut_short(by, appointment_id)
    old = case.appointment
    if case.status == CutShort.Status.REBOOKED:
        return case
    if not case.can_move_to(CutShort.Status.REBOOKED):
        raise WrongState
    if access.get_bookable(schedule_id).facility_id != old.facility_id:
        raise NotAWay
    held = hold_slot(
        schedule_id=schedule_id,
        starts_at=starts_at,
        visit_type_id=old.visit_type_id,
        person_id=old.person_id,
        mode=old.mode,
        reason=old.reason,
        values={"condition_code": old.condition_code, "fit_reason": old.fit_reason, "intake": old.intake},
        by=by,
        now=now,
    )
    held.moved_from, held.series = old, None
    held.price_amount, held.price_parts = old.price_amount, old.price_parts
    held.save(update_fields=["moved_from", "series", "price_amount", "price_parts"])
    case.rebooked_as = held
    settled = _settle(case, CutShort.Status.REBOOKED, by, now)  # first: what was paid is free for the new visit
    book_appointment(appointment_id=held.pk, by=by, now=now)
    return settled


@transaction.atomic
def settle_cut_short(*, case_id: UUID, by: Actor, now: datetime) -> None:
    """Nobody chose in time: the money goes back. Before its time, or once chosen, nothing happens."""
    found = CutShort.objects.filter(pk=case_id).values_list("appointment_id", flat=True).first()
    if found is None:
        return
    case = access.lock_cut_short(by, found)
    if case.status == CutShort.Status.OPEN and case.decide_by <= now:
        case.by_silence = True
        _settle(case, CutShort.Status.REFUNDED, by, now)


def _settle(case: CutShort, status: str, by: Actor, now: datetime) -> CutShort:
    case.move_to(status, at=now)
    case.save(update_fields=["status", "by_silence", "rebooked_as", "refunded_at", "rebooked_at", "enough_at"])
    note(by, "booking.cut_short_settled", case.appointment)
    emit(VisitCutShortSettled(str(case.appointment_id), str(case.status)))
    return case
