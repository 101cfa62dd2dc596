"""Visits of ana with ben, in each state."""

import pytest

from identity.models import Person, Practitioner
from records.models import Encounter
from tests.records import stage


@pytest.fixture
def planned(ana: Person, ben: Practitioner) -> Encounter:
    return stage.plan(ana, ben)


@pytest.fixture
def begun(ana: Person, ben: Practitioner) -> Encounter:
    return stage.begin(ana, ben)


@pytest.fixture
def finished(ana: Person, ben: Practitioner) -> Encounter:
    return stage.finish(ana, ben)
