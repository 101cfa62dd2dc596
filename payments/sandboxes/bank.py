"""A bank, pretended: `python -m payments.sandboxes.bank [--port N] [--file books.sqlite] [--hook ADDRESS] [--key KEY]`.

A process of its own with its own book. Its page takes a VietQR code, pasted or as `/?qr=…&hook=…`, and transfers the money as
told: once, twice, half of it, with another memo, late, or without a word to anybody. It tells the hospital as specs/vietnam.md
4.2 has it: BIDV's fields with their MD5 checksum, or with `--key` signed whole. Secrets need no making: an account's is `thu-`
and its number, unless `--secret` says otherwise. `/statement.csv` and `/statement.sta` (MT940) are the day's statement.

`/_sandbox/transfer`, `/_sandbox/book` and `/_sandbox/reset` do the same for programs. It listens on this machine alone, and
tells nobody but this machine and the address it was started with.
"""

from __future__ import annotations

import argparse
import hashlib
import hmac
import json
import sqlite3
import threading
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from payments import banks, vietqr
from payments.sandboxes import bank_pages as pages
from payments.sandboxes import running

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
PAYER = ("0451000123456", "NGUYEN VAN THU")
# How long it keeps trying to tell somebody who does not answer, in seconds between tries.
BETWEEN_TRIES = (1, 2, 4, 8, 16, 32, 60, 60, 60, 60)
LATE_S, LATEST_S = 20, 3600
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
FIELDS = (
    "code", "msgType", "txnId", "qrTrace", "bankCode", "mobile", "accountNo", "amount", "payDate", "merchantCode",
)  # fmt: skip
TABLES = """
CREATE TABLE IF NOT EXISTS movement (
  number TEXT PRIMARY KEY, at REAL NOT NULL, bank TEXT NOT NULL, account TEXT NOT NULL, amount INTEGER NOT NULL,
  memo TEXT NOT NULL, asked TEXT NOT NULL, way TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS notice (
  number TEXT PRIMARY KEY, hook TEXT NOT NULL, due REAL NOT NULL, tries INTEGER NOT NULL DEFAULT 0, answer TEXT);
"""


Row = dict[str, Any]


class Refused(Exception):
    """What was asked cannot be transferred; says why."""


class Book:
    """What was transferred, and who is still to be told, in a file that outlives it or in memory."""

    def __init__(self, file: str = ":memory:") -> None:
        self.lock = threading.RLock()
        self.rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self.rows.row_factory = sqlite3.Row
        self.rows.executescript(TABLES)

    def ask(self, statement: str, *values: Any) -> list[Row]:
        with self.lock:
            return [dict(row) for row in self.rows.execute(statement, values).fetchall()]

    def day(self, account: str, day: date) -> list[Row]:
        begin = datetime(day.year, day.month, day.day, tzinfo=ZONE)
        end = begin + timedelta(days=1)
        return self.ask(
            "SELECT * FROM movement WHERE account = ? AND at >= ? AND at < ? ORDER BY at, number",
            account, begin.timestamp(), end.timestamp(),
        )  # fmt: skip


@dataclass(frozen=True)
class Keys:
    """With what the bank signs."""

    hook: str = ""
    secret: str = ""
    key: str = ""


