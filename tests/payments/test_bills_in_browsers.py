"""The desk writes a visit's bill with a card and a discount, takes a deposit and the rest in cash; refusals are readable."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from runtime import databases
from tests.house import House
from tests.payments.in_browsers import DESK, IN_THE_HOUSE, chromium, is_error, keep_both, window  # noqa: F401

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE
CARD = "GD4010123456789"
WHO = "Quách Văn Sơn"


@pytest.fixture
def desk(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """The desk's screen. What is refused on purpose answers 422, and the browser says so aloud."""
    yield from window(
        house, chromium, "dan", DESK, is_trouble=lambda line: is_error(line) and "status of 422" not in line.text
    )


def dong(text: str) -> int:
    return int(re.sub(r"[^0-9]", "", text))


def day_of_the_line(house: House) -> str:
    """The day on which the demo's walk-ins came: yesterday, when midnight has passed since."""
    with databases.connect(house.database) as rows:
        found = rows.execute(
            "SELECT (max(a.created_at) AT TIME ZONE 'Asia/Ho_Chi_Minh')::date FROM booking_appointment a "
            "JOIN identity_person p ON p.id = a.person_id WHERE a.walk_in AND p.full_name = %s",
            [WHO],
        ).fetchone()
    assert found
    return f"/hospital/day/?day={found[0]}"


def test_a_bill_with_a_card_from_the_day_list_to_the_drawer(house: House, desk: Page) -> None:
    day = day_of_the_line(house)
    desk.goto("/hospital/cash/")
    if desk.locator("#float").count():
        desk.locator("#float").fill("500.000")
        desk.get_by_role("button", name="Mở két").or_(desk.locator("form[action$='/open/'] button")).first.click()
    desk.goto(day)
    row = desk.locator(".day-row", has_text=WHO)
    row.get_by_role("link", name="Thu chi").click()
    keep_both(desk, "bill-1-visit")

    # A deposit first, in cash.
    desk.get_by_text("Thu tạm ứng").click()
    desk.locator("#amount").fill("50 nghìn")
    desk.get_by_role("button", name="Yêu cầu thanh toán").click()
    expect(desk.locator("#amount-error")).to_be_visible()
    keep_both(desk, "bill-2-refused")
    desk.locator("#amount").fill("100.000")
    desk.get_by_role("button", name="Yêu cầu thanh toán").click()
    desk.locator("#given").fill("100.000")
    desk.locator("form[action$='/take/'] button[type=submit]").click()
    expect(desk.locator("[data-change]")).to_have_text(re.compile("^0"))

    # The bill: the visit stands on it already, its own payment is no longer asked for.
    desk.goto(day)
    desk.locator(".day-row", has_text=WHO).get_by_role("link", name="Thu chi").click()
    desk.get_by_role("button", name="Bắt đầu").click()
    expect(desk.locator(".bill__line")).to_have_count(1)
    for words in ("cat lop vi tinh", "XN001"):
        desk.locator("#q").fill(words)
        desk.locator("form[role=search] button").click()
        desk.locator(".bill__found").first.get_by_role("button", name="Thêm").click()
    expect(desk.locator(".bill__line")).to_have_count(3)
    desk.get_by_text("Khoản ngoài bảng giá").click()
    desk.locator("#name").fill("Sao bệnh án")
    desk.locator("#price").fill("20.000")
    desk.locator("#add form:has(#name) button").click()
    last = desk.locator(".bill__line").last
    last.get_by_text("Sửa", exact=False).first.click()
    last.locator("[name=amount]").fill("20.000")
    last.locator("[name=reason]").fill("Hộ nghèo")
    last.get_by_role("button", name="Giảm giá").click()
    keep_both(desk, "bill-3-lines")
    desk.locator("#card").fill("0101234567")
    desk.get_by_role("button", name="Tính phần chi trả").click()
    expect(desk.locator("#insurance .notice--bad")).to_be_visible()
    keep_both(desk, "bill-4-no-card")
    desk.locator("#card").fill(CARD)
    desk.get_by_role("button", name="Tính phần chi trả").click()
    expect(desk.locator("#insurance .notice--good")).to_be_visible()
    keep_both(desk, "bill-5-split")
    # 150.000 + 532.000 + 49.700 are insured: 80 % are 585.360, 146.340 are left.
    expect(desk.locator(".bill__sum")).to_contain_text("585.360")
    desk.get_by_role("button", name="Lập hóa đơn").click()
    expect(desk.locator("main")).to_contain_text("Còn phải trả 146.340")
    keep_both(desk, "bill-6-issued")

    # The deposit counts, the rest is taken.
    desk.get_by_role("button", name="Trừ vào hóa đơn này").click()
    expect(desk.locator("main")).to_contain_text("Còn phải trả 46.340")
    desk.get_by_role("button", name="Thu tiền").click()
    desk.locator("#given").fill("50.000")
    desk.locator("form[action$='/take/'] button[type=submit]").click()
    assert dong(desk.locator("[data-change]").inner_text()) == 3_660
    keep_both(desk, "bill-7-paid")
    desk.goto("/hospital/invoices/?q=quach")
    expect(desk.locator(".list__item").first).to_contain_text("đã thanh toán đủ")
    keep_both(desk, "bill-8-invoices")
