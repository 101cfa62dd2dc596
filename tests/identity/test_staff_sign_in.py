"""Staff: password, then the second step. Without it they are nobody but themselves."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.test import Client

from identity.models import Facility, Membership, User
from tests import make

APP = "/_allauth/app/v1/"
PASSWORD = "mua-thu-ha-noi-2031"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
pytestmark = pytest.mark.django_db


def code_now() -> str:
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(SECRET, counter))


@pytest.fixture
def doctor(hospital: Facility) -> User:
    user = make.make_user(email="binh@example.vn", phone="+84905550101", name="Trần Minh Bình", password=PASSWORD)
    make.make_practitioner(facility=hospital, user=user)
    return user


@pytest.fixture
def with_authenticator(doctor: User) -> User:
    TOTP.activate(doctor, SECRET)
    return doctor


def post(client: Client, path: str, body: dict[str, Any], **headers: str) -> Any:
    return client.post(path, body, content_type="application/json", headers=headers)


def test_password_alone_opens_nothing(with_authenticator: User) -> None:
    client = Client()
    answer = post(client, f"{APP}auth/login", {"email": "binh@example.vn", "password": PASSWORD})
    assert answer.status_code == 401
    assert [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")] == ["mfa_authenticate"]
    token = answer.json()["meta"]["session_token"]
    assert "access_token" not in answer.json()["meta"]
    assert client.get("/api/v1/me", headers={"X-Session-Token": token}).status_code == 401


def test_password_and_second_step_open_the_role(with_authenticator: User, hospital: Facility) -> None:
    client = Client()
    token = post(client, f"{APP}auth/login", {"email": "binh@example.vn", "password": PASSWORD}).json()["meta"][
        "session_token"
    ]
    answer = post(client, f"{APP}auth/2fa/authenticate", {"code": code_now()}, **{"X-Session-Token": token})
    assert answer.status_code == 200, answer.content
    access = answer.json()["meta"]["access_token"]
    me = client.get("/api/v1/me", headers={"Authorization": f"Bearer {access}"}).json()
    assert me["acting_as"]["role"] == "practitioner"
    assert me["acting_as"]["facility"] == str(hospital.id)


def test_a_wrong_second_step_opens_nothing(with_authenticator: User) -> None:
    client = Client()
    token = post(client, f"{APP}auth/login", {"email": "binh@example.vn", "password": PASSWORD}).json()["meta"][
        "session_token"
    ]
    wrong = "000000" if code_now() != "000000" else "111111"
    answer = post(client, f"{APP}auth/2fa/authenticate", {"code": wrong}, **{"X-Session-Token": token})
    assert answer.status_code == 400


def test_without_an_authenticator_staff_are_only_themselves(doctor: User) -> None:
    client = Client()
    answer = post(client, f"{APP}auth/login", {"email": "binh@example.vn", "password": PASSWORD})
    assert answer.status_code == 200
    headers = {"Authorization": f"Bearer {answer.json()['meta']['access_token']}"}
    me = client.get("/api/v1/me", headers=headers).json()
    assert me["acting_as"]["role"] == "citizen"
    assert me["roles"] == []
    row = Membership.objects.get(user=doctor)
    refused = client.put(
        "/api/v1/me/acting-as", {"membership": str(row.id)}, content_type="application/json", headers=headers
    )
    assert refused.status_code == 403
    assert refused.json()["code"] == "second_factor_needed"


def test_the_code_by_phone_is_no_second_step(with_authenticator: User, sent_codes: list[tuple[str, str]]) -> None:
    client = Client()
    answer = post(client, f"{APP}auth/signup", {"phone": "0905550101"})
    token = answer.json()["meta"]["session_token"]
    answer = post(client, f"{APP}auth/phone/verify", {"code": sent_codes[0][1]}, **{"X-Session-Token": token})
    assert answer.status_code == 401
    assert [flow["id"] for flow in answer.json()["data"]["flows"] if flow.get("is_pending")] == ["mfa_authenticate"]


@pytest.mark.parametrize("login", ["binh@example.vn", "nobody@example.vn"])
def test_nobody_learns_which_addresses_are_known(doctor: User, login: str) -> None:
    answer = post(Client(), f"{APP}auth/login", {"email": login, "password": "not-the-password"})
    assert answer.status_code == 400
    assert [error["code"] for error in answer.json()["errors"]] == ["email_password_mismatch"]


def test_five_wrong_passwords_close_the_door_for_a_while(doctor: User) -> None:
    for _ in range(5):
        post(Client(), f"{APP}auth/login", {"email": "binh@example.vn", "password": "not-the-password"})
    answer = post(Client(), f"{APP}auth/login", {"email": "binh@example.vn", "password": PASSWORD})
    assert answer.status_code == 400


# ---- pages


@pytest.mark.parametrize("login", ["binh@example.vn", "0905 550 101"])
def test_the_page_asks_for_both_steps(with_authenticator: User, login: str) -> None:
    browser = Client()
    answer = browser.post("/staff/sign-in/", {"login": login, "password": PASSWORD})
    assert answer["Location"].startswith("/staff/sign-in/second-step/")
    assert browser.get("/staff/sign-in/second-step/").status_code == 200
    answer = browser.post("/staff/sign-in/second-step/", {"code": code_now()})
    assert answer["Location"] == "/doctor/"


def test_the_page_lets_staff_set_up_the_second_step(doctor: User) -> None:
    browser = Client()
    browser.post("/staff/sign-in/", {"login": "binh@example.vn", "password": PASSWORD})
    answer = browser.get("/doctor/")
    assert answer["Location"].startswith("/staff/second-step/")
    page = browser.get("/staff/second-step/")
    assert page.status_code == 200
    secret = page.context["form"].secret
    code = format_hotp_value(hotp_value(secret, next(iter(yield_hotp_counters_from_time()))))
    answer = browser.post("/staff/second-step/", {"code": code})
    assert answer.status_code == 302
    assert Authenticator.objects.filter(user=doctor, type="totp").exists()
    assert browser.get(answer["Location"]).status_code == 200
    me = browser.get("/api/v1/me").json()
    assert me["acting_as"]["role"] == "practitioner"


def test_a_wrong_password_says_so_and_no_more(doctor: User) -> None:
    page = Client().post("/staff/sign-in/", {"login": "binh@example.vn", "password": "wrong-password"})
    assert page.status_code == 200
    assert page.context["form"].errors


# ---- several roles


def test_picks_one_of_several_roles(doctor: User, hospital: Facility) -> None:
    pharmacy = make.make_pharmacy()
    second = make.make_membership(user=doctor, facility=pharmacy, role="pharmacist")
    browser = make.page_client(doctor)
    assert browser.get("/api/v1/me").json()["acting_as"]["role"] == "practitioner"
    answer = browser.post("/roles/act/", {"membership": str(second.id)})
    assert answer["Location"] == "/pharmacy/"
    assert browser.get("/api/v1/me").json()["acting_as"]["facility"] == str(pharmacy.id)
    browser.post("/roles/act/", {"membership": "citizen"})
    assert browser.get("/api/v1/me").json()["acting_as"]["role"] == "citizen"


def test_nobody_takes_a_role_of_somebody_else(doctor: User, dan: Membership) -> None:
    browser = make.page_client(doctor)
    assert browser.post("/roles/act/", {"membership": str(dan.id)}).status_code == 404
    api = make.api_client(doctor)
    answer = api.put("/api/v1/me/acting-as", {"membership": str(dan.id)})
    assert answer.status_code == 403
    assert answer.json()["code"] == "not_a_member"
    assert browser.get("/api/v1/me").json()["acting_as"]["role"] == "practitioner"


def test_a_role_that_ended_is_gone(doctor: User) -> None:
    Membership.objects.update(active_to=make.LONG_AGO)
    assert make.page_client(doctor).get("/api/v1/me").json()["acting_as"]["role"] == "citizen"


def test_the_app_picks_a_role_by_token(doctor: User) -> None:
    pharmacy = make.make_pharmacy()
    second = make.make_membership(user=doctor, facility=pharmacy, role="pharmacist")
    api = make.api_client(doctor)
    assert api.put("/api/v1/me/acting-as", {"membership": str(second.id)}).json()["role"] == "pharmacist"
    assert api.get("/api/v1/me").json()["acting_as"]["role"] == "pharmacist"
    assert api.put("/api/v1/me/acting-as", {"membership": None}).json()["role"] == "citizen"
    assert api.get("/api/v1/me").json()["acting_as"]["role"] == "citizen"


@pytest.mark.parametrize(
    "path", ["/", "/record/", "/prescriptions/", "/appointments/", "/profile/", "/inbox/", "/roles/"]
)
@pytest.mark.parametrize("second_factor", [True, False])
def test_staff_who_are_no_citizens_break_no_page(doctor: User, path: str, second_factor: bool) -> None:
    browser = make.page_client(doctor, second_factor=second_factor)
    assert browser.get(path).status_code in {200, 302, 403}


def test_staff_who_want_to_be_citizens_say_who_they_are(doctor: User) -> None:
    browser = make.page_client(doctor)
    browser.post("/roles/act/", {"membership": "citizen"})
    assert browser.get("/record/")["Location"].startswith("/welcome/")
    details = {"full_name": "Trần Minh Bình", "born_on": "1975-01-01", "sex": "male", "next": "/record/"}
    assert browser.post("/welcome/", details)["Location"] == "/record/"
    assert browser.get("/record/").status_code == 200


def test_a_stolen_phone_number_opens_no_role(doctor: User) -> None:
    """Code to the phone, then an authenticator of one's own: still only a citizen, the password was never said."""
    client = make.page_client(doctor, second_factor=False)
    session = client.session
    session["account_authentication_methods"] = [
        {"method": "code", "at": 0, "phone": doctor.phone},
        {"method": "mfa", "at": 0, "type": "totp"},
    ]
    session.save()
    assert client.get("/doctor/").headers["Location"].startswith("/staff/password/")
    assert client.get("/api/v1/me").json()["acting_as"]["role"] == "citizen"


def test_what_somebody_else_proved_in_this_session_does_not_count(doctor: User) -> None:
    client = make.page_client(doctor)
    session = client.session
    session["account_authentication_methods_user"] = str(make.make_user().id)
    session.save()
    assert client.get("/api/v1/me").json()["acting_as"]["role"] == "citizen"
