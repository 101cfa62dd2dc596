"""The own account, the people one acts for, devices; and eve, who must not reach any of it."""

from __future__ import annotations

from datetime import date

import pytest

from identity.models import Delegation, Device, Person
from tests import make
from tests.make import ApiClient

pytestmark = pytest.mark.django_db


def test_tells_who_i_am(ana: Person, ana_api: ApiClient) -> None:
    me = ana_api.get("/api/v1/me").json()
    assert me["person"]["id"] == str(ana.id)
    assert me["roles"] == []
    assert me["acting_as"]["role"] == "citizen"


def test_nobody_gets_401(nobody_api: ApiClient) -> None:
    answer = nobody_api.get("/api/v1/me")
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"] == "Bearer"


def test_changes_own_details(ana: Person, ana_api: ApiClient) -> None:
    body = {
        "national_id": "079 195 012 345",
        "insurance_number": "dn-4-79-01-234-56789",
        "province": "79",
        "language": "en",
    }
    answer = ana_api.patch("/api/v1/me", body)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["person"]["national_id"] == "079195012345"
    assert answer.json()["person"]["insurance_number"] == "DN4790123456789"
    assert len(answer.json()["person"]["national_id_doubts"]) == 1  # born 1990, the number says 1995
    ana.refresh_from_db()
    assert ana.province_id == "79"
    assert ana.user is not None
    ana.user.refresh_from_db()
    assert ana.user.language == "en"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"national_id": "123"}, "national_id"),
        ({"national_id": "000000000000"}, "national_id"),
        ({"insurance_number": "XX"}, "insurance_number"),
        ({"province": "99"}, "province"),
        ({"born_on": "2999-01-01"}, "born_on"),
        ({"sex": "robot"}, "sex"),
        ({"full_name": " "}, "full_name"),
        ({"phone": "+84912345678"}, "phone"),
        ({"is_staff": True}, "is_staff"),
        ({"language": "fr"}, "language"),
    ],
)
def test_refuses_bad_details_and_changes_nothing(
    ana: Person, ana_api: ApiClient, body: dict[str, object], field: str
) -> None:
    before = Person.objects.filter(id=ana.id).values().get()
    answer = ana_api.patch("/api/v1/me", body)
    assert answer.status_code == 422
    assert field in answer.json()["errors"]
    assert Person.objects.filter(id=ana.id).values().get() == before


def test_a_number_belongs_to_one_person(ana: Person, ana_api: ApiClient, eve: Person) -> None:
    Person.objects.filter(id=eve.id).update(national_id="079195012345")
    assert ana_api.patch("/api/v1/me", {"national_id": "079195012345"}).status_code == 409


def test_a_new_account_becomes_a_citizen() -> None:
    user = make.make_user()
    api = make.api_client(user)
    assert api.get("/api/v1/me").json()["person"] is None
    refused = api.patch("/api/v1/me", {"full_name": "Lê Thị Mai"})
    assert refused.status_code == 422
    assert set(refused.json()["errors"]) == {"born_on", "sex"}
    answer = api.patch(
        "/api/v1/me", {"full_name": "Lê Thị Mai", "born_on": "1990-01-02", "sex": "female", "province": "48"}
    )
    assert answer.json()["person"]["full_name"] == "Lê Thị Mai"
    assert answer.json()["person"]["province"]["code"] == "48"
    assert answer.json()["acting_as"]["role"] == "citizen"


# ---- people


def test_adds_a_child_and_acts_for_it(ana: Person, ana_api: ApiClient) -> None:
    answer = ana_api.post("/api/v1/me/people", {"full_name": "Nguyễn Gia Bảo", "born_on": "2024-06-01", "sex": "male"})
    assert answer.status_code == 201
    child = answer.json()["id"]
    names = [row["full_name"] for row in ana_api.get("/api/v1/me/people").json()["results"]]
    assert names == ["Nguyễn Thị Ánh Ngọc", "Nguyễn Gia Bảo"]
    [row] = ana_api.get("/api/v1/me/delegations").json()["results"]
    assert row["grantor"] == child
    assert row["valid_to"] == "2042-05-31"  # the day before coming of age
    assert ana_api.patch(f"/api/v1/me/people/{child}", {"address": "12 phố Huế"}).json()["address"] == "12 phố Huế"


