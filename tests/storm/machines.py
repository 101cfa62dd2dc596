"""Life against a model, round after round: what the storms of state machines share."""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.site import own_database
from tests.storm.booking import Outcome


def prepare(database: str) -> None:
    """Have a database of one's own, and Django in it; before the machine is imported."""
    own_database(database)
    os.environ.setdefault("LANH_TEST_DB", database)
    from django.test.utils import setup_test_environment

    setup_test_environment()


def blow(
    machine: type[Any],
    stage: Callable[[], Any],
    taken: Counter[str],
    promise: str,
    *,
    seed: int,
    seconds: float,
    runs: int,
    steps: int,
    examples: int,
) -> Outcome:
    """Make new examples until all runs are made, the time is over, or model and real thing disagree."""
    from django.db import transaction
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.stateful import run_state_machine_as_test

    round_of = settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    outcome, end, made, broken = Outcome(), time.monotonic() + seconds, 0, list[str]()
    machine.stage = stage()
    while time.monotonic() < end and made < runs and not broken:
        chosen = type(machine.__name__, (machine,), {})
        seeded(seed * 10_000 + made)(chosen)
        try:
            with transaction.atomic():  # one for each round: a thousand savepoints in one make it slow
                run_state_machine_as_test(chosen, settings=round_of)
                transaction.set_rollback(True)
        except Exception:
            broken.append(traceback.format_exc())
        made += examples
    outcome.done = Counter(taken) + Counter({"runs": made})
    outcome.promises[promise] = broken
    return outcome
