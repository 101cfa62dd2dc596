"""What the pretended Stripe has stored, in a file that outlives it or in memory. One writer at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from payments.sandboxes.stripe.errors import Refused

TABLES = """
CREATE TABLE IF NOT EXISTS account (key TEXT PRIMARY KEY, hook TEXT NOT NULL, secret TEXT NOT NULL, manner TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS thing (seq INTEGER PRIMARY KEY, id TEXT UNIQUE, kind TEXT, account TEXT, created INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS thing_kind ON thing (account, kind, seq);
CREATE TABLE IF NOT EXISTS wish (session TEXT PRIMARY KEY, capture_method TEXT, description TEXT, metadata TEXT);
CREATE TABLE IF NOT EXISTS answer (
  account TEXT, key TEXT, print TEXT, status INTEGER, body TEXT, at INTEGER, PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS notice (
  id INTEGER PRIMARY KEY, event TEXT, account TEXT, due REAL, tries INTEGER DEFAULT 0, taken INTEGER DEFAULT 0, manner TEXT);
"""


@dataclass(frozen=True)
class Account:
    """Who asks: a secret key, and where its webhooks go."""

    key: str
    hook: str
    secret: str
    manner: str  # how its webhooks are sent: normal, late, never, twice


class Books:
    """Rows as JSON, each under its account."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.rows.executescript(TABLES)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.rows.execute(statement, values).fetchall()

    @contextmanager
    def change(self) -> Iterator[None]:
        """One transaction. A refusal is an answer like another, so what led to it stays; a crash leaves nothing."""
        with self.lock:
            self.rows.execute("BEGIN")
            try:
                yield
            except Refused:
                self.rows.execute("COMMIT")
                raise
            except BaseException:
                self.rows.execute("ROLLBACK")
                raise
            self.rows.execute("COMMIT")

    def account(self, key: str) -> Account | None:
        found = self.ask("SELECT key, hook, secret, manner FROM account WHERE key = ?", key)
        return Account(*found[0]) if found else None

    def open_account(self, key: str, hook: str, secret: str) -> None:
        """Know a key, and where its webhooks go. A second time changes the address."""
        self.ask(
            "INSERT INTO account VALUES (?, ?, ?, 'normal') ON CONFLICT (key) DO UPDATE SET hook = ?2, secret = ?3",
            key, hook, secret,
        )  # fmt: skip

    def put(self, account: str, body: dict[str, Any]) -> None:
        raw = json.dumps(body, ensure_ascii=False)
        self.ask(
            "INSERT INTO thing (id, kind, account, created, body) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (id) DO UPDATE SET body = ?5",
            body["id"], body["object"], account, body["created"], raw,
        )  # fmt: skip

    def get(self, account: str, id_: str) -> dict[str, Any] | None:
        found = self.ask("SELECT body FROM thing WHERE id = ? AND account = ?", id_, account)
        return json.loads(found[0][0]) if found else None

    def whose(self, id_: str) -> str | None:
        found = self.ask("SELECT account FROM thing WHERE id = ?", id_)
        return found[0][0] if found else None

    def all_of(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        """Everything of a kind with its account, newest first."""
        found = self.ask("SELECT account, body FROM thing WHERE kind = ? ORDER BY seq DESC LIMIT 200", kind)
        return [(account, json.loads(body)) for account, body in found]

    def place_of(self, account: str, id_: str) -> int | None:
        found = self.ask("SELECT seq FROM thing WHERE id = ? AND account = ?", id_, account)
        return found[0][0] if found else None

    def listed(self, account: str, kind: str, *, where: list[tuple[str, Any]], limit: int, upwards: bool) -> list[Any]:
        """Bodies of a kind, newest first (or, upwards, oldest first). `where` holds fragments that end in `?`."""
        more = "".join(f" AND {fragment}" for fragment, _ in where)
        found = self.ask(
            f"SELECT body FROM thing WHERE account = ? AND kind = ?{more} ORDER BY seq {'ASC' if upwards else 'DESC'} LIMIT ?",
            account, kind, *(value for _, value in where), limit,
        )  # fmt: skip
        return [json.loads(row[0]) for row in found]

    def reset(self) -> None:
        for table in ("thing", "wish", "answer", "notice"):
            self.ask(f"DELETE FROM {table}")
