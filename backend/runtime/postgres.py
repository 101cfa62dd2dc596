"""Lành's own PostgreSQL: made, started, watched and stopped by the processes that use it.

One cluster per state folder. It listens on a socket in a closed folder and on nothing else. Every process that uses it
holds a shared lock for as long as it lives; the last one out stops the server. Locks go with their process, also by
kill -9, so nothing is ever left that the next start would have to be told about. Standard library only.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import logging
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any
from urllib.parse import quote

from runtime import binaries, folders

log = logging.getLogger(__name__)

CONNECTIONS = 200
START_PATIENCE = 30.0  # seconds: a killed server's children may take a while to let go of its memory
STOP_PATIENCE = 10.0
SOCKET_PATH_LIMIT = 100  # bytes; the system's own limit is 107, including the socket's name
USER = "lanh"


class PostgresTrouble(RuntimeError):
    """The server could not be made, started or stopped; the text says why and where its log is."""


class Cluster:
    """One PostgreSQL of our own. `durable=False` trades safety against power loss for speed: right for tests only."""

    def __init__(self, purpose: str, *, durable: bool = True) -> None:
        self.home = folders.reachable(folders.state_folder(purpose))
        self.durable = durable
        self._user_lock: IO[bytes] | None = None
        self._server: subprocess.Popen[bytes] | None = None
        self._stop_watching = threading.Event()

    # -- where things are ---------------------------------------------------------------------------------------------

    @property
    def data(self) -> Path:
        return self.home / f"pg{binaries.find().major}"

    @property
    def log_file(self) -> Path:
        return self.home / "postgres.log"

    @property
    def socket_folder(self) -> Path:
        wanted = self.home / "socket"
        if len(str(wanted).encode()) + len("/.s.PGSQL.5432") <= SOCKET_PATH_LIMIT:
            return wanted
        return Path(tempfile.gettempdir()) / f"lanh-{os.geteuid()}-{folders.short_name(self.home)}"

    def database_url(self, name: str) -> str:
        """The address of database `name` in the form libpq and Django both read."""
        return f"postgresql://{USER}@/{quote(name)}?host={quote(str(self.socket_folder))}"

    # -- using it -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Have the server running and be counted among its users. Safe to call again. Raises PostgresTrouble."""
        self._make_home()
        with self._gate():
            if self._user_lock is None:
                self._user_lock = (self.home / "users.lock").open("ab")
                fcntl.flock(self._user_lock, fcntl.LOCK_SH)
                atexit.register(self.leave)
            self._ensure_running()

    def leave(self) -> None:
        """Stop using the server; the last one out stops it."""
        self._stop_watching.set()
        if self._user_lock is None:
            return
        with self._gate():
            lock, self._user_lock = self._user_lock, None
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                pass  # others still use it
            else:
                self._stop_server()
            lock.close()

    def destroy(self) -> None:
        """Throw the whole cluster away. Raises PostgresTrouble while another process uses it."""
        self._make_home()
        with self._gate(), (self.home / "users.lock").open("ab") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise PostgresTrouble(f"Another process uses {self.home}; stop it first.") from error
            self._stop_server()
            for made in self.home.iterdir():
                if made.is_dir() and made.name.startswith("pg"):
                    shutil.rmtree(made)

    def watch(self, every: float = 1.0) -> None:
        """Look after the server from a thread of its own: one that died is started again."""

        def look() -> None:
            while not self._stop_watching.wait(every):
                if self._is_running():
                    continue
                log.warning("PostgreSQL is gone; starting it again")
                try:
                    self.start()
                except (PostgresTrouble, OSError):
                    log.exception("PostgreSQL could not be started again; the next try follows")

        threading.Thread(target=look, name="postgres-watch", daemon=True).start()

    # -- inside: everything below runs under the gate -------------------------------------------------------------------

    def _make_home(self) -> None:
        try:
            self.home.mkdir(parents=True, exist_ok=True)
            if not os.access(self.home, os.W_OK):
                raise PermissionError(13, "not writable", str(self.home))
            if folders.is_root():
                self.home.chmod(0o711)  # ours alone to list, but the server's user has to pass
        except PermissionError as error:
            raise PostgresTrouble(
                f"{self.home} belongs to another user; set LANH_STATE to a folder of your own."
            ) from error

    @contextlib.contextmanager
    def _gate(self) -> Iterator[None]:
        with (self.home / "gate.lock").open("ab") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _ensure_running(self) -> None:
        if self._is_running() and self._is_ready():
            return
        if not (self.data / "PG_VERSION").exists():
            self._init()
        self._make_socket_folder()
        deadline = time.monotonic() + START_PATIENCE
        while not self._try_start(deadline):
            if time.monotonic() > deadline:
                raise PostgresTrouble(f"PostgreSQL does not start.\n{self._log_tail()}")
            time.sleep(0.3)

    def _init(self) -> None:
        """Make the data folder under another name first: a kill half-way leaves nothing that looks whole."""
        for half_made in self.home.glob("half-*"):
            shutil.rmtree(half_made, ignore_errors=True)
        half = Path(tempfile.mkdtemp(prefix="half-", dir=self.home))
        self._give_to_server(half)
        command: list[Any] = [
            binaries.find().initdb,
            "-D",
            half,
            "-U",
            USER,
            "-E",
            "UTF8",
            "--locale=C",
            "-A",
            "trust",
            "--no-sync",
        ]
        made = subprocess.run(command, capture_output=True, text=True, **self._as_server())
        if made.returncode:
            raise PostgresTrouble(f"initdb failed: {made.stderr.strip() or made.stdout.strip()}")
        half.rename(self.data)

    def _make_socket_folder(self) -> None:
        folder = self.socket_folder
        if folder.is_symlink():
            raise PostgresTrouble(f"{folder} is a link; that is not ours.")
        folder.mkdir(mode=0o700, exist_ok=True)
        expected = folders.server_account().pw_uid if folders.is_root() else os.geteuid()
        if folder.stat().st_uid not in (os.geteuid(), expected):
            raise PostgresTrouble(f"{folder} belongs to another user.")
        folder.chmod(0o700)
        self._give_to_server(folder)

    def _try_start(self, deadline: float) -> bool:
        if not self._someone_works_in_data():
            # A process that died by force left this; its number may by now be a zombie's or a stranger's.
            (self.data / "postmaster.pid").unlink(missing_ok=True)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.socket_folder),
            "unix_socket_permissions": "0700",
            "max_connections": str(CONNECTIONS),
            "timezone": "UTC",
            "log_timezone": "UTC",
            "logging_collector": "off",
        }
        if not self.durable:
            options |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_wal_size": "4GB"}
        command: list[Any] = [binaries.find().postgres, "-D", self.data, "-p", "5432"]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self.log_file.open("ab") as out:
            # Its own session: Ctrl-C in the terminal is for us; we stop the server when the last job is done.
            self._server = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, **self._as_server()
            )
        while time.monotonic() < deadline:
            if self._server.poll() is not None:
                return False
            if self._is_ready():
                return True
            time.sleep(0.01)
        return False

    def _stop_server(self) -> None:
        pid = self._pid()
        if pid is None or not self._works_in_data(pid):
            return
        os.kill(pid, signal.SIGINT)  # "fast": open connections are ended, data are written
        deadline = time.monotonic() + STOP_PATIENCE
        while self._works_in_data(pid):
            if self._server is not None:
                self._server.poll()
            if time.monotonic() > deadline:
                os.kill(pid, signal.SIGQUIT)
                break
            time.sleep(0.02)
        if self._server is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._server.wait(timeout=2)

    def _is_running(self) -> bool:
        if self._server is not None:
            self._server.poll()  # takes a dead child off the system's hands
        pid = self._pid()
        return pid is not None and self._works_in_data(pid)

    def _is_ready(self) -> bool:
        """The server writes "ready" into the eighth line of its pid file, and the pid into the first."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except OSError:
            return False
        return len(lines) > 7 and lines[7].strip() == "ready" and self._works_in_data(int(lines[0]))

    def _pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _works_in_data(self, pid: int) -> bool:
        """True when `pid` lives, is no zombie, and its working folder is our data folder."""
        process = Path("/proc") / str(pid)
        if not Path("/proc/self").exists():  # no /proc (macOS): a living process has to do
            try:
                os.kill(pid, 0)
            except OSError:
                return False
            return True
        try:
            state = (process / "stat").read_text().rpartition(")")[2].split()[0]
            return state not in "ZX" and (process / "cwd").resolve() == self.data.resolve()
        except OSError:
            return False

    def _someone_works_in_data(self) -> bool:
        try:
            pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        except OSError:
            pids = [pid for pid in [self._pid()] if pid is not None]
        return any(self._works_in_data(pid) for pid in pids)

    def _as_server(self) -> dict[str, Any]:
        """How a child of ours becomes the server's user, and what little of our surroundings it sees."""
        how: dict[str, Any] = {"env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}, "cwd": "/"}
        if folders.is_root():
            account = folders.server_account()
            how |= {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        return how

    def _give_to_server(self, folder: Path) -> None:
        if folders.is_root():
            account = folders.server_account()
            os.chown(folder, account.pw_uid, account.pw_gid)

    def _log_tail(self) -> str:
        try:
            return f"{self.log_file}:\n" + "\n".join(self.log_file.read_text(errors="replace").splitlines()[-12:])
        except OSError:
            return str(self.log_file)


def ensure(purpose: str, name: str, *, durable: bool = True) -> Cluster | None:
    """Have a database server to talk to and DATABASE_URL pointing at database `name` on it.

    Where DATABASE_URL is set already somebody else looks after the database: nothing is done and None comes back.
    """
    if os.environ.get("DATABASE_URL"):
        return None
    cluster = Cluster(purpose, durable=durable)
    cluster.start()
    os.environ["DATABASE_URL"] = cluster.database_url(name)
    return cluster
