"""The operator's pages: behind the staff's sign-in and its second step, never behind a password alone."""

from __future__ import annotations

import pytest
from django.test import Client

from audit.models import Line
from identity.models import Contract, Person, Pilot, User
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


def test_a_pilot_is_entered_by_hand_and_its_quota_never_goes_below_what_is_taken(operator: User) -> None:
    hospital, browser = make.make_facility(), make.page_client(operator)
    form = {
        "facility": str(hospital.pk), "name": "Thí điểm", "decision_number": "1/QĐ", "decided_on": "2031-01-01",
        "approved_by": "Sở Y tế", "conditions": "I25, E11.2", "valid_from": "2031-01-01", "valid_to": "2031-12-31",
        "quota": "3",
    }  # fmt: skip
    assert browser.post("/admin/identity/pilot/add/", {**form, "conditions": "heart"}).status_code == 200
    assert browser.post("/admin/identity/pilot/add/", {**form, "valid_to": "2030-12-31"}).status_code == 200
    assert not Pilot.objects.exists()
    answer = browser.post("/admin/identity/pilot/add/", form)
    assert answer.status_code == 302, answer.content.decode()
    pilot = Pilot.objects.get()
    assert (pilot.conditions, pilot.quota, pilot.used) == (["I25", "E11.2"], 3, 0)
    assert Line.objects.filter(action="identity.pilot").count() == 1

    Pilot.objects.update(used=2)  # as the appointments' triggers would
    path = f"/admin/identity/pilot/{pilot.pk}/change/"
    assert browser.post(path, {**form, "quota": "1", "used": "0"}).status_code == 200
    assert browser.post(path, {**form, "quota": "2", "used": "0"}).status_code == 302
    pilot.refresh_from_db()
    assert (pilot.quota, pilot.used) == (2, 2)
    assert browser.post(f"/admin/identity/pilot/{pilot.pk}/delete/", {"post": "yes"}).status_code == 403
