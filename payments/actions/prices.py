"""Price lists: begun as a copy or empty, filled by hand or from a file, published, and then final."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateRange
from django.db.models import Max

import audit
from core.actor import Actor
from core.ids import new_id
from core.tables import FileProblem
from payments import paper_access, price_sheets
from payments.errors import BadPriceLine, ListEmpty, ListFinal, ListOverlaps
from payments.models import PriceItem, PriceList
from payments.price_sheets import Line, Problem


@dataclass
class Landed:
    """What became of a file: how many lines are in the list now, and what is wrong with the others, line by line."""

    fresh: int = 0
    changed: int = 0
    unchanged: int = 0
    problems: list[Problem] = field(default_factory=list)


@transaction.atomic
def begin_price_list(
    *, facility_id: UUID, name: str, first_day: date, copy_of: UUID | None = None, by: Actor, now: datetime
) -> PriceList:
    """Begin a price list that will hold from a day on; with `copy_of`, with the lines of another one.

    Raises NotAllowed, NotFound for a list to copy that is not the facility's.
    """
    paper_access.require_desk_of(by, facility_id)
    source = paper_access.lock_list(by, copy_of) if copy_of else None
    last = PriceList.objects.filter(facility_id=facility_id).aggregate(last=Max("version"))["last"] or 0
    begun = PriceList(
        facility_id=facility_id,
        version=last + 1,
        name=name.strip()[:120] or f"{first_day:%d/%m/%Y}",
        during=DateRange(first_day, None),
        created_at=now,
    )
    try:
        with transaction.atomic():
            begun.save(force_insert=True)
    except IntegrityError:  # somebody begins another one this very moment
        return begin_price_list(
            facility_id=facility_id, name=name, first_day=first_day, copy_of=copy_of, by=by, now=now
        )
    for item in source.items.all() if source else ():
        item.pk, item.price_list, item.created_at = new_id(), begun, now
        item.save(force_insert=True)
    audit.record(by, "payments.begin_price_list", begun, facility_id=facility_id)
    return begun


@transaction.atomic
def put_price(*, list_id: UUID, values: dict[str, Any], by: Actor, now: datetime) -> PriceItem:
    """Put a line into a list that is not published; the same code again takes its place. Raises NotFound, ListFinal, BadPriceLine."""
    found = _draft(by, list_id)
    line, problems = price_sheets.read({name: str(value) for name, value in values.items()})
    if line is None:
        raise BadPriceLine(fields=problems)
    item, _how = _put(found, line, now)
    return item


@transaction.atomic
def take_out_price(*, list_id: UUID, code: str, by: Actor, now: datetime) -> None:
    """Take a line out of a list that is not published. Asking again changes nothing. Raises NotFound, ListFinal."""
    _draft(by, list_id).items.filter(code=code).delete()


@transaction.atomic
def import_prices(*, list_id: UUID, content: bytes, by: Actor, now: datetime) -> Landed:
    """Take lines in from a CSV: good lines land, each other one is told with its reason. Raises NotFound, ListFinal, BadPriceLine."""
    found = _draft(by, list_id)
    try:
        lines, problems = price_sheets.rows_of(content)
    except FileProblem as problem:
        raise BadPriceLine(fields={"file": [price_sheets.in_words(problem.code)]}) from problem
    landed = Landed(problems=problems)
    for line in lines:
        _item, how = _put(found, line, now)
        setattr(landed, how, getattr(landed, how) + 1)
    audit.record(by, "payments.import_prices", found, facility_id=found.facility_id, detail={"lines": len(lines)})
    return landed


@transaction.atomic
def publish_price_list(*, list_id: UUID, by: Actor, now: datetime) -> PriceList:
    """Make a list hold from its first day on; the one that held before ends there. Asking again returns it.

    Raises NotFound, ListEmpty, ListOverlaps when a later one is published already.
    """
    found = paper_access.lock_list(by, list_id)
    if found.is_published:
        return found
    if not found.items.exists():
        raise ListEmpty()
    first_day = found.during.lower
    others = PriceList.objects.select_for_update().filter(
        facility_id=found.facility_id, published_at__isnull=False, during__contains=first_day
    )
    for before in others.order_by("id"):
        if before.during.lower >= first_day:
            raise ListOverlaps()
        before.during = DateRange(before.during.lower, first_day)
        before.save(update_fields=["during"])
    found.published_at = now
    try:
        with transaction.atomic():
            found.save(update_fields=["published_at"])
    except IntegrityError as error:
        raise ListOverlaps() from error
    audit.record(by, "payments.publish_price_list", found, facility_id=found.facility_id)
    return found


@transaction.atomic
def drop_price_list(*, list_id: UUID, by: Actor, now: datetime) -> None:
    """Throw a list away that was never published. Raises NotFound, ListFinal."""
    _draft(by, list_id).delete()


def _draft(by: Actor, list_id: UUID) -> PriceList:
    found = paper_access.lock_list(by, list_id)
    if found.is_published:
        raise ListFinal()
    return found


def _put(found: PriceList, line: Line, now: datetime) -> tuple[PriceItem, str]:
    item = found.items.filter(code=line.code).first()
    values = line.values()
    if item is None:
        return PriceItem.objects.create(price_list=found, created_at=now, **values), "fresh"
    if all(getattr(item, name) == value for name, value in values.items()):
        return item, "unchanged"
    for name, value in values.items():
        setattr(item, name, value)
    item.save()
    return item, "changed"
