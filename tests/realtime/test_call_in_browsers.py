"""Two real browsers, peer to peer: both decode the other's picture, write to each other, and survive a reload."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client as Visitor

from runtime import browser as chromium

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM = chromium.find()
pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("calls"),
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium"),
]
ARGUMENTS = [
    "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip


# What is tested is the way of the pictures, not their size: several encoders share two cores here.
SMALL_CAMERA = """(() => {
  const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  const small = { width: 320, height: 180, frameRate: 12 };
  const smaller = (wish) => (wish.video ? { ...wish, video: { ...wish.video, ...small } } : wish);
  if (open) navigator.mediaDevices.getUserMedia = (wish) => open(smaller(wish));
})()"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # The sync driver keeps a loop running in this thread, at which Django's database guard takes fright.
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


OPEN: list[BrowserContext] = []


def close_all() -> None:
    """Close every window of the test that ends: a call that goes on unseen would take the machine from the next one."""
    for context in list(OPEN):
        context.close()


def context_of(browser: Browser, site: str, **options: Any) -> BrowserContext:
    """A browser of its own for one person, with a small camera."""
    context = browser.new_context(base_url=site, locale="vi-VN", permissions=["camera", "microphone"], **options)
    context.add_init_script(SMALL_CAMERA)
    OPEN.append(context)
    context.on("close", lambda _: OPEN.remove(context))
    return context


def page_of(browser: Browser, site: str, visitor: Visitor, **options: Any) -> Page:
    """A window signed in as this visitor; any error in its console fails the test."""
    context = context_of(browser, site, **options)
    context.add_cookies([{"name": "sessionid", "value": visitor.cookies["sessionid"].value, "url": site}])
    return watched(context.new_page())


def watched(page: Page) -> Page:
    """Note every error in its console."""
    page.faults = []  # type: ignore[attr-defined]
    page.on("pageerror", lambda error: page.faults.append(str(error)))  # type: ignore[attr-defined]
    page.on("console", lambda line: line.type == "error" and page.faults.append(line.text))  # type: ignore[attr-defined]
    return page


def stats(page: Page) -> dict[str, Any]:
    return page.evaluate("document.querySelector('video-call').stats()") or {"framesDecoded": 0, "state": "none"}


def decodes(page: Page, more_than: int, seconds: float = 25) -> dict[str, Any]:
    """Wait until the page has decoded more than so many frames of the other side."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        seen = stats(page)
        if seen["framesDecoded"] > more_than:
            return seen
        time.sleep(0.2)
    raise AssertionError(f"too few frames: {stats(page)}, faults {page.faults}")  # type: ignore[attr-defined]


def test_two_people_meet(browser, site, room, ana_browser, ben_browser):
    doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
    citizen = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True)
    doctor.goto(f"/alone/{room.encounter_id}/")
    citizen.goto(f"/visits/{room.encounter_id}/")

    # the device check, then the waiting room
    expect(citizen.locator("[data-part=ready]")).to_be_visible()
    citizen.locator("[data-act=enter]").click()
    expect(citizen.locator("video-call")).to_have_attribute("data-shown", "waiting")

    # the doctor opens the room and lets her in
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").click()
    expect(citizen.locator("video-call")).to_have_attribute("data-shown", "call")
    for page in (doctor, citizen):
        seen = decodes(page, 60)
        assert seen["state"] == "connected" and seen["codec"] == "video/VP8", seen

    # a line each way
    citizen.locator(".call__controls [data-act=chat]").click()
    citizen.locator("#call-line").fill("Thưa bác sĩ, tôi nghe rõ")
    citizen.keyboard.press("Enter")
    expect(doctor.locator(".chat__lines")).to_contain_text("Thưa bác sĩ, tôi nghe rõ")
    doctor.locator("#call-line").fill("Tôi cũng vậy")
    doctor.keyboard.press("Enter")
    expect(citizen.locator(".chat__lines")).to_contain_text("Tôi cũng vậy")
    citizen.keyboard.press("Escape")

    # muted, and the other side is told
    citizen.locator(".call__controls [data-act=mic]").click()
    expect(doctor.locator(".call__stage [data-part=status]")).to_contain_text("tắt micro")

    # a reload in the middle: the same seat, without being let in again
    citizen.reload()
    expect(citizen.locator("video-call")).to_have_attribute("data-shown", "call")
    for page in (doctor, citizen):
        assert decodes(page, 20)["state"] == "connected"
    expect(citizen.locator(".chat__lines")).to_contain_text("Tôi cũng vậy")

    # hanging up
    citizen.locator(".call__controls [data-act=hang_up]").click()
    expect(citizen.locator("video-call")).to_have_attribute("data-shown", "ended")
    expect(citizen.locator(".after__next")).to_be_visible()
    expect(doctor.locator("video-call")).to_have_class(re.compile(r"\bcall--alone\b"))
    for page in (doctor, citizen):
        assert page.faults == []  # type: ignore[attr-defined]
