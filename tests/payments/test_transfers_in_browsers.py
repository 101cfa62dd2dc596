"""A transfer on two phones, and at the desk: scanned and paid, paid in parts, found in a statement, sent back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest

from payments import vietqr
from runtime import browser
from runtime.pretended import PAYEES
from tests.cast_of_the_demo import CITIZEN, sign_in
from tests.house import House
from tests.phone import Phone
from tests.shots import stage
from tests.shots.walk import session_of

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect, sync_playwright

pytestmark = [
    pytest.mark.browser,
    pytest.mark.xdist_group("wallets"),
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]
LOOK = os.environ.get("LANH_LOOK", "")
NUMBER = PAYEES["01A01"][1]  # the hospital's account in the demo


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        expect.set_options(timeout=20_000)
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


def window(house: House, chromium: Browser, who: str, width: int) -> Iterator[Page]:
    height = {390: 844, 1280: 800}[width]
    context = chromium.new_context(
        base_url=house.url, viewport={"width": width, "height": height}, locale="vi-VN", has_touch=width == 390
    )
    context.add_cookies([{"name": "sessionid", "value": session_of(house, who), "url": house.url}])
    trouble: list[Any] = []
    context.on("weberror", lambda error: trouble.append(error.error))
    context.on("console", lambda line: trouble.append(line.text) if line.type == "error" else None)
    yield context.new_page()
    context.close()
    assert trouble == []


@pytest.fixture
def page(house: House, chromium: Browser, ana: Phone) -> Iterator[Page]:
    """Ana's phone, 390 px wide, with the code of a payment before her."""
    held = stage._hold(ana, stage._free_times(ana)[-1])
    for tab in window(house, chromium, "ana", 390):
        tab.goto(f"/payments/{held['payment']['id']}/")
        tab.locator("button[name=gateway][value=vietqr]").first.click()
        expect(tab.locator("figure img")).to_be_visible()
        yield tab


@pytest.fixture
def desk(house: House, chromium: Browser) -> Iterator[Page]:
    yield from window(house, chromium, "dan", 1280)


def keep(page: Page, name: str) -> None:
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)


def keep_narrow(page: Page, name: str) -> None:
    keep(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, f"{name}-390")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 1280, "height": 800})


def bank_of(page: Page) -> tuple[httpx.Client, dict[str, str]]:
    """Return the bank's own door and what its link says: another phone that has scanned the code."""
    link = httpx.URL(page.locator("a[href*='qr=']").first.get_attribute("href") or "")
    door = httpx.Client(base_url=f"{link.scheme}://{link.netloc.decode()}", timeout=20, trust_env=False)
    return door, {name: link.params[name] for name in ("qr", "hook")}


def test_paid_in_the_banks_app_on_the_same_phone(page: Page) -> None:
    page.locator("details.payment__by-hand summary").click()
    expect(page.get_by_text("BENH VIEN DA KHOA TRUNG UONG SONG HONG")).to_be_visible()
    keep(page, "transfer-1-code")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("a[href*='qr=']").first.click()
    expect(page.get_by_text(NUMBER)).to_be_visible()
    keep(page, "transfer-2-bank")
    page.locator("button[value=pay]").click()
    expect(page.get_by_text("Đã chuyển tiền")).to_be_visible()
    keep(page, "transfer-3-done")
    page.get_by_text("Quay lại").click()
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    keep(page, "transfer-4-paid")


def test_paid_from_another_phone_while_the_page_waits(page: Page) -> None:
    door, said = bank_of(page)
    with door:
        door.post("/_sandbox/transfer", json={**said, "way": "late", "seconds": 2})
        expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)


