"""The page of a visit days before it: speaker and network are tried in a real browser, and plain words say how it went."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from realtime.models import Room
from tests.realtime.test_call_in_browsers import browser, page_of, pytestmark  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect


def test_speaker_and_network_days_before_the_visit(browser, site, room, ana_browser):  # noqa: F811
    now = timezone.now()
    Room.objects.filter(pk=room.pk).update(opens_at=now + timedelta(days=2), closes_at=now + timedelta(days=2, hours=1))
    page = page_of(browser, site, ana_browser, viewport={"width": 360, "height": 780}, has_touch=True)
    page.goto(f"/visits/{room.encounter_id}/")
    expect(page.locator("[data-act=enter]")).to_be_disabled()
    page.locator("details:has(network-check) summary").click()

    page.locator("[data-try=speaker]").click()
    expect(page.locator("[data-at=heard]")).to_be_visible(timeout=15_000)
    page.locator("[data-try=silent]").click()
    expect(page.locator("[data-at=speaker]")).to_contain_text("âm lượng")
    page.locator("[data-try=speaker]").click()
    page.locator("[data-try=heard]").click(timeout=15_000)
    expect(page.locator("[data-at=speaker]")).to_contain_text("Loa hoạt động")

    page.locator("[data-try=network]").click()
    expect(page.locator("network-check")).to_have_attribute("data-level", re.compile("good|fair|poor"), timeout=60_000)
    expect(page.locator("[data-at=figures]")).to_be_visible()
    # On one machine: a way of moments, and some speed. (How good it is depends on who else computes here.)
    assert float(page.locator("[data-at=rtt]").inner_text()) < 1000
    assert float(page.locator("[data-at=estimate]").inner_text()) > 50
    assert page.faults == []  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "figures, level, troubles",
    [
        ({"rtt": 20, "loss": 0, "jitter": 3, "estimate": 2000}, "good", []),
        ({"rtt": 300, "loss": 0, "jitter": 3, "estimate": 2000}, "fair", ["rtt"]),
        ({"rtt": 300, "loss": 9, "jitter": 3, "estimate": 2000}, "poor", ["loss", "rtt"]),
        ({"rtt": 20, "loss": 0, "jitter": 3, "estimate": 100}, "poor", ["estimate"]),
    ],
)
def test_what_the_figures_mean(browser, site, room, ana_browser, figures, level, troubles):  # noqa: F811
    page = page_of(browser, site, ana_browser)
    page.goto(f"/visits/{room.encounter_id}/")
    judged = page.evaluate(
        "(figures) => customElements.whenDefined('network-check').then((check) => check.judge(figures))", figures
    )
    assert judged == {"level": level, "troubles": troubles}
