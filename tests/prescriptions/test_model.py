"""The life of a prescription against its model: see model/machine.py. `lanh.py storm prescriptions-model` takes many more steps."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.prescriptions.model import machine, world

pytestmark = pytest.mark.django_db


def test_whatever_is_done_at_the_counters_the_prescription_is_what_the_model_says() -> None:
    machine.PrescriptionMachine.stage = world.set_stage()
    run_state_machine_as_test(machine.PrescriptionMachine, settings=SHORT)


SHORT = settings(
    max_examples=60,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
