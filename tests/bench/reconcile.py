"""Comparing a day of 100,000 payments with a gateway's statement, against copying the same statement into a bare table.

`lanh.py bench reconcile` for figures; `--rounds 1 --size 40` for CI, with 5,000 payments.

Recipe: a database of its own holds one facility's payments of one day, captured at one gateway. The gateway, a class of the
bench, gives its books as a generator: each payment's line, but 10 are missing, 10 have another amount, 10 come twice and 10
are of nobody's. A round is `ask_statement` as the night calls it: read the gateway to its end, copy, match, find, count, keep.
Every round must find exactly these 40. Yardstick `copy`: the same lines by COPY into a temporary table. After the rounds one
more runs under tracemalloc; `memory` is its peak in Python, beyond what was there.
"""

from __future__ import annotations

import time
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from tests.bench.run import Row, row
from tests.site import own_database

NAME = "reconcile"
PAYMENTS, SHORT_PAYMENTS, SHORT = 100_000, 5_000, 100
DAY = date(2031, 3, 25)
FIRST = datetime(2031, 3, 25, 0, 0, tzinfo=UTC)  # seven in the morning in Vietnam
ODD = 10


class Books:
    """A gateway that has books and nothing else."""

    count = PAYMENTS
    fields = ()
    keeps_lines = False

    def movements(self, account: Any, day: date) -> Iterator[Any]:
        """Walk through the day; the first forty are not as they should be."""
        from core.money import Money
        from payments.gateways import Movement

        def line(number: int, transaction: str, more: int = 0, reference: str = "") -> Movement:
            money = Money.vnd(100_000 + number % 900 * 1000 + more)
            at = FIRST + timedelta(seconds=number / 2)
            return Movement("capture", reference or f"ref-{number}", transaction, money, at, 1_100)

        for number in range(1, self.count + 1):
            if number <= ODD:
                continue
            yield line(number, f"txn-{number}", more=5_000 if number <= 2 * ODD else 0)
            if 2 * ODD < number <= 3 * ODD:
                yield line(number, f"again-{number}")
            elif 3 * ODD < number <= 4 * ODD:
                yield line(number, f"whose-{number}", reference=f"whose-{number}")


def measure(*, rounds: int, size: int) -> Iterator[Row]:
    """Fill, then copy and compare in turn; a wrong count of differences is a failure."""
    own_database("bench_reconcile")
    from django.conf import settings

    settings.PAYMENT_GATEWAYS = {"bench": "tests.bench.reconcile.Books"}
    Books.count = SHORT_PAYMENTS if size < SHORT else PAYMENTS
    facility_id = _fill(Books.count)
    copied, compared = [], []
    for _ in range(rounds):
        copied.append(_seconds(_copy))
        compared.append(_seconds(lambda: _compare(facility_id)))
    tracemalloc.start()
    _compare(facility_id)
    peak = tracemalloc.get_traced_memory()[1] / 1024 / 1024
    tracemalloc.stop()
    yield row(NAME, f"{Books.count} rows", compared, "s", to="copy", yardstick=copied)
    speed = [Books.count / one for one in compared]
    yield row(NAME, "speed", speed, "rows/s", to="copy", yardstick=[Books.count / one for one in copied])
    yield row(NAME, "memory", [peak], "MB", to="itself", yardstick=[peak])


def _fill(count: int) -> UUID:
    from django.db import connection

    from payments.models import Difference, Payment, Reconciliation, StatementLine
    from tests import make

    for model in (StatementLine, Difference, Reconciliation, Payment):
        model.objects.all().delete()
    facility, payer = make.make_facility(), make.make_person()
    rows = (
        Payment(
            subject=f"thing:{facility.id}",
            payer=payer,
            facility=facility,
            amount=100_000 + number % 900 * 1000,
            captured_amount=100_000 + number % 900 * 1000,
            description="Khám từ xa",
            status="captured",
            gateway="bench",
            gateway_reference=f"ref-{number}",
            gateway_transaction=f"txn-{number}",
            expires_at=FIRST,
            captured_at=FIRST + timedelta(seconds=number / 2),
        )
        for number in range(1, count + 1)
    )
    while batch := list(islice(rows, 5000)):
        Payment.objects.bulk_create(batch)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE payments_payment")
    return facility.id


def _copy() -> None:
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE bare (reference text, number text, amount bigint, at timestamptz) ON COMMIT DROP"
        )
        with cursor.copy("COPY bare FROM STDIN") as copy:
            for one in Books().movements(None, DAY):
                copy.write_row((one.reference, one.transaction, one.money.amount, one.at))


def _compare(facility_id: UUID) -> None:
    from core.actor import Actor
    from payments import actions
    from payments.models import Difference, Reconciliation, StatementLine

    house, now = Actor.system("bench"), FIRST + timedelta(days=1)
    for model in (StatementLine, Difference, Reconciliation):
        model.objects.all().delete()
    day = actions.begin_reconciliation(facility_id=facility_id, gateway="bench", day=DAY, by=house, now=now)
    done = actions.ask_statement(reconciliation_id=day.id, by=house, now=now)
    kinds = Counter(Difference.objects.values_list("kind", flat=True))
    wanted = {"missing_there": ODD, "amount": ODD, "twice": ODD, "missing_here": ODD}
    if kinds != wanted or done.their_count != Books.count + ODD:
        raise SystemExit(f"wrong: {dict(kinds)}, {done.their_count} lines")


def _seconds(work: Any) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
