"""The desk's page of its own systems: keys shown once, web hooks, and what could not be delivered."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

import booking.actions
from booking.models import HookDelivery, HookEndpoint
from core.actor import Actor
from identity.models import ApiClient
from tests import make
from tests.booking import stage

pytestmark = pytest.mark.django_db
PAGE = "/hospital/connections/"
SYSTEM = {"name": "HIS Khoa Khám bệnh", "rights": ["system/Slot.read", "system/Appointment.read"]}


@pytest.fixture
def desk(dan: Any) -> Any:
    return make.page_client(dan)


@pytest.fixture
def other(db: None) -> Any:
    return make.page_client(make.make_desk(facility=make.make_facility(name="Bệnh viện Khác")))


def field_of(page: Any, name: str) -> str:
    found = re.search(rf'id="{name}" value="([^"]+)"', page.content.decode())
    assert found
    return found[1]


def test_a_system_gets_a_key_that_is_shown_once_and_signs_in(desk, other, client):
    made = desk.post(f"{PAGE}systems/", SYSTEM)
    name, secret = field_of(made, "client-id"), field_of(made, "secret")
    assert secret not in desk.get(PAGE).content.decode()
    form = {"grant_type": "client_credentials", "client_id": name, "client_secret": secret}
    body = "&".join(f"{key}={value}" for key, value in form.items())
    ask = {"data": body, "content_type": "application/x-www-form-urlencoded"}
    assert client.post("/oauth/token", **ask).json()["scope"] == "system/Appointment.read system/Slot.read"
    assert other.post(f"{PAGE}systems/{name}/revoke/").status_code == 404
    assert "HIS Khoa" not in other.get(PAGE).content.decode()
    assert ApiClient.objects.get(pk=UUID(name)).revoked_at is None
    assert desk.post(f"{PAGE}systems/{name}/revoke/").status_code == 302
    assert client.post("/oauth/token", **ask).status_code == 401


def test_mistakes_are_said_beside_their_fields_and_nothing_is_made(desk):
    for address, wish in (
        ("systems", {"name": "HIS"}),
        ("systems", {"name": "", "rights": ["system/Slot.read"]}),
        ("systems", {"name": "HIS", "rights": ["system/Patient.read"]}),
        ("hooks", {"url": ""}),
        ("hooks", {"url": "ftp://his.example.vn/"}),
        ("hooks", {"url": "https://his.example.vn/", "events": ["record.read"]}),
    ):
        page = desk.post(f"{PAGE}{address}/", wish)
        assert page.status_code == 422, wish
        assert 'class="error"' in page.content.decode(), wish
    assert not ApiClient.objects.exists() and not HookEndpoint.objects.exists()


def test_what_could_not_be_delivered_is_shown_and_sent_again(desk, other, ben, hospital, visit_type, ana):
    now = timezone.now()
    made = desk.post(f"{PAGE}hooks/", {"url": "https://his.example.vn/lanh"})
    assert field_of(made, "secret").startswith("whsec_")
    schedule = stage.make_schedule(practitioner=ben, facility=hospital)
    visit = stage.book(schedule, visit_type, ana, stage.at("10:00"))
    story = Actor.system("hooks")
    booking.actions.tell_hooks(event="appointment.booked", appointment_id=visit.pk, key="k", by=story, now=now)
    HookDelivery.objects.update(status="failed", failed_at=now, answer="no_answer")
    delivery, endpoint = HookDelivery.objects.get(), HookEndpoint.objects.get()
    again = f"{PAGE}messages/{delivery.pk}/again/"
    assert again in desk.get(PAGE).content.decode() and ana.full_name not in desk.get(PAGE).content.decode()
    assert other.post(again).status_code == 404
    for verb in ("ping", "remove"):
        assert other.post(f"{PAGE}hooks/{endpoint.pk}/{verb}/").status_code == 404
    delivery.refresh_from_db()
    assert delivery.status == "failed"
    assert desk.post(again).status_code == 302
    delivery.refresh_from_db()
    assert delivery.status == "waiting"
    assert desk.post(f"{PAGE}hooks/{endpoint.pk}/ping/").status_code == 302
    assert HookDelivery.objects.filter(event="ping").count() == 1
    assert desk.post(f"{PAGE}hooks/{endpoint.pk}/remove/").status_code == 302
