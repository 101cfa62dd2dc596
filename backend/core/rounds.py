"""Few round trips: statements whose plan the database keeps, and several of them sent at once.

For the hot paths alone. Values are bound by the server, so the same text is planned once a connection
(DATABASE_PREPARE=0 where a pooler in between knows no prepared statements).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import psycopg
from django.db import connection

Statement = tuple[str, Mapping[str, Any]]


def ask(*statements: Statement) -> list[tuple[Any, ...]]:
    """Run these one after another and give the rows of the last: one round trip, BEGIN included where it is due.

    Each sees what was committed before it began, so a lock first and a look second is what it seems.
    """
    connection.ensure_connection()
    if len(statements) == 1:
        cursor = _run(statements[0])
        return list(cursor.fetchall())
    with connection.wrap_database_errors, connection.connection.pipeline():
        for statement in statements:
            cursor = _run(statement)
    return list(cursor.fetchall())


def _run(statement: Statement) -> Any:
    text, names = _numbered(statement[0])
    raw: Any = psycopg.RawCursor(connection.connection)
    cursor = connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)
    cursor.execute(text, [statement[1][name] for name in names])
    return cursor


@lru_cache(maxsize=500)
def _numbered(text: str) -> tuple[str, tuple[str, ...]]:
    """Write `%(name)s` as PostgreSQL does ($1, $2 …) and give the names in that order.

    psycopg would do the same, but for texts as long as ours at every execution anew.
    """
    names: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return "%" if found[0] == "%%" else f"${names.setdefault(found[1], len(names) + 1)}"

    return re.sub(r"%%|%\((\w+)\)s", number, text), tuple(names)


def insert(table: str, values: Mapping[str, Any], prefix: str) -> Statement:
    """Give `INSERT … SELECT …` of these columns, its parameters named with a prefix; a WHERE may follow."""
    columns = ", ".join(f'"{column}"' for column in values)
    given = ", ".join(f"%({prefix}{column})s" for column in values)
    parameters = {f"{prefix}{column}": value for column, value in values.items()}
    return f'INSERT INTO "{table}" ({columns}) SELECT {given}', parameters


def values_of(row: Any) -> dict[str, Any]:
    """Give the columns of a model's row as the database wants them."""
    fields = row._meta.local_concrete_fields
    return {field.column: field.get_db_prep_save(getattr(row, field.attname), connection) for field in fields}
