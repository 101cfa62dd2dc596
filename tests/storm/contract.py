"""Everything wrong that can be sent, at every door of the public contract: the tables whole, and schemathesis by chance.

The suite tries every door with a part of it. `--long`: a hundred drawn cases for each operation, for a night.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Any

FOLDER = "tests/contract"


def blow(*, seed: int, seconds: float) -> Any:
    """Run the tests of the contract in a process of its own; a failed one is a broken promise."""
    from runtime.folders import CHECKOUT
    from tests.storm.booking import Outcome

    outcome = Outcome()
    cases = "100" if seconds >= 3600 else "4"
    own = {"LANH_CONTRACT": "whole", "LANH_CONTRACT_CASES": cases, "LANH_CONTRACT_SEED": str(seed)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", FOLDER]
    done = subprocess.run(command, cwd=CHECKOUT, env={**os.environ, **own}, capture_output=True, text=True, check=False)
    for count, what in re.findall(r"(\d+) (passed|failed|errors?|skipped)", done.stdout.splitlines()[-1]):
        outcome.done[what] += int(count)
    broken = re.findall(r"^(?:FAILED|ERROR) (.*)", done.stdout, re.MULTILINE)
    if done.returncode and not broken:
        broken = [done.stdout[-2000:] + done.stderr[-2000:]]
    outcome.promises["no input breaks a door or surprises its description"] = broken
    return outcome
