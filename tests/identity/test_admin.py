"""The operator's pages: behind the staff's sign-in and its second step, never behind a password alone."""

from __future__ import annotations

import pytest
from django.test import Client

from identity.models import Person, User
from tests import make

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return User.objects.create_superuser("op@example.vn", "mua-thu-ha-noi-2031", name="Operator")


def test_visitors_are_sent_to_the_staff_sign_in() -> None:
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/staff/sign-in/?next=")


def test_needs_the_second_step(operator: User) -> None:
    answer = make.page_client(operator, second_factor=False).get("/admin/", follow=True)
    assert [url.partition("?")[0] for url, _ in answer.redirect_chain][1] == "/staff/second-step/"
    assert make.page_client(operator).get("/admin/").status_code == 200


def test_citizens_are_refused(ana: Person) -> None:
    assert make.page_client(ana).get("/admin/", follow=True).status_code == 403


@pytest.mark.parametrize(
    "name",
    ["person", "delegation", "user", "facility", "practitioner", "membership", "visittype", "specialty"],
)
def test_shows_every_list(operator: User, ana: Person, name: str) -> None:
    browser = make.page_client(operator)
    assert browser.get(f"/admin/identity/{name}/").status_code == 200


def test_citizens_are_looked_at_only(operator: User, ana: Person) -> None:
    browser = make.page_client(operator)
    assert browser.get("/admin/identity/person/add/").status_code == 403
    browser.post(f"/admin/identity/person/{ana.id}/change/", {"full_name": "Somebody else"})
    ana.refresh_from_db()
    assert ana.full_name == "Nguyễn Thị Ánh Ngọc"
