"""Loaded by pytest before anything else (`-p tests.plugin`): has a PostgreSQL running before Django reads its settings.

Several people, or several runs of one, may test in one checkout at once: each run takes a database name of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from runtime import databases, folders, postgres, words
from tests import template

_held: list[IO[bytes]] = []  # locks live as long as this process
_begun: list[subprocess.Popen[bytes]] = []
# Groups that take minutes begin first, so that no worker is left alone with one at the end; then those of many tests.
LONGEST = (
    "calls", "test_axe.py", "test_schema.py", "test_access_matrix.py", "test_demo_seed.py", "test_collecting_in_browsers.py",
    "test_relay_script.py", "test_bad_input.py", "test_relays_killed.py", "test_power_cut.py", "test_other_staff.py",
    "test_calls_through_turn.py", "test_model.py", "test_strangers.py",
)  # fmt: skip


def pytest_configure(config: pytest.Config) -> None:
    """A worker of xdist inherits everything from the process that started it."""
    config.addinivalue_line("markers", "browser: needs Chromium; see `lanh.py test`")
    config.addinivalue_line("markers", "xdist_group(name): stays on one worker with the others of this name")


@pytest.hookimpl(tryfirst=True)  # before xdist writes the groups down
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A file stays on one worker; calls between browsers take turns, since two at once starve each other of this machine."""
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(item.path.name))
    sizes = Counter(_group(item) for item in items)
    in_browsers = {_group(item) for item in items if item.get_closest_marker("browser")}
    items.sort(key=lambda item: _place(_group(item), sizes, in_browsers))


def _group(item: pytest.Item) -> str:
    marker = item.get_closest_marker("xdist_group")
    assert marker is not None
    return str(marker.args[0])


def _place(group: str, sizes: Counter[str], in_browsers: set[str]) -> tuple[int, bool, int, str]:
    return (LONGEST.index(group) if group in LONGEST else len(LONGEST), group not in in_browsers, -sizes[group], group)


def pytest_collection_finish(session: pytest.Session) -> None:
    """On a worker: groups hold. And what is loaded by now stays, so the collector need not look at it again and again."""
    worker = os.environ.get("PYTEST_XDIST_WORKER")
    if worker and session.items and not session.items[0].nodeid.endswith(f"@{_group(session.items[0])}"):
        if capturing := session.config.pluginmanager.getplugin("capturemanager"):
            capturing.suspend_global_capture()  # xdist tells its own trouble with a worker that ends, not why it ended
        why = "Groups do not hold: calls would disturb each other. Workers want --dist loadgroup, as lanh.py test gives it."
        print(why, file=sys.stderr, flush=True)
        raise pytest.UsageError(why)
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """A call that is watched in real time goes before the other workers' tests, where this user may say so."""
    wanted = -10 if _group(item) == "calls" else 0
    if os.environ.get("PYTEST_XDIST_WORKER") and os.getpriority(os.PRIO_PROCESS, 0) != wanted:
        with contextlib.suppress(PermissionError):
            os.setpriority(os.PRIO_PROCESS, 0, wanted)
    return (yield)


def pytest_unconfigure() -> None:
    """Let the next run have the name."""
    for one in _begun:
        one.wait()
    while _held:
        _held.pop().close()


def _prepare() -> None:
    postgres.ensure("test", "postgres", durable=False)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    if os.environ.get("PYTEST_XDIST_WORKER"):
        return
    words.compile_all()
    name = os.environ.get("LANH_TEST_DB") or _free_name()
    os.environ["LANH_TEST_DB"] = name
    _drop_outdated(name)
    _begun.append(template.begin())


def _state() -> Path:
    folder = folders.state_folder("test")
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _free_name() -> str:
    """The first of test_lanh, test_lanh_2, … that no other run uses now."""
    for number in range(1, 100):
        name = "test_lanh" if number == 1 else f"test_lanh_{number}"
        lock = (_state() / f"{name}.lock").open("ab")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.close()
            continue
        _held.append(lock)
        return name
    raise pytest.UsageError("A hundred test runs at once: something does not end.")


def _drop_outdated(name: str) -> None:
    """Databases are kept between runs; once a migration has changed they are made anew."""
    stamp = _state() / f"{name}.stamp"
    wanted = template.migrations_stamp()
    if not stamp.exists() or stamp.read_text() != wanted:
        databases.drop_databases(name)
        stamp.write_text(wanted)


_prepare()
