"""Pages one gets to by doing something: each scene takes a tab there, in the language the tab reads."""

from __future__ import annotations

import random
from typing import Any

from runtime import databases
from tests.house import House

FOR_NOBODY = ("second-step", "set-up-second-step", "broken", "unreadable", "too-often", "wrong-form", "code", "welcome")
STAFF = "moi@demo.lanh.vn"


def code(tab: Any, house: House) -> None:
    """A new citizen has asked for a code."""
    _ask_for_code(tab, house)


def welcome(tab: Any, house: House) -> None:
    """A new citizen has typed the code and is asked for their name."""
    phone = _ask_for_code(tab, house)
    tab.fill("#id_code", house.code_for(phone))
    tab.click("main form button.button--primary")
    tab.wait_for_url("**/welcome/**")


def second_step(tab: Any, house: House) -> None:
    """The doctor's password was right."""
    from web.demo import BY_KEY

    _sign_in_staff(tab, house, BY_KEY["ben"].email)
    tab.wait_for_url("**/second-step/**")


def set_up_second_step(tab: Any, house: House) -> None:
    """Somebody new in the house, whose authenticator knows nothing yet."""
    with databases.connect(house.database) as rows:
        columns = [
            name
            for (name,) in rows.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = 'identity_user'"
            )
            if name not in {"id", "email"}
        ]
        listed = ", ".join(columns)
        rows.execute(
            f"INSERT INTO identity_user (id, email, {listed}) "
            f"SELECT gen_random_uuid(), %s, {listed} FROM identity_user WHERE email = 'dan@demo.lanh.vn' "
            "ON CONFLICT DO NOTHING",
            [STAFF],
        )
    _sign_in_staff(tab, house, STAFF)
    tab.wait_for_url(lambda address: "/staff/sign-in/" not in address)
    tab.goto(f"{house.url}/staff/second-step/")
    tab.wait_for_selector(".entrance__qr")


def wrong_form(tab: Any, house: House) -> None:
    """A form whose token is gone: 403."""
    tab.goto(f"{house.url}/sign-in/")
    tab.evaluate("document.querySelector('main form [name=csrfmiddlewaretoken]').value = 'x'.repeat(64)")
    tab.fill("main form input:not([type=hidden])", "0900000009")
    tab.click("main form button.button--primary")
    tab.wait_for_load_state("load")


def broken(tab: Any, house: House) -> None:
    """A bug of ours: 500."""
    _answered_by("crash", tab, house)


def unreadable(tab: Any, house: House) -> None:
    """Something Django itself refuses to read: 400."""
    _answered_by("bad_request", tab, house)


def too_often(tab: Any, house: House) -> None:
    """The same thing too many times: 429."""
    _answered_by("429.html", tab, house)


def _answered_by(what: str, tab: Any, house: House) -> None:
    """Show what the house says when something breaks in it: nobody can break it from outside, so we say it here."""
    from django.contrib.auth.models import AnonymousUser
    from django.http import HttpRequest
    from django.shortcuts import render
    from django.test import RequestFactory
    from django.utils import translation

    from web import errors

    language = next(one["value"] for one in tab.context.cookies() if one["name"] == "language")
    request: HttpRequest = RequestFactory().get("/broken/")
    request.user, request.session = AnonymousUser(), {}  # type: ignore[assignment]
    request.COOKIES["language"] = language
    request.LANGUAGE_CODE = language
    with translation.override(language):
        page = render(request, what) if what.endswith(".html") else getattr(errors, what)(request)
    tab.route("**/broken/", lambda route: route.fulfill(body=page.content, content_type="text/html; charset=utf-8"))
    tab.goto(f"{house.url}/broken/")
    tab.unroute("**/broken/")


def _ask_for_code(tab: Any, house: House) -> str:
    phone = f"09{random.randrange(10_000_000, 99_999_999)}"
    tab.goto(f"{house.url}/sign-in/")
    tab.fill("#id_phone", phone)
    tab.click("main form button.button--primary")
    tab.wait_for_url("**/sign-in/code/**")
    return "+84" + phone[1:]


def _sign_in_staff(tab: Any, house: House, email: str) -> None:
    from web.demo import PASSWORD

    tab.goto(f"{house.url}/staff/sign-in/")
    tab.fill("#id_login", email)
    tab.fill("#id_password", PASSWORD)
    tab.click("main form button.button--primary")
