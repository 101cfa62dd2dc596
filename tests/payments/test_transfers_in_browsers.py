"""A transfer on two phones, and at the desk: scanned and paid, paid in parts, found in a statement, sent back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import httpx
import pytest

from payments import vietqr
from runtime.pretended import PAYEES
from tests.house import House
from tests.payments.in_browsers import (  # noqa: F401
    IN_THE_HOUSE,
    PHONE,
    ana,
    chromium,
    desk,
    keep,
    keep_both,
    payment_of,
    signed_in,
    window,
)
from tests.phone import Phone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE
NUMBER = PAYEES["01A01"][1]  # the hospital's account in the demo


@pytest.fixture
def page(house: House, chromium: Browser, ana: Phone) -> Iterator[Page]:  # noqa: F811
    """Ana's phone, with the code of a payment before her."""
    for tab in window(house, chromium, "ana", PHONE):
        tab.goto(f"/payments/{payment_of(ana)}/")
        tab.locator("button[name=gateway][value=vietqr]").first.click()
        expect(tab.locator("figure img")).to_be_visible()
        yield tab


def bank_of(page: Page) -> tuple[httpx.Client, dict[str, str]]:
    """Return the bank's own door and what its link says: another phone that has scanned the code."""
    link = httpx.URL(page.locator("a[href*='qr=']").first.get_attribute("href") or "")
    door = httpx.Client(base_url=f"{link.scheme}://{link.netloc.decode()}", timeout=20, trust_env=False)
    return door, {name: link.params[name] for name in ("qr", "hook")}


def test_paid_in_the_banks_app_on_the_same_phone(page: Page) -> None:
    page.locator("details.payment__by-hand summary").click()
    expect(page.get_by_text("BENH VIEN DA KHOA TRUNG UONG SONG HONG")).to_be_visible()
    keep(page, "transfer-1-code")
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


def test_two_halves_are_put_together_at_the_desk(page: Page, desk: Page) -> None:  # noqa: F811
    door, said = bank_of(page)
    with door:
        door.post("/_sandbox/transfer", json={**said, "way": "half"})
        desk.goto("/hospital/transfers/")
        expect(reloaded(desk, 1).get_by_text("tiền đến ít hơn yêu cầu")).to_be_visible()
        door.post("/_sandbox/transfer", json={**said, "way": "half"})
        door.post("/_sandbox/transfer", json={**said, "way": "wrong"})
        expect(reloaded(desk, 3).locator(".transfer")).to_have_count(3)
        keep_both(desk, "transfer-5-queue")
        page.reload()
        expect(page.get_by_text("không khớp với khoản thanh toán")).to_be_visible()
        keep(page, "transfer-5-payer")
        desk.get_by_role("button", name="Gắn tất cả").first.click()
        expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
        left = desk.locator(".transfer")
        expect(left).to_have_count(1)
        left.locator("summary").click()
        keep_both(desk, "transfer-6-other-ways")
        left.get_by_label("Đã chuyển trả: số giao dịch trả").fill("FT31084999")
        left.get_by_role("button", name="Đã chuyển trả").click()
        expect(desk.locator(".transfer")).to_have_count(0)
        desk.goto("/hospital/transfers/?state=returned")
        expect(desk.get_by_text("FT31084999")).to_be_visible()
        keep_both(desk, "transfer-7-returned")


def test_too_much_is_split_at_the_desk(page: Page, desk: Page) -> None:  # noqa: F811
    door, said = bank_of(page)
    with door:
        more = vietqr.encode(replace(vietqr.decode(said["qr"]), amount=999_000))  # typed over in the bank's app
        door.post("/_sandbox/transfer", json={**said, "qr": more, "way": "pay"})
        desk.goto("/hospital/transfers/")
        left = reloaded(desk, 1).locator(".transfer")
        expect(left.get_by_text("tiền đến nhiều hơn yêu cầu")).to_be_visible()
        left.locator("summary").click()
        keep_both(desk, "transfer-10-too-much")
        left.get_by_role("button", name="Ghi nhận và nợ lại phần dư").click()
        expect(desk.locator(".transfer")).to_have_count(0)
        keep_both(desk, "transfer-11-split")
        expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
        page.reload()
        expect(page.get_by_text("đang giữ")).to_be_visible()
        keep(page, "transfer-12-payer")
        desk.goto("/hospital/transfers/?state=matched")
        expect(desk.get_by_text("còn nợ người trả").first).to_be_visible()
        keep_both(desk, "transfer-13-matched")


def reloaded(desk: Page, count: int) -> Page:  # noqa: F811
    """Load the queue until so many transfers were told."""
    for _ in range(60):
        desk.reload()
        if desk.locator(".transfer").count() == count:
            break
        desk.wait_for_timeout(250)
    return desk


def test_a_statement_dropped_on_the_page_confirms_what_nobody_told(page: Page, desk: Page) -> None:  # noqa: F811
    door, said = bank_of(page)
    with door:
        door.post("/_sandbox/transfer", json={**said, "way": "silent"})
        content = door.get("/statement.csv", params={"account": NUMBER}).text
    yesterday = f"{datetime.now().astimezone() - timedelta(days=1):%d/%m/%Y}"
    more = f'{yesterday},FT1,,"99,000",mua vé gửi xe\r\n{yesterday},FT2,"20,000",,phí\r\n{yesterday},FT3,,x,hỏng\r\n'
    content = content.replace("Tổng cộng", f"{more}Tổng cộng")
    desk.goto("/hospital/statements/")
    keep_both(desk, "transfer-8-statements")
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
    keep_both(desk, "transfer-9-report")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
