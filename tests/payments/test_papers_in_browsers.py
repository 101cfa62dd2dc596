"""Paying for somebody by a link on another phone, then the papers of it; and the desk's pages about prices and the month."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import CITIZEN, sign_in
from tests.house import House
from tests.payments.pdf_text import text_of
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


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as play:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # playwright keeps a loop in this thread
        running = play.chromium.launch(executable_path=browser.find(), args=browser.FLAGS)
        expect.set_options(timeout=20_000)
        yield running
        running.close()


@pytest.fixture
def ana(house: House) -> Iterator[Phone]:
    phone = sign_in(house, CITIZEN)
    yield phone
    phone.give_times_back()
    phone.close()


def not_meant(line: Any) -> bool:
    """A report of rows that stayed out answers 422, on purpose; the browser says so aloud."""
    return "status of 422" not in line.text


def window(house: House, chromium: Browser, who: str, width: int) -> Iterator[Page]:
    height = {390: 844, 1280: 800}[width]
    context = chromium.new_context(
        base_url=house.url, viewport={"width": width, "height": height}, locale="vi-VN", has_touch=width == 390
    )
    if who:
        context.add_cookies([{"name": "sessionid", "value": session_of(house, who), "url": house.url}])
    trouble: list[Any] = []
    context.on("weberror", lambda error: trouble.append(error.error))
    context.on("console", lambda line: trouble.append(line.text) if line.type == "error" and not_meant(line) else None)
    yield context.new_page()
    context.close()
    assert trouble == []


@pytest.fixture
def page(house: House, chromium: Browser) -> Iterator[Page]:
    yield from window(house, chromium, "ana", 390)


@pytest.fixture
def relative(house: House, chromium: Browser) -> Iterator[Page]:
    """Somebody's phone, on which nobody is signed in."""
    yield from window(house, chromium, "", 390)


@pytest.fixture
def desk(house: House, chromium: Browser) -> Iterator[Page]:
    yield from window(house, chromium, "dan", 1280)


def keep(page: Page, name: str) -> None:
    if LOOK:
        page.screenshot(path=f"{LOOK}/{name}.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


def keep_both(page: Page, name: str) -> None:
    keep(page, name)
    page.set_viewport_size({"width": 390, "height": 844})
    keep(page, f"{name}-390")
    page.set_viewport_size({"width": 1280, "height": 800})


def test_a_relative_pays_and_the_papers_are_there(ana: Phone, page: Page, relative: Page) -> None:
    held = stage._hold(ana, stage._free_times(ana)[-1])
    page.goto(f"/payments/{held['payment']['id']}/")
    keep(page, "link-1-payment")
    page.get_by_role("button", name="Nhờ người khác trả giúp").click()
    address = page.locator("#link").input_value()
    keep(page, "link-2-share")

    relative.goto(address)
    expect(relative.get_by_role("heading", level=1)).to_contain_text("Thanh toán giúp")
    assert held["payment"]["id"] not in relative.content()
    keep(relative, "link-3-relative")
    relative.locator("button[name=gateway][value=sandbox]").first.click()
    relative.locator("button[value=pay]").click()
    expect(relative.locator("link-watch[data-state=captured]")).to_be_visible()
    keep(relative, "link-4-paid")

    page.goto(f"/payments/{held['payment']['id']}/")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    receipt = page.locator("a[href^='/receipts/']").first
    for _ in range(20):  # the reactions are jobs: they follow in a moment
        if receipt.count() and page.locator("a[href^='/invoices/']").count():
            break
        page.wait_for_timeout(500)
        page.reload()
    keep(page, "papers-1-payment")
    receipt.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Phiếu thu PT")
    keep(page, "papers-2-receipt")
    paper = page.get_by_role("link", name="Mở bản PDF").get_attribute("href") or ""
    answer = page.request.get(paper)
    assert "PHIẾU THU" in text_of(answer.body()) and answer.headers["content-type"] == "application/pdf"
    if LOOK:
        Path(LOOK, "receipt.pdf").write_bytes(answer.body())
    page.go_back()
    page.locator("a[href^='/invoices/']").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Hóa đơn HD")
    keep(page, "papers-3-invoice")
    page.get_by_role("button", name="Tôi muốn lấy hóa đơn điện tử").click()
    expect(page.get_by_text("Hóa đơn điện tử", exact=True)).to_be_visible()
    for _ in range(20):
        if page.get_by_text(re.compile("TEP-")).count():
            break
        page.wait_for_timeout(500)
        page.reload()
    keep(page, "papers-4-einvoice")
    paper = page.get_by_role("link", name="Mở bản PDF").get_attribute("href") or ""
    bill = page.request.get(paper).body()
    assert "HÓA ĐƠN DỊCH VỤ Y TẾ" in text_of(bill) and "TEP-" in text_of(bill)
    if LOOK:
        Path(LOOK, "invoice.pdf").write_bytes(bill)


def test_the_desk_begins_a_list_and_publishes_it(desk: Page) -> None:
    desk.goto("/hospital/prices/")
    keep_both(desk, "prices-1-lists")
    desk.locator("#name").fill("Quyết định giá tháng 1")
    desk.locator("#first_day").fill("2099-01-01")
    desk.get_by_role("button", name="Bắt đầu").click()
    expect(desk.get_by_text("Tổng phân tích tế bào máu ngoại vi", exact=True)).to_be_visible()
    keep_both(desk, "prices-2-list")
    desk.set_input_files(
        "#file",
        {
            "name": "gia.csv",
            "mimeType": "text/csv",
            "buffer": "code,name_vi,category,amount\nXN900,Định lượng TSH,insured,62.900\nXN901,,x,1\n".encode(),
        },
    )
    desk.get_by_role("button", name="Nhập giá", exact=True).click()
    expect(desk.get_by_text("XN900", exact=False).first).to_be_visible()
    keep_both(desk, "prices-3-report")
    desk.get_by_role("button", name="Công bố").click()
    expect(desk.get_by_text("đã công bố").first).to_be_visible()
    assert desk.get_by_role("button", name="Công bố").count() == 0
    desk.goto("/hospital/prices/")
    desk.get_by_role("link", name="Xem như mọi người thấy").click()
    expect(desk.get_by_role("heading", level=1)).to_contain_text("Bảng giá dịch vụ")
    keep_both(desk, "prices-4-public")


def test_the_desk_reads_invoices_and_the_month(desk: Page) -> None:
    desk.goto("/hospital/invoices/")
    keep_both(desk, "desk-1-invoices")
    desk.locator("main a[href^='/invoices/']").first.click()
    keep_both(desk, "desk-2-invoice")
    desk.goto("/hospital/statement/")
    keep_both(desk, "desk-3-statement")
    answer = desk.request.get("/hospital/statement/statement.pdf")
    assert "Sao kê tháng" in text_of(answer.body())
    if LOOK:
        Path(LOOK, "statement.pdf").write_bytes(answer.body())
