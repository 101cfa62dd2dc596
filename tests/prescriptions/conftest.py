"""What the tests of prescriptions share. The clock stands at `now`, because doors read it themselves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
import time_machine

from identity.models import Facility, Membership, Person, Practitioner
from prescriptions.models import Prescription
from tests import make
from tests.prescriptions import stage
from tests.prescriptions.national import National


@pytest.fixture(autouse=True)
def standing_clock(now: datetime) -> Iterator[Any]:
    with time_machine.travel(now, tick=False) as clock:
        yield clock


@pytest.fixture
def signed(ana: Person, ben: Practitioner) -> Prescription:
    """Amoxicillin for a week, signed by ben for ana."""
    return stage.make_signed(person=ana, practitioner=ben)


@pytest.fixture
def other_pharmacy(db: None) -> Facility:
    return make.make_pharmacy(name="Nhà thuốc An Khang")


@pytest.fixture
def hoa(other_pharmacy: Facility) -> Membership:
    """A pharmacist elsewhere."""
    return make.make_pharmacist(pharmacy=other_pharmacy, full_name="Vũ Thị Hoa")


@pytest.fixture(scope="session")
def sandbox() -> Iterator[National]:
    """The pretended national system, a process of its own."""
    running = National()
    yield running
    running.stop()


@pytest.fixture
def national(sandbox: National, settings: Any, now: datetime) -> National:
    """We are connected to it; its books are empty and its clock is ours."""
    sandbox.ask("reset")
    sandbox.ask("clock", {"at": now.timestamp()})
    settings.ERX_API_URL = settings.ERX_LOOKUP_URL = sandbox.url
    settings.ERX_TIMEOUT_S = 1
    return sandbox
