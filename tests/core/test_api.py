"""The HTTP edge: who may try, strict bodies, problem documents, keys that may be repeated."""

import json
import threading
from typing import Any, ClassVar

import pytest
from django.db import connection, connections
from django.http import HttpRequest
from django.test import RequestFactory
from rest_framework import serializers
from rest_framework.response import Response

from core.actor import Actor
from core.api import ANYONE, ApiView, StrictSerializer, idempotent
from core.errors import Conflict
from core.ids import new_id
from core.models import IdempotencyKey

USER = new_id()


class Wish(StrictSerializer):
    cups = serializers.IntegerField(min_value=1)


class Kettle(ApiView):
    access = frozenset({"citizen"})
    authentication_classes: ClassVar[list[Any]] = []
    poured: ClassVar[list[int]] = []

    @idempotent
    def post(self, request: HttpRequest) -> Response:
        cups = self.clean(Wish)["cups"]
        if cups > 10:
            raise Conflict
        self.poured.append(cups)
        return Response({"cups": cups, "id": str(new_id())}, status=201)


class Open(ApiView):
    access = ANYONE
    authentication_classes: ClassVar[list[Any]] = []

    def get(self, request: HttpRequest) -> Response:
        return Response({})


def ask(body: Any, key: str = "", actor: Actor | None = None, raw: bytes | None = None, kind: str = "application/json"):
    headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
    request = RequestFactory().post(
        "/kettle", raw if raw is not None else json.dumps(body), content_type=kind, **headers
    )
    request._lanh_actor = actor or Actor("citizen", user_id=USER)
    response = Kettle.as_view()(request)
    response.render()
    return response


@pytest.fixture(autouse=True)
def empty_cups():
    Kettle.poured.clear()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"cups": 0}, 422, "invalid"),
        ({"cups": "many"}, 422, "invalid"),
        ({"cups": 1, "sugar": 2}, 422, "unknown_field"),
        ({}, 422, "invalid"),
        ([1], 422, "invalid"),
        ("x", 422, "invalid"),
        (None, 422, "invalid"),
        ({"cups": 11}, 409, "conflict"),
    ],
)
def test_refusals_are_problem_documents_and_change_nothing(body, status, code):
    response = ask(body)
    document = json.loads(response.content)
    assert (response.status_code, document["code"], document["status"]) == (status, code, status)
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "detail"} <= set(document)
    assert Kettle.poured == []


@pytest.mark.django_db
def test_bodies_that_cannot_be_read():
    assert ask(None, raw=b"[" * 100_000).status_code == 400
    assert ask(None, raw=b"{nope").status_code == 400
    assert ask(None, raw=b"<xml/>", kind="application/xml").status_code == 415
    assert Kettle.poured == []


@pytest.mark.django_db
def test_nobody_is_401_and_the_wrong_role_403():
    assert ask({"cups": 1}, actor=Actor.anonymous()).status_code == 401
    response = ask({"cups": 1}, actor=Actor("desk", user_id=USER))
    assert (response.status_code, json.loads(response.content)["code"]) == (403, "wrong_role")


def test_a_view_that_does_not_say_who_may_try_cannot_be_written():
    with pytest.raises(TypeError):
        type("Careless", (ApiView,), {}) if not hasattr(ApiView, "access") else pytest.fail("ApiView has access")


@pytest.mark.django_db
def test_the_same_key_gets_the_same_answer():
    first, second = ask({"cups": 2}, key="k"), ask({"cups": 2}, key="k")
    assert json.loads(first.content) == json.loads(second.content)
    assert second["Idempotent-Replayed"] == "true"
    assert Kettle.poured == [2]


@pytest.mark.django_db
def test_another_body_under_the_same_key_is_a_conflict():
    ask({"cups": 2}, key="k")
    response = ask({"cups": 3}, key="k")
    assert (response.status_code, json.loads(response.content)["code"]) == (409, "idempotency_key_reused")
    assert Kettle.poured == [2]


@pytest.mark.django_db
def test_keys_belong_to_their_user():
    ask({"cups": 2}, key="k")
    assert ask({"cups": 3}, key="k", actor=Actor("citizen", user_id=new_id())).status_code == 201


@pytest.mark.django_db
def test_a_refusal_is_not_remembered():
    assert ask({"cups": 11}, key="k").status_code == 409
    assert not IdempotencyKey.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_twenty_at_once_with_one_key_pour_once():
    answers: list[str] = []
    gate = threading.Barrier(20)

    def press() -> None:
        try:
            gate.wait()
            answers.append(json.loads(ask({"cups": 5}, key="rush").content)["id"])
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press) for _ in range(20)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert Kettle.poured == [5]
    assert len(answers) == 20
    assert len(set(answers)) == 1
    connection.close()


@pytest.mark.django_db
def test_an_answer_given_in_one_role_is_not_read_again_in_another(monkeypatch):
    monkeypatch.setattr(Kettle, "access", frozenset({"citizen", "pharmacist"}))
    given = ask({"cups": 3}, key="roles", actor=Actor("pharmacist", user_id=USER, facility_id=new_id()))
    other = ask({"cups": 3}, key="roles", actor=Actor("citizen", user_id=USER))
    assert (given.status_code, other.status_code) == (201, 409)
    assert given.data["id"].encode() not in other.content
