"""The real app as a process of its own, on a database of its own: for benches, storms, pictures and tests that kill."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from runtime import databases, folders, postgres, process

PATIENCE = 400.0  # seconds until it must answer; making the demo on a busy machine takes a while


class Site:
    """`lanh.py up` on a free port. `environment` goes over what we set."""

    def __init__(
        self,
        *,
        workers: bool = True,
        http: str = "here",
        environment: dict[str, str] | None = None,
        log: Path | None = None,
    ) -> None:
        self.port = any_port()
        self.url = f"http://localhost:{self.port}"
        self.workers, self.http = workers, http
        self.log = log or Path(tempfile.mkdtemp(prefix="lanh-site-")) / "site.log"
        self.environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "settings",
            "DEMO": "1",
            "PUBLIC_URL": self.url,
            "PYTHONPATH": os.pathsep.join([str(folders.CHECKOUT), str(folders.CHECKOUT / "backend")]),
            **(environment or {}),
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Site:
        """Start it and wait until it answers."""
        command = [
            sys.executable,
            "-m",
            "runtime",
            "up",
            "--port",
            str(self.port),
            "--http",
            self.http,
            "--history",
            "off",
        ]
        if not self.workers:
            command += ["--workers", "off"]
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                command, cwd=folders.CHECKOUT, env=self.environment, stdout=out, stderr=out
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                break
            with contextlib.suppress(OSError), urllib.request.urlopen(f"{self.url}/health/live", timeout=2):
                return self
            time.sleep(0.05)
        self.kill()
        raise RuntimeError(f"The site does not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def stop(self) -> int:
        """End it as Ctrl-C does; the exit code comes back."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def kill(self) -> None:
        """kill -9: nothing is said good-bye to."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def __enter__(self) -> Site:
        return self.start()

    def __exit__(self, *_: object) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()


def any_port() -> int:
    """A port nobody listens on, drawn at random: several of us start at once, and a site comes back on its own port.

    Below the range from which the system draws the near ends of connections.
    """
    for _ in range(100):
        port = random.randrange(15_000, 32_000)
        if door := process.open_door("127.0.0.1", port):
            door.close()
            return port
    raise RuntimeError("no free port")


def own_database(name: str, *, fresh: bool = True, pool: bool = False) -> None:
    """Point this process and its children at database `name` of the test cluster, empty when `fresh`; start Django here.

    `pool`: also this process keeps its connections, for one that runs the sockets of the app in itself.
    """
    postgres.ensure("test", name, durable=False)
    if fresh:
        databases.drop_databases(name)
    databases.ensure_database()
    os.environ.update({"DJANGO_SETTINGS_MODULE": "settings", "DATABASE_POOL": str(int(pool)), "DEMO": "1"})
    os.environ["ROOM_CONSENT_ASKED"] = "off"  # floods and measurements of calls begin behind it
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    os.environ["DATABASE_POOL"] = "1"  # for the site, whatever holds for us
