"""Passes for live connections: one scope, one use, thirty seconds."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.actor import Actor
from core.errors import NotSignedIn
from identity import actions
from identity.errors import BadTicket
from identity.models import Person, SocketTicket
from tests.make import ApiClient

pytestmark = pytest.mark.django_db
ROOM = "room:0190aaaa-0000-7000-8000-000000000000"


def test_opens_once(ana: Person, by_ana: Actor, now: datetime) -> None:
    ticket = actions.issue_socket_ticket(by_ana, "me", now)
    assert actions.redeem_socket_ticket(ticket, "me", now) == by_ana
    with pytest.raises(BadTicket):
        actions.redeem_socket_ticket(ticket, "me", now)


def test_is_dead_after_thirty_seconds(by_ana: Actor, now: datetime) -> None:
    ticket = actions.issue_socket_ticket(by_ana, "me", now)
    with pytest.raises(BadTicket):
        actions.redeem_socket_ticket(ticket, "me", now + timedelta(seconds=30))


def test_opens_no_other_scope_and_stays_good_for_its_own(by_ana: Actor, now: datetime) -> None:
    ticket = actions.issue_socket_ticket(by_ana, ROOM, now)
    with pytest.raises(BadTicket):
        actions.redeem_socket_ticket(ticket, "me", now)
    assert actions.redeem_socket_ticket(ticket, ROOM, now) == by_ana


def test_nobody_gets_none(now: datetime) -> None:
    with pytest.raises(NotSignedIn):
        actions.issue_socket_ticket(Actor.anonymous(), "me", now)


def test_only_its_hash_is_kept(by_ana: Actor, now: datetime) -> None:
    ticket = actions.issue_socket_ticket(by_ana, "me", now)
    assert ticket not in str(SocketTicket.objects.values().get())


def test_the_door_gives_one(ana_api: ApiClient, nobody_api: ApiClient) -> None:
    answer = ana_api.post("/api/v1/socket-tickets", {"scope": ROOM})
    assert answer.status_code == 201
    assert answer.json()["scope"] == ROOM
    assert answer.json()["expires_in"] == 30
    assert ana_api.post("/api/v1/socket-tickets", {}).json()["scope"] == "me"
    assert ana_api.post("/api/v1/socket-tickets", {"scope": "everything"}).status_code == 422
    assert nobody_api.post("/api/v1/socket-tickets", {}).status_code == 401
