"""Finding Chromium for the tests that need eyes, or fetching it where we may. Standard library only."""

from __future__ import annotations

import os
import shutil

from runtime import debian

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL = "chromium-headless-shell"  # the same engine without windows and menus: a quarter less work
PACKAGES = ("chromium", "libatomic1", "fonts-noto-core")
VARIABLE = "LANH_CHROMIUM"

# No request may leave the machine, also none of the browser's own; root has no sandbox.
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]


def find() -> str | None:
    """The browser to use: LANH_CHROMIUM, or the engine alone, or the whole one."""
    return os.environ.get(VARIABLE) or shutil.which(SHELL) or whole()


def whole() -> str | None:
    """A Chromium with all that hangs on its windows, such as origins it was told to trust: LANH_CHROMIUM, or one on PATH."""
    return os.environ.get(VARIABLE) or next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure() -> str | None:
    """Have a browser, installing Debian's where we are root; a sentence about what is missing comes back otherwise."""
    if whole() is None:
        debian.install(*PACKAGES)
    if VARIABLE not in os.environ and shutil.which(SHELL) is None:
        debian.install(SHELL)  # where there is none, the whole one does
    if whole() is None:
        return (
            f"No Chromium: browser tests are skipped. Install it (apt-get install {' '.join(PACKAGES)}) "
            f"or set {VARIABLE} to its path."
        )
    return None
