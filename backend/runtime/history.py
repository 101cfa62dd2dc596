"""The demo's past year is made beside the running site, by a process of its own that ends when we do."""

from __future__ import annotations

import subprocess
import sys

from runtime import folders


def start() -> subprocess.Popen[bytes] | None:
    """Start it where a demo has no past yet; None elsewhere."""
    from django.conf import settings
    from django.db import connection

    from runtime.demo import past_year

    try:
        if not settings.DEMO or past_year.is_lived():
            return None
    finally:
        connection.close()  # this thread asks the database nothing more
    command = [sys.executable, "-m", "runtime", "manage", "live_a_year", "--quiet"]
    return subprocess.Popen(command, cwd=folders.CHECKOUT, stdin=subprocess.DEVNULL)


def stop(running: subprocess.Popen[bytes] | None) -> None:
    """End it; the week it is at is undone, and made by the next start."""
    if running is None or running.poll() is not None:
        return
    running.terminate()
    try:
        running.wait(timeout=5)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()
