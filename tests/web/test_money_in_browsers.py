"""The desk's money, clicked through: a drawer, a refund a colleague asked for, and a difference with a gateway."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import Any

import pytest

from runtime import browser
from tests.cast_of_the_demo import DESK as DAN
from tests.house import House, standing
from tests.journeys.test_in_two_browsers import DESK, PHONE, become, chromium, watching  # noqa: F401
from tests.web.in_the_house import look

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import expect

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(browser.find() is None and not os.environ.get("CI"), reason="no Chromium"),
]


@pytest.fixture
def the_clock_stands() -> None:
    """Here it runs: the house is a process of its own."""


@pytest.fixture(scope="module")
def own_house() -> Iterator[House]:
    """A house whose drawers and books nobody else touches."""
    with standing() as one:
        yield one


def test_a_shift_from_the_float_to_the_difference(own_house: House, chromium: Any) -> None:  # noqa: F811
    with watching(own_house, chromium) as watch:
        dan = watch.window(PHONE)
        become(dan, DAN)
        dan.goto("/hospital/cash/")
        look(dan, "money-1-closed")
        dan.locator("#float").fill("500.000")
        dan.get_by_role("button", name="Mở két").click()
        expect(dan.locator("[data-inside]")).to_have_text("500.000\u00a0₫")

        # Somebody with a queue number of today pays in cash. Numbers begin with one; this one has not been paid.
        dan.locator("#q").fill("kieu bich ngoc")
        dan.get_by_role("button", name="Tìm").click()
        look(dan, "money-2-found")
        dan.get_by_role("link", name="Thu tiền mặt").first.click()
        price = int(dan.locator("cash-change").get_attribute("data-price"))
        given = -(-(price + 1) // 500_000) * 500_000
        dan.locator("#given").fill(f"{given:,}".replace(",", "."))
        change = f"{given - price:,}".replace(",", ".") + "\u00a0₫"
        expect(dan.locator("[data-output]")).to_have_text(change)
        look(dan, "money-3-taking")
        dan.get_by_role("button", name="Thu ", exact=False).last.click()
        expect(dan.locator("[data-change]")).to_have_text(change)
        look(dan, "money-4-taken")

        # The count is 20.000 short: without a reason it does not close, with one it does.
        dan.goto("/hospital/cash/close/")
        counted = 500_000 + price - 20_000
        for field in dan.locator("[data-note]").all():
            number, counted = divmod(counted, int(field.get_attribute("data-note")))
            field.fill(str(number))
        expect(dan.locator("[data-difference]")).to_have_text("-20.000\u00a0₫")
        look(dan, "money-5-counting")
        dan.get_by_role("button", name="Đóng két").click()
        watch.seen = [line for line in watch.seen if "422" not in line]  # the browser notes the status of that page
        expect(dan.get_by_role("alert")).to_be_visible()
        dan.locator("#reason").fill("Trả nhầm tiền thừa")
        dan.get_by_role("button", name="Đóng két").click()
        expect(dan.locator(".money-off")).to_have_text("-20.000\u00a0₫")
        look(dan, "money-6-shift")


def test_a_colleague_decides_about_a_large_refund(own_house: House, chromium: Any) -> None:  # noqa: F811
    with watching(own_house, chromium) as watch:
        dan = watch.window(PHONE)
        become(dan, DAN)
        dan.goto("/hospital/money/refunds/")
        waiting = dan.locator("section", has=dan.locator("#waiting-title"))
        # What he asked for himself he cannot decide; what his colleague asked for, he can.
        expect(waiting.get_by_text("Chờ đồng nghiệp duyệt")).to_have_count(1)
        expect(waiting.get_by_role("button", name="Duyệt")).to_have_count(1)
        look(dan, "money-7-refunds")
        waiting.get_by_role("button", name="Duyệt").click()
        expect(waiting.get_by_role("button", name="Duyệt")).to_have_count(0)
        expect(dan.get_by_text("Đã duyệt: tiền đang được hoàn lại.")).to_be_visible()

        # What no gateway sends back is transferred by hand, with the bank's number.
        owed = dan.locator("section", has=dan.locator("#owed-title"))
        expect(owed.locator(".money-owed")).to_have_count(1)
        owed.get_by_placeholder("Số giao dịch chuyển khoản").fill("FT26334712345")
        owed.get_by_role("button", name="Đã chuyển khoản").click()
        expect(owed.locator(".money-owed")).to_have_count(0)
        look(dan, "money-8-decided")


def test_a_difference_is_found_asked_about_and_recorded(own_house: House, chromium: Any) -> None:  # noqa: F811
    with watching(own_house, chromium) as watch:
        dan = watch.window(PHONE)
        become(dan, DAN)
        dan.goto("/hospital/money/reconciliations/")
        look(dan, "money-9-days")
        row = dan.locator(".list__item", has=dan.get_by_text("lệch", exact=True))
        expect(row).to_have_count(1)
        row.get_by_role("link").click()
        expect(dan.locator(".difference")).to_have_count(1)
        expect(dan.locator(".difference")).to_contain_text("320.000")
        look(dan, "money-10-difference")
        dan.get_by_role("button", name="Hỏi lại và ghi sổ").click()
        expect(dan.locator(".difference .badge")).to_have_text("đã ghi vào sổ")
        expect(dan.locator("main .badge").first).to_have_text(re.compile("khớp"))

        # A day may be compared again at any time, and a file that makes no sense changes nothing.
        dan.get_by_role("button", name="Đối soát lại").click()
        expect(dan.locator(".difference .badge")).to_have_text("đã ghi vào sổ")
        nonsense = {"name": "sao-ke.csv", "mimeType": "text/csv", "buffer": b"a,b\n1,2\n"}
        dan.locator("#file").set_input_files(nonsense)
        dan.get_by_role("button", name="Đối soát lại").click()
        expect(dan.get_by_text("Dòng đầu thiếu cột")).to_be_visible()
        dan.goto("/hospital/money/")
        look(dan, "money-11-income")
    with watching(own_house, chromium) as watch:
        wide = watch.window(DESK)
        become(wide, DAN)
        for number, path in enumerate(("cash/", "money/", "money/refunds/", "money/reconciliations/"), start=12):
            wide.goto(f"/hospital/{path}")
            look(wide, f"money-{number}-wide")
        wide.goto("/hospital/money/?from=2020-01-01&to=2020-12-31")
        expect(wide.locator(".empty")).to_be_visible()
