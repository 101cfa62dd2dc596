"""Finding Debian's coturn for the tests of calls through it, or fetching it where we may. Standard library only."""

from __future__ import annotations

import shutil
import subprocess

from runtime import debian

PACKAGE = "coturn"
PROGRAMME = "turnserver"


def find() -> str | None:
    """The server's programme, when it is installed."""
    return shutil.which(PROGRAMME)


def ensure() -> str | None:
    """Have coturn, installing Debian's where we are root; a sentence about what is missing comes back otherwise."""
    if find() is None and debian.install(PACKAGE) and shutil.which("systemctl"):
        # Debian would start it at the next boot; it was fetched for tests.
        subprocess.run(["systemctl", "disable", PACKAGE], check=False, capture_output=True)
    if find() is None:
        return f"No coturn: tests of calls through TURN are skipped. Install it (apt-get install {PACKAGE})."
    return None
