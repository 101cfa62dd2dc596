"""Money against its model (tests/payments/model): 2,000 runs of up to 40 steps, or as long as it blows.

`--long` is an hour at most, and ends with the two thousandth run; without it, what fits into the seconds.
"""

from __future__ import annotations

import logging

from tests.storm import machines
from tests.storm.booking import Outcome

RUNS, STEPS, EXAMPLES = 2000, 40, 10  # of a round: few, so that it ends when its time is over


def blow(*, seed: int, seconds: float) -> Outcome:
    """Let payers, gateways and the desk do what they like, and look."""
    machines.prepare("storm_payments_model")
    from tests.payments.model import machine

    logging.disable(logging.ERROR)  # refusals and forged calls are what this is about
    outcome = machines.blow(
        machine.PaymentMachine,
        machine.set_stage,
        machine.taken,
        "the money is where the model says",
        seed=seed,
        seconds=seconds,
        runs=RUNS,
        steps=STEPS,
        examples=EXAMPLES,
    )
    happened = machine.taken["paid"] and machine.taken["paid, held"]
    outcome.promises["something happened"] = [] if happened else ["nobody paid"]
    return outcome
