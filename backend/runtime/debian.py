"""Programmes of Debian that some tests need, installed where we may. Standard library only."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from runtime import folders

POLICY = Path("/usr/sbin/policy-rc.d")


def install(*packages: str) -> bool:
    """Install packages where we are root on a Debian; False where that cannot be, or did not work."""
    if not folders.is_root() or not shutil.which("apt-get"):
        return False
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    print(f"Installing {packages[0]} for the tests …", flush=True)
    with _nothing_starts():
        for words in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
            done = subprocess.run(["apt-get", "-qq", *words], check=False, stdout=subprocess.DEVNULL, env=environment)
    return done.returncode == 0


@contextlib.contextmanager
def _nothing_starts() -> Iterator[None]:
    """A package that brings a service must not open a port on the machine of whoever runs the tests (Debian Policy 9.3.3.1)."""
    if POLICY.exists():
        yield
        return
    POLICY.write_text("#!/bin/sh\nexit 101\n")
    POLICY.chmod(0o755)
    try:
        yield
    finally:
        POLICY.unlink(missing_ok=True)
