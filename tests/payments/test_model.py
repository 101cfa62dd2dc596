"""Money against its model: see model/machine.py. `lanh.py storm payments-model` takes many more steps."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.payments.model import machine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def told() -> None:
    """Here events have their reactions: the whole story runs."""


@pytest.fixture(autouse=True)
def wire(settings: Any) -> None:
    """The companies of the tests, as the stage sets them."""
    settings.PAYMENT_GATEWAYS = dict(settings.PAYMENT_GATEWAYS)


def test_whatever_payers_companies_and_workers_do_the_money_is_where_the_model_says() -> None:
    machine.PaymentMachine.stage = machine.set_stage()
    run_state_machine_as_test(machine.PaymentMachine, settings=SHORT)


SHORT = settings(
    max_examples=8,
    stateful_step_count=20,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
