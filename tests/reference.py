"""The rows that migrations write (provinces, specialties, drugs): kept beside the tables, put back after each test that commits."""

from __future__ import annotations

from django.db import connection, transaction

SCHEMA = "lanh_reference"
# Django's and the database's own books; no test writes them.
UNTOUCHED = {"django_migrations"}


def remember() -> None:
    """Copy every row of a freshly migrated database aside. A database found again has its copy already."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_namespace WHERE nspname = %s", [SCHEMA])
        if cursor.fetchone()[0]:
            return
        cursor.execute(f"CREATE SCHEMA {SCHEMA}")
        for table in _tables_with_rows():
            cursor.execute(f'CREATE TABLE {SCHEMA}."{table}" AS TABLE public."{table}"')


def restore() -> None:
    """Empty all tables and put the remembered rows back. Triggers sleep meanwhile: append-only tables must yield here.

    Rows are deleted, and remembered tables rewritten only where they differ: TRUNCATE gives each of two hundred tables a
    new file, which took longer than many a test.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = %s", [SCHEMA])
        remembered = {name for (name,) in cursor.fetchall()}
        for table in _tables_with_rows():
            if table not in remembered:
                cursor.execute(f'DELETE FROM public."{table}"')
                _set_sequences(table)
        for table in sorted(remembered):
            kept, found = f'TABLE {SCHEMA}."{table}"', f'TABLE public."{table}"'
            cursor.execute(f"SELECT EXISTS (({kept} EXCEPT ALL {found}) UNION ALL ({found} EXCEPT ALL {kept}))")
            if cursor.fetchone()[0]:
                columns = _plain_columns(table)
                cursor.execute(f'DELETE FROM public."{table}"')
                cursor.execute(f'INSERT INTO public."{table}" ({columns}) OVERRIDING SYSTEM VALUE '
                               f'SELECT {columns} FROM {SCHEMA}."{table}"')  # fmt: skip
                _set_sequences(table)


def _tables_with_rows() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = sorted({name for (name,) in cursor.fetchall()} - UNTOUCHED)
        if not tables:
            return []
        cursor.execute(" UNION ALL ".join(f"(SELECT '{t}' FROM public.\"{t}\" LIMIT 1)" for t in tables))
        return sorted(name for (name,) in cursor.fetchall())


def _plain_columns(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT column_name FROM information_schema.columns
               WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER' ORDER BY ordinal_position""",
            [table],
        )
        return ", ".join(f'"{name}"' for (name,) in cursor.fetchall())


def _set_sequences(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT column_name, pg_get_serial_sequence(quote_ident(%s), column_name)
               FROM information_schema.columns WHERE table_schema = 'public' AND table_name = %s
               AND pg_get_serial_sequence(quote_ident(%s), column_name) IS NOT NULL""",
            [table, table, table],
        )
        for column, sequence in cursor.fetchall():
            cursor.execute(
                f'SELECT setval(%s, coalesce(max("{column}"), 1), max("{column}") IS NOT NULL) FROM public."{table}"',
                [sequence],
            )
