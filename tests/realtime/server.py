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
from typing import IO
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


def start(log: IO[bytes] | None = None, **environment: str) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server and wait until it answers; gives the process and its address."""
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
    out = log or subprocess.DEVNULL
    process = subprocess.Popen(
        [sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "asgi:application"],
        cwd=ROOT, env=values, stdout=out, stderr=out,
    )  # fmt: skip
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(f"{url}/health/live", timeout=5).status_code == 200:
                return process, url
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise RuntimeError("Daphne does not start")


@contextlib.contextmanager
def daphne(**environment: str) -> Iterator[str]:
    """Have a server for the time of a `with`; gives its address. A traceback in its log fails the test."""
    with tempfile.TemporaryFile() as log:
        process, url = start(log, **environment)
        try:
            yield url
        finally:
            process.kill()
            process.wait()
        log.seek(0)
        words = log.read().decode(errors="replace")
        assert "Traceback" not in words, words[-6000:]
