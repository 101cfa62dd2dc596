"""The citizen's pages in a real browser: nothing axe calls serious, nothing wider than the phone, all by keyboard."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from runtime import browser
from tests import make
from tests.booking.stage import make_schedule
from tests.jobs import run_jobs
from tests.web import stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the browser has a clock of its own."""


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        yield running
        running.close()


@pytest.fixture
def addresses(hospital, ana, child, ben, visit_type) -> dict[str, str]:
    """One page of each kind, with something on it."""
    now = timezone.now()
    make.work_on_holidays(hospital)  # today is any day
    schedule = make_schedule(practitioner=ben, facility=hospital, now=now)
    held = stage.take(schedule, visit_type, ana, stage.soon(now, 2), now=now)
    booked = stage.agree(stage.take(schedule, visit_type, ana, stage.soon(now, 1), now=now), now=now)
    run_jobs()
    return {
        "first page": "/",
        "search": "/find/",
        "doctor": f"/doctors/{ben.id}/",
        "appointments": "/appointments/",
        "held": f"/appointments/{held.id}/",
        "booked": f"/appointments/{booked.id}/",
        "record": "/record/",
        "who looked": "/record/who/",
        "profile": "/profile/",
        "details": f"/people/{ana.id}/",
        "add a child": "/people/add/",
    }


def visit(
    chromium: Any, address: str, person: Any = None, *, width: int = 390, theme: str = "light", language: str = "vi"
) -> Any:
    """A browser window of that person."""
    context = chromium.new_context(
        viewport={"width": width, "height": 844}, color_scheme=theme, service_workers="block"
    )
    cookies = [{"name": "language", "value": language, "url": address}]
    if person is not None:
        session = make.page_client(person).cookies[settings.SESSION_COOKIE_NAME].value
        cookies.append({"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address})
    context.add_cookies(cookies)
    return context.new_page()


@pytest.mark.parametrize(("theme", "language"), [("light", "vi"), ("dark", "en")])
def test_axe_finds_nothing_serious(live_server, chromium, ana, addresses, theme, language):
    from axe_playwright_python.sync_playwright import Axe

    window = visit(chromium, live_server.url, ana, theme=theme, language=language)
    complaints: list[str] = []
    # This server of the tests speaks no web sockets; that they are asked for is all that may be said.
    window.on(
        "console",
        lambda one: complaints.append(one.text) if one.type == "error" and "/ws/v1/me" not in one.text else None,
    )
    window.on("pageerror", lambda error: complaints.append(str(error)))
    for name, address in addresses.items():
        assert window.goto(live_server.url + address).status == 200, name
        found = Axe().run(window).response["violations"]
        serious = [one["id"] for one in found if one["impact"] in {"serious", "critical"}]
        assert serious == [], (name, serious)
    assert complaints == []


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_wider_than_the_smallest_phone(live_server, chromium, ana, addresses, language):
    # The longest English specialty: one word that a narrow tile must break.
    make.make_practitioner(specialties=["musculoskeletal"], full_name="Võ Xuân")
    window = visit(chromium, live_server.url, ana, width=320, language=language)
    for name, address in addresses.items():
        window.goto(live_server.url + address)
        assert window.evaluate("document.documentElement.scrollWidth") <= 320, name


def test_takes_a_time_with_the_keyboard_alone(live_server, chromium, ana, addresses, ben):
    window = visit(chromium, live_server.url, ana, width=1280)
    window.goto(live_server.url + "/find/")

    def press_on(selector: str) -> None:
        """Walk with Tab until the thing has the focus, then press Enter."""
        for _ in range(120):
            window.keyboard.press("Tab")
            if window.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                return window.keyboard.press("Enter")
        raise AssertionError(f"Tab does not reach {selector}")

    press_on(".skip-link")
    press_on(f'h3 a[href^="/doctors/{ben.id}/"]')
    window.wait_for_url("**/doctors/**")
    press_on("a.days__day:not([aria-current])")
    window.wait_for_url("**day=**")  # loaded, not only named: a key pressed before goes to a page that is going away
    press_on("slot-picker .times a")
    window.wait_for_url("**/book/**")
    press_on("form[method=post] textarea")
    window.keyboard.press("Tab")
    window.keyboard.press("ArrowDown")  # what it is most like: the first of the list
    press_on("main form[method=post] button.button--primary")
    window.wait_for_url("**/appointments/*/")
    assert window.locator("hold-countdown [data-left]").inner_text().count(":") == 1
