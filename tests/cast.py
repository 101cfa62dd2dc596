"""The cast of every story: ana (citizen), ben (her doctor), cara (a pharmacist), dan (hospital desk), eve (must see nothing).

`ana` and `eve` are Persons, `ben` is a Practitioner, `cara` and `dan` are Memberships; each has an Actor (`by_ana`), a
browser (`ana_browser`) and an app with a real token (`ana_api`).
"""

from __future__ import annotations

from datetime import datetime

import pytest
from django.test import Client

from core.actor import Actor
from identity.models import Facility, Membership, Person, Practitioner, VisitType
from tests import make
from tests.make import ApiClient


@pytest.fixture
def now() -> datetime:
    """A fixed Tuesday afternoon."""
    return make.NOW


@pytest.fixture
def hospital(db: None) -> Facility:
    return make.make_facility()


@pytest.fixture
def pharmacy(db: None) -> Facility:
    return make.make_pharmacy()


@pytest.fixture
def visit_type(hospital: Facility) -> VisitType:
    """20 minutes for 150.000 ₫, on the spot or by video, at the hospital."""
    return make.make_visit_type(facility=hospital)


@pytest.fixture
def ana(db: None) -> Person:
    """A citizen."""
    return make.make_person(full_name="Nguyễn Thị Ánh Ngọc")


@pytest.fixture
def child(ana: Person) -> Person:
    """Ana's little son, who has no account."""
    return make.make_child(parent=ana)


@pytest.fixture
def ben(hospital: Facility) -> Practitioner:
    """A doctor at the hospital."""
    return make.make_practitioner(facility=hospital)


@pytest.fixture
def cara(pharmacy: Facility) -> Membership:
    """A pharmacist at the pharmacy."""
    return make.make_pharmacist(pharmacy=pharmacy)


@pytest.fixture
def dan(hospital: Facility) -> Membership:
    """The desk of the hospital."""
    return make.make_desk(facility=hospital)


@pytest.fixture
def eve(db: None) -> Person:
    """A citizen who has nothing to do with anybody; every act on a person's data is tried by her."""
    return make.make_person(full_name="Đỗ Thị Vân")


@pytest.fixture
def by_ana(ana: Person) -> Actor:
    return make.actor_for(ana)


@pytest.fixture
def by_ben(ben: Practitioner) -> Actor:
    return make.actor_for(ben)


@pytest.fixture
def by_cara(cara: Membership) -> Actor:
    return make.actor_for(cara)


@pytest.fixture
def by_dan(dan: Membership) -> Actor:
    return make.actor_for(dan)


@pytest.fixture
def by_eve(eve: Person) -> Actor:
    return make.actor_for(eve)


@pytest.fixture
def ana_api(ana: Person) -> ApiClient:
    return make.api_client(ana)


@pytest.fixture
def ben_api(ben: Practitioner) -> ApiClient:
    return make.api_client(ben)


@pytest.fixture
def cara_api(cara: Membership) -> ApiClient:
    return make.api_client(cara)


@pytest.fixture
def dan_api(dan: Membership) -> ApiClient:
    return make.api_client(dan)


@pytest.fixture
def eve_api(eve: Person) -> ApiClient:
    return make.api_client(eve)


@pytest.fixture
def nobody_api(db: None) -> ApiClient:
    """An app without a token."""
    return make.api_client()


@pytest.fixture
def ana_browser(ana: Person) -> Client:
    return make.page_client(ana)


@pytest.fixture
def ben_browser(ben: Practitioner) -> Client:
    return make.page_client(ben)


@pytest.fixture
def cara_browser(cara: Membership) -> Client:
    return make.page_client(cara)


@pytest.fixture
def dan_browser(dan: Membership) -> Client:
    return make.page_client(dan)


@pytest.fixture
def eve_browser(eve: Person) -> Client:
    return make.page_client(eve)
