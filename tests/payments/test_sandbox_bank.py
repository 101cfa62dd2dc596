"""The pretended bank as a process of its own: what it shows, whom it tells and how, what its statement says."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client

from identity.models import Membership
from payments import actions, vietqr
from payments.models import BankLine, GatewayAccount, Payment
from tests import make
from tests.jobs import run_jobs
from tests.payments.bank_stage import KEY, account, enter, offered, waiting  # noqa: F401
from tests.payments.conftest import HOUSE, again

ROOT = Path(__file__).resolve().parents[2]
NUMBER = "12010000123456"
Told = list[tuple[bytes, dict[str, str]]]


@pytest.fixture
def ear() -> Iterator[tuple[str, Told, list[int]]]:
    """Somebody the bank can tell: what came, and with which statuses to answer first."""
    came: Told = []
    answers: list[int] = []

    class Ear(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            status = answers.pop(0) if answers else 200
            if status == 200:
                came.append((raw, dict(self.headers)))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hooks/bank/", came, answers
    server.shutdown()
    server.server_close()


Start = Callable[..., httpx.Client]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the bank with some options; it knows nothing of Django or of us."""
    running: list[tuple[subprocess.Popen[str], httpx.Client]] = []

    def begin(*options: str) -> httpx.Client:
        command = [sys.executable, "-m", "payments.sandboxes.bank", "--with-parent", *options]
        process = subprocess.Popen(
            command, cwd=ROOT, env={"PATH": ""}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        client = httpx.Client(base_url=process.stdout.readline().strip(), timeout=10, trust_env=False)
        running.append((process, client))
        return client

    yield begin
    for process, client in running:
        assert process.stdin is not None
        assert process.stdout is not None
        client.close()
        process.stdin.close()  # as when its parent dies
        assert process.wait(timeout=10) == 0
        process.stdout.close()


def until(true: Callable[[], Any]) -> None:
    """Wait for something another process does."""
    for _ in range(600):
        if true():
            return
        time.sleep(0.05)
    raise AssertionError("it did not happen")


def lead_on(came: Told) -> list[Any]:
    """Let what the bank said come in at our own door; returns its answers."""
    answers = [
        Client()
        .post("/hooks/bank/", raw, content_type="application/json", headers={"Bank-Signature": head.get("Bank-Signature", "")})
        .json()["code"]
        for raw, head in came
    ]  # fmt: skip
    run_jobs()
    return answers


@pytest.fixture
def by_checksum(dan: Membership, now: datetime) -> GatewayAccount:
    return enter(dan, now, secret=f"thu-{NUMBER}")


@pytest.fixture
def wanted(by_checksum: GatewayAccount, payment: Payment, now: datetime) -> Payment:
    return actions.start_payment(payment_id=payment.id, gateway="vietqr", by=HOUSE, now=now)


def test_its_page_says_to_whom_how_much_and_what_for(start: Start, wanted: Payment) -> None:
    bank = start()
    html = bank.get("/", params={"qr": wanted.qr}).text
    for said in ("BIDV", NUMBER, "150.000\u00a0₫", wanted.code, "Chuyển hai lần"):
        assert said in html
    assert "Dán nội dung mã QR" in bank.get("/").text
    wrong = "1" if wanted.qr[-1] == "0" else "0"
    assert "check sum" in bank.get("/", params={"qr": wanted.qr[:-1] + wrong}).text
    assert "<script>" not in bank.get("/", params={"qr": wanted.qr, "hook": '"><script>'}).text
    assert "javascript:" not in bank.get("/done", params={"numbers": "x", "back": "javascript:alert(1)"}).text


def test_a_transfer_by_the_page_confirms_the_payment(
    start: Start, wanted: Payment, ear: tuple[str, Told, list[int]]
) -> None:
    hook, came, answers = ear
    answers += [500, 503]  # we are away for a moment: it tells us again
    bank = start("--hook", hook)
    done = bank.post("/transfer", data={"qr": wanted.qr, "way": "pay", "back": "http://localhost/payments/"})
    assert done.status_code == 303
    assert "Đã chuyển tiền" in bank.get(done.headers["Location"]).text
    until(lambda: came)
    assert lead_on(came) == ["00"]
    assert again(wanted).status == "captured"


def test_whole_notices_are_signed_with_the_key(
    start: Start, dan: Membership, payment: Payment, now: datetime, ear: tuple[str, Told, list[int]]
) -> None:
    hook, came, _ = ear
    enter(dan, now, hook_key=KEY)
    started = actions.start_payment(payment_id=payment.id, gateway="vietqr", by=HOUSE, now=now)
    start("--hook", hook, "--key", KEY).post("/_sandbox/transfer", json={"qr": started.qr})
    until(lambda: came)
    assert lead_on(came) == ["00"]
    line = BankLine.objects.get()
    assert line.memo.startswith("MBVCB.")
    assert (line.counter_name, again(started).status) == ("NGUYEN VAN THU", "captured")


@pytest.mark.parametrize(
    ("way", "lines", "status"),
    [
        ("twice", {"matched": [""], "unmatched": ["double"]}, "captured"),
        ("half", {"unmatched": ["less"]}, "pending"),
        ("wrong", {"unmatched": ["no_code"]}, "pending"),
        ("late", {"unmatched": ["late"]}, "expired"),
    ],
)
def test_other_ways_wait_for_the_desk(
    start: Start, wanted: Payment, ear: tuple[str, Told, list[int]], way: str, lines: dict[str, list[str]], status: str
) -> None:
    hook, came, _ = ear
    bank = start("--hook", hook)
    bank.post("/_sandbox/transfer", json={"qr": wanted.qr, "way": way, "seconds": 1})
    until(lambda: len(came) == (2 if way == "twice" else 1))
    if way == "late":
        actions.expire_payment(payment_id=wanted.id, by=HOUSE, now=wanted.expires_at)
    lead_on(came)
    found: dict[str, list[str]] = {}
    for line in BankLine.objects.all():
        found.setdefault(line.status, []).append(line.reason)
    assert (found, again(wanted).status) == (lines, status)


@pytest.mark.parametrize("form", ["csv", "sta"])
def test_what_nobody_was_told_is_in_the_statement(
    start: Start, wanted: Payment, dan: Membership, now: datetime, ear: tuple[str, Told, list[int]], form: str
) -> None:
    hook, came, _ = ear
    bank = start("--hook", hook)
    bank.post("/_sandbox/transfer", json={"qr": wanted.qr, "way": "silent"})
    statement = bank.get(f"/statement.{form}", params={"account": NUMBER}).content
    for _ in range(2):
        actions.hand_in_statement(file_name=f"sk.{form}", content=statement, by=make.actor_for(dan), now=now)
        run_jobs()
    assert came == []
    assert (again(wanted).status, BankLine.objects.count()) == ("captured", 1)
    [row] = bank.get("/_sandbox/book").json()
    assert (row["number"], row["amount"], row["way"]) == (BankLine.objects.get().number, 150_000, "silent")
    bank.post("/_sandbox/reset")
    assert bank.get("/_sandbox/book").json() == []


def test_it_tells_nobody_but_this_machine(start: Start, wanted: Payment) -> None:
    bank = start()
    away = bank.post("/_sandbox/transfer", json={"qr": wanted.qr, "hook": "http://192.0.2.1/hooks/bank/"})
    assert away.status_code == 422
    for wish in (
        {"qr": "x"},
        {"qr": wanted.qr, "way": "dance"},
        {"qr": vietqr.encode(vietqr.VietQR("970418", "1"))},
        [],
    ):
        assert bank.post("/_sandbox/transfer", json=wish).status_code == 422
    assert bank.get("/_sandbox/book").json() == []


def test_its_book_outlives_it(start: Start, wanted: Payment, tmp_path: Path) -> None:
    file = str(tmp_path / "book.sqlite")
    start("--file", file).post("/_sandbox/transfer", json={"qr": wanted.qr})
    [row] = start("--file", file).get("/_sandbox/book").json()
    assert row["memo"].split(".")[2] == wanted.code
