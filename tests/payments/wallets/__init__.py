"""VNPAY, MoMo and ZaloPay as the tests meet them: each sandbox's real server in a thread, and what a payer does there."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from django.test import Client

from payments.models import Payment
from payments.sandboxes import door, momo, vnpay, zalopay
from payments.sandboxes.books import Charge
from payments.sandboxes.panel import Bank, Notice

KINDS: dict[str, type[Bank]] = {"vnpay": vnpay.Vnpay, "momo": momo.Momo, "zalopay": zalopay.Zalopay}
MERCHANTS = {"vnpay": "HADONG01", "momo": "MOMOHADONG", "zalopay": "2553"}
GATEWAYS = {
    "vnpay": "payments.gateways.vnpay.Vnpay",
    "momo": "payments.gateways.momo.Momo",
    "zalopay": "payments.gateways.zalopay.Zalopay",
}


@dataclass
class Wallet:
    """One gateway: its code, its sandbox's bank and address."""

    code: str
    bank: Bank
    url: str

    @property
    def merchant(self) -> str:
        return MERCHANTS[self.code]

    def addresses(self) -> dict[str, str]:
        """Return the settings that lead here."""
        if self.code == "vnpay":
            return {
                "VNPAY_PAY_URL": f"{self.url}/paymentv2/vpcpay.html",
                "VNPAY_API_URL": f"{self.url}/merchant_webapi/api/transaction",
            }
        return {f"{self.code.upper()}_URL": self.url}

    def open(self, payment: Payment) -> str:
        """Open the payer's page; returns its text."""
        answer = httpx.get(payment.gateway_url, follow_redirects=True, timeout=20)
        assert answer.status_code == 200, answer.text
        return answer.text

    def charge(self, payment: Payment) -> Charge:
        found = self.bank.books.charge("reference = ?", payment.gateway_reference)
        assert found is not None
        return self.bank.current(found)

    def press(self, payment: Payment, way: str, seconds: float = 5) -> str:
        """Press a button of the payer's page; returns where the browser goes then."""
        page = self.open(payment)
        token = re.search(r'name="token" value="([^"]+)"', page)
        action = re.search(r'method="post" action="([^"]+)"', page)
        assert token is not None and action is not None
        form = {"token": token[1], "way": way, "seconds": str(seconds)}
        answer = httpx.post(self.url + action[1], data=form, timeout=20)
        assert answer.status_code == 303, answer.text
        return answer.headers["Location"]

    def notice(self, payment: Payment, **changes: Any) -> Notice:
        """Return the signed call that tells how a payment stands; with `changes`, of a charge that never was so."""
        charge = self.charge(payment)
        took = self.bank.books.captured(charge)
        changed = Charge(**{**charge.__dict__, **changes})
        return self.bank.notice(changed, took.number if took else "")

    def refunds(self) -> list[int]:
        """Return the amounts of the refunds in the sandbox's books."""
        return [one.amount for one in self.bank.books.movements("kind = 'refund'")]

    def told(self, payment: Payment, times: int = 1) -> list[str]:
        """Wait until so many notices of a payment were answered; return the answers."""
        until = time.monotonic() + 30
        while time.monotonic() < until:
            seen = list(self.bank.seen)
            answers = [
                one["answer"]
                for one in seen
                if one["call"] == "notice" and one["reference"] == payment.gateway_reference
            ]
            if len(answers) >= times:
                return answers
            time.sleep(0.02)
        raise AssertionError("nobody was told")


@contextmanager
def running(code: str) -> Iterator[Wallet]:
    """Have a sandbox for the time of a `with`."""
    server = door.serve(KINDS[code], pause_s=0.1)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    bank: Bank = server.RequestHandlerClass.bank
    try:
        yield Wallet(code, bank, f"http://127.0.0.1:{server.server_port}")
    finally:
        bank.is_over = True
        bank.stir.set()
        bank.pool.shutdown(wait=False, cancel_futures=True)
        server.shutdown()
        server.server_close()


def deliver(code: str, notice: Notice, *, account: str = "") -> Any:
    """Carry a gateway's call through the real door of this process."""
    path = f"/hooks/{code}/{account}"
    if notice.method == "GET":
        return Client().get(path + "?" + notice.url.partition("?")[2])
    return Client().post(path, notice.body, content_type="application/json")


def said(wallet: Wallet, response: Any) -> Any:
    """The gateway's word in an answer of ours: RspCode, return_code, or the status alone."""
    if wallet.code == "momo":
        return response.status_code
    assert response.status_code == 200
    body = response.json()
    return body["RspCode"] if wallet.code == "vnpay" else body["return_code"]


WORDS = {
    "recorded": {"vnpay": "00", "momo": 204, "zalopay": 1},
    "again": {"vnpay": "02", "momo": 204, "zalopay": 2},
    "unknown": {"vnpay": "01", "momo": 204, "zalopay": -1},
    "amount": {"vnpay": "04", "momo": 204, "zalopay": 1},
    "forged": {"vnpay": "97", "momo": 400, "zalopay": -1},
}
