"""Two people of one hospital's desk, each at a browser of their own: what one asks to give back, the other approves or rejects."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from identity import sign_in as second_step
from runtime.demo.tills import COLLEAGUE, COLLEAGUES_EMAIL, COLLEAGUES_SECRET
from tests.cast_of_the_demo import CITIZEN, DESK
from tests.house import House
from tests.payments.in_browsers import IN_THE_HOUSE, ana, chromium, keep, keep_both, signed_in, window  # noqa: F401
from tests.phone import Phone
from tests.shots import stage
from web.demo import PASSWORD

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE
REFUNDS = "/hospital/money/refunds/"


@pytest.fixture
def dan(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    """Who asks, on a phone."""
    yield from window(house, chromium, DESK, 390)


@pytest.fixture
def anas(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    yield from window(house, chromium, CITIZEN, 390)


@pytest.fixture(scope="module")
def lans_cookies(house: House, chromium: Browser) -> list[Any]:  # noqa: F811
    """The cashier signs in as staff do, once: a code of the second step is good for one time."""
    context = chromium.new_context(base_url=house.url, locale="vi-VN")
    page = context.new_page()
    page.goto("/staff/sign-in/")
    page.locator("[name=login]").fill(COLLEAGUES_EMAIL)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main form button.button--primary").click()
    page.wait_for_url("**/second-step/**")
    page.locator("[name=code]").fill(second_step.current_code(COLLEAGUES_SECRET))
    page.locator("main form button.button--primary").click()
    page.wait_for_url("**/hospital/**")
    cookies = context.cookies()
    context.close()
    return cookies


@pytest.fixture
def lan(house: House, chromium: Browser, lans_cookies: list[Any]) -> Iterator[Page]:  # noqa: F811
    """Who decides, at the counter's screen."""
    for page in window(house, chromium, "", 1280):
        page.context.add_cookies(lans_cookies)
        yield page


@pytest.fixture
def low_limit(dan: Page, lan: Page) -> Iterator[None]:
    """Their facility lets nobody give back more than 50.000 ₫ alone; afterwards it goes by the house's limit again."""
    set_limit(dan, "50.000")
    yield
    set_limit(dan, "")
    answer_limit(lan, "Đồng ý nâng")
    expect(lan.locator("#limit")).to_contain_text("hạn mức chung, cơ sở của bạn chưa đặt")


def set_limit(page: Page, amount: str) -> None:
    page.goto(REFUNDS)
    page.locator("#limit-amount").fill(amount)
    page.locator("#limit").get_by_role("button", name="Lưu").click()


def answer_limit(page: Page, words: str) -> None:
    page.goto(REFUNDS)
    page.locator("section", has=page.locator("#wished-title")).get_by_role("button", name=words).click()


def paid_by(ana: Phone) -> dict[str, Any]:  # noqa: F811
    """A visit of ana's, paid at the sandbox."""
    encounter = stage.booked_visit(ana)
    found = [one for one in ana.get("/appointments")["results"] if one["encounter"] == encounter]
    payment: dict[str, Any] = found[0]["payment"]
    return payment


def ask_for_all(dan: Page, payment: dict[str, Any], reason: str) -> None:
    dan.goto(f"/hospital/cash/payments/{payment['id']}/")
    dan.get_by_text("Hoàn tiền cho khách").click()
    dan.locator("#reason").fill(reason)
    dan.get_by_role("button", name="Hoàn lại").click()
    expect(dan.get_by_text("Khoản hoàn này cần một đồng nghiệp duyệt.")).to_be_visible()


def row_of(page: Page, title: str, reason: str) -> Any:
    section = page.locator("section", has=page.locator(f"#{title}"))
    return section.locator(".list__item", has=page.get_by_text(reason))


def until(page: Page, address: str, wanted: Any) -> None:
    """Look again until it is there: what follows is a job's work."""
    for _ in range(40):
        page.goto(address)
        if wanted.count():
            return
        page.wait_for_timeout(500)
    expect(wanted).to_be_visible()


