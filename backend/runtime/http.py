"""HTTP in processes of its own (`lanh.py up --http wsgi`): Granian runs wsgi.py, one process a core, a few threads each.

Daphne then serves the sockets alone, on a port of its own; a proxy in front sends /ws there (README, Production).
"""

from __future__ import annotations

import os
import subprocess
import sys

from runtime import folders

THREADS = 4


def workers() -> int:
    """Tell how many processes serve HTTP: HTTP_WORKERS, else one a core."""
    return int(os.environ.get("HTTP_WORKERS") or len(os.sched_getaffinity(0)))


def start(host: str, port: int) -> subprocess.Popen[bytes]:
    """Start them; TERM ends them all."""
    folder = folders.CHECKOUT
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(folder), str(folder / "backend")]),
    }
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port)]
    command += ["--workers", str(workers()), "--blocking-threads", str(THREADS), "--backlog", "1024"]
    command += ["--no-ws", "--log-level", "warning", "--respawn-failed-workers", "wsgi:application"]
    return subprocess.Popen(command, env=environment, cwd=folder)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End them, the requests in hand first."""
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
