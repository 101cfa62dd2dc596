"""Somebody did not come: noted on either side, taken back the same day, and what follows when it happens often."""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

import audit
from booking import access, days, queries
from booking.actions import moving
from booking.actions.noting import note
from booking.actions.piloting import take_case_again
from booking.errors import NoShowSettled, NotBegunYet, SlotTaken
from booking.events import AppointmentNoShow, BlockAnswered, BlockMade
from booking.models import Appointment, Block, Policy, Status
from core.actor import Actor
from core.errors import NotAllowed, WrongState
from core.events import emit

Side = Appointment.NoShowBy


@transaction.atomic
def record_no_show(*, appointment_id: UUID, side: str, by: Actor, now: datetime) -> Appointment:
    """Note that the citizen or the practitioner did not come; for the staff and the house to say.

    The citizen's side costs the facility's fee and counts towards a block, the practitioner's costs nobody anything.
    Raises NotFound, NotAllowed, NotBegunYet, WrongState.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if not (by.is_system or by.is_staff):
        raise NotAllowed
    if appointment.status == Status.NO_SHOW and appointment.no_show_by == side:
        return appointment
    if not appointment.can_move_to(Status.NO_SHOW):
        raise WrongState
    if now < appointment.starts_at:
        raise NotBegunYet
    if side == Side.CITIZEN and queries.open_case_of(appointment.pk) is not None:
        raise WrongState  # the doctor was away: whoever did not come was right
    policy = queries.policy_of(appointment.facility_id)
    moving.drop_pending_move(appointment, by, now)
    appointment.move_to(Status.NO_SHOW, at=now)
    appointment.no_show_by = Side(side)
    if side == Side.CITIZEN:
        appointment.fee_amount = queries.share(appointment.price, policy.no_show_fee_percent).amount
    appointment.save(update_fields=["status", "no_show_at", "no_show_by", "fee_amount"])
    _renew(appointment)
    note(by, "booking.no_show", appointment, side=side)
    emit(AppointmentNoShow(str(appointment.pk), side))
    if side == Side.CITIZEN:
        _block_if_often(appointment, policy, by, now)
    return appointment


@transaction.atomic
def undo_no_show(*, appointment_id: UUID, by: Actor, now: datetime) -> Appointment:
    """Take it back on the same day of the clinic: the citizen was only late. A block it led to is lifted again.

    Raises NotFound, NotAllowed, NoShowSettled, SlotTaken, PilotUsedUp, WrongState.
    """
    appointment = access.lock_appointment(by, appointment_id)
    if not (by.is_system or by.is_staff):
        raise NotAllowed
    if appointment.status in {Status.BOOKED, Status.CHECKED_IN}:
        return appointment
    if appointment.status != Status.NO_SHOW:
        raise WrongState
    if not queries.may_undo_no_show(appointment, now):
        raise NoShowSettled
    take_case_again(appointment)
    since = appointment.no_show_at
    appointment.status = Status.CHECKED_IN if appointment.checked_in_at else Status.BOOKED
    appointment.no_show_at, appointment.no_show_by, appointment.fee_amount = None, "", 0
    appointment.no_show_undone_at = now
    try:
        with transaction.atomic():
            appointment.save(update_fields=["status", "no_show_at", "no_show_by", "fee_amount", "no_show_undone_at"])
    except IntegrityError as error:  # somebody else has the time by now
        raise SlotTaken from error
    _renew(appointment)
    for block in _blocks(appointment).filter(created_at__gte=since, answered_at=None):
        block.move_to(Block.Status.LIFTED, at=now)
        block.save(update_fields=["status", "lifted_at"])
    note(by, "booking.undo_no_show", appointment)
    return appointment


@transaction.atomic
def appeal(*, block_id: UUID, words: str, by: Actor, now: datetime) -> Block:
    """Ask the desk to lift a block, in one's own words; until it is answered the words may change.

    Raises NotFound, WrongState.
    """
    block = access.lock_block(by, block_id)
    if by.role != "citizen":
        raise NotAllowed
    if block.status != Block.Status.ACTIVE or block.answered_at is not None:
        raise WrongState
    block.appeal, block.appealed_at = words[:2000], now
    block.save(update_fields=["appeal", "appealed_at"])
    _note_block(by, "booking.appeal", block)
    return block


@transaction.atomic
def answer_appeal(*, block_id: UUID, lift: bool, answer: str = "", by: Actor, now: datetime) -> Block:
    """Lift a block or leave it, with a word to the citizen. Raises NotFound, NotAllowed, WrongState."""
    block = access.lock_block(by, block_id)
    if by.role != "desk":
        raise NotAllowed
    if block.status == Block.Status.LIFTED and lift:
        return block
    if block.status != Block.Status.ACTIVE:
        raise WrongState
    block.answer, block.answered_at = answer[:300], now
    if lift:
        block.move_to(Block.Status.LIFTED, at=now)
    block.save(update_fields=["answer", "answered_at", "status", "lifted_at"])
    _note_block(by, "booking.answer_appeal", block)
    emit(BlockAnswered(str(block.pk)))
    return block


def _block_if_often(appointment: Appointment, policy: Policy, by: Actor, now: datetime) -> None:
    if policy.no_shows_allowed == 0:
        return
    before = _blocks(appointment).last()
    if before is not None and before.status == Block.Status.ACTIVE:
        if before.until > now:
            return
        before.move_to(Block.Status.LIFTED, at=now)  # it had run out; there is one at a time
        before.save(update_fields=["status", "lifted_at"])
    since = now - timedelta(days=policy.no_show_days)
    if before is not None and before.created_at > since:
        since = before.created_at  # what led to one block does not lead to the next
    missed = Appointment.objects.filter(
        person=appointment.person_id,
        facility=appointment.facility_id,
        status=Status.NO_SHOW,
        no_show_by=Side.CITIZEN,
        no_show_at__gt=since,
    )
    if missed.count() < policy.no_shows_allowed:
        return
    block = Block.objects.create(
        person_id=appointment.person_id,
        facility_id=appointment.facility_id,
        until=now + timedelta(days=policy.block_days),
        created_at=now,
    )
    _note_block(by, "booking.block", block)
    emit(BlockMade(str(block.pk)))


def _blocks(appointment: Appointment) -> QuerySet[Block]:
    rows = Block.objects.select_for_update().order_by("pk")
    return rows.filter(person=appointment.person_id, facility=appointment.facility_id)


def _renew(appointment: Appointment) -> None:
    days.renew(appointment.practitioner_id, (appointment.blocked.lower, appointment.blocked.upper))


def _note_block(by: Actor, action: str, block: Block) -> None:
    audit.record(by, action, block, person_id=block.person_id, facility_id=block.facility_id)
