"""The shelf: what there is, what is low or about to expire, what to take first, what was sold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import F, QuerySet

from core.actor import Actor
from identity.names import fold
from prescriptions import access
from prescriptions.models import AnswerRule, Dispense, Drug, Item, Lot, LowMark, ReservedLine, Sale, StockMove

SOON = timedelta(days=90)  # how early a lot is said to expire soon


@dataclass(frozen=True)
class Take:
    """So much of one lot, as it should be taken: first what expires first."""

    lot: Lot
    quantity: int


def first_to_expire(lots: Collection[Lot], wanted: int, today: date) -> list[Take]:
    """Return what to take for this quantity: good lots only, the first to expire first, free units only. Pure."""
    takes = []
    for lot in sorted(lots, key=lambda one: (one.expires_on, one.number)):
        if wanted <= 0:
            break
        if lot.free > 0 and lot.is_good_on(today):
            takes.append(Take(lot, min(lot.free, wanted)))
            wanted -= takes[-1].quantity
    return takes


def good_lots(pharmacy_ids: Collection[UUID], drug_ids: Collection[UUID]) -> dict[tuple[UUID, UUID], list[Lot]]:
    """Return the lots with something free, by (pharmacy, drug)."""
    found: dict[tuple[UUID, UUID], list[Lot]] = defaultdict(list)
    rows = Lot.objects.filter(pharmacy_id__in=pharmacy_ids, drug_id__in=drug_ids, quantity__gt=F("reserved"))
    for lot in rows.order_by("expires_on", "number"):
        found[lot.pharmacy_id, lot.drug_id].append(lot)
    return found


def answer_rules(pharmacy_ids: Collection[UUID]) -> dict[UUID, AnswerRule]:
    """Return how these pharmacies answer, where they have decided it."""
    return {one.pharmacy_id: one for one in AnswerRule.objects.filter(pharmacy_id__in=pharmacy_ids)}


def answer_rule_of(pharmacy_id: UUID) -> AnswerRule:
    """Return how one pharmacy answers; by hand unless it has decided otherwise."""
    return AnswerRule.objects.filter(pharmacy_id=pharmacy_id).first() or AnswerRule(pharmacy_id=pharmacy_id)


@dataclass
class Shelf:
    """One drug on the shelf: its lots, how much of it is free and good, and what is to be said about it."""

    drug: Drug
    at_least: int | None
    lots: list[Lot] = field(default_factory=list)
    free: int = 0
    is_low: bool = False
    expired: list[Lot] = field(default_factory=list)
    soon: list[Lot] = field(default_factory=list)


def shelves_of(by: Actor, today: date, *, q: str = "", only: str = "") -> list[Shelf]:
    """Return the actor's shelf by drug name; `only` is "low", "expiring" or empty."""
    pharmacy_id = access.pharmacy_of(by)
    marks = {one.drug_id: one for one in LowMark.objects.filter(pharmacy_id=pharmacy_id).select_related("drug")}
    shelves: dict[UUID, Shelf] = {key: Shelf(one.drug, one.at_least) for key, one in marks.items()}
    for lot in access.lots_of(by).filter(quantity__gt=0).select_related("drug").order_by("expires_on", "number"):
        shelf = shelves.setdefault(lot.drug_id, Shelf(lot.drug, None))
        shelf.lots.append(lot)
        if not lot.is_good_on(today):
            shelf.expired.append(lot)
            continue
        shelf.free += lot.free
        if lot.expires_on <= today + SOON:
            shelf.soon.append(lot)
    for shelf in shelves.values():
        shelf.is_low = shelf.at_least is not None and shelf.free < shelf.at_least
    words = fold(q).split()
    wanted = {"low": lambda one: one.is_low, "expiring": lambda one: one.expired or one.soon}.get(
        only, lambda one: True
    )
    found = [one for one in shelves.values() if wanted(one) and all(f" {w}" in one.drug.search_text for w in words)]
    return sorted(found, key=lambda one: (fold(one.drug.name_vi), one.drug.strength))


