"""Fixtures of the page tests: ben's free times, ana's appointments, seen through real pages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine

from booking.models import Appointment, Schedule
from identity.models import Facility, Person, Practitioner, VisitType
from tests.booking.stage import make_schedule
from tests.web import stage


@pytest.fixture(autouse=True)
def the_clock_stands(now: datetime) -> Iterator[None]:
    """Pages read the clock themselves, so it stands at the cast's afternoon."""
    with time_machine.travel(now, tick=False):
        yield


@pytest.fixture
def schedule(ben: Practitioner, hospital: Facility, now: datetime) -> Schedule:
    """Ben sees people every day from 08:00 to 17:00, every twenty minutes."""
    return make_schedule(practitioner=ben, facility=hospital, now=now)


@pytest.fixture
def held(schedule: Schedule, visit_type: VisitType, ana: Person, now: datetime) -> Appointment:
    """Tomorrow at nine, kept for ana while she pays."""
    return stage.take(schedule, visit_type, ana, stage.soon(now), now=now)


@pytest.fixture
def booked(held: Appointment, now: datetime) -> Appointment:
    """Tomorrow at nine, paid and agreed."""
    return stage.agree(held, now=now)
