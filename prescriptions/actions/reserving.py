"""Reserving: what one pharmacy answered is kept for the citizen for a shown time, and for nobody else. It is not shipped.

Prescription medicines may not be sold by post or courier (Pharmacy Law as amended by Law 44/2024): they are picked up.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import F

import audit
from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from prescriptions import access
from prescriptions.actions.asking import close_inquiry
from prescriptions.actions.standing import require_collectable
from prescriptions.errors import InquiryOver, NothingToReserve, StockGone, TakenElsewhere
from prescriptions.events import MedicinesReserved, ReservationEnded
from prescriptions.models import Acceptance, Inquiry, Lot, PharmacyAnswer, Prescription, Reservation, ReservedLine
from prescriptions.queries.asking import left_of
from prescriptions.queries.stock import first_to_expire

KEPT_FOR = timedelta(hours=3)  # from the instant at which it is ready
Ending = Reservation.Ending


@transaction.atomic
def reserve(*, answer_id: UUID, by: Actor, now: datetime) -> Reservation:
    """Keep what one pharmacy said it has, as far as it is still wanted, until three hours after it is ready.

    What comes from the pharmacy's stock is taken off what others can get, by statements that cannot oversell. Only now does
    the pharmacy learn whose prescription it is. Reserving again by the same answer returns what is kept.

    Raises NotFound, InquiryOver, TakenElsewhere, Expired, Cancelled, AlreadyDispensed, NothingToReserve, StockGone.
    """
    answer = access.get_answer(by, answer_id)
    prescription = access.lock_prescription(by, answer.inquiry.prescription_id, now, "collect")
    answer = PharmacyAnswer.objects.select_for_update(of=("self",)).select_related("inquiry", "pharmacy").get(
        pk=answer.pk
    )  # fmt: skip
    kept = Reservation.objects.filter(
        prescription=prescription, pharmacy_id=answer.pharmacy_id, ended_at__isnull=True
    ).first()
    if kept is not None and kept.answer_id == answer.id:
        return kept
    part = require_collectable(prescription, by, now)
    if prescription.status == Prescription.Status.ACCEPTED:
        raise TakenElsewhere()
    if answer.said != PharmacyAnswer.Said.HAS or answer.ready_at is None or not answer.inquiry.is_live(now):
        raise InquiryOver()
    if kept is not None:
        raise NothingToReserve()  # kept by an earlier answer of the same pharmacy
    left = {item.id: quantity for item, quantity in left_of(prescription, part)}
    ready_at = max(answer.ready_at, now)
    reservation = Reservation(
        prescription=prescription,
        pharmacy=answer.pharmacy,
        answer=answer,
        reserved_by=by.user_id,
        reserved_at=now,
        ready_at=ready_at,
        until=min(ready_at + KEPT_FOR, prescription.expires_at or ready_at + KEPT_FOR),
    )
    lines = _lines_of(reservation, left, now)
    if not lines:
        raise NothingToReserve()
    reservation.save()
    ReservedLine.objects.bulk_create(lines)
    audit.record(
        by,
        "prescription.reserve",
        prescription,
        person_id=prescription.person_id,
        detail={"pharmacy": answer.pharmacy.name},
    )
    emit(MedicinesReserved(**_facts(reservation)))
    if not left_of(prescription, part):
        close_inquiry(inquiry_id=answer.inquiry_id, by=by, now=now)
    return reservation


def _lines_of(reservation: Reservation, left: dict[UUID, int], now: datetime) -> list[ReservedLine]:
    """Take each line from the shelf, first what expires first; what the shelf does not cover stands on the pharmacist's word."""
    answer, pharmacy = reservation.answer, reservation.pharmacy
    said = list(answer.lines.select_related("line__item"))
    rows = Lot.objects.select_for_update().filter(
        pharmacy=pharmacy, drug_id__in={one.line.item.drug_id for one in said}
    )
    lots = list(rows.order_by("id"))
    today = now.astimezone(ZoneInfo(pharmacy.zone)).date()
    lines = []
    for one in said:
        item = one.line.item
        wanted = min(one.quantity, left.get(item.id, 0))
        if wanted <= 0:
            continue
        takes = first_to_expire([lot for lot in lots if lot.drug_id == item.drug_id], wanted, today)
        rest = wanted - sum(take.quantity for take in takes)
        if rest and one.from_stock:
            raise StockGone()
        for take in takes:
            free = Lot.objects.filter(pk=take.lot.pk, quantity__gte=F("reserved") + take.quantity)
            if not free.update(reserved=F("reserved") + take.quantity):
                raise StockGone()
            take.lot.reserved += take.quantity
        parts = [(take.lot, take.quantity) for take in takes] + ([(None, rest)] if rest else [])
        lines += [
            ReservedLine(
                reservation=reservation, item=item, lot=lot, wanted=units, quantity=units, unit_price=one.unit_price
            )
            for lot, units in parts
        ]
    return lines


