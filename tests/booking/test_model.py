"""The life of a visit against its model: see model/machine.py. `lanh.py storm model` takes many more steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.booking.model import machine, world

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told() -> None:
    """Here events have their reactions: the whole story runs."""


def test_whatever_people_banks_and_workers_do_the_visit_is_what_the_model_says(settings: Any) -> None:
    settings.SANDBOX_TRANSPORT = "tests.journeys.stage.deliver_here"
    machine.VisitMachine.stage = world.set_stage()
    run_state_machine_as_test(machine.VisitMachine, settings=SHORT)


SHORT = settings(
    max_examples=8,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
