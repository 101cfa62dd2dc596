"""Every door of the library's app client answers in a documented way: none breaks."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import Person, User
from tests import make

APP = "/_allauth/app/v1/"
DOORS = [
    ("get", "config", None),
    ("get", "auth/session", None),
    ("post", "auth/login", {"email": "binh@example.vn", "password": "x"}),
    ("post", "auth/login", {"phone": "+84905550101", "password": "x"}),
    ("post", "auth/login", {}),
    ("post", "auth/signup", {"email": "someone@example.vn"}),
    ("post", "auth/signup", {"phone": None}),
    ("post", "auth/code/request", {"email": "binh@example.vn"}),
    ("post", "auth/code/confirm", {"code": "123456"}),
    ("post", "auth/password/request", {"email": "binh@example.vn"}),
    ("post", "auth/password/request", {"email": "nobody@example.vn"}),
    ("post", "auth/password/reset", {"key": "a-b", "password": "mua-thu-ha-noi"}),
    ("post", "auth/email/verify", {"key": "123456"}),
    ("post", "auth/phone/verify", {"code": "123456"}),
    ("post", "auth/2fa/authenticate", {"code": "123456"}),
    ("post", "tokens/refresh", {"refresh_token": "nonsense"}),
    ("get", "account/email", None),
    ("post", "account/email", {"email": "new@example.vn"}),
    ("get", "account/phone", None),
    ("post", "account/phone", {"phone": "0912345678"}),
    ("post", "account/password/change", {"new_password": "mua-thu-ha-noi-2031"}),
    ("get", "account/authenticators", None),
    ("get", "account/authenticators/totp", None),
    ("post", "account/authenticators/totp", {"code": "123456"}),
    ("get", "account/authenticators/recovery-codes", None),
]
pytestmark = pytest.mark.django_db


@pytest.fixture
def doctor(hospital: Any) -> User:
    user = make.make_user(
        email="binh@example.vn", phone="+84905550101", name="Trần Minh Bình", password="mua-thu-ha-noi"
    )
    make.make_practitioner(facility=hospital, user=user)
    return user


@pytest.mark.parametrize(("method", "door", "body"), DOORS)
@pytest.mark.parametrize("who", ["nobody", "citizen", "doctor"])
def test_no_door_breaks(
    who: str, method: str, door: str, body: dict[str, Any] | None, ana: Person, doctor: User, sent_codes: list[Any]
) -> None:
    client = {"nobody": Client, "citizen": lambda: make.api_client(ana), "doctor": lambda: make.api_client(doctor)}[
        who
    ]()
    extra = {} if body is None else {"content_type": "application/json"}
    answer = getattr(client, method)(f"{APP}{door}", *([] if body is None else [body]), **extra)
    assert answer.status_code < 500


@pytest.mark.parametrize("door", ["auth/password/request", "auth/password/reset", "auth/email/verify", "account/email"])
def test_what_goes_by_mail_elsewhere_is_closed_here(door: str, ana: Person) -> None:
    answer = make.api_client(ana).post(f"{APP}{door}", {"email": "binh@example.vn"})
    assert answer.status_code == 404
    assert answer.json()["code"] == "not_found"
