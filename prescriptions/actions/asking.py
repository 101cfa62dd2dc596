"""Who has it: the citizen asks the pharmacies around at once; each answers, by hand or from its stock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from core.errors import Invalid, NotFound
from core.events import emit
from prescriptions import access
from prescriptions.actions.standing import require_collectable
from prescriptions.errors import (
    AlreadyReserved,
    AskedEnough,
    BadAnswer,
    InquiryOver,
    NobodyToAsk,
    NothingToReserve,
    TakenElsewhere,
)
from prescriptions.events import InquiryEnded, PharmaciesAsked, PharmacyAnswered
from prescriptions.models import (
    AnswerLine,
    Inquiry,
    InquiryLine,
    PharmacyAnswer,
    Prescription,
    Reservation,
)
from prescriptions.models.stock import MOST_DONG
from prescriptions.queries.asking import Asked, left_of, pharmacies_in_reach
from prescriptions.queries.stock import answer_rules, first_to_expire, good_lots

OPEN_FOR = timedelta(hours=2)
OPEN_OVERNIGHT = timedelta(hours=14)  # where those that are closed now were asked too
LATEST_READY = timedelta(hours=48)
MOST_A_DAY = 6
Said = PharmacyAnswer.Said


@transaction.atomic
def ask_pharmacies(
    *,
    prescription_id: UUID,
    by: Actor,
    now: datetime,
    near: tuple[float, float] | None = None,
    radius_km: int = 5,
    province: str = "",
    include_closed: bool = False,
) -> Inquiry:
    """Ask every pharmacy in range who has what is left of a prescription; asking anew ends the question before.

    `near` is (latitude, longitude) and is not kept; without it the pharmacies of a province are asked. They see medicines and
    a band of distance, never a name, a code or a diagnosis. Those that keep their stock here and wish so answer at once.

    Raises NotFound, TakenElsewhere, Expired, Cancelled, AlreadyDispensed, NothingToReserve, NobodyToAsk, AskedEnough.
    """
    if by.role != "citizen":
        raise NotFound()  # whom a person tells of their illness is their own choice
    prescription = access.lock_prescription(by, prescription_id, now, "collect")
    part = require_collectable(prescription, by, now)
    if prescription.status == Prescription.Status.ACCEPTED:
        raise TakenElsewhere()
    wanted = left_of(prescription, part)
    if not wanted:
        raise NothingToReserve()
    if Inquiry.objects.filter(prescription=prescription, asked_at__gt=now - timedelta(hours=24)).count() >= MOST_A_DAY:
        refusal = AskedEnough()
        refusal.retry_after_s = 3600
        raise refusal
    asked = pharmacies_in_reach(now, near=near, radius_km=radius_km, province=province, include_closed=include_closed)
    if not asked:
        raise NobodyToAsk()
    for before in Inquiry.objects.filter(prescription=prescription, ended_at__isnull=True):
        _end(before, Inquiry.Ending.WITHDRAWN, now)
    inquiry = Inquiry.objects.create(
        prescription=prescription,
        asked_by=by.user_id,
        asked_at=now,
        closes_at=min(now + (OPEN_OVERNIGHT if include_closed else OPEN_FOR), prescription.expires_at or now),
        radius_km=radius_km if near else None,
    )
    lines = InquiryLine.objects.bulk_create(
        InquiryLine(inquiry=inquiry, item=item, wanted=quantity) for item, quantity in wanted
    )
    answers = PharmacyAnswer.objects.bulk_create(
        PharmacyAnswer(inquiry=inquiry, pharmacy=one.facility, distance_m=one.distance_m) for one in asked
    )
    _answer_from_stock(lines, answers, asked, now)
    detail = {"pharmacies": len(answers)}
    audit.record(by, "prescription.ask", prescription, person_id=prescription.person_id, detail=detail)
    emit(
        PharmaciesAsked(
            **_whose(prescription),
            inquiry_id=str(inquiry.id),
            pharmacy_ids=[str(one.pharmacy_id) for one in answers if one.said == Said.NOTHING],
            closes_at=inquiry.closes_at.isoformat(),
        )
    )
    return inquiry


def _whose(prescription: Prescription) -> dict[str, str]:
    return {"prescription_id": str(prescription.id), "person_id": str(prescription.person_id)}


def _answer_from_stock(
    lines: Sequence[InquiryLine], answers: Sequence[PharmacyAnswer], asked: Sequence[Asked], now: datetime
) -> None:
    """Let those that wish so answer at once by what lies free on their shelf, at its price."""
    rules = {key: one for key, one in answer_rules([one.facility.id for one in asked]).items() if one.automatic}
    if not rules:
        return
    lots = good_lots(rules, [line.item.drug_id for line in lines])
    opening = {one.facility.id: one for one in asked}
    said = []
    for answer in answers:
        rule = rules.get(answer.pharmacy_id)
        if rule is None:
            continue
        place = opening[answer.pharmacy_id]
        has = []
        for line in lines:
            takes = first_to_expire(lots[answer.pharmacy_id, line.item.drug_id], line.wanted, place.today)
            if takes:
                has.append(
                    AnswerLine(
                        answer=answer,
                        line=line,
                        quantity=sum(take.quantity for take in takes),
                        unit_price=max(take.lot.unit_price for take in takes),  # never more at the counter than said
                        from_stock=True,
                    )
                )
        answer.automatic, answer.answered_at = True, now
        answer.said = Said.HAS if has else Said.REFUSED
        if has:
            begins = now if place.opening.is_open or place.opening.changes_at is None else place.opening.changes_at
            answer.ready_at = min(begins + timedelta(minutes=rule.ready_in_minutes), now + LATEST_READY)
        said += has
        answer.save(update_fields=["automatic", "answered_at", "said", "ready_at"])
    AnswerLine.objects.bulk_create(said)


def _answerable(answer_id: UUID, by: Actor, now: datetime) -> PharmacyAnswer:
    """Return the answer, locked, while it may still be given or changed. Raises NotFound, InquiryOver, AlreadyReserved."""
    access.pharmacy_of(by)
    answer = access.lock_answer(by, answer_id)
    if not answer.inquiry.is_live(now):
        raise InquiryOver()
    if Reservation.objects.filter(answer=answer).exists():
        raise AlreadyReserved()
    return answer


@transaction.atomic
def answer_inquiry(
    *, answer_id: UUID, lines: Sequence[dict[str, Any]], ready_at: datetime, by: Actor, now: datetime
) -> PharmacyAnswer:
    """Say what this pharmacy has: `lines` are [{line: id, quantity, unit_price}] with whole dong for one unit of sale.

    May be said anew until the citizen reserves by it. Raises WrongRole, NotFound, InquiryOver, AlreadyReserved, BadAnswer.
    """
    answer = _answerable(answer_id, by, now)
    known = {line.id: line for line in answer.inquiry.lines.select_related("item")}
    wrong: dict[str, list[Any]] = {}
    if not lines:
        wrong["lines"] = [BadAnswer.message]
    if not now - timedelta(minutes=5) <= ready_at <= now + LATEST_READY:
        wrong["ready_at"] = [_("A time within the next two days.")]
    for number, said in enumerate(lines):
        line = known.pop(said["line"], None)
        if line is None:
            raise Invalid(fields={f"lines.{number}.line": [NotFound.message]})
        if not 1 <= said["quantity"] <= line.wanted:
            wrong[f"lines.{number}.quantity"] = [_("A whole number from 1 to %(most)s.") % {"most": line.wanted}]
        if not 0 <= said["unit_price"] <= MOST_DONG:
            wrong[f"lines.{number}.unit_price"] = [
                _("A whole number of dong from 0 to %(most)s.") % {"most": MOST_DONG}
            ]
    if wrong:
        raise BadAnswer(fields=wrong)
    answer.lines.all().delete()
    AnswerLine.objects.bulk_create(
        AnswerLine(answer=answer, line_id=one["line"], quantity=one["quantity"], unit_price=one["unit_price"])
        for one in lines
    )
    _note_stock(answer)
    return _said(answer, Said.HAS, ready_at, by, now)


def _note_stock(answer: PharmacyAnswer) -> None:
    """Remember which lines the shelf covers: a reservation then takes them from it, or is refused."""
    lines = list(answer.lines.select_related("line__item"))
    lots = good_lots([answer.pharmacy_id], [one.line.item.drug_id for one in lines])
    for one in lines:
        free = sum(lot.free for lot in lots[answer.pharmacy_id, one.line.item.drug_id])
        if free >= one.quantity:
            AnswerLine.objects.filter(pk=one.pk).update(from_stock=True)


@transaction.atomic
def refuse_inquiry(*, answer_id: UUID, by: Actor, now: datetime) -> PharmacyAnswer:
    """Say that this pharmacy does not have it, or cannot. Raises WrongRole, NotFound, InquiryOver, AlreadyReserved."""
    answer = _answerable(answer_id, by, now)
    answer.lines.all().delete()
    return _said(answer, Said.REFUSED, None, by, now)


def _said(answer: PharmacyAnswer, said: str, ready_at: datetime | None, by: Actor, now: datetime) -> PharmacyAnswer:
    answer.said, answer.ready_at, answer.automatic = said, ready_at, False
    answer.answered_by, answer.answered_at = by.user_id, now
    answer.save(update_fields=["said", "ready_at", "automatic", "answered_by", "answered_at"])
    prescription = answer.inquiry.prescription
    audit.record(by, "prescription.answer", answer, detail={"said": said})
    emit(
        PharmacyAnswered(**_whose(prescription), pharmacy_id=str(answer.pharmacy_id), has_it=said == Said.HAS),
    )
    return answer


@transaction.atomic
def withdraw_inquiry(*, inquiry_id: UUID, by: Actor, now: datetime) -> Inquiry:
    """Take a question back; what was reserved by its answers stays reserved. Doing it again changes nothing. Raises NotFound."""
    found = access.get_inquiry(by, inquiry_id)
    inquiry = Inquiry.objects.select_for_update().get(id=found.id)
    if inquiry.ended_at is None:
        _end(inquiry, Inquiry.Ending.WITHDRAWN, now)
        prescription = inquiry.prescription
        audit.record(by, "prescription.ask_withdraw", prescription, person_id=prescription.person_id)
    return inquiry


@transaction.atomic
def close_inquiry(*, inquiry_id: UUID, by: Actor, now: datetime) -> None:
    """Close a question whose time is over, or that has nothing left to ask for."""
    inquiry = Inquiry.objects.select_for_update().get(id=inquiry_id)
    if inquiry.ended_at is None:
        over = not inquiry.is_live(now)
        _end(inquiry, Inquiry.Ending.OVER if over else Inquiry.Ending.SETTLED, now)


def _end(inquiry: Inquiry, ending: str, now: datetime) -> None:
    inquiry.ended_at, inquiry.ending = now, ending
    inquiry.save(update_fields=["ended_at", "ending"])
    asked = inquiry.answers.values_list("pharmacy_id", flat=True)
    emit(InquiryEnded(**_whose(inquiry.prescription), pharmacy_ids=[str(one) for one in asked]))
