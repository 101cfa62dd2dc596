"""The real ASGI server (Daphne) as a process of its own, on the database of the running test."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx
from django.db import connection

ROOT = Path(__file__).resolve().parents[2]


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def database_url() -> str:
    """The database of this test on the server of this run."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


# `within` is a command that runs another one elsewhere, such as in a network of its own: see wires.Hub.
LOOK = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], timeout=5)"


def answers(url: str, within: Sequence[str] = ()) -> bool:
    """Whether somebody says 200 there."""
    if within:
        asked = [*within, sys.executable, "-c", LOOK, url]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0
    with contextlib.suppress(httpx.HTTPError):
        return httpx.get(url, timeout=5).status_code == 200
    return False


def start(
    log: IO[bytes] | None = None, host: str = "127.0.0.1", within: Sequence[str] = (), **environment: str
) -> tuple[subprocess.Popen[bytes], str]:
    """Start a server and wait until it answers; gives the process and its address."""
    port = free_port("127.0.0.1" if within else host)
    url = f"http://{host}:{port}"
    values = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "settings",
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "0",
        "PUBLIC_URL": url,
        "DEMO": "1",
        "ROOM_CONSENT_ASKED": "off",  # the calls of these tests begin at the camera
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}",
        **environment,
    }
    out = log or subprocess.DEVNULL
    process = subprocess.Popen(
        [*within, sys.executable, "-m", "daphne", "-b", host, "-p", str(port), "asgi:application"],
        cwd=ROOT, env=values, stdout=out, stderr=out,
    )  # fmt: skip
    until = time.monotonic() + 150
    while time.monotonic() < until and process.poll() is None:
        if answers(f"{url}/health/live", within):
            return process, url
        time.sleep(0.1)
    process.kill()
    process.wait()
    raise RuntimeError("Daphne does not start")


class Running:
    """A server that several tests use in turn; each looks only at what was logged in its own time."""

    def __init__(self, url: str, log: IO[bytes]) -> None:
        self.url, self._log, self._seen = url, log, 0

    def check(self) -> None:
        """Fail when a traceback has been logged since the last look."""
        self._log.flush()
        size = os.fstat(self._log.fileno()).st_size
        words = os.pread(self._log.fileno(), size - self._seen, self._seen).decode(errors="replace")
        self._seen = size
        assert "Traceback" not in words, words[-6000:]


@contextlib.contextmanager
def running(host: str = "127.0.0.1", within: Sequence[str] = (), **environment: str) -> Iterator[Running]:
    """Have a server for the time of a `with`."""
    with tempfile.TemporaryFile() as log:
        process, url = start(log, host, within, **environment)
        one = Running(url, log)
        try:
            yield one
        finally:
            process.kill()
            process.wait()
        one.check()


@contextlib.contextmanager
def daphne(host: str = "127.0.0.1", within: Sequence[str] = (), **environment: str) -> Iterator[str]:
    """Have a server for the time of a `with`; gives its address. A traceback in its log fails the test."""
    with running(host, within, **environment) as one:
        yield one.url
