"""A whole house for the tests that need one: `lanh.py up` as its own process, from an empty state folder, demo seeded."""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parent.parent


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """The running process and what a test does to it."""

    def __init__(self, state: Path, **environment: str) -> None:
        self.state = state
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}"
        self.log = state / "up.log"
        self.environment = environment
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> House:
        """Start and wait until /health/ready says so (at most two minutes: the first start fills the database)."""
        environment = {key: value for key, value in os.environ.items() if key not in {"DATABASE_URL", "LANH_TEST_DB"}}
        environment |= {
            "LANH_STATE": str(self.state),
            "DJANGO_SETTINGS_MODULE": "settings",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'backend'}",
            "PUBLIC_URL": self.url,
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "runtime", "up", "--port", str(self.port)],
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until = time.monotonic() + 120
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            with contextlib.suppress(httpx.HTTPError):
                if httpx.get(f"{self.url}/health/ready", timeout=5).status_code == 200:
                    return self
            time.sleep(0.2)
        raise RuntimeError(f"the house does not stand:\n{self.log.read_text(errors='replace')[-4000:]}")

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> None:
        """Ctrl-C."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()

    def code_for(self, phone: str) -> str:
        """Read the newest sign-in code sent to a phone, from the demo's outbox page."""
        until = time.monotonic() + 20
        while time.monotonic() < until:
            page = httpx.get(f"{self.url}/demo/outbox/", params={"phone": phone}, timeout=10)
            codes = re.findall(r"(?<![0-9])[0-9]{6}(?![0-9])", html.unescape(re.sub(r"<[^>]+>", " ", page.text)))
            if codes:
                return codes[0]
            time.sleep(0.2)
        raise AssertionError(f"no code for {phone} in the outbox")


@contextlib.contextmanager
def standing(**environment: str) -> Iterator[House]:
    """Have a house for the time of a `with`. Everything it made is removed."""
    # Short on purpose: the path of a unix socket may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="lanh"))
    folder.chmod(0o755)
    state = folder / "s"
    state.mkdir()
    house = House(state, **environment)
    try:
        yield house.start()
    finally:
        house.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    """One house for all tests of this process that only use it."""
    with standing() as one:
        yield one
