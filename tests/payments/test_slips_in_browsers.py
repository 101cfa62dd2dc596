"""What happens to people who pay on a phone: the phone dies, they go back and press again, two devices, time runs out."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from runtime import databases
from tests.house import House
from tests.payments.in_browsers import IN_THE_HOUSE, PHONE, ana, chromium, keep, payment_of, signed_in, window  # noqa: F401
from tests.phone import Phone

pytest.importorskip("playwright.sync_api")
from playwright.sync_api import Browser, Page, expect

pytestmark = IN_THE_HOUSE
CODES = ("vnpay", "momo", "zalopay")


@pytest.fixture
def asked(ana: Phone) -> str:  # noqa: F811
    """A payment nobody has begun."""
    return payment_of(ana)


@pytest.fixture
def page(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    yield from window(house, chromium, "ana", PHONE)


@pytest.fixture
def tablet(house: House, chromium: Browser) -> Iterator[Page]:  # noqa: F811
    yield from window(house, chromium, "ana", PHONE)


def tries(house: House, payment: str) -> list[tuple[str, int]]:
    """Return how each try for the same thing stands, and what came of it."""
    with databases.connect(house.database) as rows:
        found = rows.execute(
            "SELECT status, captured_amount FROM payments_payment WHERE subject = "
            "(SELECT subject FROM payments_payment WHERE id = %s) ORDER BY created_at, id",
            [payment],
        )
        return [(str(status), int(amount)) for status, amount in found.fetchall()]


def came(house: House, payment: str) -> list[int]:
    return [amount for _status, amount in tries(house, payment) if amount]


def promised_back(house: House, payment: str) -> list[int]:
    with databases.connect(house.database) as rows:
        found = rows.execute(
            "SELECT amount FROM payments_refund WHERE payment_id = %s AND status <> 'failed'", [payment]
        )
        return [int(amount) for (amount,) in found.fetchall()]


def choose(page: Page, payment: str, code: str) -> None:
    page.goto(f"/payments/{payment}/")
    page.locator(f"button[name=gateway][value={code}]").first.click()


@pytest.mark.parametrize("code", CODES)
def test_the_phone_dies_on_the_payment_page_and_she_pays_on_another(
    house: House, page: Page, tablet: Page, asked: str, code: str
) -> None:
    """She had begun; the page is gone. On the tablet the same try goes on: one charge."""
    choose(page, asked, code)
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    page.close()
    tablet.goto(f"/payments/{asked}/")
    tablet.locator(f"a[href^=http], button[name=gateway][value={code}]").first.click()
    expect(tablet.get_by_text("Không có tiền thật")).to_be_visible()
    tablet.locator("button[value=pay]").click()
    expect(tablet.locator("payment-watch[data-status=captured]")).to_be_visible()
    assert len(came(house, asked)) == 1


def test_the_phone_dies_after_she_paid_and_before_she_came_back(
    house: House, page: Page, tablet: Page, asked: str
) -> None:
    """The bank tells us later: the tablet says paid, and nothing asks for money again."""
    choose(page, asked, "momo")
    page.locator("summary").click()
    page.locator("input[name=seconds]").fill("3")
    page.locator("button[value=late]").click(no_wait_after=True)
    page.wait_for_url(lambda address: address.startswith(house.url))
    page.close()
    tablet.goto(f"/payments/{asked}/")
    expect(tablet.locator("payment-watch[data-status=captured]")).to_be_visible(timeout=30_000)
    keep(tablet, "slip-1-after-the-phone-died")
    assert tablet.locator("button[name=gateway]").count() == 0 and len(came(house, asked)) == 1


def test_back_and_pressed_again_is_one_charge(house: House, page: Page, asked: str) -> None:
    """Back from the company's page to ours, chosen again, paid; then back once more, and the old page sent again."""
    choose(page, asked, "vnpay")
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    page.go_back()
    page.goto(f"/payments/{asked}/")
    page.locator("a[href^=http], button[name=gateway][value=vnpay]").first.click()
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    page.locator("button[value=pay]").click()
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    page.go_back()
    if page.locator("button[value=pay]").count():
        page.locator("button[value=pay]").click()
    page.goto(f"/payments/{asked}/")
    expect(page.locator("payment-watch[data-status=captured]")).to_be_visible()
    assert len(came(house, asked)) == 1


def test_pressed_twice_on_two_devices_at_two_companies_is_one_charge(
    house: House, page: Page, tablet: Page, asked: str
) -> None:
    """The tablet changes the way while the phone stands at the first company: that page is closed there."""
    choose(page, asked, "momo")
    expect(page.get_by_text("Không có tiền thật")).to_be_visible()
    choose(tablet, asked, "zalopay")
    expect(tablet.get_by_text("Không có tiền thật")).to_be_visible()
    tablet.locator("button[value=pay]").click()
    expect(tablet.locator("payment-watch[data-status=captured]")).to_be_visible()
    if page.locator("button[value=pay]").count():
        page.locator("button[value=pay]").click()
    page.goto(f"/payments/{asked}/")
    page.wait_for_timeout(1_500)
    kept = [amount for status, amount in tries(house, asked) if status == "captured"]
    assert len(kept) == 1


def test_a_transfer_when_the_time_was_over_is_told_and_goes_back(house: House, page: Page, asked: str) -> None:
    """The hold ran out while she typed in her bank's app: the page says what happens to her money."""
    choose(page, asked, "vietqr")
    expect(page.locator("figure img")).to_be_visible()
    link = httpx.URL(page.locator("a[href*='qr=']").first.get_attribute("href") or "")
    with databases.connect(house.database) as rows:  # a quarter of an hour passes
        for table, column in (("payments_payment", "expires_at"), ("booking_appointment", "hold_expires_at")):
            key = "id" if table == "payments_payment" else "id::text"
            wanted = (
                asked
                if table == "payments_payment"
                else rows.execute(
                    "SELECT split_part(subject, ':', 2) FROM payments_payment WHERE id = %s", [asked]
                ).fetchone()[0]
            )  # type: ignore[index]
            rows.execute(f"UPDATE {table} SET {column} = now() - interval '20 minutes' WHERE {key} = %s", [wanted])
    with httpx.Client(base_url=f"{link.scheme}://{link.netloc.decode()}", timeout=20, trust_env=False) as bank:
        bank.post("/_sandbox/transfer", json={"qr": link.params["qr"], "hook": link.params["hook"], "way": "pay"})
    expect(page.get_by_role("heading", level=1)).to_have_text("Tiền sẽ được trả lại bạn", timeout=30_000)
    expect(page.locator("main")).to_contain_text("hết hạn thanh toán")
    keep(page, "slip-2-too-late")
    assert came(house, asked) == promised_back(house, asked)
