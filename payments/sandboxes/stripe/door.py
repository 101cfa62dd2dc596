"""HTTP in: the API as the official library calls it, Checkout's pages, and the operator's levers."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
import socket
import struct
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from payments.sandboxes.stripe import afterwards, errors, forms, intents, pages, panel, sessions
from payments.sandboxes.stripe.books import Account, Books
from payments.sandboxes.stripe.desk import KINDS, Desk
from payments.sandboxes.stripe.errors import Refused
from payments.sandboxes.stripe.hooks import Hooks

Params = dict[str, Any]
DAY_S = 86_400
MAX_BODY = 256 * 1024
_ID = "([A-Za-z0-9_]{1,100})"


def _one(kind: str) -> Callable[..., Any]:
    def read(desk: Desk, params: Params, id_: str) -> Any:
        forms.only(params, frozenset({"client_secret"}))
        return desk.get(id_, kind)

    return read


def _many(kind: str, url: str, unplayed: str = "", **by: str) -> Callable[..., Any]:
    return lambda desk, params: desk.page(kind, params, url=url, by=by, unplayed=unplayed)


ROUTES: list[tuple[str, re.Pattern[str], Callable[..., Any]]] = [
    (method, re.compile(f"/v1/{path}"), act)
    for method, path, act in (
        ("POST", "payment_intents", intents.create),
        ("GET", "payment_intents", _many("payment_intent", "/v1/payment_intents", customer="customer")),
        ("GET", f"payment_intents/{_ID}", _one("payment_intent")),
        ("POST", f"payment_intents/{_ID}/confirm", lambda desk, params, id_: intents.confirm(desk, id_, params)),
        ("POST", f"payment_intents/{_ID}/capture", lambda desk, params, id_: sessions.capture(desk, id_, params)),
        ("POST", f"payment_intents/{_ID}/cancel", lambda desk, params, id_: intents.cancel(desk, id_, params)),
        ("POST", "payment_methods", intents.make_method),
        ("GET", f"payment_methods/{_ID}", _one("payment_method")),
        ("POST", "checkout/sessions", sessions.create),
        ("GET", "checkout/sessions", _many(
            "checkout.session", "/v1/checkout/sessions", payment_intent="payment_intent", status="status")),
        ("GET", f"checkout/sessions/{_ID}", lambda desk, params, id_: sessions.current(desk, id_)),
        ("POST", f"checkout/sessions/{_ID}/expire", lambda desk, params, id_: sessions.expire(desk, id_, params)),
        ("POST", "refunds", afterwards.refund),
        ("GET", "refunds", _many("refund", "/v1/refunds", charge="charge", payment_intent="payment_intent")),
        ("GET", f"refunds/{_ID}", _one("refund")),
        ("GET", "charges", _many("charge", "/v1/charges", payment_intent="payment_intent")),
        ("GET", f"charges/{_ID}", _one("charge")),
        ("GET", "disputes", _many("dispute", "/v1/disputes", charge="charge", payment_intent="payment_intent")),
        ("GET", f"disputes/{_ID}", _one("dispute")),
        ("POST", f"disputes/{_ID}", lambda desk, params, id_: afterwards.answer_dispute(desk, id_, params)),
        ("GET", "balance_transactions", _many(
            "balance_transaction", "/v1/balance_transactions", source="source", type="type", currency="currency")),
        ("GET", f"balance_transactions/{_ID}", _one("balance_transaction")),
        ("GET", "events", _many("event", "/v1/events", type="type")),
        ("GET", f"events/{_ID}", _one("event")),
    )
]  # fmt: skip


class System:
    """The pretended Stripe: books, clock, orders for the next calls, webhooks."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.url = ""
        self.ahead = 0.0  # seconds its clock is ahead of this machine's
        self.orders: list[dict[str, Any]] = []
        self.seen: list[dict[str, Any]] = []
        self.in_progress: set[tuple[str, str]] = set()
        self.hooks = Hooks(books)

    def now(self) -> int:
        return int(time.time() + self.ahead)

    def desk(self, account: Account, *, request_id: str | None = None, key: str | None = None) -> Desk:
        return Desk(self.books, account, self.now(), self.url, request_id=request_id, key=key)

    def order_for(self, method: str, path: str) -> dict[str, Any] | None:
        """Take the first order that concerns this call."""
        with self.books.lock:
            for order in self.orders:
                if path.startswith(order.get("path", "/v1/")) and order.get("method", method) == method:
                    order["times"] = order.get("times", 1) - 1
                    if order["times"] <= 0:
                        self.orders.remove(order)
                    return order
        return None


