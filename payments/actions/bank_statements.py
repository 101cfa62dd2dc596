"""Statements the desk hands in: kept until they are read, read by a job row by row, the same rows once."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from itertools import islice
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
BATCH = 500


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
    rows = statements.read(statement.kind, bytes(statement.content), account=account_number)
    try:
        while some := list(islice(rows, BATCH)):
            numbered = [row if isinstance(row, Skipped) else _numbered(row, alike) for row in some]
            known = _known(statement, [row.number for row in numbered if isinstance(row, Came)])
            report += [
                _skipped(row) if isinstance(row, Skipped) else _taken(row, known.get(row.number), statement, by, now)
                for row in numbered
            ]
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


def _numbered(row: Came, alike: Counter[str]) -> Came:
    if row.number:
        return row
    same = statements.fingerprint(row, 0)
    alike[same] += 1
    return statements.numbered(row, statements.fingerprint(row, alike[same] - 1))


def _known(statement: BankStatement, numbers: list[str]) -> dict[str, BankLine]:
    """Return what stood in a statement before, by its numbers: nothing is left to do for it."""
    lines = BankLine.objects.filter(account=statement.account, in_statement=True)
    found = {line.number: line for line in lines.filter(number__in=numbers)}
    return found | {line.alias: line for line in lines.filter(alias__in=numbers)}


def _taken(came: Came, known: BankLine | None, statement: BankStatement, by: Actor, now: datetime) -> Row:
    if known is not None:
        taken = bank.Taken(known, is_new=False, differs=known.amount != came.amount)
    else:
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
        "line": came.line,
        "outcome": outcome,
        "reason": "differs" if taken.differs else line.reason if outcome == "queued" else "",
        "value": came.memo[:120],
        "amount": came.amount,
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
