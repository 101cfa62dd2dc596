"""A database that the migrations made once for these files, for every test database and every house to be a copy of.

`python -m tests.template` makes it; whoever asks meanwhile waits.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from psycopg import Connection, sql

from runtime import databases, folders

MIGRATE = "import django; django.setup(); from django.core.management import call_command; call_command('migrate', verbosity=0)"


def migrations_stamp() -> str:
    """A fingerprint of all that decides how an empty database is built."""
    decisive = folders.files_of_packages("migrations/*.py", "data/*")
    return folders.fingerprint([*decisive, folders.CHECKOUT / "requirements.lock"], os.environ["DATABASE_URL"])


def url_of(name: str) -> str:
    """The address of another database of the same server."""
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@contextmanager
def lock(name: str) -> Iterator[None]:
    """One process of this checkout at a time."""
    folder = folders.state_folder("test")
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}.lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fill(name: str, code: str, **environment: str) -> None:
    """Run Python code on a database in a process of its own. Raises AssertionError with what it said."""
    surroundings = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "DATABASE_POOL": "0", **environment}
    surroundings |= {"DATABASE_URL": url_of(name), "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=surroundings,
        cwd=folders.CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def copy(server: Connection, name: str, pattern: str) -> None:
    """Make the database `name` as a copy of `pattern`, which nobody may be using."""
    words = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
    server.execute(words.format(sql.Identifier(name), sql.Identifier(pattern)))


def rename(server: Connection, name: str, to: str) -> None:
    """A database that bears its final name is whole."""
    server.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


def drop(server: Connection, like: str) -> set[str]:
    """Drop the databases whose names are like a pattern of SQL."""
    names = [name for (name,) in server.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [like])]
    for name in names:
        server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
    return set(names)


def exists(server: Connection, name: str) -> bool:
    """Say whether the server has a database of this name."""
    return server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def migrated() -> str:
    """Return the name of the migrated database, made when these files have none yet."""
    name = f"migrated_{migrations_stamp()[:12]}"
    with lock("migrated"), databases.connect() as server:
        if not exists(server, name):
            drop(server, r"migrated\_%")
            server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(f"{name}_draft")))
            fill(f"{name}_draft", MIGRATE)
            rename(server, f"{name}_draft", name)
    return name


def make(name: str) -> None:
    """Have a test database of this name; one that is there already stays as it is."""
    pattern = migrated()
    with databases.connect() as server:
        if not exists(server, name):
            copy(server, name, pattern)


def begin() -> subprocess.Popen[bytes]:
    """Have the migrated database made while this process goes on."""
    path = os.pathsep.join(str(Path(one or ".").resolve()) for one in sys.path)
    surroundings = {**os.environ, "PYTHONPATH": path}
    return subprocess.Popen([sys.executable, "-m", "tests.template"], cwd=folders.CHECKOUT, env=surroundings)


if __name__ == "__main__":
    migrated()
