"""One wallet after the other: its sandbox runs, the hospital is paid by it, and ana has begun to pay."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from identity.models import Facility
from payments import actions
from payments.models import GatewayAccount, Payment
from tests.payments.conftest import HOUSE, again
from tests.payments.wallets import GATEWAYS, Wallet, running


@pytest.fixture(params=tuple(GATEWAYS))
def wallet(request: Any, settings: Any) -> Iterator[Wallet]:
    with running(request.param) as one:
        settings.PAYMENT_GATEWAYS = GATEWAYS
        settings.PAYMENT_TIMEOUT_S = 5
        settings.PUBLIC_URL = "http://127.0.0.1:9"  # nobody is there: what the sandbox sends by itself is lost
        for name, value in one.addresses().items():
            setattr(settings, name, value)
        yield one


@pytest.fixture
def account(wallet: Wallet, hospital: Facility) -> GatewayAccount:
    row = GatewayAccount(facility=hospital, gateway=wallet.code, merchant=wallet.merchant)
    row.seal(wallet.bank.keys(wallet.merchant))
    row.save()
    return row


@pytest.fixture
def begun(wallet: Wallet, account: GatewayAccount, payment: Payment, now: datetime) -> Payment:
    """Ana has the address of the gateway's page, and has opened it."""
    started = actions.start_payment(payment_id=payment.id, gateway=wallet.code, by=HOUSE, now=now)
    wallet.open(started)
    return started


@pytest.fixture
def quiet(begun: Payment, wallet: Wallet) -> Payment:
    """Paid there, and the gateway's own notice is not on its way: the tests carry it."""
    wallet.press(begun, "never")
    return begun


@pytest.fixture
def paid(quiet: Payment, now: datetime) -> Payment:
    """Paid there, and recorded."""
    actions.look_into(payment_id=quiet.id, by=HOUSE, now=now)
    return again(quiet)
