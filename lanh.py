#!/usr/bin/env python3
"""Lành's front door: `python3 lanh.py up` sets everything up and serves, `python3 lanh.py test` runs all tests.

Needs Python 3.11 and nothing else. It makes .venv, installs the locked requirements into it, and goes on as its Python.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    sys.exit("Lành needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Start it with a newer python3.")

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
TOOLS = ROOT / ".lanh-tools"
UV = "uv==0.13.9"

USAGE = """\
python3 lanh.py up     [--port N] [--host H] [--fresh] [--workers off]   set up, serve, work
python3 lanh.py media  [--host H] [--port N] [--announce A]             pass calls of three and more on, as a process of its own
python3 lanh.py test   [pytest arguments]                               set up, run all tests
python3 lanh.py check                                                   types, style, imports, migrations, words
python3 lanh.py bench  [name] [--json]                                  measure
python3 lanh.py storm  [name] [--seed N] [--long]                       kill, flood, look whether all is still true
python3 lanh.py shots  [--only words] [--who name] [--axe] [--calls]    pictures of every page, or what is wrong with it
python3 lanh.py manage …                                                Django's own commands
"""


def main(arguments: list[str]) -> int:
    """Do what the first word says; everything but `up`, `media` and `manage` needs the test requirements as well."""
    command = arguments[0] if arguments else "help"
    if command in ("help", "-h", "--help"):
        print(USAGE)
        return 0
    if command not in ("up", "media", "test", "check", "bench", "storm", "shots", "manage"):
        print(USAGE, file=sys.stderr)
        return 2
    have_requirements("requirements.lock" if command in ("up", "media", "manage") else "requirements-test.lock")
    go_on_inside(arguments)


def go_on_inside(arguments: list[str]) -> NoReturn:
    """Become the environment's Python, with our packages within its reach."""
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "backend")])
    os.environ.setdefault("PYTHONUNBUFFERED", "1")
    # Containers often forbid compiled files. Ours lie in ignored folders, and without them every process compiles Django anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.chdir(ROOT)
    sys.stdout.flush()
    os.execv(PYTHON, [str(PYTHON), "-m", "runtime", *arguments])


def have_requirements(lock_name: str) -> None:
    """Install what `lock_name` lists, unless exactly that, or more, is there already."""
    with one_at_a_time():
        if is_installed(lock_name):
            return
        print(f"Installing {lock_name} into {VENV.name} …", flush=True)
        if not working_python():
            shutil.rmtree(VENV, ignore_errors=True)
            venv.create(VENV, with_pip=False, symlinks=True)
        lock = ROOT / lock_name
        if not install_with_uv(lock) and not install_with_pip(lock):
            sys.exit("The requirements could not be installed; the lines above say why. Is a package index reachable?")
        stamp(lock_name).write_text(fingerprint(lock_name))
        if lock_name == "requirements.lock":  # syncing to the smaller lock took the test tools away
            stamp("requirements-test.lock").unlink(missing_ok=True)


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two commands started at once must not both install."""
    with (ROOT / ".lanh-install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def is_installed(lock_name: str) -> bool:
    """True when the environment was filled from this very lock, or from the test lock, which holds it."""
    names = {lock_name, "requirements-test.lock"}
    return working_python() and any(stamp(n).exists() and stamp(n).read_text() == fingerprint(n) for n in names)


def stamp(lock_name: str) -> Path:
    """The note in the environment that says which lock filled it."""
    return VENV / f"{lock_name}.installed"


def fingerprint(lock_name: str) -> str:
    """Changes with the lock (both, as the test lock holds the other) and with the Python below."""
    content = b"".join((ROOT / name).read_bytes() for name in sorted({lock_name, "requirements.lock"}))
    return hashlib.sha256(content + sys.version.encode()).hexdigest()


def working_python() -> bool:
    """True when .venv's Python starts and is the version that started us."""
    if not PYTHON.exists():
        return False
    asked = subprocess.run(
        [PYTHON, "-c", "import sys; print(sys.version)"], capture_output=True, text=True, check=False
    )
    return asked.returncode == 0 and asked.stdout.strip() == sys.version.strip()


def install_with_uv(lock: Path) -> bool:
    """The quick way. uv reads none of pip's settings, so behind a private mirror it may fail where pip works."""
    uv = find_uv()
    if uv is None:
        return False
    command = [*uv, "pip", "sync", "--python", str(PYTHON), "--require-hashes", "--quiet", str(lock)]
    environment = {**os.environ, "UV_SYSTEM_CERTS": "1", "UV_NATIVE_TLS": "1"}
    return subprocess.run(command, env=environment, check=False).returncode == 0


def find_uv() -> list[str] | None:
    """uv from PATH, or our own pinned one in a hidden folder, or nothing."""
    if on_path := shutil.which("uv"):
        asked = subprocess.run([on_path, "--version"], capture_output=True, check=False)
        if asked.returncode == 0:
            return [on_path]
    ours = TOOLS / "bin" / "uv"
    if not ours.exists():
        # --target is allowed although Debian calls its Python externally managed: nothing of the system is touched.
        command = [*pip(), "install", "--quiet", "--target", str(TOOLS), "--upgrade", UV]
        if subprocess.run(command, check=False).returncode or not ours.exists():
            return None
    return [str(ours)]


def pip() -> list[str]:
    """The pip of whoever started us; an activated .venv has none, but the Python it was made from has."""
    python = sys.executable if importlib.util.find_spec("pip") else getattr(sys, "_base_executable", sys.executable)
    return [python, "-m", "pip", "--disable-pip-version-check"]


def install_with_pip(lock: Path) -> bool:
    """The patient way: the outer pip fills the environment, which has none of its own."""
    print("uv is not to be had or failed; installing with pip, which takes about a minute …", flush=True)
    command = [*pip(), "--python", str(PYTHON), "install", "--quiet", "--require-hashes", "-r", str(lock)]
    return subprocess.run(command, check=False).returncode == 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
