"""HTTP of the pretended gateways: pages and calls in, answers out; `/_sandbox/…` is for tests and the curious.

`/_sandbox/` the panel · `next` makes coming calls be answered otherwise · `pay` does what a payer does · `merchant` enters one
· `seen` what came · `books` all of it · `statement?day=YYYY-MM-DD[&merchant=][&format=csv]` · `reset`. On this machine alone.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import time
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl

from payments.sandboxes import pages, running
from payments.sandboxes.books import Books
from payments.sandboxes.panel import Asked, Bank, Said

COLUMNS = ("time", "kind", "reference", "transaction", "amount", "fee")
MOST = 256 * 1024


class Door(BaseHTTPRequestHandler):
    """One request."""

    bank: Bank
    timeout = 60

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        raw = self.rfile.read(min(int(self.headers.get("Content-Length") or 0), MOST))
        path, _, query = self.path.partition("?")
        asked = Asked(method, path, query, raw, f"http://{self.headers.get('Host', '')}")
        if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
            asked.form = dict(parse_qsl(raw.decode(errors="replace"), keep_blank_values=True))
        if path.startswith("/_sandbox/"):
            return self._say(control(self.bank, asked))
        door = self.bank.doors.get(f"{method} {path}")
        if door is None:
            return self._say(Said(404, page=pages.trouble(self.bank, "Không có trang này.")))
        named, act = door
        call = named(asked) if callable(named) else named
        order = self.bank.order_for(call) if call else None
        if call:
            self.bank.seen.append({"call": call, "body": asked.form or _json(raw)})
        if order is None:
            return self._say(act(asked))
        if order.get("stores"):
            act(asked)
        time.sleep(float(order.get("waits", 0)))
        if order.get("what") == "silence":
            self.close_connection = True
            return None
        if order.get("what") == "slow":
            return self._say(act(asked))
        return self._say(Said(int(order.get("status", 200)), order.get("body", {"error": "sandbox"})))

    def _say(self, said: Said) -> None:
        kind = "text/html; charset=utf-8"
        if said.page:
            raw = said.page.encode()
        elif isinstance(said.body, str):
            raw, kind = said.body.encode(), "text/css" if self.path.endswith(".css") else "text/csv; charset=utf-8"
        else:
            raw, kind = json.dumps(said.body, ensure_ascii=False).encode(), "application/json; charset=utf-8"
        try:
            self.send_response(said.status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(raw)))
            self.send_header("Cache-Control", "no-store")
            self.send_header(
                "Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'"
            )
            if said.to:
                self.send_header("Location", said.to)
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw) if raw else {}
    except (ValueError, RecursionError):
        return None


def control(bank: Bank, asked: Asked) -> Said:
    """The door for tests and for the panel."""
    verb, body = asked.path.removeprefix("/_sandbox/"), _json(asked.body) or {}
    if verb == "":
        return Said(200, page=pages.panel(bank))
    if verb == "style.css":
        return Said(200, pages.STYLE + f":root {{ --brand: {bank.colour}; }}\n")
    if verb == "statement":
        return _statement(bank, asked)
    if verb == "order":  # a button of the panel
        _, order = pages.ORDERS.get(asked.form.get("order", ""), ("", {}))
        bank.orders[:] = [*bank.orders, dict(order)] if order else []
        return Said(303, to="/_sandbox/")
    if verb == "next":
        bank.orders.append(body)
    elif verb == "end-orders":
        bank.orders.clear()
    elif verb == "merchant":
        bank.enter(body["merchant"], title=body.get("title", ""), keys=body.get("keys"), hook=body.get("hook", ""))
    elif verb == "pay":
        charge = bank.books.charge("reference = ?", body["reference"])
        if charge is None:
            return Said(404, {})
        done = bank.answer(charge, body.get("way", "pay"), float(body.get("seconds", 5)), str(body.get("code", "")))
        return Said(200, asdict(done))
    elif verb == "books":
        return Said(200, {
            "charges": [asdict(one) for one in bank.books.charges()],
            "movements": [asdict(one) for one in bank.books.movements()],
            "notices": bank.books.ask("SELECT charge, number, tries, answer, is_over FROM notice ORDER BY id"),
        })  # fmt: skip
    elif verb == "seen":
        return Said(200, list(bank.seen))
    elif verb == "reset":
        bank.books.reset()
        bank.orders.clear()
        bank.seen.clear()
    else:
        return Said(404, {})
    return Said(200, {})


def _statement(bank: Bank, asked: Asked) -> Said:
    wish = {name: values[-1] for name, values in parse_qs(asked.query).items()}
    try:
        lines = bank.books.statement(wish.get("day", ""), wish.get("merchant", ""))
    except ValueError:
        return Said(400, {"error": "day=YYYY-MM-DD"})
    if wish.get("format") != "csv":
        return Said(200, {"gateway": bank.name, "day": wish["day"], "lines": lines})
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(lines)
    return Said(200, text.getvalue())


def serve(kind: type[Bank], port: int = 0, file: str = ":memory:", *, pause_s: float = 2.0, hook: str = "") -> Any:
    """Open the door on this machine; the caller lets it run."""
    door = type("Door", (Door,), {"bank": kind(Books(file), pause_s=pause_s, hook=hook)})
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), door)
    except OSError:
        return ThreadingHTTPServer(("127.0.0.1", 0), door)


def main(kind: type[Bank]) -> int:
    """Serve until TERM or Ctrl-C; the first line says the address."""
    parser = argparse.ArgumentParser(description=kind.__doc__)
    parser.add_argument("--port", type=int, default=0, help="default, and when it is taken: a free one")
    parser.add_argument("--file", default=":memory:", help="where its books are kept; default: in memory")
    parser.add_argument("--pause", type=float, default=2.0, help="seconds between two tries to tell a merchant")
    parser.add_argument("--hook", default="", help="where merchants without an address of their own are told (VNPAY)")
    running.add_option(parser)
    options = parser.parse_args()
    server = serve(kind, options.port, options.file, pause_s=options.pause, hook=options.hook)
    return running.run(server, with_parent=options.with_parent)
