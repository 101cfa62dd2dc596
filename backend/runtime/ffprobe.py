"""Finding ffprobe, which reads recordings in the tests, or fetching Debian's where we may. Standard library only."""

from __future__ import annotations

import shutil

from runtime import debian

PACKAGE = "ffmpeg"


def find() -> str | None:
    """The programme, when it is installed."""
    return shutil.which("ffprobe")


def ensure() -> str | None:
    """Have ffprobe, installing Debian's where we are root; a sentence about what is done without it comes back otherwise."""
    if find() is None:
        debian.install(PACKAGE)
    if find() is None:
        return f"No ffprobe: PyAV alone reads the recordings. Install it (apt-get install {PACKAGE})."
    return None
