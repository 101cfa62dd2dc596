"""Reconciliation: a gateway's books of one day beside ours. The statement is streamed to the database and compared there."""

from __future__ import annotations

import csv
import io
import logging
import tempfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, timedelta
from typing import IO, Any
from uuid import UUID

from django.db import connection, transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from payments import access, comparing, gateway_books, gateways, ledger, queries
from payments import facts as books_of
from payments.errors import UnknownGateway
from payments.facts import Place
from payments.gateways import Movement, NoStatement
from payments.models import Difference, Reconciliation

log = logging.getLogger("lanh.payments")
IN_MEMORY = 1024 * 1024  # of a spooled statement; the rest lies in a temporary file
CHUNK = 256 * 1024
Status = Reconciliation.Status
Source = Reconciliation.Source


@transaction.atomic
def begin_reconciliation(*, facility_id: UUID, gateway: str, day: date, by: Actor, now: datetime) -> Reconciliation:
    """Give the row of a day at a gateway, made when it is the first time. Raises NotFound, UnknownGateway."""
    if not by.is_system and access.require_desk_user(by)[1] != facility_id:
        raise NotFound()
    account = queries.account_of(facility_id, gateway)
    return _row_of(Place(facility_id, gateway, account.id if account else None, moved=True), day, now)


def _row_of(place: Place, day: date, now: datetime) -> Reconciliation:
    if place.gateway not in gateways.codes() or place.gateway == "cash":
        raise UnknownGateway()
    row, _fresh = Reconciliation.objects.get_or_create(
        facility_id=place.facility_id,
        gateway=place.gateway,
        account_id=place.account_id,
        day=day,
        defaults={"created_at": now},
    )
    return row


def ask_statement(*, reconciliation_id: UUID, by: Actor, now: datetime) -> Reconciliation:
    """Ask the gateway for its books of the day and compare. A gateway that has none to ask for waits for a file.

    The gateway is read to its end before the transaction begins. Raises GatewayUnavailable.
    """
    row = access.get_reconciliation(by, reconciliation_id)
    account = queries.speaks_for(row.account, row.facility_id)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        try:
            _spool(gateways.get(row.gateway).movements(account, row.day), spool)
        except NoStatement:
            return row
        return _compare(row.id, spool, source=Source.ASKED, file_name="", by=by, now=now)


def import_statement(
    *, reconciliation_id: UUID, file: IO[bytes], name: str, by: Actor, now: datetime
) -> Reconciliation:
    """Take the gateway's books of the day from a file and compare. Raises BadStatement; then nothing has changed."""
    row = access.get_reconciliation(by, reconciliation_id)
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        _spool(gateway_books.movements_of(file, name), spool)
        return _compare(row.id, spool, source=Source.FILE, file_name=name[:120], by=by, now=now)


def reconcile_yesterday(*, by: Actor, now: datetime) -> list[Reconciliation]:
    """Compare yesterday (Vietnam's) at every gateway where money moved or could have; return the days compared.

    Where money moved and the gateway cannot be asked, the day waits for a file. One that fails is not the others' trouble.
    """
    access.require_house(by)
    yesterday = now.astimezone(gateways.ZONE).date() - timedelta(days=1)
    done = []
    for place in books_of.places_with_money(*gateways.day_of(yesterday)):
        if place.gateway not in gateways.codes() or place.gateway == "cash":
            continue
        row = _row_of(place, yesterday, now)
        try:
            row = ask_statement(reconciliation_id=row.id, by=by, now=now)
        except Exception:
            log.exception("reconciliation %s of %s at %s failed", row.id, yesterday, place.gateway)
            continue
        if row.status == Status.WAITING and not place.moved:
            row.delete()  # nothing to compare on either side
        else:
            done.append(row)
    return done


def _spool(movements: Iterable[Movement], spool: Any) -> None:
    text = io.TextIOWrapper(spool, encoding="utf-8", newline="", write_through=True)
    writer = csv.writer(text)
    for one in movements:
        writer.writerow(
            (
                one.kind,
                one.reference[:80],
                one.transaction[:80],
                one.money.amount,
                one.money.currency,
                one.fee,
                one.at.isoformat(),
            )
        )
    text.flush()
    text.detach()
    spool.seek(0)


def _chunks(spool: IO[bytes]) -> Iterator[bytes]:
    while chunk := spool.read(CHUNK):
        yield chunk


@transaction.atomic
def _compare(row_id: UUID, spool: Any, *, source: str, file_name: str, by: Actor, now: datetime) -> Reconciliation:
    row = Reconciliation.objects.select_for_update().get(id=row_id)
    since, until = gateways.day_of(row.day)
    values: dict[str, Any] = {
        "reconciliation": row.id,
        "facility": row.facility_id,
        "gateway": row.gateway,
        "account": row.account_id,
        "keeps_lines": gateways.get(row.gateway).keeps_lines,
        "since": since,
        "until": until,
        "now": now,
        "fees": ledger.fees(row.facility_id),
        "clearing": ledger.clearing(row.gateway, row.facility_id),
    }
    posted = 0
    with connection.cursor() as cursor:
        cursor.execute(comparing.MAKE)
        with cursor.copy(comparing.COPY) as copy:
            for chunk in _chunks(spool):
                copy.write(chunk)
        cursor.execute(comparing.TIDY)
        for statement in comparing.MATCHES:
            cursor.execute(statement, values)
        cursor.execute(comparing.NAME_FEES, values)
        cursor.execute(comparing.LOCK_FEES)
        for statement in comparing.POST_FEES:
            cursor.execute(statement, values)
            posted += cursor.rowcount // 2  # two entries each
        cursor.execute(comparing.FIND, values)
        cursor.execute(comparing.SETTLE_OLD, values)
        touched = {UUID(str(one)) for (one,) in cursor.fetchall()} - {row.id}
        cursor.execute(comparing.WRITE, values)
        cursor.execute(comparing.COUNT, values)
        (row.their_count, row.our_count, row.matched_count, row.their_amount, row.our_amount, row.fee_amount) = (
            cursor.fetchone()
        )
        cursor.execute(comparing.KEEP, values)
    row.source, row.file_name, row.ran_at = source, file_name, now
    row.status = status_of(row)
    row.save()
    for other in Reconciliation.objects.filter(id__in=touched):
        set_status(other)
    detail = {"gateway": row.gateway, "day": row.day.isoformat(), "lines": row.their_count, "status": str(row.status)}
    audit.record(by, "payments.reconcile", row, facility_id=row.facility_id, detail={**detail, "fees_posted": posted})
    return row


def status_of(row: Reconciliation) -> str:
    """Say whether something is still to be settled."""
    unsettled = row.differences.exclude(status=Difference.Status.RESOLVED).exists()
    return Status.DIFFERS if unsettled else Status.AGREED


def set_status(row: Reconciliation) -> None:
    """Note it after a difference was settled."""
    row.status = status_of(row)
    row.save(update_fields=["status"])