@pytest.mark.usefixtures("low_limit")
def test_one_asks_and_the_other_approves(ana: Phone, dan: Page, lan: Page, anas: Page) -> None:  # noqa: F811
    payment = paid_by(ana)
    reason = "Khách báo bận, xin hoàn tiền"
    ask_for_all(dan, payment, reason)
    keep(dan, "refund-1-asked")

    # He sees it wait, without a button; and who sends what the button would send is refused.
    dan.goto(REFUNDS)
    own = row_of(dan, "waiting-title", reason)
    expect(own.get_by_text("Chờ đồng nghiệp duyệt")).to_be_visible()
    assert own.get_by_role("button").count() == 0
    keep(dan, "refund-2-own")
    lan.goto(REFUNDS)
    theirs = row_of(lan, "waiting-title", reason)
    expect(theirs).to_contain_text("Hoàng Văn Dân")
    decide = theirs.locator("form").first.get_attribute("action") or ""
    token = dan.locator("[name=csrfmiddlewaretoken]").first.get_attribute("value") or ""
    forged = dan.request.post(
        decide, form={"answer": "approve", "csrfmiddlewaretoken": token}, headers={"Referer": dan.url}
    )
    assert "không phải người đã đề nghị" in forged.text()
    dan.goto(REFUNDS)
    expect(own.get_by_text("Chờ đồng nghiệp duyệt")).to_be_visible()
    keep_both(lan, "refund-3-to-decide")

    theirs.get_by_role("button", name="Duyệt").click()
    expect(lan.get_by_text("Đã duyệt: tiền đang được hoàn lại.")).to_be_visible()
    until(lan, REFUNDS, lan.locator(f"#ended-title ~ ul a[href*='{payment['id']}']"))
    ended = lan.locator("#ended-title ~ ul .list__item", has=lan.locator(f"a[href*='{payment['id']}']"))
    expect(ended).to_contain_text(COLLEAGUE)
    expect(ended.get_by_text("đã hoàn tiền")).to_be_visible()
    keep_both(lan, "refund-4-approved")
    dan.goto(f"/hospital/cash/payments/{payment['id']}/")
    expect(dan.locator("section", has=dan.locator("#refunds-title")).get_by_text("đã hoàn tiền")).to_be_visible()
    keep(dan, "refund-5-done")

    anas.goto(f"/payments/{payment['id']}/")
    expect(anas.get_by_role("heading", level=1)).to_have_text("Đã hoàn tiền cho bạn")
    expect(anas.locator("main .badge--good")).to_have_text("đã hoàn tiền")
    keep_both(anas, "refund-6-payer")


@pytest.mark.usefixtures("low_limit")
def test_one_asks_and_the_other_rejects_and_says_why(ana: Phone, dan: Page, lan: Page, anas: Page) -> None:  # noqa: F811
    payment = paid_by(ana)
    reason, why = "Khách đổi ý sau khi đặt", "Khách đã gọi lại, vẫn đến khám"
    ask_for_all(dan, payment, reason)
    lan.goto(REFUNDS)
    theirs = row_of(lan, "waiting-title", reason)
    theirs.locator("summary").click()
    button = theirs.get_by_role("button", name="Từ chối hoàn tiền")
    button.click()  # without a reason the browser does not send it
    expect(theirs.locator("input[name=reason]:invalid")).to_be_visible()
    keep_both(lan, "refund-7-rejecting")
    theirs.locator("input[name=reason]").fill(why)
    button.click()
    expect(lan.get_by_text("Đã từ chối: không hoàn tiền.")).to_be_visible()
    expect(row_of(lan, "ended-title", why)).to_contain_text("không được duyệt")
    keep_both(lan, "refund-8-rejected")

    dan.goto(f"/hospital/cash/payments/{payment['id']}/")
    expect(dan.locator("section", has=dan.locator("#refunds-title"))).to_contain_text(why)
    expect(dan.get_by_text("Hoàn tiền cho khách")).to_be_visible()  # the money is free to be asked for again
    keep_both(dan, "refund-9-asker")
    anas.goto(f"/payments/{payment['id']}/")
    expect(anas.locator("payment-watch[data-status=captured]")).to_be_visible()
    assert why not in anas.content()


def test_who_wishes_for_a_higher_limit_cannot_confirm_it(dan: Page, lan: Page) -> None:
    set_limit(dan, "3.000.000")
    wished = dan.locator("section", has=dan.locator("#wished-title"))
    expect(wished).to_contain_text("500.000\u00a0₫ → 3.000.000\u00a0₫")
    expect(wished.get_by_role("button")).to_have_text(["Rút lại"])
    keep(dan, "limit-1-wished")
    lan.goto(REFUNDS)
    keep_both(lan, "limit-2-to-confirm")
    answer_limit(lan, "Từ chối")
    expect(lan.get_by_text("Hạn mức được giữ nguyên.")).to_be_visible()
    dan.goto(REFUNDS)
    assert wished.count() == 0
    expect(dan.locator("header .lead")).to_contain_text("500.000")
