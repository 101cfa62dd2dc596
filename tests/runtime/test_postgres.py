"""Our own PostgreSQL survives what happens to machines: kills, leftovers, neighbours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from runtime import folders, postgres


@pytest.fixture
def state(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A state folder of its own, with a short name: a socket's path has to fit into 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="lanh-") as folder:
        Path(folder).chmod(0o755)
        monkeypatch.setenv("LANH_STATE", f"{folder}/s")
        yield Path(folder) / "s"


@pytest.fixture
def cluster(state: Path) -> Iterator[postgres.Cluster]:
    made = postgres.Cluster("dev")
    made.start()
    yield made
    made.leave()


def ask(cluster: postgres.Cluster, question: str) -> object:
    with psycopg.connect(cluster.database_url("postgres"), autocommit=True) as connection:
        cursor = connection.execute(question)  # type: ignore[call-overload]
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def server_pid(cluster: postgres.Cluster) -> int:
    pid = cluster._pid()
    assert pid is not None
    return pid


def kill_server(cluster: postgres.Cluster) -> int:
    """kill -9, and wait until it is really gone."""
    pid = server_pid(cluster)
    os.kill(pid, signal.SIGKILL)
    while cluster._works_in_data(pid):
        time.sleep(0.01)
    return pid


def test_speaks_only_through_a_closed_folder(cluster: postgres.Cluster) -> None:
    assert ask(cluster, "SHOW listen_addresses") == ""
    assert ask(cluster, "SHOW server_encoding") == "UTF8"
    assert ask(cluster, "SHOW timezone") == "UTC"
    assert cluster.socket_folder.stat().st_mode & 0o077 == 0
    if folders.is_root():
        assert cluster.socket_folder.stat().st_uid == folders.server_account().pw_uid


def test_a_killed_server_comes_back_with_its_data(cluster: postgres.Cluster) -> None:
    ask(cluster, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = kill_server(cluster)
    cluster.start()
    assert ask(cluster, "SELECT answer FROM kept") == 42
    assert server_pid(cluster) != killed


def test_the_watch_brings_a_dead_server_back(cluster: postgres.Cluster) -> None:
    cluster.watch(every=0.1)
    kill_server(cluster)
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        try:
            assert ask(cluster, "SELECT 1") == 1
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.fail("nobody brought it back")


def test_a_stale_pid_file_of_a_stranger_is_no_obstacle(cluster: postgres.Cluster) -> None:
    cluster.leave()
    (cluster.data / "postmaster.pid").write_text(f"{os.getpid()}\n{cluster.data}\n")
    cluster.start()
    assert ask(cluster, "SELECT 1") == 1


def test_a_kill_during_the_making_leaves_nothing_half_made(state: Path) -> None:
    state.mkdir()
    (state / "half-killed").mkdir()
    cluster = postgres.Cluster("dev", durable=False)
    cluster.start()
    try:
        assert list(state.glob("half-*")) == []
        assert ask(cluster, "SELECT 1") == 1
    finally:
        cluster.leave()


USER = """
import sys, time
from runtime import postgres
postgres.ensure("dev", "postgres", durable=False)
print("in", flush=True)
sys.stdin.read()
"""


def start_user() -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(folders.CHECKOUT / "backend")}
    environment.pop("DATABASE_URL", None)
    user = subprocess.Popen(
        [sys.executable, "-c", USER], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert user.stdout is not None
    assert user.stdout.readline().strip() == "in"
    return user


def test_the_last_one_out_stops_the_server_also_after_kills(state: Path) -> None:
    first, second = start_user(), start_user()
    cluster = postgres.Cluster("dev")
    first.kill()  # says no good-bye; its lock goes with it
    first.wait()
    assert ask(cluster, "SELECT 1") == 1
    second.communicate("")  # leaves politely, and nobody is left
    assert cluster._is_running() is False


def test_two_checkouts_have_a_server_each(
    cluster: postgres.Cluster, monkeypatch: pytest.MonkeyPatch, state: Path
) -> None:
    monkeypatch.setenv("LANH_STATE", f"{state.parent}/other")
    other = postgres.Cluster("dev", durable=False)
    other.start()
    try:
        ask(cluster, "CREATE TABLE mine ()")
        assert ask(other, "SELECT to_regclass('mine')") is None
    finally:
        other.leave()


def test_fresh_throws_the_data_away_but_not_under_somebodys_feet(cluster: postgres.Cluster) -> None:
    ask(cluster, "CREATE TABLE mine ()")
    with pytest.raises(postgres.PostgresTrouble):
        postgres.Cluster("dev").destroy()
    cluster.leave()
    postgres.Cluster("dev").destroy()
    cluster.start()
    assert ask(cluster, "SELECT to_regclass('mine')") is None


def test_with_a_database_of_ones_own_nothing_is_started(monkeypatch: pytest.MonkeyPatch, state: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql:///elsewhere")
    assert postgres.ensure("dev", "lanh") is None
    assert not state.exists()
