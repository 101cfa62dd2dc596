"""The doors everybody comes through at once: the same answer as the plain way, in fewer statements."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from booking import days, queries
from booking.api import quick
from booking.queries import cards
from tests import make
from tests.booking import stage
from tests.make import at

pytestmark = pytest.mark.django_db

MOST = {"/api/v1/slots": 1, "/api/v1/slots/days": 1, "/api/v1/slots/first": 2}


@pytest.fixture
def addresses(schedule, visit_type, ana, clock, now):
    days.rebuild([schedule.id], now=now)
    days.advance(now=now)  # as the worker does each minute
    stage.hold(schedule, visit_type, ana, at(make.TOMORROW, "09:00"))
    who = {"practitioner": str(schedule.practitioner_id), "visit_type": str(visit_type.id)}
    return {
        "/api/v1/slots": who,
        "/api/v1/slots/days": {**who, "month": "2031-03"},
        "/api/v1/slots/first": {"specialty": "general", "province": "01", "mode": "video"},
    }


@pytest.mark.parametrize("address", MOST)
def test_says_what_the_plain_way_says(addresses, address, monkeypatch):
    quickly = Client().get(address, addresses[address])
    function = {"/api/v1/slots": "slots", "/api/v1/slots/days": "days", "/api/v1/slots/first": "first"}[address]
    assert quickly["Content-Type"] == "application/json"

    slowly = plain(address, addresses[address])

    assert quickly.json() == slowly.json()
    assert quickly.json()["results"]
    assert hasattr(quick, function)


def plain(address, query):
    from django.urls import resolve
    from rest_framework.test import APIRequestFactory

    response = resolve(address).func.cls.as_view()(APIRequestFactory().get(address, query))
    response.render()

    class Answer:
        @staticmethod
        def json():
            import json

            return json.loads(response.content)

    return Answer


@pytest.mark.parametrize("address", MOST)
def test_asks_the_database_seldom(addresses, address):
    Client().get(address, addresses[address])  # whatever is read once in a process
    with CaptureQueriesContext(
        connection,
    ) as asked:
        Client().get(address, addresses[address])
    assert len(asked) <= MOST[address], [one["sql"][:120] for one in asked]


def test_whoever_has_it_already_is_told_so(addresses, schedule, visit_type, eve):
    first = Client().get("/api/v1/slots", addresses["/api/v1/slots"])
    again = Client().get("/api/v1/slots", addresses["/api/v1/slots"], headers={"If-None-Match": first["ETag"]})
    stage.hold(schedule, visit_type, eve, at(make.TOMORROW, "10:00"))
    changed = Client().get("/api/v1/slots", addresses["/api/v1/slots"], headers={"If-None-Match": first["ETag"]})

    assert (again.status_code, again.content) == (304, b"")
    assert changed.status_code == 200
    assert len(changed.json()["results"]) == len(first.json()["results"]) - 1


@pytest.mark.parametrize(
    ("address", "query", "status"),
    [
        ("/api/v1/slots", {"practitioner": "x", "visit_type": "y"}, 422),
        (
            "/api/v1/slots",
            {
                "practitioner": "01c1df67-3980-76b1-85b4-a92ff14e8ff2",
                "visit_type": "01c1df67-3980-76b1-85b4-a92ff14e8ff2",
            },
            404,
        ),
        ("/api/v1/slots/days", {"month": "2031-13"}, 422),
        ("/api/v1/slots/first", {"limit": "999"}, 422),
        ("/api/v1/slots/first", {"mode": "pigeon"}, 422),
    ],
)
def test_what_it_does_not_understand_gets_words(db, address, query, status):
    answer = Client().get(address, query)
    assert answer.status_code == status
    assert answer["Content-Type"].startswith("application/problem+json")


@pytest.mark.parametrize("part", ["", "morning", "afternoon", "evening"])
@pytest.mark.parametrize("days_ahead", [1, 14, 40])
def test_the_times_on_a_card_are_the_true_ones(hospital, visit_type, ana, eve, now, part, days_ahead):
    first, second = (
        stage.make_schedule(
            practitioner=make.make_practitioner(facility=hospital), facility=hospital, hours=hours, **buffers
        )
        for hours, buffers in ((("08:00", "12:20"), {}), (("14:00", "20:00"), {"buffer_after_minutes": 10}))
    )
    for clock in ("08:00", "08:40", "11:40"):
        stage.hold(first, visit_type, ana, at(make.TOMORROW, clock))
    stage.hold(second, visit_type, eve, at(make.TOMORROW, "14:20"))

    firsts = queries.first_free(now=now)
    shown = queries.next_times(firsts, now, days=days_ahead, part=part)

    assert {one.schedule.pk for one in firsts} == {first.pk, second.pk}
    assert shown == cards.truly_next_times(firsts, now, days=days_ahead, part=part)
    assert any(shown.values()) or part == "morning" or days_ahead == 1
