"""The operator's pages: behind the staff's sign-in and its second step, never behind a password alone."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Line
from identity.models import Contract, Person, User
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


def test_a_contract_is_entered_by_hand_and_leaves_a_line(operator: User) -> None:
    hospital, station = make.make_facility(), make.make_station()
    form = {
        "facility": str(hospital.pk), "partner": str(station.pk), "number": "15/HĐ", "forms": "via_receiving_facility",
        "price_amount": "0", "price_currency": "VND", "valid_from": "2031-01-01", "valid_to": "",
    }  # fmt: skip
    answer = make.page_client(operator).post("/admin/identity/contract/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    assert Contract.objects.get().forms == ["via_receiving_facility"]
    assert Line.objects.filter(action="identity.contract").exists()
    refused = make.page_client(operator).post(
        "/admin/identity/contract/add/", form | {"number": "16/HĐ", "forms": "teleconsult_mdt"}
    )
    assert refused.status_code == 200 and Contract.objects.count() == 1
