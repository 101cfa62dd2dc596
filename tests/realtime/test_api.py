"""Rooms over HTTP: the answers of the public contract, and nothing for strangers."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from realtime.models import Room, Seat

pytestmark = pytest.mark.django_db


def test_join_answers_as_promised(room, ana_api):
    answer = ana_api.post(f"/api/v1/rooms/{room.id}/join")
    assert answer.status_code == 200
    body = answer.json()
    assert body["socket_url"].startswith("ws://") and body["socket_url"].endswith(f"/ws/v1/rooms/{room.id}")
    assert {"ticket", "seat", "resume_token", "topology", "ice_servers", "state", "role"} <= set(body)
    assert (body["state"], body["role"], body["topology"], body["ice_servers"]) == ("waiting", "citizen", "p2p", [])


def test_the_room_is_found_from_the_encounter(room, ana_api, ben_api):
    for api in (ana_api, ben_api):
        found = api.get(f"/api/v1/encounters/{room.encounter_id}/room").json()
        assert found["id"] == str(room.id) and found["seats"] == []
        assert api.get(f"/api/v1/rooms/{room.id}").json() == found


def test_seats_are_seen_from_ones_own(room, ana_api, ben_api):
    ana_api.post(f"/api/v1/rooms/{room.id}/join")
    ben_api.post(f"/api/v1/rooms/{room.id}/join")
    assert [seat["role"] for seat in ben_api.get(f"/api/v1/rooms/{room.id}").json()["seats"]] == [
        "citizen",
        "practitioner",
    ]


@pytest.mark.parametrize("who", ["eve_api", "dan_api", "cara_api", "nobody_api"])
def test_strangers_get_the_same_as_for_nothing(room, who, request):
    api = request.getfixturevalue(who)
    expected = {"eve_api": 404, "nobody_api": 401}.get(who, 403)
    for room_id, encounter_id in ((room.id, room.encounter_id), (uuid4(), uuid4())):
        assert api.get(f"/api/v1/rooms/{room_id}").status_code == expected
        assert api.post(f"/api/v1/rooms/{room_id}/join").status_code == expected
        assert api.get(f"/api/v1/encounters/{encounter_id}/room").status_code == expected
    assert not Seat.objects.exists()


@pytest.mark.parametrize(
    "body", [{"resume_token": 5.5, "x": 1}, {"as": "ben"}, {"resume_token": "x" * 101}, {"resume_token": []}]
)
def test_bodies_that_mean_nothing_are_refused(room, ana_api, body):
    assert ana_api.post(f"/api/v1/rooms/{room.id}/join", body).status_code == 422
    assert not Seat.objects.exists()


def test_too_early_says_when(room, ana_api):
    Room.objects.update(opens_at=timezone.now() + timedelta(hours=1))
    answer = ana_api.post(f"/api/v1/rooms/{room.id}/join")
    assert (answer.status_code, answer.json()["code"]) == (409, "room_not_open")
    assert answer.json()["errors"]["opens_at"]


def test_the_page_is_the_citizens_own(room, ana_browser, eve_browser, ben_browser):
    page = ana_browser.get(f"/visits/{room.encounter_id}/")
    assert page.status_code == 200 and f'room="{room.id}"' in page.content.decode()
    assert eve_browser.get(f"/visits/{room.encounter_id}/").status_code == 404
    assert ben_browser.get(f"/visits/{room.encounter_id}/").status_code == 403


def test_before_and_after_the_page_says_so(room, ana_browser):
    Room.objects.update(opens_at=timezone.now() + timedelta(minutes=30))
    assert "Phòng chờ mở lúc" in ana_browser.get(f"/visits/{room.encounter_id}/").content.decode()
    Room.objects.update(opens_at=timezone.now() - timedelta(hours=3), closes_at=timezone.now() - timedelta(hours=1))
    assert "data-over" in ana_browser.get(f"/visits/{room.encounter_id}/").content.decode()