def test_two_halves_are_put_together_at_the_desk(page: Page, desk: Page) -> None:
    door, said = bank_of(page)
    with door:
        door.post("/_sandbox/transfer", json={**said, "way": "half"})
        desk.goto("/hospital/transfers/")
        expect(reloaded(desk, 1).get_by_text("tiền đến ít hơn yêu cầu")).to_be_visible()
        door.post("/_sandbox/transfer", json={**said, "way": "half"})
        door.post("/_sandbox/transfer", json={**said, "way": "wrong"})
        expect(reloaded(desk, 3).locator(".transfer")).to_have_count(3)
        keep_narrow(desk, "transfer-5-queue")
        page.reload()
        expect(page.get_by_text("không khớp với khoản thanh toán")).to_be_visible()
        keep(page, "transfer-5-payer")
        desk.get_by_role("button", name="Gắn tất cả").first.click()
        expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
        left = desk.locator(".transfer")
        expect(left).to_have_count(1)
        left.locator("summary").click()
        keep_narrow(desk, "transfer-6-other-ways")
        left.get_by_label("Đã chuyển trả: số giao dịch trả").fill("FT31084999")
        left.get_by_role("button", name="Đã chuyển trả").click()
        expect(desk.locator(".transfer")).to_have_count(0)
        desk.goto("/hospital/transfers/?state=returned")
        expect(desk.get_by_text("FT31084999")).to_be_visible()
        keep_narrow(desk, "transfer-7-returned")


def test_too_much_is_split_at_the_desk(page: Page, desk: Page) -> None:
    door, said = bank_of(page)
    with door:
        more = vietqr.encode(replace(vietqr.decode(said["qr"]), amount=999_000))  # typed over in the bank's app
        door.post("/_sandbox/transfer", json={**said, "qr": more, "way": "pay"})
        desk.goto("/hospital/transfers/")
        left = reloaded(desk, 1).locator(".transfer")
        expect(left.get_by_text("tiền đến nhiều hơn yêu cầu")).to_be_visible()
        left.locator("summary").click()
        keep_narrow(desk, "transfer-10-too-much")
        left.get_by_role("button", name="Ghi nhận và nợ lại phần dư").click()
        expect(desk.locator(".transfer")).to_have_count(0)
        keep_narrow(desk, "transfer-11-split")
        expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
        page.reload()
        expect(page.get_by_text("đang giữ")).to_be_visible()
        keep(page, "transfer-12-payer")
        desk.goto("/hospital/transfers/?state=matched")
        expect(desk.get_by_text("còn nợ người trả").first).to_be_visible()
        keep_narrow(desk, "transfer-13-matched")


def reloaded(desk: Page, count: int) -> Page:
    """Load the queue until so many transfers were told."""
    for _ in range(60):
        desk.reload()
        if desk.locator(".transfer").count() == count:
            break
        desk.wait_for_timeout(250)
    return desk


def test_a_statement_dropped_on_the_page_confirms_what_nobody_told(page: Page, desk: Page) -> None:
    door, said = bank_of(page)
    with door:
        door.post("/_sandbox/transfer", json={**said, "way": "silent"})
        content = door.get("/statement.csv", params={"account": NUMBER}).text
    yesterday = f"{datetime.now().astimezone() - timedelta(days=1):%d/%m/%Y}"
    more = f'{yesterday},FT1,,"99,000",mua vé gửi xe\r\n{yesterday},FT2,"20,000",,phí\r\n{yesterday},FT3,,x,hỏng\r\n'
    content = content.replace("Tổng cộng", f"{more}Tổng cộng")
    desk.goto("/hospital/statements/")
    keep_narrow(desk, "transfer-8-statements")
    desk.evaluate(
        """([text]) => {
            const carried = new DataTransfer();
            carried.items.add(new File([text], 'sao-ke-thang-3.csv', { type: 'text/csv' }));
            const dropped = new DragEvent('drop', { dataTransfer: carried, bubbles: true, cancelable: true });
            document.querySelector('file-drop').dispatchEvent(dropped);
        }""",
        [content],
    )
    desk.get_by_role("button", name="Nhận sao kê").click()
    expect(desk.locator("page-watch[data-state=read]")).to_be_visible(timeout=30_000)
    expect(desk.get_by_text("Không đọc được số tiền.")).to_be_visible()
    keep_narrow(desk, "transfer-9-report")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
