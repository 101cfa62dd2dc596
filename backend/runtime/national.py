"""The demo's national e-prescription system: its sandbox as a process beside ours, which ends when we do."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

from runtime import folders

log = logging.getLogger("lanh.process")


def start(books: Path) -> subprocess.Popen[str] | None:
    """Start it and point the settings at it, in a demo that names no other; None elsewhere. Before settings are read."""
    if os.environ.get("DEMO") != "1" or os.environ.get("ERX_API_URL"):
        return None
    command = [sys.executable, "-m", "prescriptions.gateway.sandbox", "--file", str(books), "--with-parent"]
    # It gets our path and nothing else: neither database nor secrets are its business.
    running = subprocess.Popen(
        command,
        cwd=folders.CHECKOUT,
        env={"PATH": os.environ.get("PATH", "")},
        stdin=subprocess.PIPE,  # closed by the system when we die, however
        stdout=subprocess.PIPE,
        text=True,
    )
    assert running.stdout is not None
    address = running.stdout.readline().strip()
    if not address:
        log.warning("the sandbox of the national system did not start; prescriptions wait")
        stop(running)
        return None
    os.environ["ERX_API_URL"] = os.environ["ERX_LOOKUP_URL"] = address
    return running


def stop(running: subprocess.Popen[str]) -> None:
    """End it."""
    running.terminate()
    try:
        running.wait(timeout=5)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
