"""/demo/: one click to be somebody, and only in the demo."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import Facility
from tests import make
from web.demo import BY_KEY, CAST
from web.portraits import COATS, HAIR, Look, portrait
from web.templatetags.demo_words import given_name

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast(hospital: Facility) -> None:
    make.make_person(full_name=BY_KEY["ana"].name, user=make.make_user(phone=BY_KEY["ana"].phone))
    make.make_practitioner(facility=hospital, user=make.make_user(email=BY_KEY["ben"].email, name=BY_KEY["ben"].name))


def test_shows_who_is_there(cast: None) -> None:
    page = Client().get("/demo/")
    assert page.status_code == 200
    text = page.content.decode()
    assert BY_KEY["ana"].name in text
    assert BY_KEY["cara"].email not in text  # not made in this database
    assert page["Cache-Control"] == "no-store"


def test_says_so_when_nobody_is_there() -> None:
    assert Client().get("/demo/").status_code == 200


def test_one_click_makes_a_citizen(cast: None) -> None:
    browser = Client()
    assert browser.post("/demo/enter/", {"who": "ana"})["Location"] == "/"
    assert browser.get("/api/v1/me").json()["person"]["full_name"] == BY_KEY["ana"].name


def test_one_click_makes_a_doctor_with_the_second_step_passed(cast: None) -> None:
    browser = Client()
    browser.post("/demo/enter/", {"who": "ana"})
    assert browser.post("/demo/enter/", {"who": "ben"})["Location"] == "/doctor/"
    me = browser.get("/api/v1/me").json()
    assert me["acting_as"]["role"] == "practitioner"
    assert me["person"] is None  # nothing of ana is left in this browser


def test_goes_where_the_step_leads_but_never_elsewhere(cast: None) -> None:
    browser = Client()
    assert browser.post("/demo/enter/", {"who": "ana", "next": "/record/"})["Location"] == "/record/"
    assert browser.post("/demo/enter/", {"who": "ana", "next": "https://evil.example/"})["Location"] == "/"


def test_needs_the_csrf_token(cast: None) -> None:
    assert Client(enforce_csrf_checks=True).post("/demo/enter/", {"who": "ana"}).status_code == 403


def test_knows_nobody_else(cast: None) -> None:
    assert Client().post("/demo/enter/", {"who": "admin"}).status_code == 404
    assert Client().get("/demo/faces/admin.svg").status_code == 404


def test_is_not_there_outside_the_demo(cast: None, settings: Any) -> None:
    browser = Client()
    browser.post("/demo/enter/", {"who": "ben"})
    settings.DEMO = False
    assert Client().get("/demo/").status_code == 404
    assert Client().post("/demo/enter/", {"who": "ana"}).status_code == 404
    assert Client().get("/demo/faces/ana.svg").status_code == 404
    # A session begun in the demo is nobody's any more.
    assert browser.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("hair", HAIR)
@pytest.mark.parametrize("coat", COATS)
def test_draws_every_look(hair: str, coat: str) -> None:
    from xml.etree import ElementTree

    ElementTree.fromstring(portrait(Look(hair=hair, coat=coat)))


def test_calls_people_by_their_given_name() -> None:
    assert [given_name(member.name) for member in CAST] == ["Minh Anh", "Bình", "Cúc", "Dân", "Yến", "Mỷ", "Hà", "Hải"]
