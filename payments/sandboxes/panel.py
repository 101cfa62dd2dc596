"""What the pretended gateways share: what a payer does, what is told to the merchant and when, how the next calls go.

A payer's ways: `pay`, `cancel`, `poor` (not enough money), `twice` (the money is taken twice), `late` (the bank works for n
seconds, then pays and tells), `never` (pays, and nobody is told), `again` (pays, and it is told twice at once).
"""

from __future__ import annotations

import contextlib
import json
import secrets
import threading
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from payments.sandboxes.books import Books, Charge

WAYS = {
    "pay": "Thanh toán",
    "cancel": "Huỷ giao dịch",
    "poor": "Số dư không đủ",
    "twice": "Bị trừ tiền hai lần",
    "late": "Ngân hàng xử lý chậm",
    "never": "Trả tiền nhưng không báo về",
    "again": "Trả tiền và báo về hai lần",
}


@dataclass
class Asked:
    """An HTTP request as it came."""

    method: str
    path: str
    query: str
    body: bytes
    base: str  # the address we were called under
    form: dict[str, str] = field(default_factory=dict)


@dataclass
class Said:
    """An HTTP answer: JSON, a page, or the way to another address."""

    status: int
    body: Any = None
    page: str = ""
    to: str = ""


@dataclass
class Notice:
    """A call to the merchant."""

    method: str
    url: str
    body: Any = None


