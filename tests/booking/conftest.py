"""Fixtures of the booking tests."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import datetime

import pytest
import time_machine
from django.db import connection

from booking import actions
from booking.models import Schedule
from core.events import Event
from identity.models import Facility, Practitioner
from tests.booking import stage


@pytest.fixture
def schedule(ben: Practitioner, hospital: Facility) -> Schedule:
    """Ben sees people every day from 08:00 to 17:00, every twenty minutes."""
    return stage.make_schedule(practitioner=ben, facility=hospital)


@pytest.fixture
def clock(now: datetime) -> Iterator[time_machine.Traveller]:
    """The doors' own clock, stopped at the fixed afternoon."""
    with time_machine.travel(now, tick=False) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[Event]:
    """The events that were emitted. What journeys make of them is tested there."""
    heard: list[Event] = []

    def emit(event: Event) -> None:
        assert connection.in_atomic_block
        heard.append(event)

    for info in pkgutil.iter_modules(actions.__path__):
        module = importlib.import_module(f"booking.actions.{info.name}")
        if hasattr(module, "emit"):
            monkeypatch.setattr(module, "emit", emit)
    return heard
