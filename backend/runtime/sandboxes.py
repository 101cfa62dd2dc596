"""The demo's other sides of the wire: the national system, payment companies, a bank. Processes beside ours that end when we do.

Each prints its address on its first line and learns the address of the house where it has to call it.
"""

from __future__ import annotations

import logging
import os
import socket
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from runtime import folders, pretended

log = logging.getLogger("lanh.process")


@dataclass(frozen=True)
class Sandbox:
    """One process. `settings` are what its address is called there, with what follows the address."""

    module: str
    books: str
    settings: dict[str, str]
    arguments: list[str] = field(default_factory=list)


def _all(house: str) -> list[Sandbox]:
    hooks = f"{house}/hooks"
    stripe = [
        word
        for one in pretended.accounts()
        if one.gateway == "stripe"
        for word in (
            f"--key={one.credentials['secret_key']}",
            f"--hook={hooks}/stripe/{one.id}/",
            f"--hook-secret={one.credentials['webhook_secret']}",
        )
    ]
    return [
        Sandbox("prescriptions.gateway.sandbox", "national.sqlite", {"ERX_API_URL": "", "ERX_LOOKUP_URL": ""}),
        Sandbox("payments.sandboxes.bank", "bank.sqlite", {"VIETQR_OPEN_URL": ""}, [f"--hook={hooks}/vietqr/"]),
        Sandbox(
            "payments.sandboxes.vnpay",
            "vnpay.sqlite",
            {"VNPAY_PAY_URL": "/paymentv2/vpcpay.html", "VNPAY_API_URL": "/merchant_webapi/api/transaction"},
            [f"--hook={hooks}/vnpay/"],
        ),
        Sandbox("payments.sandboxes.momo", "momo.sqlite", {"MOMO_URL": ""}),
        Sandbox("payments.sandboxes.zalopay", "zalopay.sqlite", {"ZALOPAY_URL": ""}),
        Sandbox("payments.sandboxes.stripe", "stripe.sqlite", {"STRIPE_URL": ""}, stripe),
    ]


def start(folder: Path, house: str, *, fresh: bool) -> list[subprocess.Popen[str]]:
    """Start those the settings name no other for, in a demo, and point the settings at them; before settings are read.

    `folder` keeps their books and ports, `house` is our own address. Elsewhere than in a demo: none.
    """
    if os.environ.get("DEMO") != "1":
        return []
    wanted = [one for one in _all(house) if not any(os.environ.get(name) for name in one.settings)]
    begun = [(one, _begin(one, folder, fresh=fresh)) for one in wanted]  # together: each takes its moment
    return [process for one, process in begun if _is_up(one, process, folder)]


def _port_file(one: Sandbox, folder: Path) -> Path:
    return (folder / one.books).with_suffix(".port")


def _is_free(port: int) -> bool:
    with socket.socket() as door:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            door.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _begin(one: Sandbox, folder: Path, *, fresh: bool) -> subprocess.Popen[str]:
    """Start one; on the port it had the last time, so that the addresses payers hold stay good."""
    if fresh:
        for file in folder.glob(f"{one.books}*"):
            file.unlink(missing_ok=True)
    had = _port_file(one, folder)
    port = ["--port", had.read_text().strip()] if had.exists() and _is_free(int(had.read_text())) else []
    return subprocess.Popen(
        [sys.executable, "-m", one.module, "--file", str(folder / one.books), "--with-parent", *port, *one.arguments],
        cwd=folders.CHECKOUT,
        env={"PATH": os.environ.get("PATH", "")},  # neither database nor secrets are its business
        stdin=subprocess.PIPE,  # closed by the system when we die, however
        stdout=subprocess.PIPE,
        text=True,
    )


def _is_up(one: Sandbox, process: subprocess.Popen[str], folder: Path) -> bool:
    assert process.stdout is not None
    address = process.stdout.readline().strip()
    if not address:
        log.warning("%s did not start; what needs it waits", one.module)
        stop([process])
        return False
    _port_file(one, folder).write_text(address.rpartition(":")[2])
    for name, rest in one.settings.items():
        os.environ[name] = address + rest
    return True


def stop(running: Iterable[subprocess.Popen[str]]) -> None:
    """End them."""
    running = list(running)
    for one in running:
        one.terminate()
    for one in running:
        try:
            one.wait(timeout=5)
        except subprocess.TimeoutExpired:
            one.kill()
            one.wait()
