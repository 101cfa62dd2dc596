"""Handing a visit that is under way to a colleague: ask, accept, decline, take back."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound, WrongState
from core.events import emit
from identity.queries import colleagues_of
from records import access
from records.errors import ColleagueAsked, NotAColleague, NotUnderWay, ReasonMissing
from records.events import HandOverAnswered, HandOverAsked
from records.models import Encounter, HandOver
from records.models.handing import MOST_WORDS

Status = HandOver.Status


@transaction.atomic
def ask_hand_over(*, encounter_id: UUID, practitioner_id: UUID, why: str, by: Actor, now: datetime) -> HandOver:
    """Ask a colleague of the same facility to go on with the visit; asking the same one again changes nothing.

    Raises NotFound, NotUnderWay, ColleagueAsked (another one), NotAColleague, ReasonMissing.
    """
    encounter = access.lock_encounter(by, encounter_id)
    if by.practitioner_id is None:
        raise NotFound()
    if encounter.status != Encounter.Status.IN_PROGRESS:
        raise NotUnderWay()
    known = HandOver.objects.filter(encounter=encounter, status=Status.ASKED).first()
    if known is not None:
        if known.asked_of_id == practitioner_id:
            return known
        raise ColleagueAsked()
    reason = _one_line(why, "why")
    _check_colleague(encounter, practitioner_id, now)
    hand_over = HandOver.objects.create(
        encounter=encounter,
        asked_by_id=encounter.practitioner_id,
        asked_of_id=practitioner_id,
        why=reason,
        created_at=now,
    )
    _note(by, "records.ask_hand_over", hand_over)
    emit(HandOverAsked(str(hand_over.id), str(encounter.id)))
    return hand_over


@transaction.atomic
def accept_hand_over(*, hand_over_id: UUID, by: Actor, now: datetime) -> HandOver:
    """Take the visit over: from here on it is the colleague's to see, write, prescribe and finish. Repeatable.

    Raises NotFound (also for who asked), NotUnderWay, NotAColleague (no longer one), WrongState (taken back, declined).
    """
    hand_over = _asked_of(by, hand_over_id)
    if hand_over.status == Status.ACCEPTED:
        return hand_over
    encounter = hand_over.encounter
    if not hand_over.can_move_to(Status.ACCEPTED):
        raise WrongState()
    if encounter.status != Encounter.Status.IN_PROGRESS or encounter.practitioner_id != hand_over.asked_by_id:
        raise NotUnderWay()
    _check_colleague(encounter, hand_over.asked_of_id, now)
    hand_over.move_to(Status.ACCEPTED, at=now)
    hand_over.note_version = encounter.version
    hand_over.save(update_fields=["status", "accepted_at", "note_version"])
    encounter.practitioner = hand_over.asked_of
    encounter.save(update_fields=["practitioner"])
    _note(by, "records.take_over", hand_over)
    _answered(hand_over)
    return hand_over


@transaction.atomic
def decline_hand_over(*, hand_over_id: UUID, why: str, by: Actor, now: datetime) -> HandOver:
    """Leave the visit where it is, and say why; asking again changes nothing. Raises NotFound, WrongState, ReasonMissing."""
    hand_over = _asked_of(by, hand_over_id)
    if hand_over.status == Status.DECLINED:
        return hand_over
    hand_over.move_to(Status.DECLINED, at=now)
    hand_over.refusal = _one_line(why, "why")
    hand_over.save(update_fields=["status", "declined_at", "refusal"])
    _note(by, "records.decline_hand_over", hand_over)
    _answered(hand_over)
    return hand_over


@transaction.atomic
def withdraw_hand_over(*, hand_over_id: UUID, by: Actor, now: datetime) -> HandOver:
    """Take the question back; asking again changes nothing. Raises NotFound (also for who is asked), WrongState."""
    hand_over = access.lock_hand_over(by, hand_over_id)
    if hand_over.asked_by_id != by.practitioner_id:
        raise NotFound()
    return hand_over if hand_over.status == Status.WITHDRAWN else _withdraw(hand_over, by, now)


def withdraw_open(encounter: Encounter, *, by: Actor, now: datetime) -> None:
    """The (locked) visit is over: nobody is asked to go on with it any more."""
    for hand_over in HandOver.objects.select_for_update().filter(encounter=encounter, status=Status.ASKED):
        _withdraw(hand_over, by, now)


def _withdraw(hand_over: HandOver, by: Actor, now: datetime) -> HandOver:
    hand_over.move_to(Status.WITHDRAWN, at=now)
    hand_over.save(update_fields=["status", "withdrawn_at"])
    _note(by, "records.withdraw_hand_over", hand_over)
    _answered(hand_over)
    return hand_over


def _asked_of(by: Actor, hand_over_id: UUID) -> HandOver:
    hand_over = access.lock_hand_over(by, hand_over_id)
    if by.practitioner_id != hand_over.asked_of_id:
        raise NotFound()
    return hand_over


def _check_colleague(encounter: Encounter, practitioner_id: UUID, now: datetime) -> None:
    today = now.astimezone(ZoneInfo(encounter.facility.zone)).date()
    others = colleagues_of(encounter.facility_id, today).exclude(pk=encounter.practitioner_id)
    if not others.filter(pk=practitioner_id).exists():
        raise NotAColleague()


def _one_line(words: str, field: str) -> str:
    line = " ".join(words.split())[:MOST_WORDS]
    if not line:
        raise ReasonMissing(fields={field: [ReasonMissing.message]})
    return line


def _note(by: Actor, action: str, hand_over: HandOver) -> None:
    """Both doctors by their ids, never the reason: it speaks of the patient."""
    audit.record(
        by,
        action,
        hand_over.encounter,
        person_id=hand_over.encounter.person_id,
        facility_id=hand_over.encounter.facility_id,
        detail={"from": str(hand_over.asked_by_id), "to": str(hand_over.asked_of_id)},
    )


def _answered(hand_over: HandOver) -> None:
    emit(HandOverAnswered(str(hand_over.id), str(hand_over.encounter_id), str(hand_over.status)))
