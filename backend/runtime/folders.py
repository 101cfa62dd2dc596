"""Where a checkout keeps what it makes: one state folder for the demo, a sibling for the tests. Standard library only."""

from __future__ import annotations

import hashlib
import os
import pwd
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
SYSTEM_STATE = Path("/var/lib/lanh")


def state_folder(purpose: str) -> Path:
    """The folder for `purpose` ("dev" or "test"). LANH_STATE names another place for the first; the second lies beside it.

    Siblings, not one in the other: a closed outer folder would lock the inner one away as well.
    """
    chosen = Path(os.environ.get("LANH_STATE") or CHECKOUT / ".lanh").absolute()
    return chosen if purpose == "dev" else chosen.with_name(f"{chosen.name}-{purpose}")


def is_root() -> bool:
    """True when files we make belong to root, so that PostgreSQL has to run as somebody else."""
    return os.geteuid() == 0


def server_account() -> pwd.struct_passwd:
    """Who PostgreSQL runs as under root: it refuses to run as root itself."""
    return pwd.getpwnam("nobody")


def open_to_all(path: Path) -> bool:
    """True when every folder above `path` (and itself) lets any user pass. We never change folders that are not ours."""
    existing = path
    while not existing.exists():
        existing = existing.parent
    return all(folder.stat().st_mode & 0o001 for folder in (existing, *existing.parents))


def reachable(folder: Path) -> Path:
    """`folder`, or a stand-in under the system's state folder when we are root and the server's user could not get there."""
    if not is_root() or open_to_all(folder.parent):
        return folder
    return SYSTEM_STATE / f"{folder.name.lstrip('.')}-{short_name(folder)}"


def short_name(path: Path) -> str:
    """Ten characters that stand for a path, the same on every start."""
    return hashlib.sha256(str(path).encode()).hexdigest()[:10]


def packages() -> list[Path]:
    """The folders of our apps: those of the house in backend/ and the domain apps beside it."""
    beside = (folder for folder in (*(CHECKOUT / "backend").iterdir(), *CHECKOUT.iterdir()) if folder.name != "tests")
    return sorted(folder for folder in beside if (folder / "__init__.py").is_file())


def files_of_packages(*patterns: str) -> list[Path]:
    """The files of our apps that match, in a fixed order; patterns are relative to an app's folder."""
    return sorted(
        found for package in packages() for pattern in patterns for found in package.glob(pattern) if found.is_file()
    )


def fingerprint(paths: list[Path], *more: str) -> str:
    """A hash that changes with the content or the name of any of the files."""
    found = hashlib.sha256("\0".join(more).encode())
    for path in paths:
        found.update(str(path.relative_to(CHECKOUT)).encode() + b"\0" + path.read_bytes())
    return found.hexdigest()
