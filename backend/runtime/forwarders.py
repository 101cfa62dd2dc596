"""Finding Debian's Janus and rtpengine, which the bench of the relay drives beside it, or fetching them. Standard library only."""

from __future__ import annotations

import shutil
import subprocess

from runtime import debian

PACKAGES = {"janus": "janus", "rtpengine": "rtpengine-daemon"}


def find(programme: str) -> str | None:
    """The server's programme, when it is installed."""
    return shutil.which(programme)


def hint(programme: str) -> str:
    """How to have it."""
    return f"no {programme} (apt-get install {PACKAGES[programme]})"


def fetch() -> None:
    """Install Debian's where we are root and they are not there; Debian would start them at the next boot, so that is undone."""
    wanted = {name: package for name, package in PACKAGES.items() if find(name) is None}
    # One after the other: where one cannot be had, the other still can.
    for package in wanted.values():
        if debian.install(package) and shutil.which("systemctl"):
            subprocess.run(["systemctl", "disable", package], check=False, capture_output=True)
