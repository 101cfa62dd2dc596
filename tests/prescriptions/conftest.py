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
