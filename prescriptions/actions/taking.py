"""What goes over the counter leaves the shelf: first what was kept for this prescription, never what is kept for others."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F

from core.actor import Actor
from identity.models import Facility
from prescriptions.errors import LotExpired, NotOnTheShelf
from prescriptions.models import Dispense, Lot, Prescription, ReservedLine, Sale, StockMove
from prescriptions.queries.stock import drug_handed_out


def take_from_shelf(prescription: Prescription, handed_out: Sequence[Dispense], by: Actor, now: datetime) -> None:
    """Take what was handed out from its lots, inside the transaction that hands it out.

    A lot that the pharmacy does not keep here is its own business. Raises NotOnTheShelf, LotExpired; then nothing changed.
    """
    if not handed_out:
        return
    pharmacy = Facility.objects.get(id=handed_out[0].pharmacy_id)
    today = now.astimezone(ZoneInfo(pharmacy.zone)).date()
    wanted = {(drug_handed_out(one).id, one.lot) for one in handed_out}
    rows = Lot.objects.select_for_update().filter(
        pharmacy=pharmacy, drug_id__in={drug for drug, _number in wanted}
    )  # all lots of these drugs, in one order: what is kept may lie in another lot than the one taken
    lots = {(one.drug_id, one.number): one for one in rows.order_by("id")}
    for one in handed_out:
        lot = lots.get((drug_handed_out(one).id, one.lot))
        price = _release(prescription, pharmacy.id, one, lot)
        if lot is not None:
            _take(lot, one.quantity, today, by, now)
            price = lot.unit_price if price is None else price
        if price is not None:
            Sale.objects.create(dispense=one, lot=lot, unit_price=price)


def _release(prescription: Prescription, pharmacy_id: UUID, given: Dispense, lot: Lot | None) -> int | None:
    """Let go of as much as is handed out, the same lot first; return the price that was promised, if one was."""
    lines = ReservedLine.objects.select_for_update().filter(
        reservation__prescription=prescription,
        reservation__pharmacy_id=pharmacy_id,
        reservation__ended_at__isnull=True,
        item_id=given.item_id,
        quantity__gt=0,
    )
    price, left = None, given.quantity
    same = lot.id if lot is not None else None
    for line in sorted(lines, key=lambda one: (one.lot_id != same, one.id)):
        if left <= 0:
            break
        units = min(line.quantity, left)
        ReservedLine.objects.filter(pk=line.pk).update(quantity=F("quantity") - units)
        if line.lot_id is not None:
            Lot.objects.filter(pk=line.lot_id).update(reserved=F("reserved") - units)
        price, left = line.unit_price if price is None else price, left - units
    return price


def _take(lot: Lot, quantity: int, today: date, by: Actor, now: datetime) -> None:
    if not lot.is_good_on(today):
        raise LotExpired()
    free = Lot.objects.filter(pk=lot.pk, quantity__gte=F("reserved") + quantity)
    if not free.update(quantity=F("quantity") - quantity):
        raise NotOnTheShelf()
    StockMove.objects.create(
        lot=lot,
        kind=StockMove.Kind.DISPENSED,
        change=-quantity,
        made_by=by.user_id,
        made_name=by.name,
        at=now,
    )
