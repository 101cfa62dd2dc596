"""Statements the desk hands in: kept until they are read, read by a job row by row, the same rows once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotAllowed
from core.sheets import MOST_BYTES
from core.tasks import later
from payments import access, queries, statements
from payments.actions import bank
from payments.errors import NoAccount, StatementUnfit
from payments.gateways import vietqr
from payments.models import BankLine, BankStatement
from payments.statements import Came, FileProblem, Skipped

Row = dict[str, Any]


@transaction.atomic
def hand_in_statement(*, file_name: str, content: bytes, by: Actor, now: datetime) -> BankStatement:
    """Keep a statement of the facility's bank account and write the job that reads it. Raises StatementUnfit, NoAccount."""
    if by.facility_id is None or by.user_id is None:
        raise NotAllowed()
    access.require_money_desk(by, by.facility_id)
    account = queries.account_of(by.facility_id, vietqr.VietQR.code)
    if account is None:
        raise NoAccount()
    if len(content) > MOST_BYTES or not content.strip():
        code = "file_empty" if len(content) <= MOST_BYTES else "file_too_large"
        raise StatementUnfit(statements.REASONS[code])
    statement = BankStatement.objects.create(
        facility_id=by.facility_id,
        account=account,
        file_name=file_name[:120],
        kind=statements.kind_of(file_name, content),
        content=content,
        handed_in_by=by.user_id,
        created_at=now,
    )
    audit.record(by, "payments.bank_statement", statement, facility_id=by.facility_id)
    later("payments.tasks.read_statement", statement_id=str(statement.id))
    return statement


def read_statement(*, statement_id: UUID, by: Actor, now: datetime) -> BankStatement:
    """Take a statement in, each row in a transaction of its own. Repeatable: what landed before a crash is found again."""
    access.require_house(by)
    statement = BankStatement.objects.select_related("account").get(id=statement_id)
    if statement.status != BankStatement.Status.READING:
        return statement
    report: list[Row] = []
    alike: Counter[str] = Counter()
    account_number = statement.account.merchant.partition("/")[2]
    try:
        for row in statements.read(statement.kind, bytes(statement.content), account=account_number):
            report.append(_skipped(row) if isinstance(row, Skipped) else _taken(row, statement, alike, by, now))
    except FileProblem as problem:
        report.append({"line": problem.line, "outcome": "failed", "reason": problem.code, "value": problem.value})
        return _end(statement.id, BankStatement.Status.FAILED, report, now)
    return _end(statement.id, BankStatement.Status.READ, report, now)


def _skipped(row: Skipped) -> Row:
    return {
        "line": row.line,
        "outcome": "wrong" if row.is_wrong else "passed",
        "reason": row.reason,
        "value": row.value,
    }


def _taken(row: Came, statement: BankStatement, alike: Counter[str], by: Actor, now: datetime) -> Row:
    came = row
    if not row.number:
        same = statements.fingerprint(row, 0)
        came = statements.numbered(row, statements.fingerprint(row, alike[same]))
        alike[same] += 1
    taken = bank.take_line(
        account=statement.account, came=came, source=statement.kind, statement=statement, by=by, now=now
    )
    line = taken.line
    fresh = taken.is_new or (line.statement_id == statement.id and not taken.differs)
    if taken.differs:
        outcome = "wrong"
    elif not fresh:
        outcome = "known"
    else:
        outcome = "matched" if line.status == BankLine.Status.MATCHED else "queued"
    return {
        "line": row.line,
        "outcome": outcome,
        "reason": "differs" if taken.differs else line.reason if outcome == "queued" else "",
        "value": row.memo[:120],
        "amount": row.amount,
        "bank_line": str(line.id),
    }


@transaction.atomic
def _end(statement_id: UUID, status: str, report: list[Row], now: datetime) -> BankStatement:
    statement = BankStatement.objects.select_for_update().get(id=statement_id)
    if statement.status == BankStatement.Status.READING:
        statement.move_to(status, at=now)
        statement.report, statement.content = report, b""
        statement.counts = dict(Counter(row["outcome"] for row in report))
        statement.save()
    return statement