class Bank:
    """One pretended gateway. A subclass speaks its wire format: `doors`, `notice`, `is_taken`, `way_back`."""

    name = ""
    title = ""
    colour = ""
    fee_in_10000 = 0  # invented; real ones are agreed in the contract
    most_tries = 10
    tells_of_failures = True
    cancelled, poor = "", ""  # its codes
    own_ways: dict[str, str] = {}

    def __init__(self, books: Books, *, pause_s: float = 2.0, hook: str = "") -> None:
        self.books, self.pause_s, self.hook = books, pause_s, hook
        self.orders: list[dict[str, Any]] = []  # how the next calls are to be answered
        self.seen: deque[dict[str, Any]] = deque(maxlen=2000)  # what came and what was answered to notices
        self.pool = ThreadPoolExecutor(4)
        self.is_over = False
        self.stir = threading.Event()  # something is due sooner than was thought
        # "METHOD path" → the call's name for orders (or how to read it from the request), and what answers it
        self.doors: dict[str, tuple[str | Callable[[Asked], str], Callable[[Asked], Said]]] = {}
        threading.Thread(target=self._work, daemon=True).start()

    # ---- what a subclass says

    def default_keys(self, merchant: str) -> dict[str, str]:
        """Return the keys of a merchant nobody entered here."""
        raise NotImplementedError

    def notice(self, charge: Charge, number: str) -> Notice:
        """Return the call that tells a merchant how a charge stands."""
        raise NotImplementedError

    def is_taken(self, status: int, body: bytes) -> bool:
        """Say whether the merchant's answer ends the repeating."""
        raise NotImplementedError

    def way_back(self, charge: Charge) -> str:
        """Return where the payer goes from here."""
        raise NotImplementedError

    # ---- merchants

    def keys(self, merchant: str) -> dict[str, str]:
        rows = self.books.ask("SELECT keys FROM merchant WHERE name = ?", merchant)
        return json.loads(rows[0][0]) if rows else self.default_keys(merchant)

    def title_of(self, merchant: str) -> str:
        rows = self.books.ask("SELECT title FROM merchant WHERE name = ?", merchant)
        return str(rows[0][0]) if rows and rows[0][0] else merchant

    def hook_of(self, merchant: str) -> str:
        rows = self.books.ask("SELECT hook FROM merchant WHERE name = ?", merchant)
        return str(rows[0][0]) if rows and rows[0][0] else self.hook

    def enter(self, merchant: str, *, title: str = "", keys: dict[str, str] | None = None, hook: str = "") -> None:
        """Have a merchant with keys, a title for payers and the address of its hook."""
        values = [merchant, title, json.dumps(keys or self.default_keys(merchant)), hook]
        self.books.ask("INSERT OR REPLACE INTO merchant VALUES (?, ?, ?, ?)", *values)

    # ---- charges and payers

    def open(self, **values: Any) -> str:
        """Write down a charge; returns the token of its page."""
        token = secrets.token_urlsafe(18)
        self.books.add_charge(token=token, at=time.time(), **values)
        return token

    def current(self, charge: Charge) -> Charge:
        """Return a charge as it is now, closed when its time is over."""
        with self.books.lock:
            self.books.ask(
                "UPDATE charge SET status = 'expired' WHERE id = ? AND status = 'open' AND ends_at <= ?",
                charge.id, time.time(),
            )  # fmt: skip
            found = self.books.charge("id = ?", charge.id)
        assert found is not None
        return found

    def answer(self, charge: Charge, way: str, seconds: float = 5, code: str = "") -> Charge:
        """Let the payer do something, once: whatever comes second finds the charge closed."""
        now = time.time()
        with self.books.writing():
            charge = self.current(charge)
            if charge.status != "open" or way not in (*WAYS, "doubt"):
                return charge
            if way in ("cancel", "poor"):
                self._close(charge, "declined", code or (self.cancelled if way == "cancel" else self.poor))
                if self.tells_of_failures:
                    self.books.owe(charge, "", now)
            elif way == "late":
                self._close(charge, "processing", "", due_at=now + seconds)
            else:
                self._take(charge, way, code)
        self.stir.set()
        return self.current(charge)

    def _take(self, charge: Charge, way: str, code: str = "") -> None:
        self._close(charge, "paid", code)
        now, fee = time.time(), (charge.amount * self.fee_in_10000 + 5000) // 10000
        for _ in range(2 if way == "twice" else 1):
            number = self.number()
            self.books.add_movement(
                charge=charge.id, kind="capture", number=number, amount=charge.amount, fee=fee, at=now,
                name=f"capture {number}", about=charge.about,
            )  # fmt: skip
            for _ in range({"never": 0, "again": 2}.get(way, 1)):
                self.books.owe(charge, number, now)

    def number(self) -> str:
        """Return a fresh number of a movement."""
        return str(14_000_000 + secrets.randbelow(10**9))

    def _close(self, charge: Charge, status: str, code: str, due_at: float | None = None) -> None:
        self.books.ask(
            "UPDATE charge SET status = ?, code = ?, due_at = ? WHERE id = ?", status, code, due_at, charge.id
        )

    # ---- telling merchants

    def _work(self) -> None:
        while not self.is_over:
            now = time.time()
            with self.books.writing():
                for charge in self.books.charges("status = 'processing' AND due_at <= ?", now):
                    self._take(charge, "pay")
                due = self.books.ask(
                    "UPDATE notice SET due_at = ?, tries = tries + 1 WHERE is_over = 0 AND due_at <= ?"
                    " RETURNING id, charge, number, tries",
                    now + 3600, now,
                )  # fmt: skip
                following = self.books.ask(
                    "SELECT min(due_at) FROM (SELECT due_at FROM notice WHERE is_over = 0"
                    " UNION ALL SELECT due_at FROM charge WHERE status = 'processing')"
                )[0][0]
            for one in due:
                self.pool.submit(self._tell, *one)
            self.stir.wait(None if following is None else max(0.0, following - time.time()))
            self.stir.clear()

    def _tell(self, notice_id: int, charge_id: int, number: str, tries: int) -> None:
        charge = self.books.charge("id = ?", charge_id)
        assert charge is not None
        call = self.notice(charge, number)
        status, body = _called(call)
        taken = self.is_taken(status, body)
        text = f"{status} {body.decode(errors='replace')[:200]}".strip()
        self.seen.append({"call": "notice", "reference": charge.reference, "answer": text})
        over = taken or tries >= self.most_tries
        self.books.ask(
            "UPDATE notice SET answer = ?, is_over = ?, due_at = ? WHERE id = ?",
            text, int(over), time.time() + self.pause_s, notice_id,
        )  # fmt: skip
        self.stir.set()

    # ---- answering otherwise

    def order_for(self, call: str) -> dict[str, Any] | None:
        """Take the first order that concerns this call; one without an end stays."""
        with self.books.lock:
            for order in self.orders:
                if order.get("call", call) == call:
                    order["times"] = order.get("times", 1) - 1
                    if order["times"] == 0:
                        self.orders.remove(order)
                    return order
        return None


class _Straight(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **more: Any) -> None:
        return None


_OPEN = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Straight)


def _called(call: Notice) -> tuple[int, bytes]:
    """Call the merchant; status 0 when nobody answered."""
    raw = None if call.body is None else json.dumps(call.body, ensure_ascii=False).encode()
    headers = {"Content-Type": "application/json; charset=utf-8"} if raw is not None else {}
    with contextlib.suppress(OSError, ValueError):
        request = urllib.request.Request(call.url, data=raw, headers=headers, method=call.method)
        try:
            with _OPEN.open(request, timeout=15) as answer:
                return answer.status, answer.read(4096)
        except urllib.error.HTTPError as error:
            return error.code, error.read(4096)
    return 0, b""