class Door(BaseHTTPRequestHandler):
    """One request."""

    system: System
    timeout = 30

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def _serve(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            return self._say(400, {"error": {"type": "invalid_request_error", "message": "too large"}})
        raw = self.rfile.read(length).decode("utf-8", "replace")
        path, _, query = self.path.partition("?")
        if path.startswith("/v1/"):
            return self._api(method, path, raw if method == "POST" else query)
        if path.startswith("/_sandbox/"):
            status, body = panel.answer(self.system, method, path.removeprefix("/_sandbox/"), raw)
        else:
            status, body = pages.answer(self.system, method, path, raw)
        if isinstance(body, str) and status in (302, 303):
            return self._send(status, b"", "text/plain", {"Location": body})
        if isinstance(body, str):
            return self._send(status, body.encode(), "text/html; charset=utf-8", {"Cache-Control": "no-store"})
        return self._say(status, body)

    # ---- the API

    def _api(self, method: str, path: str, raw: str) -> None:
        request_id = "req_" + secrets.token_hex(7)
        headers = {"Request-Id": request_id, "Stripe-Version": self.headers.get("Stripe-Version") or ""}
        key = self.headers.get("Idempotency-Key") if method == "POST" else None
        self.system.seen.append({"method": method, "path": path, "body": raw, "key": key})
        order = self.system.order_for(method, path) or {}
        if order.get("what") in ("409", "429", "503"):  # turned away before the work begins
            return self._turn_away(int(order["what"]), headers)
        status, body, more = self._answer(method, path, raw, key, request_id, order)
        time.sleep(float(order.get("waits", 0)))
        if order.get("what") == "reset":
            return self._reset()
        return self._say(status, body, {**headers, **more})

    def _turn_away(self, status: int, headers: dict[str, str]) -> None:
        code = {409: "lock_timeout", 429: "rate_limit", 503: ""}[status]
        kind = "api_error" if status == 503 else "invalid_request_error"
        error = {"type": kind, "code": code, "message": "Please try again later."}
        self._say(status, {"error": {name: value for name, value in error.items() if value}}, headers)

    def _answer(
        self, method: str, path: str, raw: str, key: str | None, request_id: str, order: Params
    ) -> tuple[int, Any, dict[str, str]]:
        """Do the work once for each key; return status, body and headers."""
        books = self.system.books
        try:
            account = self._account()
            if key is None:
                return (*self._work(account, method, path, raw, None, request_id, order)[:2], {})
            if len(key) > 255:
                raise errors.invalid("Idempotency keys are at most 255 characters long.")
            mine = (account.key, key)
            with books.lock:
                known = books.ask(
                    "SELECT print, status, body FROM answer WHERE account = ? AND key = ? AND at > ?", *mine,
                    self.system.now() - DAY_S,
                )  # fmt: skip
                print_ = hashlib.sha256(f"{method} {path}\n{raw}".encode()).hexdigest()
                if known and known[0][0] != print_:
                    raise errors.other_parameters(key)
                if known:
                    replayed = {"Idempotent-Replayed": "true", "Idempotency-Key": key}
                    if known[0][1] >= 500:
                        replayed["Stripe-Should-Retry"] = "false"
                    return known[0][1], json.loads(known[0][2]), replayed
                if mine in self.system.in_progress:
                    raise errors.key_in_use(key)
                self.system.in_progress.add(mine)
            try:
                status, body, is_kept = self._work(account, method, path, raw, key, request_id, order)
                if is_kept:
                    books.ask(
                        "INSERT OR REPLACE INTO answer VALUES (?, ?, ?, ?, ?, ?)", *mine, print_, status,
                        json.dumps(body), self.system.now(),
                    )  # fmt: skip
            finally:
                with books.lock:
                    self.system.in_progress.discard(mine)
            return status, body, {"Idempotency-Key": key}
        except Refused as refused:
            return refused.status, {"error": refused.error}, {}

    def _work(
        self, account: Account, method: str, path: str, raw: str, key: str | None, request_id: str, order: Params
    ) -> tuple[int, Any, bool]:
        """Return status, body, and whether the same key is to get the same again."""
        time.sleep(float(order.get("works_for", 0)))
        broken = {"error": {"type": "api_error", "message": "An unknown error occurred"}}
        if order.get("what") == "500" and not order.get("done"):  # while at work, and the answer stays with its key
            return 500, broken, True
        try:
            params = forms.decode(raw)
            act, found = self._route(method, path)
            desk = self.system.desk(account, request_id=request_id, key=key)
            with self.system.books.change():
                body = act(desk, params, *found)
                if order.get("what") == "500":
                    return 500, broken, True
                return 200, desk.expand(body, params.get("expand")), True
        except Refused as refused:
            error = {**refused.error, "request_log_url": f"{self.system.url}/_sandbox/"}
            return refused.status, {"error": error}, refused.is_kept

    @staticmethod
    def _route(method: str, path: str) -> tuple[Callable[..., Any], tuple[str, ...]]:
        for wanted, pattern, act in ROUTES:
            if wanted == method and (found := pattern.fullmatch(path)):
                return act, found.groups()
        words = (
            f"Unrecognized request URL ({method}: {path}). This sandbox plays {', '.join(sorted(set(KINDS.values())))}."
        )
        raise Refused(404, "invalid_request_error", words, is_kept=False)

    def _account(self) -> Account:
        scheme, _, given = (self.headers.get("Authorization") or "").partition(" ")
        if scheme == "Basic":
            given = base64.b64decode(given).decode().partition(":")[0]
        if not given:
            raise errors.unauthorised("You did not provide an API key.")
        account = self.system.books.account(given)
        if account is None:
            raise errors.unauthorised(f"Invalid API Key provided: {given[:8]}****{given[-4:]}")
        return account

    # ---- out

    def _reset(self) -> None:
        """End the connection as a cut cable does: no answer, although the work is done."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def _say(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        raw = json.dumps(body, ensure_ascii=False, indent=2).encode()
        self._send(status, raw, "application/json", headers or {})

    def _send(self, status: int, raw: bytes, kind: str, headers: dict[str, str]) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)
        except OSError:
            self.close_connection = True  # whoever asked has gone

    def finish(self) -> None:
        try:
            super().finish()
        except (OSError, ValueError):
            self.close_connection = True

    def log_message(self, *args: Any) -> None:
        """Say nothing."""


class Server(ThreadingHTTPServer):
    """The door and its thread of webhooks."""

    daemon_threads = True

    def __init__(self, port: int, system: System) -> None:
        super().__init__(("127.0.0.1", port), type("Door", (Door,), {"system": system}))
        self.system = system
        system.url = f"http://127.0.0.1:{self.server_port}"
        system.hooks.start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that went away is no error of ours."""

    def server_close(self) -> None:
        self.system.hooks.ended.set()
        super().server_close()


def serve(port: int = 0, file: str = ":memory:") -> Server:
    """Open the door on this machine; the caller lets it run."""
    return Server(port, System(Books(file)))
