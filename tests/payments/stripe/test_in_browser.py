"""A citizen pays by card on a phone: our page, Stripe's page, the bank's step, and back."""

from __future__ import annotations

import copy
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from identity.models import Membership
from payments import actions, queries
from payments.models import Delivery, Entry, GatewayAccount, Payment
from payments.tasks import look_after_payments
from tests.jobs import run_jobs
from tests.payments.conftest import HOUSE, again
from tests.payments.in_browsers import HEIGHTS, IN_CHROMIUM, PATIENCE, PHONE, chromium, keep  # noqa: F401
from tests.payments.stripe_stage import HOOK_SECRET, KEY, There

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = [*IN_CHROMIUM, pytest.mark.django_db(transaction=True)]
Visit = Callable[[Payment], Page]


@pytest.fixture
def phone(
    chromium: Browser,  # noqa: F811
    live_server: Any, ana_browser: Client, there: There, account: GatewayAccount, settings: Any,
) -> Iterator[Visit]:  # fmt: skip
    """Ana's phone, at one of her payments; forms of ours may lead to Stripe's address and nowhere else."""
    settings.PAYMENT_GATEWAYS = {"stripe": "payments.gateways.stripe.Stripe"}
    policy = copy.deepcopy(settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"] = ["'self'", there.url]
    settings.CONTENT_SECURITY_POLICY = policy
    context = chromium.new_context(
        base_url=live_server.url, viewport={"width": PHONE, "height": HEIGHTS[PHONE]}, is_mobile=True,
        has_touch=True, locale="vi-VN",
    )  # fmt: skip
    context.set_default_timeout(PATIENCE)
    context.add_cookies(
        [{"name": "sessionid", "value": ana_browser.cookies["sessionid"].value, "url": live_server.url}]
    )

    def visit(payment: Payment) -> Page:
        page = context.new_page()
        page.goto(f"/payments/{payment.id}/")
        return page

    yield visit
    context.close()


def to_stripe(page: Page, there: There) -> None:
    page.get_by_role("button", name="Thanh toán").click()
    page.wait_for_url(f"{there.url}/c/pay/**")


def pay(page: Page, number: str) -> None:
    """Fill in Stripe's form and press the button."""
    page.get_by_label("Số thẻ").fill(number)
    page.get_by_label("Hết hạn").fill("12/40")
    page.get_by_label("CVC").fill("123")
    page.get_by_label("Tên trên thẻ").fill("NGUYEN THI ANH NGOC")
    page.get_by_role("button", name="Thanh toán 150.000 ₫").click()


def ours(payment: Payment) -> re.Pattern[str]:
    """The payment's own page, with or without the note that she comes back."""
    return re.compile(rf"/payments/{payment.id}/(\?back)?$")


def back_home(page: Page, payment: Payment) -> None:
    """Stripe sends her back, and our page says how it stands once the job has looked."""
    page.wait_for_url(ours(payment))
    run_jobs()
    page.reload()


def test_she_pays(payment: Payment, phone: Visit, there: There) -> None:
    page = phone(payment)
    keep(page, "stripe-1-our-page")
    to_stripe(page, there)
    keep(page, "stripe-2-checkout")
    pay(page, "4242 4242 4242 4242")
    back_home(page, payment)
    expect(page.get_by_role("heading", name="Đã thanh toán")).to_be_visible()
    keep(page, "stripe-3-paid")
    assert (again(payment).status, again(payment).captured_amount) == ("captured", 150_000)


def test_her_card_is_declined_and_another_one_pays(payment: Payment, phone: Visit, there: There) -> None:
    page = phone(payment)
    to_stripe(page, there)
    pay(page, "4000 0000 0000 0002")
    expect(page.get_by_role("alert")).to_have_text("Thẻ của bạn bị từ chối.")
    keep(page, "stripe-4-declined")
    pay(page, "4000 0000 0000 9995")
    expect(page.get_by_role("alert")).to_have_text("Thẻ của bạn không đủ tiền.")
    pay(page, "5555 5555 5555 4444")
    back_home(page, payment)
    expect(page.get_by_role("heading", name="Đã thanh toán")).to_be_visible()
    assert len(there.raw("/v1/balance_transactions")["data"]) == 1


def test_her_bank_asks_and_she_approves(payment: Payment, phone: Visit, there: There) -> None:
    page = phone(payment)
    to_stripe(page, there)
    pay(page, "4000 0025 0000 3155")
    page.wait_for_url(f"{there.url}/c/authenticate/**")
    keep(page, "stripe-5-bank")
    page.get_by_role("button", name="Đồng ý").click()
    back_home(page, payment)
    expect(page.get_by_role("heading", name="Đã thanh toán")).to_be_visible()
    assert again(payment).status == "captured"


def test_her_bank_asks_and_she_refuses(payment: Payment, phone: Visit, there: There) -> None:
    page = phone(payment)
    to_stripe(page, there)
    pay(page, "4000 0025 0000 3155")
    page.get_by_role("button", name="Từ chối").click()
    page.wait_for_url(f"{there.url}/c/pay/**")
    expect(page.get_by_role("alert")).to_contain_text("Ngân hàng chưa xác nhận được bạn.")
    page.get_by_role("link", name="Quay lại").click()
    back_home(page, payment)
    assert again(payment).status == "pending"
    assert there.raw("/v1/balance_transactions")["data"] == []


def test_she_pays_too_late_and_it_is_recorded_and_sent_back(
    payment: Payment, phone: Visit, there: There, now: datetime
) -> None:
    page = phone(payment)
    to_stripe(page, there)
    actions.expire_payment(payment_id=payment.id, by=HOUSE, now=payment.expires_at)
    pay(page, "4242424242424242")
    page.wait_for_url(ours(payment))
    keep(page, "stripe-6-late")
    actions.ask_gateway(payment_id=payment.id, by=HOUSE, now=now)  # as each hour
    assert again(payment).status == "captured"
    actions.request_refund(payment_id=payment.id, reason="late", by=HOUSE, now=now)  # as the journey does
    run_jobs()
    page.reload()
    expect(page.get_by_role("heading", name="Đã hoàn tiền")).to_be_visible()
    keep(page, "stripe-7-returned")
    assert sum(row["amount"] for row in there.raw("/v1/balance_transactions")["data"]) == 0


def test_the_button_pressed_twice_is_one_session(payment: Payment, phone: Visit, there: There) -> None:
    first, second = phone(payment), phone(payment)
    to_stripe(first, there)
    to_stripe(second, there)
    assert first.url == second.url
    pay(first, "4242424242424242")
    back_home(first, payment)
    second.reload()
    second.wait_for_url(ours(payment))
    assert len(there.raw("/v1/charges")["data"]) == 1


@pytest.mark.parametrize(("manner", "copies"), [("normal", 1), ("twice", 2), ("never", 0)])
def test_stripes_own_hooks_come_through_our_door(
    payment: Payment, phone: Visit, there: There, account: GatewayAccount, live_server: Any, manner: str, copies: int
) -> None:
    """She closes the page before it leads her back; the hook finds us, or after two silent minutes the clock does."""
    hook = f"{live_server.url}{queries.hook_path('stripe', account.id)}"
    there.ask("account", key=KEY, hook=hook, hook_secret=HOOK_SECRET)
    there.ask("manner", manner=manner, key=KEY)
    try:
        page = phone(payment)
        to_stripe(page, there)
        there.act("pay", again(payment).gateway_reference)
        page.close()
        kinds = {row["id"] for row in there.raw("/v1/events")["data"]}
        until = time.monotonic() + 30
        while there.ask("waiting") and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        there.ask("account", key=KEY, hook="", hook_secret="")
    assert set(Delivery.objects.values_list("event_id", flat=True)) == (kinds if copies else set())
    run_jobs()
    if not copies:
        look_after_payments.func(timestamp=int(time.time()) + 180)
        run_jobs()
    assert again(payment).status == "captured"
    assert Entry.objects.filter(kind="capture").count() == 2


def test_the_desk_reads_of_a_dispute(
    payment: Payment, phone: Visit, there: There, dan: Membership, dan_browser: Client,
    chromium: Browser,  # noqa: F811
    live_server: Any, account: GatewayAccount,
) -> None:  # fmt: skip
    page = phone(payment)
    to_stripe(page, there)
    pay(page, "4000 0000 0000 0259")
    back_home(page, payment)
    dispute = there.raw("/v1/disputes")["data"][0]
    actions.look_into_dispute(
        gateway="stripe", account=account, reference=dispute["id"], by=HOUSE, now=again(payment).captured_at or again(payment).created_at
    )  # fmt: skip
    cookie = {"name": "sessionid", "value": dan_browser.cookies["sessionid"].value, "url": live_server.url}
    for width in (390, 1280):
        context = chromium.new_context(
            base_url=live_server.url, viewport={"width": width, "height": 844}, locale="vi-VN"
        )
        context.add_cookies([cookie])
        desk = context.new_page()
        desk.goto(f"/payments/{payment.id}/")
        expect(desk.get_by_text(dispute["id"])).to_be_visible()
        keep(desk, f"stripe-desk-{width}")
        context.close()
    page.reload()
    expect(page.get_by_text(dispute["id"])).to_have_count(0)
