"""The story of these tests, at a fixed afternoon, webhooks delivered in process."""

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from tests.journeys import stage
from tests.journeys.stage import Story


@pytest.fixture
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture
def story(clock, settings, ana, ben, cara, visit_type) -> Story:
    settings.SANDBOX_TRANSPORT = "tests.journeys.stage.deliver_here"
    return stage.begin(ana, ben, cara, visit_type)
