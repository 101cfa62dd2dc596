"""Citizens: a phone number and a 6-digit code, through the app client, for a new number and a known one alike."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from identity import actions
from identity.models import Person, User
from tests import make

APP = "/_allauth/app/v1/"
pytestmark = pytest.mark.django_db


class Phone:
    """A mobile app: keeps its session token, then its access token."""

    def __init__(self) -> None:
        self.client = Client()
        self.headers: dict[str, str] = {}

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        send = getattr(self.client, method)
        extra = {"headers": {**self.headers, **headers}}
        response = (
            send(path, body, content_type="application/json", **extra) if body is not None else send(path, **extra)
        )
        found = response.json() if response.content else {}
        token = found.get("meta", {}).get("session_token") if isinstance(found, dict) else None
        if token:
            self.headers["X-Session-Token"] = token
        return response

    def sign_up(self, phone: str, **details: str) -> Any:
        return self.ask("post", f"{APP}auth/signup", {"phone": phone, **details})

    def verify(self, code: str) -> Any:
        response = self.ask("post", f"{APP}auth/phone/verify", {"code": code})
        meta = response.json().get("meta", {})
        if "access_token" in meta:
            self.headers = {"Authorization": f"Bearer {meta['access_token']}"}
        return response


def pending(response: Any) -> list[str]:
    return [flow["id"] for flow in response.json()["data"]["flows"] if flow.get("is_pending")]


def test_opens_an_account_with_a_person(sent_codes: list[tuple[str, str]]) -> None:
    phone = Phone()
    answer = phone.sign_up("0912 345 678", full_name="Nguyễn Thị Đào", born_on="1990-05-04", sex="female")
    assert answer.status_code == 401
    assert pending(answer) == ["verify_phone"]
    assert not Person.objects.exists()  # nobody has proved anything yet

    [(number, code)] = sent_codes
    assert number == "+84912345678"
    assert len(code) == 6
    assert code.isdigit()

    answer = phone.verify(code)
    assert answer.status_code == 200, answer.content
    me = phone.ask("get", "/api/v1/me").json()
    assert me["phone"] == "+84912345678"
    assert me["person"]["full_name"] == "Nguyễn Thị Đào"
    assert me["person"]["born_on"] == "1990-05-04"
    assert me["acting_as"]["role"] == "citizen"
    user = User.objects.get()
    assert user.phone_verified
    assert user.email is None


def test_a_known_number_signs_in_by_the_same_flow(sent_codes: list[tuple[str, str]], ana: Person) -> None:
    assert ana.user is not None
    number = ana.user.phone or ""
    phone, stranger = Phone(), Phone()
    known = phone.sign_up(number, full_name="Somebody Else", born_on="1980-01-01", sex="male")
    new = stranger.sign_up("0987654321", full_name="Somebody Else", born_on="1980-01-01", sex="male")

    assert known.status_code == new.status_code == 401
    assert known.json()["data"] == new.json()["data"]  # nobody learns which number is known

    assert phone.verify(sent_codes[0][1]).status_code == 200
    me = phone.ask("get", "/api/v1/me").json()
    assert me["person"]["id"] == str(ana.id)
    assert me["person"]["full_name"] == "Nguyễn Thị Ánh Ngọc"  # what a stranger typed changes nothing


def test_code_request_answers_alike_for_known_and_unknown(sent_codes: list[tuple[str, str]], ana: Person) -> None:
    assert ana.user is not None
    answers = []
    for number in (ana.user.phone, "+84987654321"):
        phone = Phone()
        answer = phone.ask("post", f"{APP}auth/code/request", {"phone": number})
        answers.append((answer.status_code, answer.json()["data"]))
        assert pending(answer) == ["login_by_code"]
        done = phone.ask("post", f"{APP}auth/code/confirm", {"code": sent_codes[-1][1]})
        assert done.status_code == 200
        assert done.json()["meta"]["access_token"]
    assert answers[0] == answers[1]


def test_a_wrong_code_signs_nobody_in(sent_codes: list[tuple[str, str]]) -> None:
    phone = Phone()
    phone.sign_up("0912345678")
    right = sent_codes[0][1]
    wrong = "000000" if right != "000000" else "111111"
    assert phone.verify(wrong).status_code == 400
    assert phone.ask("get", "/api/v1/me").status_code == 401
    assert phone.verify(right).status_code == 200


def test_five_wrong_codes_end_the_try(sent_codes: list[tuple[str, str]]) -> None:
    phone = Phone()
    phone.sign_up("0912345678")
    right = sent_codes[0][1]
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert phone.verify(wrong).status_code == 400
    assert phone.verify(right).status_code == 409
    assert phone.ask("get", "/api/v1/me").status_code == 401


def test_a_code_of_another_session_is_worth_nothing(sent_codes: list[tuple[str, str]]) -> None:
    ana, eve = Phone(), Phone()
    ana.sign_up("0912345678")
    eve.sign_up("0987654321")
    code_of_ana = sent_codes[0][1]
    if code_of_ana != sent_codes[1][1]:
        assert eve.verify(code_of_ana).status_code == 400


@pytest.mark.parametrize("number", ["12345", "09123456789", "", "hello", "+849123"])
def test_refuses_what_is_no_number(sent_codes: list[tuple[str, str]], number: str) -> None:
    assert Phone().sign_up(number).status_code == 400
    assert sent_codes == []
    assert not User.objects.exists()


def test_stops_sending_after_three_codes_a_minute(sent_codes: list[tuple[str, str]]) -> None:
    for _ in range(3):
        assert Phone().sign_up("0912345678").status_code == 401
    assert Phone().sign_up("0912345678").status_code == 429
    assert len(sent_codes) == 3


def test_refreshes_once_per_token_and_rotates(sent_codes: list[tuple[str, str]]) -> None:
    phone = Phone()
    phone.sign_up("0912345678")
    meta = phone.verify(sent_codes[0][1]).json()["meta"]
    first = phone.ask("post", f"{APP}tokens/refresh", {"refresh_token": meta["refresh_token"]})
    assert first.status_code == 200
    fresh = first.json()["data"]
    phone.headers = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert phone.ask("get", "/api/v1/me").status_code == 200
    again = phone.ask("post", f"{APP}tokens/refresh", {"refresh_token": meta["refresh_token"]})
    assert again.status_code == 400  # spent


def test_sign_out_ends_the_token_at_once(sent_codes: list[tuple[str, str]]) -> None:
    phone = Phone()
    phone.sign_up("0912345678")
    meta = phone.verify(sent_codes[0][1]).json()["meta"]
    assert phone.ask("get", "/api/v1/me").status_code == 200
    assert phone.ask("delete", f"{APP}auth/session").status_code == 401
    assert phone.ask("get", "/api/v1/me").status_code == 401
    answer = phone.ask("post", f"{APP}tokens/refresh", {"refresh_token": meta["refresh_token"]})
    assert answer.status_code in {400, 401}


def test_a_closed_account_gets_no_code(sent_codes: list[tuple[str, str]], ana: Person) -> None:
    assert ana.user is not None
    ana.user.is_active = False
    ana.user.save()
    answer = Phone().ask("post", f"{APP}auth/code/request", {"phone": ana.user.phone})
    assert answer.status_code == 401
    assert sent_codes == []


def test_numbers_never_confirmed_are_forgotten(ana: Person) -> None:
    actions.account_for_phone(phone="0912345678", now=make.NOW)
    assert actions.forget_unconfirmed_accounts(now=make.NOW + timedelta(hours=1)) == 0
    assert actions.forget_unconfirmed_accounts(now=make.NOW + timedelta(days=2)) == 1
    assert list(User.objects.all()) == [ana.user]


# ---- the same in a browser


def test_the_page_leads_a_new_citizen_to_their_record(sent_codes: list[tuple[str, str]]) -> None:
    browser = Client()
    answer = browser.post("/sign-in/?next=/record/", {"phone": "0912345678", "next": "/record/"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/sign-in/code/")
    page = browser.get("/sign-in/code/")
    assert "0912 345 678" in page.content.decode()
    answer = browser.post("/sign-in/code/", {"action": "verify", "code": sent_codes[0][1]})
    assert answer["Location"] == "/record/"
    answer = browser.get("/record/")
    assert answer["Location"].startswith("/welcome/")
    answer = browser.post(
        "/welcome/",
        {
            "full_name": "Nguyễn  Thị Đào",
            "born_on": "04/05/1990",
            "sex": "female",
            "province": "01",
            "next": "/record/",
        },
    )
    assert answer["Location"] == "/record/"
    person = Person.objects.get()
    assert person.full_name == "Nguyễn Thị Đào"
    assert person.sort_name == "nguyen thi dao"
    assert person.phone == "+84912345678"
    assert person.province_id == "01"


def test_the_welcome_refuses_a_birthday_to_come(sent_codes: list[tuple[str, str]]) -> None:
    browser = Client()
    browser.post("/sign-in/", {"phone": "0912345678"})
    browser.post("/sign-in/code/", {"action": "verify", "code": sent_codes[0][1]})
    page = browser.post("/welcome/", {"full_name": "A", "born_on": "2999-01-01", "sex": "female"})
    assert page.status_code == 200
    assert not Person.objects.exists()


def test_next_never_leaves_the_house(sent_codes: list[tuple[str, str]]) -> None:
    browser = Client()
    browser.post("/sign-in/?next=https://evil.example/", {"phone": "0912345678", "next": "https://evil.example/"})
    answer = browser.post("/sign-in/code/", {"action": "verify", "code": sent_codes[0][1]})
    assert "evil" not in answer["Location"]
