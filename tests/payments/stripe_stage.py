"""The pretended Stripe as a process of its own, and what tests ask of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from typing import Any

import stripe

from runtime import folders

KEY, OTHER_KEY = "sk_test_lanhHospital", "sk_test_lanhElsewhere"
HOOK_SECRET = "whsec_of_the_tests"
VISIT = {"currency": "vnd", "unit_amount": 150_000, "product_data": {"name": "Bệnh viện Đa khoa Bình An"}}


class There:
    """The other side: its address, its levers, and clients of the official library."""

    def __init__(self) -> None:
        # A clean environment: it knows neither our database nor our settings.
        self.process = subprocess.Popen(
            [sys.executable, "-m", "payments.sandboxes.stripe", "--key", KEY, "--key", OTHER_KEY],
            cwd=folders.CHECKOUT,
            env={"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:")

    def client(self, key: str = KEY, *, retries: int = 2, timeout: float = 10) -> stripe.StripeClient:
        """A client of the official library."""
        return stripe.StripeClient(
            key,
            base_addresses={"api": self.url},
            max_network_retries=retries,
            http_client=stripe.RequestsClient(timeout=timeout),
        )

    def ask(self, lever: str, **body: Any) -> Any:
        """Pull one of its levers."""
        raw = json.dumps({"": "", **body}).encode()
        request = urllib.request.Request(f"{self.url}/_sandbox/{lever}", data=raw, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def will(self, what: str, **order: Any) -> None:
        """Let it answer the next such call otherwise."""
        self.ask("next", what=what, **order)

    def act(self, deed: str, id_: str, **more: Any) -> Any:
        """Do what a payer or a card's bank does: pay, cancel, dispute, win, lose."""
        return self.ask("act", deed=deed, id=id_, **more)

    def seen(self) -> list[dict[str, Any]]:
        """The calls that arrived, in order."""
        with urllib.request.urlopen(f"{self.url}/_sandbox/seen", timeout=10) as answer:
            return json.loads(answer.read())

    def raw(self, path: str, key: str = KEY) -> Any:
        """One answer as it goes over the wire."""
        request = urllib.request.Request(self.url + path, headers={"Authorization": f"Bearer {key}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(timeout=10)
        if self.process.stdout is not None:
            self.process.stdout.close()


def session_of(client: stripe.StripeClient, **more: Any) -> Any:
    """A Checkout Session over 150.000 ₫."""
    wish: Any = {
        "mode": "payment",
        "line_items": [{"quantity": 1, "price_data": VISIT}],
        "success_url": "https://lanh.example/back/?session={CHECKOUT_SESSION_ID}",
        "cancel_url": "https://lanh.example/back/",
        **more,
    }
    return client.v1.checkout.sessions.create(wish)
