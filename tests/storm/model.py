"""The life of a visit against its model (tests/booking/model), for as long as it blows."""

from __future__ import annotations

import os
import time
import traceback
from collections import Counter

from tests.site import own_database
from tests.storm.booking import Outcome

EXAMPLES, STEPS = 5, 30  # of a round: few, so that it ends when its time is over


def blow(*, seed: int, seconds: float) -> Outcome:
    """Round after round of new examples until the time is over or the model and the real thing disagree."""
    own_database("storm_model")
    os.environ.setdefault("LANH_TEST_DB", "storm_model")
    from django.conf import settings as app
    from django.db import transaction
    from django.test.utils import setup_test_environment
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.stateful import run_state_machine_as_test

    from tests.booking.model import machine, steps, world

    setup_test_environment()
    app.SANDBOX_TRANSPORT = "tests.journeys.stage.deliver_here"
    round_of = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    outcome, end, rounds, broken = Outcome(), time.monotonic() + seconds, 0, list[str]()
    machine.VisitMachine.stage = world.set_stage()
    while time.monotonic() < end and not broken:
        chosen = type("VisitMachine", (machine.VisitMachine,), {})
        seeded(seed * 10_000 + rounds)(chosen)
        try:
            with transaction.atomic():  # one for each round: a thousand savepoints in one make it slow
                run_state_machine_as_test(chosen, settings=round_of)
                transaction.set_rollback(True)
        except Exception:
            broken.append(traceback.format_exc())
        rounds += 1
    outcome.done = Counter(steps.taken) + Counter({"rounds": rounds})
    outcome.promises["the visit is what the model says"] = broken
    return outcome
