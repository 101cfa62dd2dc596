"""The shelf: lots come in, are corrected with a reason, and how answers and warnings are to be given is decided."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

import audit
from core.actor import Actor
from prescriptions import access
from prescriptions.errors import BadLot, LotDiffers, NotOnTheShelf
from prescriptions.models import AnswerRule, Drug, Lot, LowMark, StockMove
from prescriptions.models.stock import MOST_DONG

Kind = StockMove.Kind
MOST_UNITS = 1_000_000


@transaction.atomic
def receive_lot(
    *,
    drug_code: str,
    number: str,
    expires_on: date,
    quantity: int,
    unit_price: int,
    by: Actor,
    now: datetime,
    kind: str = Kind.RECEIVED,
) -> Lot:
    """Put units of a lot on the shelf; of a lot that is there already, more, at the new price (dong).

    Raises WrongRole, BadLot by field, LotDiffers when the same lot is there with another expiry date.
    """
    pharmacy_id = access.pharmacy_of(by)
    drug = Drug.objects.filter(code=drug_code).first()
    wrong = _wrong_with(number, quantity, unit_price)
    if drug is None:
        wrong["drug"] = [_("This medicine is not in the catalogue.")]
    if wrong or drug is None:
        raise BadLot(fields=wrong)
    lot, fresh = Lot.objects.get_or_create(
        pharmacy_id=pharmacy_id,
        drug=drug,
        number=number,
        defaults={"expires_on": expires_on, "quantity": 0, "unit_price": unit_price, "created_at": now},
    )
    if not fresh and lot.expires_on != expires_on:
        raise LotDiffers(fields={"expires_on": [LotDiffers.message]})
    room = Lot.objects.filter(pk=lot.pk, quantity__lte=MOST_UNITS - quantity)
    if not room.update(quantity=F("quantity") + quantity, unit_price=unit_price):
        raise BadLot(fields={"quantity": [_("That is more than a shelf can hold.")]})
    _note(lot, kind, quantity, by, now)
    audit.record(by, "stock.receive", lot, detail={"drug": drug.code, "lot": number, "quantity": quantity})
    lot.refresh_from_db()
    return lot


def _wrong_with(number: str, quantity: int, unit_price: int) -> dict[str, list[str]]:
    wrong = {}
    if not number or len(number) > 40 or not number.isprintable():
        wrong["number"] = [_("Write the lot number as it stands on the box, at most 40 characters.")]
    if not 1 <= quantity <= MOST_UNITS:
        wrong["quantity"] = [_("A whole number from 1 to %(most)s.") % {"most": MOST_UNITS}]
    if not 0 <= unit_price <= MOST_DONG:
        wrong["unit_price"] = [_("A whole number of dong from 0 to %(most)s.") % {"most": MOST_DONG}]
    return wrong


@transaction.atomic
def correct_lot(*, lot_id: UUID, quantity: int, reason: str, by: Actor, now: datetime) -> Lot:
    """Say how much of a lot there really is, with a coded reason. What is reserved for citizens stays on the shelf.

    Raises NotFound, BadLot, NotOnTheShelf when less than what is reserved would be left.
    """
    lot = access.lock_lot(by, lot_id)
    if reason not in StockMove.Reason.values:
        raise BadLot(fields={"reason": [_("Please choose a reason.")]})
    if not 0 <= quantity <= MOST_UNITS:
        raise BadLot(fields={"quantity": [_("A whole number from 0 to %(most)s.") % {"most": MOST_UNITS}]})
    if quantity < lot.reserved:
        raise NotOnTheShelf(fields={"quantity": [NotOnTheShelf.message]})
    change = quantity - lot.quantity
    if change == 0:
        return lot
    lot.quantity = quantity
    lot.save(update_fields=["quantity"])
    _note(lot, Kind.CORRECTED, change, by, now, reason)
    detail = {"drug": lot.drug.code, "lot": lot.number, "change": change, "reason": reason}
    audit.record(by, "stock.correct", lot, detail=detail)
    return lot


@transaction.atomic
def set_price(*, lot_id: UUID, unit_price: int, by: Actor, now: datetime) -> Lot:
    """Give a lot another price (dong for one unit); what was promised or sold keeps the price it had. Raises NotFound, BadLot."""
    lot = access.lock_lot(by, lot_id)
    if wrong := _wrong_with(lot.number, 1, unit_price):
        raise BadLot(fields=wrong)
    if lot.unit_price != unit_price:
        audit.record(by, "stock.price", lot, detail={"was": lot.unit_price, "is": unit_price})
        lot.unit_price = unit_price
        lot.save(update_fields=["unit_price"])
    return lot


@transaction.atomic
def set_low_mark(*, drug_code: str, at_least: int, by: Actor, now: datetime) -> None:
    """Warn when fewer free units than this are on the shelf; 0 ends the warning. Raises WrongRole, BadLot."""
    pharmacy_id = access.pharmacy_of(by)
    drug = Drug.objects.filter(code=drug_code).first()
    if drug is None or not 0 <= at_least <= MOST_UNITS:
        raise BadLot(fields={"at_least": [_("A whole number from 0 to %(most)s.") % {"most": MOST_UNITS}]})
    if at_least == 0:
        LowMark.objects.filter(pharmacy_id=pharmacy_id, drug=drug).delete()
    else:
        LowMark.objects.update_or_create(pharmacy_id=pharmacy_id, drug=drug, defaults={"at_least": at_least})


@transaction.atomic
def set_answer_rule(*, automatic: bool, ready_in_minutes: int, by: Actor, now: datetime) -> AnswerRule:
    """Decide whether questions are answered at once from the stock, and how long getting ready takes. Raises WrongRole, BadLot."""
    pharmacy_id = access.pharmacy_of(by)
    if not 5 <= ready_in_minutes <= 1440:
        raise BadLot(fields={"ready_in_minutes": [_("A whole number of minutes from 5 to 1440.")]})
    rule, _made = AnswerRule.objects.update_or_create(
        pharmacy_id=pharmacy_id, defaults={"automatic": automatic, "ready_in_minutes": ready_in_minutes}
    )
    audit.record(by, "stock.answer_rule", rule, detail={"automatic": automatic})
    return rule


def _note(lot: Lot, kind: str, change: int, by: Actor, now: datetime, reason: str = "") -> None:
    StockMove.objects.create(
        lot=lot, kind=kind, change=change, reason=reason, made_by=by.user_id, made_name=by.name, at=now
    )