def test_an_adult_is_no_child(ana_api: ApiClient) -> None:
    answer = ana_api.post("/api/v1/me/people", {"full_name": "Trần Văn Cường", "born_on": "1990-06-01", "sex": "male"})
    assert answer.status_code == 422
    assert Person.objects.count() == 1


def test_the_same_key_adds_one_child(ana_api: ApiClient) -> None:
    body = {"full_name": "Nguyễn Gia Bảo", "born_on": "2024-06-01", "sex": "male"}
    first, second = (ana_api.post("/api/v1/me/people", body, HTTP_IDEMPOTENCY_KEY="k1") for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    assert Person.objects.count() == 2


def test_ending_a_delegation_ends_the_access(ana: Person, child: Person, ana_api: ApiClient) -> None:
    [row] = ana_api.get("/api/v1/me/delegations").json()["results"]
    assert ana_api.get(f"/api/v1/me/people/{child.id}").status_code == 200
    assert ana_api.delete(f"/api/v1/me/delegations/{row['id']}").status_code == 204
    assert ana_api.delete(f"/api/v1/me/delegations/{row['id']}").status_code == 204  # asking again changes nothing
    assert ana_api.get(f"/api/v1/me/people/{child.id}").status_code == 404


def test_a_delegation_ends_on_its_day(ana: Person, child: Person, ana_api: ApiClient) -> None:
    Delegation.objects.update(valid_to=date(2020, 1, 1))
    assert ana_api.get(f"/api/v1/me/people/{child.id}").status_code == 404


def test_a_delegation_without_a_scope_gives_nothing_of_it(ana: Person, child: Person, ana_api: ApiClient) -> None:
    Delegation.objects.update(scopes=["read"])
    assert ana_api.get(f"/api/v1/me/people/{child.id}").status_code == 200
    assert ana_api.patch(f"/api/v1/me/people/{child.id}", {"address": "x"}).status_code == 404


def test_eve_cannot_tell_whether_anybody_exists(ana: Person, child: Person, eve_api: ApiClient) -> None:
    delegation = Delegation.objects.get()
    nothing = "0190aaaa-0000-7000-8000-000000000000"
    for path in (f"/api/v1/me/people/{ana.id}", f"/api/v1/me/people/{child.id}"):
        stranger, absent = eve_api.get(path), eve_api.get(f"/api/v1/me/people/{nothing}")
        assert stranger.status_code == absent.status_code == 404
        assert stranger.json() == absent.json()
        assert eve_api.patch(path, {"address": "x"}).status_code == 404
    assert eve_api.delete(f"/api/v1/me/delegations/{delegation.id}").status_code == 404
    assert [row["full_name"] for row in eve_api.get("/api/v1/me/people").json()["results"]] == ["Đỗ Thị Vân"]
    assert eve_api.get("/api/v1/me/delegations").json()["results"] == []
    delegation.refresh_from_db()
    assert delegation.revoked_at is None


def test_staff_have_no_people(ana: Person, dan_api: ApiClient, cara_api: ApiClient) -> None:
    for api in (dan_api, cara_api):
        assert api.get("/api/v1/me/people").status_code == 403
        assert api.get(f"/api/v1/me/people/{ana.id}").status_code == 403


# ---- devices


def test_registers_a_device_and_forgets_it(ana: Person, ana_api: ApiClient) -> None:
    body = {"token": "fcm-1", "platform": "android"}
    assert ana_api.post("/api/v1/me/devices", body).status_code == 201
    assert ana_api.post("/api/v1/me/devices", body).status_code == 201
    assert Device.objects.count() == 1
    assert ana_api.delete("/api/v1/me/devices?token=fcm-1").status_code == 204
    assert not Device.objects.exists()


def test_a_phone_that_changed_hands_wakes_its_new_owner(
    ana: Person, ana_api: ApiClient, eve: Person, eve_api: ApiClient
) -> None:
    ana_api.post("/api/v1/me/devices", {"token": "fcm-1", "platform": "android"})
    eve_api.post("/api/v1/me/devices", {"token": "fcm-1", "platform": "android"})
    assert Device.objects.get().user == eve.user
    assert ana_api.delete("/api/v1/me/devices?token=fcm-1").status_code == 204
    assert Device.objects.count() == 1  # no longer hers to remove
