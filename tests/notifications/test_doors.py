"""The doors: API, inbox pages, preferences, and the demo's outbox. Each is tried by eve."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from core.ids import new_id
from identity.models import Person, Practitioner
from notifications import actions
from notifications.models import Message, Preference
from tests.make import ApiClient, page_client
from tests.notifications.facts import VISIT, say


@pytest.fixture
def message(ana: Person, now: datetime) -> Message:
    found = say(ana.id, now)
    assert found is not None
    return found


def test_lists_ones_messages_in_ones_language(message: Message, ana_api: ApiClient) -> None:
    answer = ana_api.get("/api/v1/notifications", headers={"Accept-Language": "en"}).json()
    (row,) = answer["results"]
    assert (row["id"], row["read_at"]) == (str(message.id), None)
    assert row["link"] == f"/appointments/{message.about.partition(':')[2]}/"
    assert row["text"].startswith("Video visit with") and VISIT["practitioner"] in row["text"]


def test_turns_pages_by_cursor(ana: Person, now: datetime, ana_api: ApiClient) -> None:
    for number in range(5):
        say(ana.id, now + timedelta(minutes=number), key=str(number))
    first = ana_api.get("/api/v1/notifications?limit=3").json()
    rest = ana_api.get(first["next"]).json()
    assert (len(first["results"]), len(rest["results"]), rest["next"]) == (3, 2, None)


def test_reading_takes_it_off_the_bell(message: Message, ana_api: ApiClient) -> None:
    assert ana_api.get("/api/v1/notifications/unread").json() == {"unread": 1}
    assert ana_api.post(f"/api/v1/notifications/{message.id}/read").json()["read_at"]
    assert ana_api.get("/api/v1/notifications/unread").json() == {"unread": 0}
    assert ana_api.get("/api/v1/notifications?unread=true").json()["results"] == []


def test_reading_everything(ana: Person, now: datetime, ana_api: ApiClient, eve: Person) -> None:
    for number in range(3):
        say(ana.id, now, key=str(number))
    say(eve.id, now)
    assert ana_api.post("/api/v1/notifications/read").json() == {"unread": 0}
    assert Message.objects.filter(read_at__isnull=True).count() == 1


def test_eve_neither_sees_nor_touches_it(message: Message, eve_api: ApiClient, eve_browser: Client) -> None:
    assert eve_api.get("/api/v1/notifications").json()["results"] == []
    for unknown in (message.id, new_id()):
        response = eve_api.post(f"/api/v1/notifications/{unknown}/read")
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
        assert eve_browser.post(f"/inbox/{unknown}/read/").status_code == 404
    assert VISIT["practitioner"] not in eve_browser.get("/inbox/").content.decode()
    assert VISIT["practitioner"] not in eve_browser.get(f"/inbox/?before={message.id}").content.decode()
    assert Message.objects.get().read_at is None


@pytest.mark.parametrize("path", ["", "/unread", "/preferences"])
def test_nobody_signed_in_gets_401(nobody_api: ApiClient, path: str) -> None:
    assert nobody_api.get(f"/api/v1/notifications{path}").status_code == 401


def test_preferences_are_told_and_kept(ana_api: ApiClient) -> None:
    path = "/api/v1/notifications/preferences"
    before = {row["kind"]: row["carriers"] for row in ana_api.get(path).json()["results"]}
    assert before["appointment_booked"] == {"push": True, "sms": True, "email": True}
    assert "sign_in_code" not in before
    body = {"preferences": [{"kind": "appointment_booked", "carrier": "sms", "wanted": False}]}
    after = {row["kind"]: row["carriers"] for row in ana_api.put(path, body).json()["results"]}
    assert after["appointment_booked"] == {"push": True, "sms": False, "email": True}
    assert {**after, "appointment_booked": None} == {**before, "appointment_booked": None}


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"preferences": {}},
        {"preferences": [{"kind": "spam", "carrier": "sms", "wanted": True}]},
        {"preferences": [{"kind": "let_in", "carrier": "inbox", "wanted": False}]},
        {"preferences": [{"kind": "let_in", "carrier": "sms"}]},
        {"preferences": [{"kind": "let_in", "carrier": "sms", "wanted": True, "for": "eve"}]},
        {"preferences": [], "more": 1},
    ],
)
def test_bad_preferences_change_nothing(ana_api: ApiClient, body: object) -> None:
    assert ana_api.put("/api/v1/notifications/preferences", body).status_code == 422
    assert not Preference.objects.exists()


def test_the_inbox_page_shows_reads_and_goes_on(message: Message, ana_browser: Client) -> None:
    page = ana_browser.get("/inbox/").content.decode()
    assert VISIT["practitioner"] in page and "inbox__item--unread" in page
    went = ana_browser.post(f"/inbox/{message.id}/read/", {"go": ""})
    assert went["Location"] == f"/appointments/{message.about.partition(':')[2]}/"
    assert "inbox__item--unread" not in ana_browser.get("/inbox/").content.decode()


def test_the_inbox_page_turns(ana: Person, now: datetime, ana_browser: Client) -> None:
    for number in range(25):
        say(ana.id, now + timedelta(minutes=number // 2), key=str(number))
    first = ana_browser.get("/inbox/")
    second = ana_browser.get(f"/inbox/?before={first.context['older']}")
    assert (len(first.context["rows"]), len(second.context["rows"]), second.context["older"]) == (20, 5, None)
    assert not {row.id for row in first.context["rows"]} & {row.id for row in second.context["rows"]}
    assert ana_browser.get("/inbox/?before=nonsense").status_code == 200


def test_an_empty_inbox_says_so_and_visitors_sign_in_first(eve_browser: Client) -> None:
    assert 'class="empty' in eve_browser.get("/inbox/").content.decode()
    assert Client().get("/inbox/")["Location"].startswith("/sign-in/")


def test_a_doctors_message_leads_to_the_doctors_page(ben: Practitioner, now: datetime) -> None:
    assert ben.user is not None
    message = say(None, now, kind="citizen_waiting", to_user_id=ben.user.id)
    assert message is not None
    browser = page_client(ben)
    assert VISIT["patient"] in browser.get("/inbox/").content.decode()
    assert browser.post(f"/inbox/{message.id}/read/", {"go": ""})["Location"] == "/doctor/"


def test_preferences_on_their_page(ana_browser: Client, ana: Person) -> None:
    assert "appointment_booked.sms" in ana_browser.get("/inbox/settings/").content.decode()
    ana_browser.post("/inbox/settings/", {"appointment_booked.push": "on"})
    kept = Preference.objects.filter(kind="appointment_booked", user=ana.user)
    assert dict(kept.values_list("carrier", "wanted")) == {"push": True, "sms": False, "email": False}


def test_the_outbox_shows_codes_by_phone_in_the_demo(db: None, now: datetime, settings: Any) -> None:
    settings.DEMO = True
    actions.send_sign_in_code(phone="+84901234567", code="111222", now=now)
    actions.send_sign_in_code(phone="+84907654321", code="333444", now=now)
    everything = Client().get("/demo/outbox/").content.decode()
    assert "111222" in everything and "333444" in everything
    for writing in ("0901234567", "090 123 4567", "+84 901 234 567", "84901234567", "4567"):
        page = Client().get("/demo/outbox/", {"phone": writing}).content.decode()
        assert "111222" in page and "333444" not in page


def test_outside_the_demo_there_is_no_outbox(ana_browser: Client, settings: Any) -> None:
    settings.DEMO = False
    assert ana_browser.get("/demo/outbox/").status_code == 404
