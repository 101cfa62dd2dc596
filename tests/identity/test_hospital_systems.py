"""A hospital's own system signs in by client credentials (RFC 6749, 4.4), and is out the moment the desk shuts it out."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

import identity.actions
from core.errors import NotAllowed, NotFound
from identity.errors import BadScope
from identity.models import ApiClient, ApiToken
from tests import make

pytestmark = pytest.mark.django_db
ALL = list(ApiClient.SCOPES)


@pytest.fixture(autouse=True)
def no_counts() -> None:
    cache.clear()


@pytest.fixture
def desk() -> Any:
    return make.make_desk(facility=make.make_facility())


@pytest.fixture
def his(desk) -> tuple[ApiClient, str]:
    return identity.actions.make_client(name="HIS", scopes=ALL, by=make.actor_for(desk), now=timezone.now())


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{quote_plus(name)}:{quote_plus(secret)}".encode()).decode()}


def ask(headers: dict[str, str] | None = None, **form: str) -> Any:
    body = urlencode({"grant_type": "client_credentials", **form})
    return Client(enforce_csrf_checks=True).post(
        "/oauth/token", body, content_type="application/x-www-form-urlencoded", headers=headers or {}
    )


def test_gives_a_token_for_id_and_secret_either_way(his):
    client, secret = his
    for answer in (
        ask(basic(client.client_id, secret)),
        ask(client_id=client.client_id, client_secret=secret),
    ):
        assert answer.status_code == 200, answer.content
        said = answer.json()
        assert (said["token_type"], said["expires_in"], said["scope"].split()) == ("Bearer", 300, sorted(ALL))
        assert "no-store" in answer.headers["Cache-Control"]
        assert ApiToken.objects.filter(client=client).exclude(token_hash=said["access_token"]).exists()
    assert secret not in str(ApiClient.objects.values_list().get())


def test_a_narrower_scope_is_given_a_wider_one_is_not(desk):
    client, secret = identity.actions.make_client(
        name="HIS", scopes=["system/Slot.read"], by=make.actor_for(desk), now=timezone.now()
    )
    who = basic(client.client_id, secret)
    assert ask(who).json()["scope"] == "system/Slot.read"
    assert (
        ask(who, scope="system/Appointment.write").status_code,
        ask(who, scope="system/Appointment.write").json()["error"],
    ) == (400, "invalid_scope")


@pytest.mark.parametrize(
    ("wrong", "status", "error"),
    [
        (lambda id, secret: ask(basic(id, "x")), 401, "invalid_client"),
        (lambda id, secret: ask(basic("019abf3c-0000-7000-8000-000000000000", secret)), 401, "invalid_client"),
        (lambda id, secret: ask(basic("nobody", secret)), 401, "invalid_client"),
        (lambda id, secret: ask({"Authorization": "Basic %%%"}), 401, "invalid_client"),
        (lambda id, secret: ask(basic(id, secret), client_secret=secret), 401, "invalid_client"),
        (lambda id, secret: ask(), 401, "invalid_client"),
        (lambda id, secret: ask(basic(id, secret), grant_type="password"), 400, "unsupported_grant_type"),
        (lambda id, secret: Client().post("/oauth/token", {"grant_type": "x"}), 400, "invalid_request"),
        (lambda id, secret: ask(basic(id, secret), scope="x" * 5000), 400, "invalid_request"),
    ],
    ids=["secret", "unknown", "no id", "no base64", "two ways", "nothing", "grant", "multipart", "too long"],
)
def test_refuses_in_the_words_of_the_protocol(his, wrong, status, error):
    answer = wrong(his[0].client_id, his[1])
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert (answer.headers.get("WWW-Authenticate", "").startswith("Basic")) == (status == 401)
    assert not ApiToken.objects.exists()


def test_guessing_is_slow(his):
    statuses = [ask(basic(his[0].client_id, f"guess{number}")).status_code for number in range(35)]
    assert statuses == [401] * 30 + [429] * 5


def test_whoever_is_shut_out_is_out_at_once_and_gets_no_new_token(desk, his):
    client, secret = his
    bearer = {"Authorization": "Bearer " + ask(basic(client.client_id, secret)).json()["access_token"]}
    door = Client()
    assert door.get("/fhir/R4/Appointment", headers=bearer).status_code == 200
    identity.actions.revoke_client(client_id=client.pk, by=make.actor_for(desk), now=timezone.now())
    assert door.get("/fhir/R4/Appointment", headers=bearer).status_code == 401
    assert ask(basic(client.client_id, secret)).status_code == 401


def test_a_token_lasts_five_minutes_and_use_is_noted(his):
    client, secret = his
    now = timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        bearer = {"Authorization": "Bearer " + ask(basic(client.client_id, secret)).json()["access_token"]}
        clock.move_to(now + timedelta(seconds=299))
        assert Client().get("/fhir/R4/Appointment", headers=bearer).status_code == 200
        client.refresh_from_db()
        assert client.last_used_at == now + timedelta(seconds=299)
        clock.move_to(now + timedelta(seconds=300))
        assert Client().get("/fhir/R4/Appointment", headers=bearer).status_code == 401


def test_a_system_opens_no_door_of_people(his):
    client, secret = his
    bearer = {"Authorization": "Bearer " + ask(basic(client.client_id, secret)).json()["access_token"]}
    closed = [
        "/api/v1/me",
        "/api/v1/appointments",
        "/api/v1/schedules",
        "/api/v1/icd10?q=ho",
        "/fhir/R4/Patient",
        "/fhir/R4/Encounter",
    ]
    for address in closed:
        assert Client().get(address, headers=bearer).status_code == 403, address
    assert Client().get("/hospital/", headers=bearer).status_code == 302


def test_only_the_desk_lets_systems_in_and_only_its_own_out(desk, his, eve):
    other = make.make_desk(facility=make.make_facility(name="Bệnh viện Khác"))
    for who in (eve, make.make_practitioner(facility=desk.facility)):
        with pytest.raises(NotAllowed):
            identity.actions.make_client(name="X", scopes=ALL, by=make.actor_for(who), now=timezone.now())
        with pytest.raises(NotFound):
            identity.actions.revoke_client(client_id=his[0].pk, by=make.actor_for(who), now=timezone.now())
    with pytest.raises(NotFound):
        identity.actions.revoke_client(client_id=his[0].pk, by=make.actor_for(other), now=timezone.now())
    with pytest.raises(BadScope):
        identity.actions.make_client(
            name="X", scopes=["system/Patient.read"], by=make.actor_for(desk), now=timezone.now()
        )
    assert ApiClient.objects.filter(revoked_at=None).count() == 1


def test_says_where_to_sign_in():
    said = Client().get("/fhir/R4/.well-known/smart-configuration").json()
    assert said["token_endpoint"].endswith("/oauth/token")
    assert said["grant_types_supported"] == ["client_credentials"]


def test_who_guesses_elsewhere_does_not_shut_the_hospitals_system_out(his):
    client, secret = his
    body = urlencode({"grant_type": "client_credentials"})

    def ask_from(address: str, given: str) -> int:
        form = "application/x-www-form-urlencoded"
        door, headers = Client(REMOTE_ADDR=address), basic(client.client_id, given)
        return door.post("/oauth/token", body, content_type=form, headers=headers).status_code

    guesses = [ask_from("203.0.113.9", f"guess{number}") for number in range(35)]

    assert guesses == [401] * 30 + [429] * 5
    assert ask_from("203.0.113.9", secret) == 429
    assert ask_from("198.51.100.7", secret) == 200
    assert ApiToken.objects.count() == 1
