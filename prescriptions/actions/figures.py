"""Counting: the recounts the database asks for are taken up in batches, and each prescription's difference is written once.

One writer at a time (an advisory lock), so cells need no locks of their own and nobody who signs or hands out waits. A
recount says only "look again": a prescription is always reckoned from its present state, so one twice, late or out of
order changes nothing. It is visible exactly when its change is, because both are one transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Min

from core.ids import new_id
from prescriptions import counting
from prescriptions.counting import Contribution, Deltas, Facts
from prescriptions.models import Counted, Dispense, DrugFigure, Figure, Item, Prescription, Recount

log = logging.getLogger("lanh.prescriptions")
BATCH = 500  # prescriptions a transaction
LOCK = 0x1A4B_F16  # any number of ours
KEY_TYPES = {"day": "date", "facility_id": "uuid", "practitioner_id": "uuid", "chapter": "smallint", "atc": "varchar"}


@transaction.atomic
def count_changes(*, most: int = BATCH) -> int:
    """Bring the figures up to date for up to `most` recounts; return how many were taken up.

    0: nothing is left, or another worker is at it (and takes up what is there).
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
    waiting = list(Recount.objects.order_by("id").values_list("id", "prescription_id")[:most])
    if not waiting:
        return 0
    Recount.objects.filter(id__in=[number for number, _ in waiting]).delete()
    _count_anew({prescription_id for _, prescription_id in waiting})
    return len(waiting)


def count_all_changes(tell: Callable[[int], None] = lambda taken: None) -> int:
    """Take up every recount there is, batch by batch, each in its own transaction; `tell` hears how many were done."""
    done = 0
    while taken := count_changes():
        done += taken
        tell(done)
    return done


@transaction.atomic
def forget_figures() -> int:
    """Throw all figures away and ask for every signed prescription, so that counting begins from nothing; return how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        # Not TRUNCATE: it would shut out whoever just reads.
        for model in (Recount, Counted, Figure, DrugFigure):
            cursor.execute(f'DELETE FROM "{model._meta.db_table}"')
        cursor.execute(
            f'INSERT INTO "{Recount._meta.db_table}" (prescription_id) '
            f'SELECT id FROM "{Prescription._meta.db_table}" WHERE code IS NOT NULL ORDER BY id'
        )
        return int(cursor.rowcount)


def _count_anew(ids: set[UUID]) -> None:
    before = {
        row.prescription_id: Contribution.from_json(row.adds) for row in Counted.objects.filter(prescription_id__in=ids)
    }
    after = dict(_contributions(ids))
    figures, drugs = counting.differences((before.get(one), after.get(one)) for one in ids)
    _apply(Figure, figures, counting.FIGURES)
    _apply(DrugFigure, drugs, counting.DRUG_FIGURES)
    Counted.objects.bulk_create(
        [Counted(prescription_id=one, adds=adds.as_json()) for one, adds in after.items() if before.get(one) != adds],
        update_conflicts=True,
        unique_fields=["prescription_id"],
        update_fields=["adds"],
    )
    if gone := set(before) - set(after):
        Counted.objects.filter(prescription_id__in=gone).delete()


def _contributions(ids: set[UUID]) -> Iterable[tuple[UUID, Contribution]]:
    handed_out: dict[UUID, dict[str, int]] = {}
    items = Item.objects.filter(prescription_id__in=ids).values_list("prescription_id", "id", "dispensed_quantity")
    for prescription_id, item_id, quantity in items:
        handed_out.setdefault(prescription_id, {})[str(item_id)] = quantity
    first = dict(
        Dispense.objects.filter(item__prescription_id__in=ids)
        .values_list("item__prescription_id")
        .annotate(first=Min("at"))
    )
    rows = Prescription.objects.filter(id__in=ids, code__isnull=False).values_list(
        "id", "status", "signed_at", "facility__zone", "facility_id", "practitioner_id", "content"
    )
    for prescription_id, status, signed_at, zone, facility_id, practitioner_id, content in rows:
        if signed_at is None:  # nothing of ours makes such a row
            continue
        facts = Facts(
            status=status,
            signed_at=signed_at,
            zone=zone,
            facility_id=str(facility_id),
            practitioner_id=str(practitioner_id),
            content=content or {},
            handed_out=handed_out.get(prescription_id, {}),
            first_at=first.get(prescription_id),
        )
        try:
            yield prescription_id, counting.contribution_of(facts)
        except Exception:  # one that cannot be read stops no other; it is left out, and the log says so
            log.exception("prescription %s cannot be counted", prescription_id)


def _apply(model: type[Figure] | type[DrugFigure], deltas: Deltas, names: Sequence[str]) -> None:
    """Add the differences to their cells; make those that are new, drop those that became empty."""
    if not deltas:
        return
    keys = [name for name in KEY_TYPES if name != "atc" or model is DrugFigure]
    columns: list[list[Any]] = [list(column) for column in zip(*deltas, strict=True)]
    changes = [list(column) for column in zip(*deltas.values(), strict=True)]
    table, same = model._meta.db_table, " AND ".join(f"t.{name} = d.{name}" for name in keys)
    given = ", ".join(f"%s::{KEY_TYPES[name]}[]" for name in keys)
    with connection.cursor() as cursor:
        # New cells begin at nought and grow by the same statement as the others: no number is ever below nought.
        zeros = ", ".join("0" for _ in names)
        cursor.execute(
            f'INSERT INTO "{table}" (id, created_at, {", ".join([*keys, *names])}) '
            f"SELECT d.id, now(), {', '.join(f'd.{name}' for name in keys)}, {zeros} "
            f"FROM unnest(%s::uuid[], {given}) AS d(id, {', '.join(keys)}) ON CONFLICT DO NOTHING",
            [[new_id() for _ in deltas], *columns],
        )
        sums = ", ".join(f"{name} = t.{name} + d.{name}" for name in names)
        counts = ", ".join("%s::bigint[]" for _ in names)
        cursor.execute(
            f'UPDATE "{table}" t SET {sums} FROM unnest({given}, {counts}) AS d({", ".join([*keys, *names])}) '
            f"WHERE {same}",
            [*columns, *changes],
        )
        empty = " AND ".join(f"t.{name} = 0" for name in names)
        cursor.execute(
            f'DELETE FROM "{table}" t USING unnest({given}) AS d({", ".join(keys)}) WHERE {same} AND {empty}', columns
        )