def _facts(reservation: Reservation) -> dict[str, str]:
    return {
        "prescription_id": str(reservation.prescription_id),
        "person_id": str(reservation.prescription.person_id),
        "pharmacy_id": str(reservation.pharmacy_id),
        "reservation_id": str(reservation.id),
    }


@transaction.atomic
def take_back_reservation(*, reservation_id: UUID, by: Actor, now: datetime) -> Reservation:
    """The citizen does not want it kept any more; others can have it at once. Doing it again changes nothing.

    Raises NotFound, TakenElsewhere while the pharmacy has the prescription in hand.
    """
    found = access.get_reservation(by, reservation_id)
    prescription = access.lock_prescription(by, found.prescription_id, now, "collect")
    reservation = Reservation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if reservation.ended_at is not None:
        return reservation
    if prescription.status == Prescription.Status.ACCEPTED:
        raise TakenElsewhere()
    audit.record(by, "prescription.reserve_end", prescription, person_id=prescription.person_id)
    return _end(reservation, Ending.TAKEN_BACK, now)


@transaction.atomic
def expire_reservation(*, reservation_id: UUID, by: Actor, now: datetime) -> None:
    """Its time is over: what was kept is free again. Not while the pharmacy has the prescription in hand."""
    found = Reservation.objects.filter(pk=reservation_id).first()
    if found is None:
        raise NotFound()
    prescription = Prescription.objects.select_for_update(of=("self",)).get(pk=found.prescription_id)
    reservation = Reservation.objects.select_for_update(of=("self",)).get(pk=found.pk)
    if reservation.ended_at is not None or now < reservation.until or _in_hand(prescription, reservation):
        return
    _end(reservation, _how(reservation, Ending.EXPIRED), now)


def _in_hand(prescription: Prescription, reservation: Reservation) -> bool:
    held = Acceptance.objects.filter(prescription=prescription, ended_at__isnull=True)
    return held.filter(pharmacy_id=reservation.pharmacy_id).exists()


def _how(reservation: Reservation, otherwise: str) -> str:
    """Collected, where anything of it was handed out."""
    taken = reservation.lines.filter(quantity__lt=F("wanted")).exists()
    return Ending.COLLECTED if taken else otherwise


@transaction.atomic
def settle_reservations(
    *, prescription_id: UUID, by: Actor, now: datetime, gave_back: UUID | None = None
) -> list[Reservation]:
    """End what is no longer needed: all of a closed prescription, that of a pharmacy that gave it back, and what is used up.

    Questions of a closed prescription end with it.
    """
    prescription = Prescription.objects.select_for_update(of=("self",)).get(pk=prescription_id)
    ended = []
    live = (
        Reservation.objects.select_for_update(of=("self",))
        .filter(prescription=prescription, ended_at__isnull=True)
        .order_by("id")
    )
    for reservation in live:
        used_up = not reservation.lines.filter(quantity__gt=0).exists()
        if used_up or not prescription.is_open or reservation.pharmacy_id == gave_back:
            ended.append(_end(reservation, _how(reservation, Ending.MOOT), now))
    if not prescription.is_open or not any(item.remaining for item in prescription.items.all()):
        for inquiry in Inquiry.objects.filter(prescription=prescription, ended_at__isnull=True):
            close_inquiry(inquiry_id=inquiry.id, by=by, now=now)
    return ended


def _end(reservation: Reservation, ending: str, now: datetime) -> Reservation:
    for line in reservation.lines.select_for_update().filter(quantity__gt=0).order_by("lot_id", "id"):
        if line.lot_id is not None:
            Lot.objects.filter(pk=line.lot_id).update(reserved=F("reserved") - line.quantity)
        line.quantity = 0
        line.save(update_fields=["quantity"])
    reservation.ended_at, reservation.ending = now, ending
    reservation.save(update_fields=["ended_at", "ending"])
    emit(ReservationEnded(**_facts(reservation), ending=ending))
    return reservation
