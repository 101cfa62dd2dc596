"""A list of lots taken in: what can be read lands, what cannot is told row by row; the same file is a delivery only once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import IntegrityError, transaction
from django.db.models.functions import Lower

import audit
from core.actor import Actor
from core.tables import CONTROL, FileProblem
from identity.models import Facility
from prescriptions import access, stock_files
from prescriptions.actions.shelf import receive_lot
from prescriptions.errors import BadLot, BadStockFile, LotDiffers, TakenInAlready
from prescriptions.models import Drug, StockImport, StockMove


@dataclass(frozen=True)
class Landed:
    """How many rows landed, and what is wrong with the others."""

    landed: int
    problems: list[dict[str, Any]]


@transaction.atomic
def import_stock(*, file_name: str, content: bytes, by: Actor, now: datetime) -> Landed:
    """Put the lots of a CSV on the shelf as one delivery. Raises WrongRole, BadStockFile, TakenInAlready."""
    pharmacy = Facility.objects.get(id=access.pharmacy_of(by))
    today = now.astimezone(ZoneInfo(pharmacy.zone)).date()
    try:
        sheet = stock_files.read(content, _drugs_of(stock_files.codes_in(content)), today)
    except FileProblem as problem:
        raise BadStockFile(fields={"file": [stock_files.REASONS[problem.code]]}) from problem
    problems = list(sheet.problems)
    landed = 0
    if sheet.entries:
        _remember(pharmacy, file_name, content, len(sheet.entries), now)
    for entry in sheet.entries:
        try:
            with transaction.atomic():
                receive_lot(
                    drug_code=entry.drug,
                    number=entry.number,
                    expires_on=entry.expires_on,
                    quantity=entry.quantity,
                    unit_price=entry.unit_price,
                    kind=StockMove.Kind.IMPORTED,
                    by=by,
                    now=now,
                )
            landed += 1
        except LotDiffers:
            problems.append((entry.line, "differs", entry.number))
        except BadLot:
            problems.append((entry.line, "bad_quantity", str(entry.quantity)))
    audit.record(by, "stock.import", pharmacy, detail={"landed": landed, "problems": len(problems)})
    return Landed(landed, list(stock_files.words_of(sorted(problems))))


def _remember(pharmacy: Facility, file_name: str, content: bytes, rows: int, now: datetime) -> None:
    try:
        with transaction.atomic():
            StockImport.objects.create(
                pharmacy=pharmacy,
                digest=hashlib.sha256(content).hexdigest(),
                file_name=CONTROL.sub("", file_name)[-200:] or "?",
                rows=rows,
                at=now,
            )
    except IntegrityError as error:
        raise TakenInAlready() from error


def _drugs_of(written: set[str]) -> dict[str, str]:
    """Lead from codes and registration numbers, in lower case, to codes."""
    rows = Drug.objects.filter(active=True).annotate(low=Lower("code"), number=Lower("registration_number"))
    by_code = dict(rows.filter(low__in=written).values_list("low", "code"))
    named = rows.filter(number__in=written - {""}).order_by("valid_from")
    return dict(named.values_list("number", "code")) | by_code
