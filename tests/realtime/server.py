"""The real ASGI server (Daphne) as a process of its own, on the database of the running test."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The database of this test on the server of this run."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


@contextlib.contextmanager
def daphne(**environment: str) -> Iterator[str]:
    """Have a server; gives its address. Killed at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "settings",
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "0",
        "PUBLIC_URL": url,
        "DEMO": "1",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}",
        **environment,
    }
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "asgi:application"],
            cwd=ROOT, env=values, stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            until = time.monotonic() + 40
            while True:
                with contextlib.suppress(httpx.HTTPError):
                    if httpx.get(f"{url}/health/live", timeout=5).status_code == 200:
                        break
                if process.poll() is not None or time.monotonic() > until:
                    log.seek(0)
                    raise RuntimeError(f"Daphne does not start:\n{log.read().decode(errors='replace')[-3000:]}")
                time.sleep(0.1)
            yield url
            log.seek(0)
            words = log.read().decode(errors="replace")
            assert "Traceback" not in words, words[-6000:]
        finally:
            process.kill()
            process.wait()
