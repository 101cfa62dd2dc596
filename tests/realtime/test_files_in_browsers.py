"""Two real browsers and files: a photo goes from the phone to the doctor and is seen; a screen is shown and the camera comes back."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from realtime.models import ChatLine, VisitFile
from tests.phone import eventually
from tests.realtime import handed_in
from tests.realtime.test_call_in_browsers import ARGUMENTS, CHROMIUM, decodes, page_of

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(not CHROMIUM and not os.environ.get("CI"), reason="needs Chromium"),
]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        more = ["--auto-select-desktop-capture-source=Entire screen", "--auto-accept-this-tab-capture"]
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=[*ARGUMENTS, *more])
        yield chromium
        chromium.close()
    if before is None:
        os.environ.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)


@pytest.fixture
def both(browser, site, room, ana_browser, ben_browser) -> tuple[Page, Page]:
    """The citizen on a phone and the doctor at a desk, in the call."""
    doctor = page_of(browser, site, ben_browser, viewport={"width": 1280, "height": 900})
    phone = page_of(browser, site, ana_browser, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    doctor.goto(f"/alone/{room.encounter_id}/")
    phone.goto(f"/visits/{room.encounter_id}/")
    expect(phone.locator("[data-part=ready]")).to_be_visible()
    phone.locator("[data-act=enter]").click()
    doctor.locator("video-call [data-act=start]").click()
    doctor.locator("[data-act=let_in]").click()
    expect(phone.locator("video-call")).to_have_attribute("data-shown", "call")
    decodes(phone, 10)
    return phone, doctor


def picture(name: str, content: bytes, kind: str = "image/jpeg") -> dict[str, Any]:
    return {"name": name, "mimeType": kind, "buffer": content}


def looks_red_and_blue(page: Page, selector: str) -> bool:
    """What the browser shows of it: red at the left, blue at the right."""
    return page.evaluate(
        """async (selector) => {
        const image = document.querySelector(selector);
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), {width: 8, height: 8});
        const draw = canvas.getContext("2d");
        draw.drawImage(image, 0, 0, 8, 8);
        const left = draw.getImageData(1, 4, 1, 1).data, right = draw.getImageData(6, 4, 1, 1).data;
        return left[0] > 200 && left[2] < 60 && right[2] > 200 && right[0] < 60;
        }""",
        selector,
    )


def test_a_photo_goes_from_the_phone_to_the_doctor_and_is_seen(both):
    phone, doctor = both
    phone.locator(".call__controls [data-act=chat]").click()
    phone.locator("#call-line").fill("Vết này từ hôm qua")
    with phone.expect_file_chooser() as chosen:
        phone.get_by_label("Chụp ảnh").click()
    chosen.value.set_files(picture("IMG_2211 Ánh Ngọc.jpg", handed_in.photo((1600, 1200))))
    expect(phone.locator(".chat__draft img")).to_be_visible()
    phone.get_by_role("button", name="Gửi", exact=True).click()

    # at the doctor's: the line with its words, small, and large by a press
    line = doctor.locator(".chat__line", has_text="Vết này từ hôm qua")
    small = line.get_by_role("button", name=re.compile("Ảnh từ .*Mở ảnh lớn"))
    small.scroll_into_view_if_needed()  # nothing is fetched before it comes into sight
    expect(small.locator("img")).to_have_attribute("src", re.compile("/files/"), timeout=20_000)
    assert looks_red_and_blue(doctor, ".chat__file img")
    small.click()
    expect(doctor.locator("dialog.viewer")).to_be_visible()
    assert looks_red_and_blue(doctor, "dialog.viewer img")
    assert doctor.evaluate("document.querySelector('dialog.viewer img').naturalWidth") == 1600
    doctor.keyboard.press("Escape")
    expect(doctor.locator("dialog.viewer")).to_be_hidden()

    # at the phone: the line is there once, the field is empty
    expect(phone.locator(".chat__line")).to_have_count(1)
    expect(phone.locator(".chat__line .chat__file")).to_be_visible()
    expect(phone.locator("#call-line")).to_have_value("")

    # a file that cannot be taken says so, and gives the words back
    phone.locator("#call-line").fill("Kết quả đây")
    phone.get_by_label("Đính kèm ảnh hoặc PDF").set_input_files(picture("kq.pdf", handed_in.HTML, "application/pdf"))
    phone.get_by_role("button", name="Gửi", exact=True).click()
    expect(phone.get_by_role("alert").filter(has_text="chỉ gửi được ảnh")).to_be_visible(timeout=20_000)
    phone.get_by_role("button", name="Không gửi", exact=True).click()
    expect(phone.locator("#call-line")).to_have_value("Kết quả đây")

    # the line is cut while it goes: it is sent once the network is back
    phone.route("**/api/v1/rooms/*/files", lambda route: route.abort("internetdisconnected"))
    phone.get_by_label("Đính kèm ảnh hoặc PDF").set_input_files(picture("kq.pdf", handed_in.pdf(3), "application/pdf"))
    phone.get_by_role("button", name="Gửi", exact=True).click()
    expect(phone.get_by_role("alert").filter(has_text="Mất kết nối")).to_be_visible()
    phone.unroute("**/api/v1/rooms/*/files")
    phone.get_by_role("button", name="Thử lại", exact=True).locator("visible=true").click()
    expect(doctor.locator(".chat__line", has_text="Kết quả đây")).to_have_count(1)
    doctor.locator(".chat__file--pdf").scroll_into_view_if_needed()
    expect(doctor.locator(".chat__file--pdf")).to_contain_text("3 trang")
    with doctor.expect_download() as saved:
        doctor.locator(".chat__file--pdf").click()
    assert saved.value.suggested_filename.endswith(".pdf")
    assert Path(saved.value.path()).read_bytes().startswith(b"%PDF-")

    # after a reload all of it is still there, once
    phone.reload()
    phone.locator(".call__controls [data-act=chat]").click()
    expect(phone.locator(".chat__file")).to_have_count(2)
    assert VisitFile.objects.count() == ChatLine.objects.count() == 2
    refused = re.compile("422|ERR_INTERNET_DISCONNECTED|Failed to load")  # what the two refusals above wrote
    for page in (doctor, phone):
        assert [one for one in page.faults if not refused.search(one)] == []  # type: ignore[attr-defined]


def test_the_doctor_shows_the_screen_and_the_camera_comes_back(both):
    phone, doctor = both
    expect(phone.locator(".call__controls [data-act=share]")).to_be_hidden()  # a phone has nothing to show
    # Without a display there is no screen to pick: a picture that is drawn stands for it, everything after is real.
    doctor.evaluate(
        """() => {
        const canvas = Object.assign(document.createElement("canvas"), {width: 1600, height: 500});
        setInterval(() => { const d = canvas.getContext("2d"); d.fillStyle = "#0a0"; d.fillRect(0, 0, 1600, 500);
            d.fillStyle = "#fff"; d.fillText(Date.now(), 20, 20); }, 60);
        navigator.mediaDevices.getDisplayMedia = async () => canvas.captureStream(15);
        }"""
    )
    size = "(() => { const v = document.querySelector('[data-part=remote]'); return [v.videoWidth / v.videoHeight, v.videoWidth]; })()"
    before = phone.evaluate(size)[0]
    doctor.locator("[data-act=share]").click()
    expect(phone.locator("video-call")).to_have_class(re.compile("call--peer-screen"))
    assert eventually(lambda: phone.evaluate(size)[0] > 3)
    assert phone.evaluate("getComputedStyle(document.querySelector('[data-part=remote]')).objectFit") == "contain"
    doctor.locator("[data-act=share]").click()
    expect(phone.locator("video-call")).not_to_have_class(re.compile("call--peer-screen"))
    assert eventually(lambda: abs(phone.evaluate(size)[0] - before) < 0.1)
    for page in (doctor, phone):
        assert page.faults == []  # type: ignore[attr-defined]
