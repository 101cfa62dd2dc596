"""The demo's payment gateways: each one's sandbox as a process beside ours, which ends when we do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from runtime import folders, national

log = logging.getLogger("lanh.process")
# Which settings lead to which sandbox, and what comes after its address.
LEADS: dict[str, dict[str, str]] = {
    "vnpay": {"VNPAY_PAY_URL": "/paymentv2/vpcpay.html", "VNPAY_API_URL": "/merchant_webapi/api/transaction"},
    "momo": {"MOMO_URL": ""},
    "zalopay": {"ZALOPAY_URL": ""},
    "bank": {"VIETQR_OPEN_URL": ""},
}
Running = list["subprocess.Popen[str]"]


def start(state: Path, *, fresh: bool) -> Running:
    """Start them and point the settings at them, in a demo that names no others. Before settings are read."""
    if os.environ.get("DEMO") != "1":
        return []
    wanted = [name for name, leads in LEADS.items() if not any(os.environ.get(setting) for setting in leads)]
    started = {name: _start(name, state, fresh=fresh) for name in wanted}  # together: each takes its moment
    running = []
    for name, process in started.items():
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        if not address:
            log.warning("the sandbox of %s did not start; nobody can pay through it", name)
            stop([process])
            continue
        (state / f"{name}.port").write_text(address.rpartition(":")[2])
        os.environ.update({setting: address + path for setting, path in LEADS[name].items()})
        running.append(process)
    return running


def _start(name: str, state: Path, *, fresh: bool) -> subprocess.Popen[str]:
    """Start one; on the port it had the last time, so that the addresses payers hold stay good."""
    books, port = state / f"{name}.sqlite", state / f"{name}.port"
    if fresh:
        books.unlink(missing_ok=True)
    command = [sys.executable, "-m", f"payments.sandboxes.{name}", "--file", str(books), "--with-parent"]
    if port.exists():
        command += ["--port", port.read_text().strip()]
    # It gets our path and nothing else: neither database nor secrets are its business.
    return subprocess.Popen(
        command,
        cwd=folders.CHECKOUT,
        env={"PATH": os.environ.get("PATH", "")},
        stdin=subprocess.PIPE,  # closed by the system when we die, however
        stdout=subprocess.PIPE,
        text=True,
    )


def stop(running: Running) -> None:
    """End them."""
    for process in running:
        national.stop(process)
