"""The whole story clicked through by three people in real browsers: nothing breaks, nothing complains, nothing leaves."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, DOCTOR, PHARMACIST
from tests.house import House
from tests.realtime.test_call_in_browsers import SMALL_CAMERA
from web.demo import BY_KEY

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("calls"),
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]

PATIENCE = 20_000  # milliseconds for anything to appear
PHONE, DESK = {"width": 390, "height": 844}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # playwright keeps a loop in this thread, at which Django's database guard takes fright.
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        expect.set_options(timeout=PATIENCE)
        yield running
        running.close()


@dataclass
class Watch:
    """Everything in any window that must not happen: errors of console and page, requests that leave the house."""

    house: House
    chromium: Browser
    seen: list[str] = field(default_factory=list)
    contexts: list[BrowserContext] = field(default_factory=list)

    def window(self, size: dict[str, int]) -> Page:
        """A browser of its own for one person."""
        is_phone = size is PHONE
        context = self.chromium.new_context(
            base_url=self.house.url,
            viewport=size,
            locale="vi-VN",
            permissions=["camera", "microphone"],
            is_mobile=is_phone,
            has_touch=is_phone,
        )
        context.set_default_timeout(PATIENCE)
        context.add_init_script(SMALL_CAMERA)
        context.on("console", self.hear)
        context.on("weberror", lambda error: self.seen.append(f"page: {error.error}"))
        context.on("request", lambda request: self.check(request.url))
        context.on("page", lambda page: page.on("websocket", lambda socket: self.check(socket.url)))
        self.contexts.append(context)
        return context.new_page()

    def hear(self, line: Any) -> None:
        if line.type == "error":
            self.seen.append(f"console: {line.text} {line.location.get('url', '')}")

    def check(self, address: str) -> None:
        if not address.startswith((self.house.url, self.house.socket_url, "data:", "blob:")):
            self.seen.append(f"leaves the house: {address}")


@contextmanager
def watching(house: House, chromium: Browser) -> Iterator[Watch]:
    watch = Watch(house, chromium)
    try:
        yield watch
    finally:
        for context in watch.contexts:
            context.close()
    assert watch.seen == []


def become(page: Page, who: str) -> None:
    """One click on /demo/."""
    member = BY_KEY[who]
    page.goto("/demo/")
    page.locator(f"ul button[name=who][value={who}]").click()
    page.wait_for_url(f"**{member.landing}")


def decodes(page: Page, more_than: int, seconds: float = 40) -> dict[str, Any]:
    """Wait until the window is connected and has decoded more than so many frames; one peer may just make room for the next."""
    until = time.monotonic() + seconds
    while True:
        stats = page.evaluate("document.querySelector('video-call').stats()") or {}
        if stats.get("state") == "connected" and stats["framesDecoded"] > more_than:
            return stats
        assert time.monotonic() < until, stats
        page.wait_for_timeout(250)


def test_a_visit_clicked_through_by_three_people(house: House, chromium: Browser) -> None:
    with watching(house, chromium) as watch:
        ana, ben, cara = watch.window(PHONE), watch.window(DESK), watch.window(DESK)

        # She signs in with one click and finds him, typing as people type on a phone.
        become(ana, CITIZEN)
        ana.locator(".tabbar a[href='/find/']").click()
        ana.locator("#q").fill("tran duc binh")
        ana.keyboard.press("Enter")
        ana.get_by_role("link", name="BS.CKII Trần Đức Bình", exact=True).click()
        ana.locator("slot-picker .times a").first.click()
        ana.locator("textarea").fill("Ho và sốt nhẹ hai ngày nay")
        ana.locator("#condition").select_option("J00")
        ana.locator("main form button.button--primary").dblclick()  # a nervous thumb books once
        ana.wait_for_url("**/appointments/*/")
        appointment = ana.url

        # The bank declines first.
        ana.locator("a.button--primary[href*='/payments/']").click()
        ana.locator("button[value=sandbox]").click()
        ana.locator("button[value=decline]").click()
        expect(ana.locator("payment-watch[data-status=failed]")).to_be_visible()
        ana.locator("button[value=sandbox]").click()
        ana.locator("button[value=pay]").click()
        expect(ana.locator("payment-watch[data-status=captured]")).to_be_visible()
        ana.go_back()  # to the bank, which does not ask again
        expect(ana.locator("button[value=pay]")).to_have_count(0)
        ana.locator("main a.button--primary").click()
        ana.locator("[data-back]").click()
        ana.wait_for_url(appointment)

        # The waiting room, after a look at the camera.
        ana.locator("a[href^='/visits/']").click()
        ana.locator("[data-act=enter]").click()  # not before she has agreed
        expect(ana.locator("[data-part=consent-problem]")).to_be_visible()
        ana.locator("[data-part=consent] input").check()
        ana.locator("[data-act=enter]").dblclick()
        call_of_ana, call_of_ben = ana.locator("video-call"), ben.locator("video-call")
        expect(call_of_ana).to_have_attribute("data-shown", "waiting")

        # He sees her waiting and lets her in.
        become(ben, DOCTOR)
        hers = ben.locator(f"a[href*='{urlsplit(ana.url).path.split('/')[2]}']")
        waiting = ben.locator(".waiting-card", has_text=BY_KEY[CITIZEN].name).filter(has=hers)
        expect(waiting).to_be_visible()
        waiting.get_by_role("link").click()
        call_of_ben.locator("[data-act=start]").click()
        call_of_ben.locator("[data-act=let_in]").click()
        expect(call_of_ana).to_have_attribute("data-shown", "call")
        for side in (ana, ben):
            decodes(side, 60)

        # A line each way.
        ana.locator(".call__controls [data-act=chat]").click()
        ana.locator("#call-line").fill("Thưa bác sĩ, tôi nghe rõ")
        ana.keyboard.press("Enter")
        expect(ben.locator(".chat__text", has_text="Thưa bác sĩ, tôi nghe rõ")).to_be_in_viewport()
        ben.locator("#call-line").fill("Tôi cũng vậy")
        ben.keyboard.press("Enter")
        expect(ana.locator(".chat__lines")).to_contain_text("Tôi cũng vậy")
        ana.keyboard.press("Escape")

        # Her phone reloads, then his: both come back to their seats without a question.
        ana.reload()
        expect(call_of_ana).to_have_attribute("data-shown", "call")
        decodes(ana, 10)
        ben.reload()
        expect(call_of_ben).to_have_attribute("data-shown", "call")
        for side in (ana, ben):
            decodes(side, 10)

        # He closes the tab by mistake. The page he comes back to knows that she is still there.
        doctors, visit = ben.context, ben.url
        ben.close()
        ben = doctors.new_page()
        call_of_ben = ben.locator("video-call")
        ben.goto(visit)
        expect(call_of_ben.locator("[data-screen=check]")).to_contain_text(BY_KEY[CITIZEN].name)
        call_of_ben.locator("[data-act=start]").click()
        for side in (ana, ben):
            decodes(side, 10)

        # The note, saved as he types, with its diagnosis.
        ben.locator("#pane-note textarea").first.fill("Ho khan, sốt nhẹ hai ngày.")
        ben.locator("#icd-input").click()
        ben.locator("#icd-input").press_sequentially("viem mui hong cap")
        ben.locator("#icd-list [role=option]", has_text="J00").click()
        expect(ben.locator("[data-part=diagnoses]")).to_contain_text("J00")
        expect(ben.locator("#note-state[data-look=saved]")).to_be_visible()

        # Nothing to sign yet; and what she is allergic to asks for a reason.
        sign = ben.locator("[data-act=ask]")
        expect(sign).to_be_disabled()
        prescribe(ben, "amoxi", "Amoxicilin 500 mg")
        expect(ben.locator(".pad-finding.notice--bad")).to_contain_text("Penicillin")
        sign.click()
        expect(ben.locator("prescription-pad [data-part=problem]")).to_be_visible()
        ben.locator(".pad-line [data-act=remove]").click()
        prescribe(ben, "ambroxol", "Ambroxol 30 mg")
        expect(ben.locator("[data-part=findings] .notice--good")).to_be_visible()
        sign.click()
        ben.locator("[data-act=sign]").dblclick()
        expect(ben.locator(".pad-signed")).to_have_count(1)
        expect(ben.locator(".pad-signed .pad-code")).to_be_in_viewport()
        ben.locator("[data-finish]").click()
        ben.locator("dialog#finish button.button--primary").click()
        ben.wait_for_url("**/doctor/")
        expect(ben.locator(f".visit-row--over[href='{urlsplit(visit).path}']")).to_contain_text(BY_KEY[CITIZEN].name)

        # She goes from the call to the prescription, and sends it to the pharmacy.
        expect(call_of_ana).to_have_attribute("data-shown", "ended")
        ana.locator(".after__next a[href='/prescriptions/']").click()
        ana.locator("main a.rx-card").first.click()
        ana.wait_for_url("**/prescriptions/*-*/")
        codes = [one.strip() for one in ana.locator("main .code").all_inner_texts()]
        become(cara, PHARMACIST)
        ana.locator("a[href$='/pharmacy/']").click()
        ana.locator("article, li", has_text="Nhà thuốc Bình Minh").get_by_role("button").last.click()
        ana.wait_for_url("**/prescriptions/*-*/")

        # It appears at the counter by itself. A wrong access code opens nothing, the right one does.
        row = cara.locator(f"main a[href*='{urlsplit(ana.url).path.split('/')[2]}']", has_text=BY_KEY[CITIZEN].name)
        expect(row).to_be_visible()
        for access_code in ("0000 0000", codes[1]):
            cara.locator("#code").fill(codes[0])
            cara.locator("#access_code").fill(access_code)
            cara.locator("#access_code").press("Enter")
            if access_code != codes[1]:
                expect(cara.locator("main .notice--bad")).to_be_visible()
        cara.wait_for_url("**/pharmacy/prescriptions/*/")
        cara.locator("button[name=act][value=accept], form[action*=accept] button").dblclick()
        cara.locator("input[name^=lot]").fill("B2611")
        cara.locator("main form button.button--primary").click()
        cara.wait_for_url("**/pharmacy/")
        expect(row).to_have_count(0)
        cara.goto("/pharmacy/today/")
        expect(cara.locator("main")).to_contain_text("B2611")

        # Her page knows without being asked; her record has it all, and who looked.
        expect(ana.locator("main")).to_contain_text("Đã nhận thuốc tại Nhà thuốc Bình Minh")
        ana.locator(".tabbar a[href='/record/']").click()
        story = ana.locator("main")
        for part in ("Viêm mũi họng cấp", "Ambroxol 30 mg", "Nhà thuốc Bình Minh", "BS.CKII Trần Đức Bình"):
            expect(story).to_contain_text(part)
        ana.locator("a[href^='/record/who/']").click()
        for line in ("BS.CKII Trần Đức Bình đã ký đơn thuốc", "Phạm Thu Cúc đã phát thuốc"):
            expect(story).to_contain_text(line)


def prescribe(page: Page, words: str, drug: str) -> None:
    """Find a drug in the pad's list and take it as it is suggested; wait until it is saved and checked."""
    page.locator("#pad-search").click()  # it is there once the draft has come
    page.locator("#pad-search").press_sequentially(words)
    page.locator("#pad-options [role=option]", has_text=drug).first.click()
    expect(page.locator(".pad-line", has_text=drug)).to_be_visible()


