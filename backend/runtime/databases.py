"""Making and dropping databases on whatever server DATABASE_URL names."""

from __future__ import annotations

import os

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo


def current_name() -> str:
    """The database DATABASE_URL names."""
    return str(conninfo_to_dict(os.environ["DATABASE_URL"])["dbname"])


def connect(dbname: str = "postgres") -> psycopg.Connection:
    """A connection outside any transaction, to another database of the same server."""
    return psycopg.connect(make_conninfo(os.environ["DATABASE_URL"], dbname=dbname, connect_timeout=5), autocommit=True)


def ensure_database() -> bool:
    """Create the database DATABASE_URL names if it is missing; True when it was made just now."""
    name = current_name()
    try:
        connect(name).close()
        return False
    except psycopg.OperationalError as error:
        if "does not exist" not in str(error):
            raise
    with connect() as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return True


def drop_databases(prefix: str) -> None:
    """Drop `prefix` and its numbered copies (`prefix_gw0`, …), also when somebody still has a connection open."""
    with connect() as server:
        names = server.execute(
            "SELECT datname FROM pg_database WHERE datname = %s OR datname ~ ('^' || %s || '_gw[0-9]+$')",
            [prefix, prefix],
        ).fetchall()
        for (name,) in names:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def quoted_current_name() -> str:
    """The current database's name as SQL writes it."""
    return sql.Identifier(current_name()).as_string(None)
