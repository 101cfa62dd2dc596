"""The commands around the tests and the ones that hand on to a package under tests/."""

from __future__ import annotations

import os
import runpy
import sys

from runtime import browser


def manage(arguments: list[str]) -> int:
    """Django's own commands on our database."""
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")
    return 0


def test(arguments: list[str]) -> int:
    """All tests, or those the arguments pick; two at a time unless told otherwise."""
    import pytest

    problem = browser.ensure()
    if problem and os.environ.get("CI", "").lower() in ("1", "true"):
        print(problem, file=sys.stderr)
        return 1
    if problem:
        print(problem, flush=True)
    chosen = arguments or ["tests"]
    if not any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments):
        chosen = ["-n", "2", "--dist", "loadfile", *chosen]
    return int(pytest.main(chosen))


def bench(arguments: list[str]) -> int:
    """Measure; see tests/bench."""
    from tests.bench import run

    return run.main(arguments)


def storm(arguments: list[str]) -> int:
    """Kill and flood; see tests/storm."""
    from tests.storm import run

    return run.main(arguments)


def shots(arguments: list[str]) -> int:
    """Pictures of every page; see tests/shots."""
    from tests.shots import run

    if problem := browser.ensure():
        print(problem, file=sys.stderr)
        return 1
    return run.main(arguments)
