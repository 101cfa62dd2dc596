"""Wherever a page sends people on to an address somebody gave it, that address is ours."""

from __future__ import annotations

import pytest

from identity.models import Membership, Person
from tests import make

pytestmark = pytest.mark.django_db
ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "javascript:alert(1)",
    "https:evil.example",
]
DOORS = [
    ("/language/", {"language": "en"}),
    ("/theme/", {"theme": "dark"}),
    ("/roles/act/", {"membership": "citizen"}),
    ("/sign-out/", {}),
    ("/welcome/", {}),
    ("/sign-in/", {"phone": "0912345678"}),
]


@pytest.mark.parametrize("where", ELSEWHERE)
def test_nobody_is_sent_to_another_site(where: str, dan: Membership, eve: Person) -> None:
    for who in (dan, eve, None):
        for path, values in DOORS:
            browser = make.page_client(who) if who is not None else make.api_client()
            answer = browser.post(path, {**values, "next": where}, content_type="application/x-www-form-urlencoded")
            there = answer.headers.get("Location", "")
            assert "evil" not in there.split("?")[0], (path, there)
            assert not there.startswith("javascript:"), (path, there)
            again = browser.get(path, {"next": where})
            assert "evil" not in again.headers.get("Location", "").split("?")[0], path