def test_the_citizens_way_with_the_keyboard_alone(house: House, chromium: Browser) -> None:
    with watching(house, chromium) as watch:
        ana = watch.window(PHONE)
        become(ana, CITIZEN)
        press(ana, "main a[href='/find/'], .tabbar a[href='/find/']")
        ana.wait_for_url("**/find/")
        walk_to(ana, "#q")
        ana.keyboard.type("tran duc binh")
        ana.keyboard.press("Enter")
        ana.wait_for_url("**/find/?q=tran*")
        press(ana, "h3 a[href^='/doctors/']")
        ana.wait_for_url("**/doctors/**")
        press(ana, "slot-picker .times a")
        ana.wait_for_url("**/book/**")
        walk_to(ana, "textarea")
        ana.keyboard.type("Đau đầu từ sáng")
        walk_to(ana, "#condition")
        ana.keyboard.press("ArrowDown")
        press(ana, "main form button.button--primary")
        ana.wait_for_url("**/appointments/*/")
        appointment = ana.url
        press(ana, "a.button--primary[href*='/payments/']")
        ana.wait_for_url("**/payments/*/")
        press(ana, "button[value=sandbox]")
        ana.wait_for_url("**/sandbox/pay/*/")
        press(ana, "button[value=pay]")
        expect(ana.locator("payment-watch[data-status=captured]")).to_be_visible()
        press(ana, "[data-back]")
        ana.wait_for_url(appointment)
        expect(ana.locator("a[href^='/visits/']")).to_be_visible()
        press(ana, "a[href^='/visits/']")
        ana.wait_for_url("**/visits/*/")
        walk_to(ana, "[data-part=consent] input")
        ana.keyboard.press("Space")
        walk_to(ana, "[data-act=enter]")
        ana.keyboard.press("Space")
        expect(ana.locator("video-call")).to_have_attribute("data-shown", "waiting")
        # Out again and the visit given back, so that the time is free for others.
        press(ana, "[data-screen=waiting] [data-act=hang_up]")
        expect(ana.locator("video-call")).to_have_attribute("data-shown", "ended")
        ana.goto(appointment)
        press(ana, "details summary")
        press(ana, "details button.button--danger")
        expect(ana.locator("#story-title")).to_contain_text("hủy")


SEEN = """wanted => {
    const here = document.activeElement;
    if (!here || !here.matches(wanted)) return "elsewhere";
    const box = here.getBoundingClientRect();
    const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    if (!top || !(here.contains(top) || top.contains(here))) return "hidden";
    return getComputedStyle(here).outlineStyle === "none" ? "without a mark" : "seen";
}"""


def walk_to(page: Page, selector: str) -> None:
    """Press Tab until the thing has the focus; it must then be in sight, marked, and not below a bar."""
    expect(page.locator(selector).first).to_be_visible()
    for _ in range(80):
        page.keyboard.press("Tab")
        found = page.evaluate(SEEN, selector)
        if found != "elsewhere":
            assert found == "seen", f"{selector} is {found}"
            return
    raise AssertionError(f"Tab does not reach {selector}")


def press(page: Page, selector: str) -> None:
    """Walk to it and press Enter."""
    walk_to(page, selector)
    page.keyboard.press("Enter")
