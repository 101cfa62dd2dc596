"""A pretended gateway's own books: charges, movements of money, notices it owes. SQLite, one writer at a time."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

VIETNAM = timezone(timedelta(hours=7))
TABLES = """
CREATE TABLE IF NOT EXISTS merchant (name TEXT PRIMARY KEY, title TEXT, keys TEXT NOT NULL, hook TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS charge (
  id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, merchant TEXT NOT NULL, reference TEXT NOT NULL,
  amount INTEGER NOT NULL CHECK (amount > 0), about TEXT NOT NULL, back TEXT NOT NULL, hook TEXT NOT NULL,
  more TEXT NOT NULL, made_at REAL NOT NULL, ends_at REAL NOT NULL,
  status TEXT NOT NULL DEFAULT 'open', code TEXT NOT NULL DEFAULT '', due_at REAL, UNIQUE (merchant, reference));
CREATE TABLE IF NOT EXISTS movement (
  id INTEGER PRIMARY KEY, charge INTEGER NOT NULL REFERENCES charge, kind TEXT NOT NULL, number TEXT NOT NULL UNIQUE,
  amount INTEGER NOT NULL CHECK (amount > 0), fee INTEGER NOT NULL, at REAL NOT NULL, name TEXT NOT NULL UNIQUE,
  about TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS request (name TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS notice (
  id INTEGER PRIMARY KEY, charge INTEGER NOT NULL REFERENCES charge, number TEXT NOT NULL, due_at REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0, answer TEXT NOT NULL DEFAULT '', is_over INTEGER NOT NULL DEFAULT 0);
"""


@dataclass(frozen=True)
class Charge:
    """What a merchant asked to collect. open → processing → paid, or declined; code says why."""

    id: int
    token: str
    merchant: str
    reference: str
    amount: int
    about: str
    back: str
    hook: str
    more: dict[str, Any]
    made_at: float
    ends_at: float
    status: str
    code: str
    due_at: float | None


@dataclass(frozen=True)
class Movement:
    """Money that moved: a "capture" or a "refund", with the gateway's number of it and the merchant's name for it."""

    id: int
    charge: int
    kind: str
    number: str
    amount: int
    fee: int
    at: float
    name: str
    about: str


class Books:
    """What happened here, in a file that outlives the process or in memory."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.rows.executescript(TABLES)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """All or nothing, and nobody else meanwhile."""
        with self.lock:
            self.rows.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self.rows.execute("ROLLBACK")
                raise
            self.rows.execute("COMMIT")

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self.lock:
            return self.rows.execute(statement, values).fetchall()

    def charges(self, where: str = "1", *values: Any) -> list[Charge]:
        """Return charges, the oldest first."""
        columns = (
            "id, token, merchant, reference, amount, about, back, hook, more, made_at, ends_at, status, code, due_at"
        )
        rows = self.ask(f"SELECT {columns} FROM charge WHERE {where} ORDER BY id", *values)
        return [Charge(*(*row[:8], json.loads(row[8]), *row[9:])) for row in rows]

    def charge(self, where: str, *values: Any) -> Charge | None:
        return next(iter(self.charges(where, *values)), None)

    def movements(self, where: str = "1", *values: Any) -> list[Movement]:
        """Return movements of money, the oldest first."""
        rows = self.ask(
            f"SELECT id, charge, kind, number, amount, fee, at, name, about FROM movement WHERE {where} ORDER BY id",
            *values,
        )
        return [Movement(*row) for row in rows]

    def captured(self, charge: Charge) -> Movement | None:
        """Return the first time a charge's money was taken."""
        return next(iter(self.movements("charge = ? AND kind = 'capture'", charge.id)), None)

    def left(self, charge: Charge) -> int:
        """Return how much of a charge can still go back."""
        found = self.movements("charge = ?", charge.id)
        return sum(one.amount if one.kind == "capture" else -one.amount for one in found)

    def is_fresh(self, request: str) -> bool:
        """Keep a request's id; say whether it had not come before."""
        return bool(self.ask("INSERT INTO request VALUES (?) ON CONFLICT DO NOTHING RETURNING 1", request))

    def add_charge(self, *, ends_at: float, at: float, more: dict[str, Any], **values: Any) -> None:
        values = {**values, "more": json.dumps(more), "made_at": at, "ends_at": ends_at}
        names = ", ".join(values)
        self.ask(f"INSERT INTO charge ({names}) VALUES ({', '.join('?' * len(values))})", *values.values())

    def add_movement(self, **values: Any) -> None:
        self.ask(
            f"INSERT INTO movement ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})", *values.values()
        )

    def owe(self, charge: Charge, number: str, due_at: float) -> None:
        """Promise the merchant a notice."""
        self.ask("INSERT INTO notice (charge, number, due_at) VALUES (?, ?, ?)", charge.id, number, due_at)

    def statement(self, day: str, merchant: str = "") -> list[dict[str, Any]]:
        """Return a day's movements (Vietnam's calendar, `YYYY-MM-DD`), of one merchant or of all."""
        begins = datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=VIETNAM)
        ends = begins + timedelta(days=1)
        rows = self.ask(
            "SELECT m.at, m.kind, c.reference, m.kind, m.number, m.name, m.amount, m.fee FROM movement m"
            " JOIN charge c ON c.id = m.charge WHERE m.at >= ? AND m.at < ? AND (? = '' OR c.merchant = ?) ORDER BY m.id",
            begins.timestamp(), ends.timestamp(), merchant, merchant,
        )  # fmt: skip
        return [
            {
                "time": datetime.fromtimestamp(at, VIETNAM).isoformat(timespec="seconds"),
                "kind": kind,
                "reference": reference,
                "transaction": number,
                "amount": amount,
                "fee": fee,
                "name": name,
            }
            for at, kind, reference, _, number, name, amount, fee in rows
        ]

    def reset(self) -> None:
        for table in ("notice", "movement", "request", "charge"):
            self.ask(f"DELETE FROM {table}")
