"""The commands around the tests and the ones that hand on to a package under tests/."""

from __future__ import annotations

import os
import runpy
import sys

from runtime import browser, coturn, ffprobe


def manage(arguments: list[str]) -> int:
    """Django's own commands on our database."""
    sys.argv = ["manage.py", *arguments]
    runpy.run_path("manage.py", run_name="__main__")
    return 0


def test(arguments: list[str]) -> int:
    """All tests, or those the arguments pick; one at a time more than there are cores, unless told otherwise.

    Calls and browsers wait much: with as many workers as cores a fifth of the machine stood idle.
    """
    import pytest

    problems = [problem for problem in (browser.ensure(), coturn.ensure()) if problem]
    if told := ffprobe.ensure():
        print(told, flush=True)
    must_run = os.environ.get("CI", "").lower() in ("1", "true")
    for problem in problems:
        print(problem, file=sys.stderr if must_run else sys.stdout, flush=True)
    if problems and must_run:
        return 1
    chosen = ["--dist", "loadgroup", "--no-loadscope-reorder", *(arguments or ["tests"])]
    if not any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in arguments):
        chosen = ["-n", str(min(8, (os.cpu_count() or 1) + 1)), *chosen]
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
