"""Ana at Stripe's page, with her money paid or held there; the other side is the pretended one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from payments import actions
from payments.models import Payment
from tests.payments.conftest import HOUSE, again
from tests.payments.stripe_stage import There


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("stripe._http_client.HTTPClient._sleep_time_seconds", lambda *args: 0.01)


@pytest.fixture
def pending(payment: Payment, now: datetime) -> Payment:
    """Ana stands at Stripe's page."""
    return actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)


@pytest.fixture
def paid(pending: Payment, there: There, now: datetime) -> Payment:
    """Paid at Stripe, and recorded."""
    there.act("pay", pending.gateway_reference)
    actions.ask_gateway(payment_id=pending.id, by=HOUSE, now=now)
    return again(pending)


@pytest.fixture
def held(open_payment: Callable[..., Payment], there: There, now: datetime) -> Payment:
    """Held on ana's card until her visit tomorrow is done."""
    payment = open_payment(capture_by=now + timedelta(days=1))
    payment = actions.start_payment(payment_id=payment.id, gateway="stripe", by=HOUSE, now=now)
    there.act("pay", payment.gateway_reference)
    actions.ask_gateway(payment_id=payment.id, by=HOUSE, now=now)
    return again(payment)
