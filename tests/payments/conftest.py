"""A payment of ana's for 150.000 ₫ at the hospital, the sandbox's wire led through a test client, and what was told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections
from django.test import Client

from core.actor import Actor
from core.ids import new_id
from core.money import Money
from core.refs import Ref
from identity.models import Facility, Person
from payments import actions
from payments.models import GatewayAccount, Payment
from tests import make
from tests.payments import stripe_stage
from tests.payments.holding import CARDS, GATEWAYS, WALLET, Company
from tests.payments.stripe_stage import There

HOUSE = Actor.system("payments")


@pytest.fixture(autouse=True)
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The events told, by name; journeys do not react here."""
    names: list[str] = []

    def no_reactions(path: str) -> list[str]:
        names.append(path.rpartition(".")[2])
        return []

    monkeypatch.setattr("core.events.reactions_to", no_reactions)
    return names


@pytest.fixture(autouse=True)
def wire(settings: Any) -> None:
    """The sandbox's webhooks come in through the real door of this process."""
    settings.PAYMENT_GATEWAYS = {
        "sandbox": "payments.gateways.sandbox.Sandbox",
        "cash": "payments.gateways.cash.Cash",
    }
    settings.SANDBOX_WEBHOOK_SECRET = "a secret of the tests"
    settings.SANDBOX_TRANSPORT = "tests.payments.conftest.over_test_client"


def over_test_client(path: str, raw: bytes, headers: dict[str, str]) -> int:
    return Client().post(path, raw, content_type=headers["Content-Type"], headers=headers).status_code


@pytest.fixture
def now() -> datetime:
    """The sandbox signs by the real clock, so these tests live now."""
    from django.utils import timezone

    return timezone.now()


@pytest.fixture
def open_payment(ana: Person, hospital: Facility, now: datetime) -> Callable[..., Payment]:
    def make(**values: Any) -> Payment:
        wish = {
            "subject": Ref("thing", new_id()),
            "price": Money.vnd(150_000),
            "payer_id": ana.id,
            "facility_id": hospital.id,
            "description": "Khám từ xa",
            "expires_at": now + timedelta(minutes=10),
            "by": HOUSE,
            "now": now,
        }
        return actions.open_payment(**{**wish, **values})

    return make


@pytest.fixture
def payment(open_payment: Callable[..., Payment]) -> Payment:
    """Asked for, nobody has paid."""
    return open_payment()


@pytest.fixture
def pending(payment: Payment, now: datetime) -> Payment:
    """Ana stands at the sandbox's page."""
    return actions.start_payment(payment_id=payment.id, gateway="sandbox", by=HOUSE, now=now)


@pytest.fixture
def paid(pending: Payment, now: datetime) -> Payment:
    """Paid at the sandbox, and recorded."""
    from payments.gateways.sandbox import bank

    bank.pay(pending.gateway_reference, now=now)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    return again(pending)


@pytest.fixture
def companies(hospital: Facility, now: datetime, settings: Any) -> tuple[Company, Company]:
    """The hospital can also be paid by card and by wallet: the companies' own books, in their order."""
    settings.PAYMENT_GATEWAYS = GATEWAYS
    for company in (CARDS, WALLET):
        company.reset()
        enter(hospital, company.code, now=now)
    return CARDS, WALLET


def enter(facility: Facility, gateway: str, *, now: datetime, secret: str = "", merchant: str = "") -> GatewayAccount:
    """An account of the facility's, as its desk enters it."""
    return actions.enter_account(
        facility_id=facility.id,
        gateway=gateway,
        merchant=merchant or f"m-{facility.code}",
        credentials={"secret": secret or f"key of {facility.code}"},
        by=HOUSE,
        now=now,
    )


def at_once(works: list[Callable[[], Any]]) -> list[Any]:
    """Do all of it at one moment, each in a thread of its own; give what each returned or raised."""
    together, ends = threading.Barrier(len(works)), dict[int, Any]()

    def live(number: int) -> None:
        try:
            together.wait()
            ends[number] = works[number]()
        except BaseException as error:
            ends[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=live, args=(number,)) for number in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ends[number] for number in range(len(works))]


def again(payment: Payment) -> Payment:
    """The row as it is now."""
    return Payment.objects.get(id=payment.id)


def subject_of(payment: Payment) -> UUID:
    return Ref.parse(payment.subject).id


@pytest.fixture(scope="session")
def stripe_process() -> Iterator[There]:
    """The pretended Stripe, a process of its own."""
    running = There()
    yield running
    running.stop()


@pytest.fixture
def there(stripe_process: There) -> There:
    """Its books are empty and it answers as it should."""
    stripe_process.ask("reset")
    return stripe_process


@pytest.fixture
def account(there: There, hospital: Facility, settings: Any) -> GatewayAccount:
    """The hospital is paid through Stripe, too."""
    settings.PAYMENT_GATEWAYS = {**settings.PAYMENT_GATEWAYS, "stripe": "payments.gateways.stripe.Stripe"}
    settings.STRIPE_URL = there.url
    return _account(hospital, stripe_stage.KEY, stripe_stage.HOOK_SECRET)


@pytest.fixture
def elsewhere(account: GatewayAccount) -> GatewayAccount:
    """Another hospital with an account of its own."""
    return _account(make.make_facility(name="Phòng khám Hòa Bình"), stripe_stage.OTHER_KEY, "whsec_elsewhere")


def _account(facility: Facility, key: str, secret: str) -> GatewayAccount:
    account = GatewayAccount(facility=facility, gateway="stripe", merchant=f"acct_{key[-8:]}")
    account.seal({"secret_key": key, "webhook_secret": secret})
    account.save()
    return account
