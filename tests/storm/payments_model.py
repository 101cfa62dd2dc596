"""Money against its model (tests/payments/model): 2,000 runs of up to 40 steps, or as long as it blows.

`--long` is an hour at most, and ends with the two thousandth run; without it, what fits into the seconds.
"""

from __future__ import annotations

import logging
import os
import time
import traceback
from collections import Counter

from tests.site import own_database
from tests.storm.booking import Outcome

RUNS, STEPS, EXAMPLES = 2000, 40, 10  # of a round: few, so that it ends when its time is over


def blow(*, seed: int, seconds: float) -> Outcome:
    """Round after round of new examples until all runs are made, the time is over, or model and real thing disagree."""
    own_database("storm_payments_model")
    os.environ.setdefault("LANH_TEST_DB", "storm_payments_model")
    from django.db import transaction
    from django.test.utils import setup_test_environment
    from hypothesis import HealthCheck, Phase, settings
    from hypothesis import seed as seeded
    from hypothesis.stateful import run_state_machine_as_test

    from tests.payments.model import machine

    setup_test_environment()
    logging.disable(logging.ERROR)  # refusals and forged calls are what this is about
    round_of = settings(
        max_examples=EXAMPLES,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    outcome, end, runs, broken = Outcome(), time.monotonic() + seconds, 0, list[str]()
    machine.PaymentMachine.stage = machine.set_stage()
    while time.monotonic() < end and runs < RUNS and not broken:
        chosen = type("PaymentMachine", (machine.PaymentMachine,), {})
        seeded(seed * 10_000 + runs)(chosen)
        try:
            with transaction.atomic():  # one for each round: a thousand savepoints in one make it slow
                run_state_machine_as_test(chosen, settings=round_of)
                transaction.set_rollback(True)
        except Exception:
            broken.append(traceback.format_exc())
        runs += EXAMPLES
    outcome.done = Counter(machine.taken) + Counter({"runs": runs})
    outcome.promises["the money is where the model says"] = broken
    happened = machine.taken["paid"] and machine.taken["paid, held"]
    outcome.promises["something happened"] = [] if happened else ["nobody paid"]
    return outcome
