"""Two real browsers: both see how both are connected; a weak network takes the picture away by steps and gives it back."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from realtime.models import QualityMinute
from tests.realtime.test_call_in_browsers import browser, page_of, pytestmark  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Page, expect

# As if so much of what this page sends did not arrive: the browser's report says so, everything else is real.
WEAKEN = """loss => { const call = document.querySelector("video-call"); call.trueStats ??= call.stats;
  call.stats = loss === null ? call.trueStats : async () => {
    const seen = await call.trueStats(); return seen && { ...seen, lossOut: { audio: loss, video: loss } }; }; }"""
# A window of five seconds lasts two, which the server lets through; steps are counted in windows.
QUICK = """(() => { const real = setInterval;
  window.setInterval = (what, every, ...more) => real(what, every === 5000 ? 2000 : every, ...more); })()"""
SENDS = """() => document.querySelector("video-call").pictures.connections[0].getSenders()
  .filter((one) => one.track).map((one) => [one.track.kind, one.track.enabled, one.getParameters().encodings[0]])"""


def sends(page: Page) -> dict[str, Any]:
    return {kind: {"enabled": enabled, **encoding} for kind, enabled, encoding in page.evaluate(SENDS)}


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody wants to look (LANH_SHOTS)."""
    if folder := os.environ.get("LANH_SHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_both_see_how_both_are_connected_and_pictures_give_way(browser, site, room, ana_browser, ben_browser):  # noqa: F811
    doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
    citizen = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True)
    for page in (doctor, citizen):
        page.add_init_script(QUICK)
    doctor.goto(f"/alone/{room.encounter_id}/")
    citizen.goto(f"/visits/{room.encounter_id}/")
    citizen.locator("[data-act=enter]").click()
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").click()
    for page in (doctor, citizen):
        expect(page.locator("[data-part=quality]")).to_be_visible(timeout=30_000)
        expect(page.locator("[data-part=quality-word]")).to_contain_text("Kết nối của bạn: ")
        expect(page.locator("[data-part=quality-theirs]")).to_be_visible(timeout=30_000)
    assert sends(citizen)["audio"]["networkPriority"] == "high"
    shot(doctor, "doctor-well")
    shot(citizen, "citizen-well")

    citizen.evaluate(WEAKEN, 0.2)
    expect(citizen.locator("video-call")).to_have_attribute("data-step", "audio", timeout=30_000)
    expect(citizen.locator(".call__stage [data-part=status]")).to_contain_text("chỉ với tiếng")
    sent = sends(citizen)
    # Off by the network, not by the person: the camera itself stays on.
    assert sent["video"]["active"] is False and sent["video"]["enabled"] is True and sent["audio"]["active"] is True
    expect(doctor.locator("video-call")).to_have_class(re.compile("call--peer-no-picture"))
    expect(doctor.locator(".call__stage [data-part=status]")).to_contain_text("chỉ còn tiếng")
    shot(doctor, "doctor-audio-only")
    shot(citizen, "citizen-audio-only")

    citizen.evaluate(WEAKEN, None)
    expect(citizen.locator("video-call")).to_have_attribute("data-step", "full", timeout=90_000)
    assert sends(citizen)["video"]["active"] is True
    expect(doctor.locator("video-call")).not_to_have_class(re.compile("call--peer-no-picture"))
    rows = list(QualityMinute.objects.select_related("seat"))
    assert {row.seat.role for row in rows} == {"citizen", "practitioner"}
    assert sum(row.packets for row in rows) > 0 and {row.path for row in rows} <= {"p2p", ""}
    doctor.goto(f"/calls/{room.id}/quality/")
    expect(doctor.locator("table")).to_have_count(2)
    shot(doctor, "quality-1280")
    doctor.set_viewport_size({"width": 390, "height": 844})
    shot(doctor, "quality-390")
    citizen.goto(f"/visits/{room.encounter_id}/evidence/")
    expect(citizen.locator("tbody tr")).not_to_have_count(0)
    shot(citizen, "evidence-390")
    citizen.set_viewport_size({"width": 1280, "height": 900})
    shot(citizen, "evidence-1280")
    for page in (doctor, citizen):
        assert page.faults == []  # type: ignore[attr-defined]
