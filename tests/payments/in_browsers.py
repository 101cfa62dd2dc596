"""Payments in browsers: Chromium, ana's phone and the desk's screen in the running house, and pictures of what they show.

A module imports what it uses; with LANH_LOOK naming a folder, every picture is kept there.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, sign_in
from tests.house import House
from tests.phone import Phone
from tests.shots import stage
from tests.shots.walk import session_of

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright

IN_CHROMIUM = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]
IN_THE_HOUSE = [*IN_CHROMIUM, pytest.mark.xdist_group("wallets")]
LOOK = os.environ.get("LANH_LOOK", "")
PATIENCE = 20_000  # milliseconds for anything to appear
PHONE, DESK = 390, 1280
HEIGHTS = {PHONE: 844, DESK: 800}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        # playwright keeps a loop in this thread, at which Django's database guard takes fright.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield running
        running.close()


@pytest.fixture(scope="module")
def signed_in(house: House) -> Iterator[Phone]:
    phone = sign_in(house, CITIZEN)  # once: who asks for many codes is slowed
    yield phone
    phone.close()


@pytest.fixture
def ana(signed_in: Phone) -> Iterator[Phone]:
    yield signed_in
    signed_in.give_times_back()


@pytest.fixture
def desk(house: House, chromium: Browser) -> Iterator[Page]:
    """The desk's screen, 1280 px wide."""
    yield from window(house, chromium, "dan", DESK)


def payment_of(ana: Phone) -> str:
    """Take a time as ana; returns the id of its payment, which nobody has begun."""
    return str(stage._hold(ana, stage._free_times(ana)[-1])["payment"]["id"])


def is_error(line: Any) -> bool:
    return bool(line.type == "error")


def window(
    house: House,
    chromium: Browser,
    who: str,
    width: int,
    *,
    is_trouble: Callable[[Any], bool] = is_error,
    is_mobile: bool = False,
) -> Iterator[Page]:
    """Open a window of one of the cast, or of nobody; when it closes, nothing may have gone wrong in it."""
    context = chromium.new_context(
        base_url=house.url, viewport={"width": width, "height": HEIGHTS[width]}, locale="vi-VN",
        has_touch=width == PHONE, is_mobile=is_mobile,
    )  # fmt: skip
    if who:
        context.add_cookies([{"name": "sessionid", "value": session_of(house, who), "url": house.url}])
    trouble: list[Any] = []
    context.on("weberror", lambda error: trouble.append(error.error))
    context.on("console", lambda line: trouble.append(line.text) if is_trouble(line) else None)
    yield context.new_page()
    context.close()
    assert trouble == []


def keep(page: Page, name: str) -> None:
    """Nothing is wider than the window; with LANH_LOOK, a picture is kept."""
    if LOOK:
        Path(LOOK).mkdir(parents=True, exist_ok=True)
        page.screenshot(path=str(Path(LOOK) / f"{name}.png"), full_page=True)
    fits(page, name)


def fits(page: Page, name: str = "") -> None:
    """Nothing is wider than the window. Its own width is no measure: a phone's grows with what does not fit."""
    assert (
        page.viewport_size and page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
    ), name


def keep_both(page: Page, name: str) -> None:
    """The same on the desk's screen and on a phone's."""
    keep(page, name)
    page.set_viewport_size({"width": PHONE, "height": HEIGHTS[PHONE]})
    keep(page, f"{name}-{PHONE}")
    page.set_viewport_size({"width": DESK, "height": HEIGHTS[DESK]})
