"""A whole house for the tests that need one: the real process (tests/site.py) on a database with the demo's people.

The demo is made once a day and checkout, into a database that every house then copies; so a house stands in seconds.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest
from psycopg import sql

from runtime import databases, folders, process
from tests import template
from tests.site import Site

FILL = "from runtime import process; import django; process.prepare_environment(); django.setup(); process._prepare_database()"


def _pattern() -> str:
    """Return the name of the database to copy, made when this day and these files have none yet."""
    demo = folders.files_of_packages("demo/*.py")
    stamp = folders.fingerprint(demo, f"{process.build_stamp()} {datetime.now(UTC):%Y-%m-%d}")
    name = f"house_{stamp[:12]}"
    with template.lock("house"), databases.connect() as server:
        if not template.exists(server, name):
            template.drop(server, r"house\_%")
            template.copy(server, f"{name}_draft", template.migrated())
            template.fill(f"{name}_draft", FILL, DEMO="1")
            template.rename(server, f"{name}_draft", name)
    return name


class House(Site):
    """The running process and what a test does to it."""

    def __init__(self, *, workers: bool = True) -> None:
        pattern = _pattern()
        self.database = f"home_{uuid4().hex[:12]}"
        with databases.connect() as server:
            template.copy(server, self.database, pattern)
            stamp = server.execute(
                "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", [pattern]
            ).fetchone()
            note = sql.SQL("COMMENT ON DATABASE {} IS {}")
            server.execute(note.format(sql.Identifier(self.database), sql.Literal(stamp[0] if stamp else "")))
        own: dict[str, Any] = {
            "DATABASE_URL": template.url_of(self.database),
            "DATABASE_POOL": "1",
            "DATABASE_POOL_SIZE": "10",
        }
        super().__init__(workers=workers, environment=own)

    @property
    def socket_url(self) -> str:
        return self.url.replace("http", "ws", 1)

    def code_for(self, phone: str) -> str:
        """Read the newest sign-in code sent to a phone, from the demo's outbox page."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            page = httpx.get(f"{self.url}/demo/outbox/", params={"phone": phone}, timeout=20)
            codes = re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))
            if codes:
                return codes[0]
            time.sleep(0.2)
        raise AssertionError(f"no code for {phone} in the outbox")

    def remove(self) -> None:
        """End it and take its database along."""
        self.kill()
        with databases.connect() as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.database)))


@contextmanager
def standing(*, workers: bool = True) -> Iterator[House]:
    """Have a house for the time of a `with`."""
    one = House(workers=workers)
    try:
        one.start()
        yield one
    finally:
        one.remove()


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """One house for all tests of this process that only use it."""
    with standing() as one:
        yield one
