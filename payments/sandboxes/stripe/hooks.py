"""Webhooks out: signed over the raw bytes at the moment of sending, sent again with longer and longer waits until taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time
import urllib.error
import urllib.request

from payments.sandboxes.stripe.books import Books

WAITS_S = (0.3, 0.6, 1.2, 2.5, 5, 10, 20, 40, 60)  # the real one goes on for three days
EVERY_S = 0.1
TIMEOUT_S = 10


def sign(secret: str, body: bytes, *, at: int) -> str:
    """Return the header for a body sent at `at` (seconds since 1970)."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={mac}"


class Hooks(threading.Thread):
    """Sends what is owed, one after another."""

    def __init__(self, books: Books) -> None:
        super().__init__(daemon=True)
        self.books = books
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(EVERY_S):
            self.send_what_is_due()

    def send_what_is_due(self) -> None:
        now = time.time()
        # An amount below a day is a wait, counted from when it is first seen.
        self.books.ask("UPDATE notice SET due = due + ? WHERE taken = 0 AND due < 86400", now)
        due = self.books.ask(
            "SELECT id, event, account, tries FROM notice WHERE taken = 0 AND due <= ? ORDER BY id LIMIT 50", now
        )
        for id_, event, account, tries in due:
            taken = self._send(event, account)
            wait = WAITS_S[min(tries, len(WAITS_S) - 1)]
            self.books.ask(
                "UPDATE notice SET tries = tries + 1, taken = ?, due = ? WHERE id = ?",
                int(taken),
                time.time() + wait,
                id_,
            )

    def _send(self, event_id: str, key: str) -> bool:
        account, event = self.books.account(key), self.books.get(key, event_id)
        if account is None or event is None or not account.hook:
            return True
        raw = json.dumps(event, ensure_ascii=False, indent=2).encode()
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
            "Stripe-Signature": sign(account.secret, raw, at=int(time.time())),
        }
        request = urllib.request.Request(account.hook, data=raw, headers=headers, method="POST")
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
                return 200 <= int(answer.status) < 300
        except (urllib.error.URLError, OSError, ValueError):
            return False