class Bank:
    """The pretended bank."""

    def __init__(self, book: Book, keys: Keys) -> None:
        self.book, self.keys = book, keys
        self.ring = threading.Event()

    # ---- transferring

    def transfer(
        self, *, qr: str, way: str, amount: int | None = None, seconds: int = LATE_S, hook: str = "", memo: str = ""
    ) -> list[str]:
        """Move the money in one of the ways; return the numbers of the movements. Raises Refused."""
        try:
            said = vietqr.decode(qr.strip())
        except vietqr.NotVietQR as error:
            raise Refused(str(error)) from error
        asked = said.amount or amount or 0
        if not 0 < asked <= vietqr.MOST or way not in pages.WAYS:
            raise Refused("there is no amount to transfer, or no such way")
        address = self._hook(hook)
        memo = {"wrong": "chuyen tien kham benh"}.get(way) or memo or said.memo or said.bill or said.reference
        sums = {"twice": [asked, asked], "half": [max(asked // 2, 1)]}.get(way, [asked])
        at = time.time() + (min(max(seconds, 0), LATEST_S) if way == "late" else 0)
        return [self._move(said, part, memo, way, at, "" if way == "silent" else address) for part in sums]

    def _hook(self, wanted: str) -> str:
        address = wanted or self.keys.hook
        if address and address != self.keys.hook and urlsplit(address).hostname not in LOOPBACK:
            raise Refused("this bank tells nobody but this machine")
        return address

    def _move(self, said: vietqr.VietQR, amount: int, memo: str, way: str, at: float, hook: str) -> str:
        with self.book.lock:
            count = self.book.ask("SELECT count(*) AS made FROM movement")[0]["made"]
            number = f"FT{datetime.now(ZONE):%y%j}{count + 1:06d}"
            # Banks put their own words around what the payer wrote.
            decorated = f"MBVCB.{count + 7_000_001}.{memo}.CT tu {PAYER[0]} {PAYER[1]} toi {said.account}"
            self.book.ask("INSERT INTO movement VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                          number, at, said.bank, said.account, amount, decorated, memo, way)  # fmt: skip
            if hook:
                self.book.ask("INSERT INTO notice (number, hook, due) VALUES (?, ?, ?)", number, hook, at)
        self.ring.set()
        return number

    # ---- telling

    def tell_for_ever(self) -> None:
        """Tell what is due, again and again until it is taken."""
        while True:
            self.ring.wait(0.2)
            self.ring.clear()
            for notice in self.book.ask("SELECT * FROM notice WHERE answer IS NULL AND due <= ?", time.time()):
                self.tell(notice)

    def tell(self, notice: Row) -> None:
        """Send one notice; what is not taken with 200 is sent again later, some times."""
        [movement] = self.book.ask("SELECT * FROM movement WHERE number = ?", notice["number"])
        raw, headers = self.notice_of(movement)
        request = urllib.request.Request(notice["hook"], raw, headers)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                taken = answer.read(2000).decode("utf-8", "replace")
        except (urllib.error.URLError, OSError, ValueError) as error:
            tries = notice["tries"]
            last = tries + 1 >= len(BETWEEN_TRIES)
            self.book.ask("UPDATE notice SET tries = tries + 1, due = ?, answer = ? WHERE number = ?",
                          time.time() + BETWEEN_TRIES[tries], f"gave up: {error}" if last else None,
                          notice["number"])  # fmt: skip
            return
        self.book.ask("UPDATE notice SET tries = tries + 1, answer = ? WHERE number = ?", taken, notice["number"])

    def notice_of(self, movement: Row) -> tuple[bytes, dict[str, str]]:
        """Return the notice of a movement as it goes over the wire, signed at this instant."""
        bank = banks.by_bin(movement["bank"])
        fields: dict[str, str] = {
            "code": "00",
            "msgType": "1",
            "txnId": movement["number"],
            "qrTrace": movement["asked"],
            "bankCode": bank.code if bank else movement["bank"],
            "mobile": "",
            "accountNo": movement["account"],
            "amount": str(movement["amount"]),
            "payDate": datetime.fromtimestamp(movement["at"], ZONE).strftime("%Y%m%d%H%M%S"),
            "merchantCode": "LANH",
        }
        if self.keys.key:
            fields |= {"memo": movement["memo"], "counterAccount": PAYER[0], "counterName": PAYER[1]}
            raw = json.dumps(fields, ensure_ascii=False).encode()
            at = int(time.time())
            mac = hmac.digest(self.keys.key.encode(), f"{at}.".encode() + raw, "sha256").hex()
            return raw, {"Content-Type": "application/json", "Bank-Signature": f"t={at},v1={mac}"}
        secret = self.keys.secret or f"thu-{movement['account']}"
        said = "|".join([*(fields[name] for name in FIELDS), secret])
        fields["checksum"] = hashlib.md5(said.encode(), usedforsecurity=False).hexdigest().upper()
        return json.dumps(fields, ensure_ascii=False).encode(), {"Content-Type": "application/json"}


class Door(BaseHTTPRequestHandler):
    """HTTP in; pages, statements and JSON out."""

    bank: Bank
    timeout = 30

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, self._values(urlsplit(self.path).query)
        book = self.bank.book
        if path == "/":
            return self._page(pages.ask(query.get("qr", ""), query.get("hook", ""), query.get("back", "")))
        if path == "/done":
            numbers = query.get("numbers", "").split(",")[:2]
            rows = [row for number in numbers for row in book.ask(
                "SELECT m.*, n.due, n.answer FROM movement m LEFT JOIN notice n USING (number) WHERE number = ?", number
            )]  # fmt: skip
            return self._page(pages.done(rows, query.get("back", "")))
        if path in {"/statement.csv", "/statement.sta"}:
            return self._statement(path, query)
        if path == "/_sandbox/book":
            rows = book.ask(
                "SELECT m.*, n.tries, n.answer FROM movement m LEFT JOIN notice n USING (number) ORDER BY number"
            )
            return self._say(200, rows)
        return self._say(404, {"error": "Not Found"})

    def do_POST(self) -> None:
        raw = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), 100_000))
        is_form = self.path == "/transfer"
        try:
            wish = self._values(raw.decode()) if is_form else json.loads(raw or b"{}")
            if self.path == "/_sandbox/reset":
                self.bank.book.ask("DELETE FROM notice")
                self.bank.book.ask("DELETE FROM movement")
                return self._say(200, {})
            if self.path not in {"/transfer", "/_sandbox/transfer"}:
                return self._say(404, {"error": "Not Found"})
            numbers = self.bank.transfer(
                qr=str(wish.get("qr", "")),
                way=str(wish.get("way", "pay")),
                amount=int(wish.get("amount") or 0) or None,
                seconds=int(wish.get("seconds") or LATE_S),
                hook=str(wish.get("hook", "")),
                memo=vietqr.plain(str(wish.get("memo", "")), 100),
            )
        except (Refused, ValueError, UnicodeDecodeError, AttributeError) as error:
            return self._page(pages.refused(str(error)), 422) if is_form else self._say(422, {"error": str(error)})
        if not is_form:
            return self._say(200, {"numbers": numbers})
        self.send_response(303)
        self.send_header("Location", pages.done_address(numbers, str(wish.get("back", ""))))
        self.send_header("Content-Length", "0")
        self.end_headers()
        return None

    def _statement(self, path: str, query: dict[str, str]) -> None:
        try:
            day = date.fromisoformat(query["day"]) if query.get("day") else datetime.now(ZONE).date()
        except ValueError:
            return self._say(422, {"error": "day"})
        account = query.get("account", "")
        rows = [row for row in self.bank.book.day(account, day) if row["at"] <= time.time()]
        if path.endswith(".csv"):
            return self._send(200, pages.as_csv(account, day, rows), "text/csv; charset=utf-8")
        return self._send(200, pages.as_mt940(account, day, rows), "text/plain; charset=utf-8")

    @staticmethod
    def _values(text: str) -> dict[str, str]:
        return {name: values[0] for name, values in parse_qs(text, keep_blank_values=True).items()}

    def _page(self, html: str, status: int = 200) -> None:
        self._send(status, html.encode(), "text/html; charset=utf-8")

    def _say(self, status: int, body: Any) -> None:
        self._send(status, json.dumps(body, ensure_ascii=False).encode(), "application/json; charset=utf-8")

    def _send(self, status: int, raw: bytes, kind: str) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Cache-Control", "no-store")
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        """Say nothing: who paid what does not belong into a log."""


def serve(port: int = 0, file: str = ":memory:", keys: Keys | None = None) -> ThreadingHTTPServer:
    """Open the door on this machine and begin to tell; the caller lets it run."""
    bank = Bank(Book(file), keys or Keys())
    threading.Thread(target=bank.tell_for_ever, daemon=True).start()
    return ThreadingHTTPServer(("127.0.0.1", port), type("Door", (Door,), {"bank": bank}))


def main() -> int:
    """Serve until TERM or Ctrl-C; the first line says the address."""
    parser = argparse.ArgumentParser(prog="payments.sandboxes.bank")
    parser.add_argument("--port", type=int, default=0, help="default: a free one")
    parser.add_argument("--file", default=":memory:", help="where its book is kept; default: in memory")
    parser.add_argument("--hook", default="", help="whom it tells, unless the link says otherwise")
    parser.add_argument("--secret", default="", help="of the checksum; default: thu-<account>")
    parser.add_argument("--key", default="", help="signs whole notices with it instead")
    running.add_option(parser)
    options = parser.parse_args()
    server = serve(options.port, options.file, Keys(options.hook, options.secret, options.key))
    return running.run(server, with_parent=options.with_parent)


if __name__ == "__main__":
    raise SystemExit(main())