def moves_of(by: Actor, limit: int = 30) -> QuerySet[StockMove]:
    """Return the newest changes of the actor's stock."""
    rows = StockMove.objects.filter(lot__in=access.lots_of(by)).select_related("lot__drug")
    return rows.order_by("-at", "-id")[:limit]


def proposals(pharmacy_id: UUID, items: Collection[Item], prescription_id: UUID, today: date) -> dict[UUID, list[Take]]:
    """Return for each item what to take: first what is kept for this prescription, then what expires first."""
    lots = good_lots([pharmacy_id], [item.drug_id for item in items])
    kept: dict[UUID, list[Take]] = defaultdict(list)
    lines = ReservedLine.objects.filter(
        reservation__pharmacy_id=pharmacy_id,
        reservation__prescription_id=prescription_id,
        reservation__ended_at__isnull=True,
        lot__isnull=False,
        quantity__gt=0,
    )
    for line in lines.select_related("lot").order_by("lot__expires_on", "lot__number"):
        if line.lot is not None and line.lot.is_good_on(today):
            kept[line.item_id].append(Take(line.lot, line.quantity))
    proposed = {}
    for item in items:
        mine, wanted = [], item.remaining
        for take in kept[item.id]:
            if wanted > 0:
                mine.append(Take(take.lot, min(take.quantity, wanted)))
                wanted -= mine[-1].quantity
        proposed[item.id] = _joined(mine + first_to_expire(lots[pharmacy_id, item.drug_id], wanted, today))
    return proposed


def _joined(takes: list[Take]) -> list[Take]:
    """One line for each lot."""
    joined: dict[UUID, Take] = {}
    for take in takes:
        before = joined.get(take.lot.id)
        joined[take.lot.id] = Take(take.lot, take.quantity + (before.quantity if before else 0))
    return list(joined.values())


@dataclass(frozen=True)
class SoldLine:
    """One line of the sale report: what one drug brought on one day; `unpriced` units had no price in our stock."""

    day: date
    drug: Drug
    quantity: int
    amount: int
    unpriced: int
    prescriptions: int


def sales_of(by: Actor, begin: datetime, end: datetime, zone: str) -> list[SoldLine]:
    """Return what the actor's pharmacy handed out within [begin, end), by day of its calendar and drug."""
    pharmacy_id = access.pharmacy_of(by)
    rows = Dispense.objects.filter(pharmacy_id=pharmacy_id, at__gte=begin, at__lt=end)
    sums: dict[tuple[date, UUID], list[int]] = defaultdict(lambda: [0, 0, 0])
    drugs: dict[UUID, Drug] = {}
    whose: dict[tuple[date, UUID], set[UUID]] = defaultdict(set)
    for one in rows.select_related("item__drug", "sale"):
        drug = drug_handed_out(one)
        key = (one.at.astimezone(ZoneInfo(zone)).date(), drug.id)
        drugs[drug.id] = drug
        sale: Sale | None = getattr(one, "sale", None)
        sums[key][0] += one.quantity
        sums[key][1] += one.quantity * sale.unit_price if sale else 0
        sums[key][2] += 0 if sale else one.quantity
        whose[key].add(one.item.prescription_id)
    found = [SoldLine(key[0], drugs[key[1]], sums[key][0], sums[key][1], sums[key][2], len(whose[key])) for key in sums]
    return sorted(found, key=lambda one: (one.day, fold(one.drug.name_vi), one.drug.strength))


def drug_handed_out(dispense: Dispense) -> Drug:
    """Return the drug that went over the counter."""
    return dispense.given or dispense.item.drug


def correction_reasons() -> list[tuple[str, str]]:
    """Return the coded reasons for correcting a lot, with their words."""
    return [(value, str(label)) for value, label in StockMove.Reason.choices]
