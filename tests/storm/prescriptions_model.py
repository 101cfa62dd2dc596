"""The life of a prescription against its model (tests/prescriptions/model): 2,000 runs of up to 60 steps, or as long as it blows.

`--long` is an hour at most, and ends with the two thousandth run; without it, what fits into the seconds.
"""

from __future__ import annotations

from tests.storm import machines
from tests.storm.booking import Outcome

RUNS, STEPS, EXAMPLES = 2000, 60, 20  # of a round: few, so that it ends when its time is over


def blow(*, seed: int, seconds: float) -> Outcome:
    """Let a prescriber, a patient and pharmacies do what they like, and look."""
    machines.prepare("storm_prescriptions_model")
    from tests.prescriptions.model import machine, world

    outcome = machines.blow(
        machine.PrescriptionMachine,
        world.set_stage,
        machine.taken,
        "the prescription is what the model says",
        seed=seed,
        seconds=seconds,
        runs=RUNS,
        steps=STEPS,
        examples=EXAMPLES,
    )
    outcome.promises["something happened"] = [] if machine.taken["done dispense"] else ["nothing was handed out"]
    return outcome
