"""A doctor invites an interpreter by link: a browser without any login, the page behind the link, three people who see each other."""

from __future__ import annotations

import re

import pytest
from django.test import Client as Visitor

from tests.realtime.test_call_in_browsers import browser, context_of, pytestmark, watched  # noqa: F401
from tests.realtime.test_relay_in_browsers import pair, sees  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect


def stranger_of(browser, site, **options):  # noqa: F811
    """A window of somebody who is signed in nowhere."""
    return watched(context_of(browser, site, **options).new_page())


def test_an_interpreter_comes_by_a_link(pair, room, browser, site):  # noqa: F811
    doctor, citizen = pair()
    for page in (doctor, citizen):
        sees(page, 1, path="p2p")

    # The doctor makes a link; it is shown once.
    doctor.locator(".people__invite summary").click()
    doctor.get_by_label("Họ tên").fill("Trần Thị Lan")
    doctor.get_by_label("Vai trò").select_option("interpreter")
    doctor.get_by_role("button", name="Tạo liên kết").click()
    expect(doctor.locator("#invite-address")).to_be_focused()
    link = doctor.locator("#invite-address").input_value()
    expect(doctor.locator("[data-part=invites]")).to_contain_text("liên kết chưa mở")
    path = "/join/" + link.rstrip("/").rpartition("/")[2] + "/"

    # She opens it without an account.
    lan = stranger_of(browser, site, viewport={"width": 390, "height": 844}, has_touch=True)
    lan.goto(path)
    expect(lan.locator("h1")).to_contain_text("mời bạn vào cuộc gọi video")
    lan.get_by_role("button", name="Mở lời mời").click()
    lan.locator("[data-act=enter]").click()
    expect(lan.locator("video-call")).to_have_attribute("data-shown", "waiting")
    expect(doctor.locator("[data-part=guests]")).to_contain_text("Trần Thị Lan · người phiên dịch")
    doctor.locator("[data-act=let_in]").click()
    for page in (doctor, citizen, lan):
        sees(page, 2)
    # Who came while the call changed its way is told that it stands, as the others are.
    expect(lan.locator("video-call")).to_have_class(re.compile(r"\bcall--connected\b"))
    expect(lan.locator(".call__stage [data-part=status]")).not_to_contain_text("mời bạn vào")
    expect(citizen.locator(".call__tile figcaption")).to_have_text("Trần Thị Lan · người phiên dịch")
    expect(doctor.locator("[data-part=people] > li")).to_have_count(2)

    # Her microphone is turned off, she reads it, and turns it on again.
    doctor.get_by_role("button", name=re.compile("Tắt micro.*Trần Thị Lan")).click()
    expect(lan.locator(".call__stage [data-part=status]")).to_contain_text("Bác sĩ đã tắt micro của bạn")
    expect(lan.locator(".call__controls [data-act=mic]")).to_have_attribute("aria-pressed", "true")
    lan.locator(".call__controls [data-act=mic]").click()
    row = doctor.locator("[data-part=people] > li", has_text="Trần Thị Lan")
    expect(row).to_contain_text("đang bật micro")

    # A reload in the middle: the same seat. The link in another browser: used.
    lan.reload()
    expect(lan.locator("video-call")).to_have_attribute("data-shown", "call")
    for page in (doctor, citizen, lan):
        sees(page, 2)
    assert Visitor().get(path).status_code == 409

    # Shown out: she reads it, the two others go on.
    row.get_by_role("button", name=re.compile("Mời ra")).click()
    expect(lan.locator("video-call")).to_have_attribute("data-ended", "removed")
    expect(doctor.locator("[data-part=people] > li")).to_have_count(1)
    for page in (doctor, citizen):
        sees(page, 1)
    for page in (doctor, citizen, lan):
        assert page.faults == []
