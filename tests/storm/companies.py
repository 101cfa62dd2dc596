"""Payment companies for the storm of calls: each makes payments of all ends, writes calls about them, and has books of its own."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

PRICE = 150_000
STALE_BY = timedelta(minutes=10)
# How payments stand at the company when the storm begins, of a hundred; "twice": an older try of the same thing is paid, too.
ENDS = {"paid": 62, "declined": 12, "open": 8, "closed, then paid": 8, "twice": 10}
Books = dict[str, tuple[int, int]]  # reference: taken, sent back


@dataclass(frozen=True)
class Call:
    """One call. "honest" and "repeated" are signed rightly and now; "forged" with another key; "stale" long ago."""

    kind: str
    reference: str
    event: str

    @property
    def is_honest(self) -> bool:
        return self.kind in {"honest", "repeated"}


class Company(Protocol):
    """What the storm asks of a company."""

    gateway: str

    def prepare(self, count: int, chance: random.Random) -> list[str]:
        """Make so many payments that wait here and have ended there; return their references."""

    def write(self, call: Call) -> tuple[str, bytes, dict[str, str]]:
        """Return path, body and headers of a call, signed at this instant."""

    def books(self) -> Books:
        """Return what the company has taken and sent back."""


@contextmanager
def company_called(name: str) -> Iterator[Company]:
    """Have a company by its name: "sandbox" or "stripe"."""
    with {"sandbox": _sandbox, "stripe": _stripe}[name]() as company:
        yield company


def begun(count: int, gateway: str, chance: random.Random, *, ends: dict[str, int] = ENDS) -> Iterator[tuple[str, Any]]:
    """Open payments some minutes ago and go to the gateway; give each with how it is to end there."""
    from django.utils import timezone

    from core.actor import Actor
    from core.ids import new_id
    from core.money import Money
    from core.refs import Ref
    from payments import actions
    from payments.models import Payment
    from tests import make

    by, then = Actor.system("storm"), timezone.now() - timedelta(minutes=5)
    hospital, ana = _hospital(), make.make_person()
    for end in chance.choices(list(ends), list(ends.values()), k=count):
        subject = Ref("thing", new_id())

        def go(subject: Ref = subject) -> Payment:
            asked = actions.open_payment(
                subject=subject,
                price=Money.vnd(PRICE),
                payer_id=ana.pk,
                facility_id=hospital.pk,
                description="Khám từ xa",
                expires_at=then + timedelta(hours=12),
                by=by,
                now=then,
            )
            return actions.start_payment(payment_id=asked.id, gateway=gateway, by=by, now=then)

        payment = go()
        if end in {"closed, then paid", "twice"}:
            actions.cancel_payment(subject=subject, by=by, now=then)
        yield "paid" if end in {"closed, then paid", "twice"} else end, payment
        if end == "twice":
            yield "paid", go()


def _hospital() -> Any:
    from identity.models import Facility
    from tests import make

    return Facility.objects.filter(kind="hospital").first() or make.make_facility()


def _moment(call: Call) -> datetime:
    from django.utils import timezone

    return timezone.now() - (STALE_BY if call.kind == "stale" else timedelta(0))


class Sandbox:
    """The pretended bank within the app: its tables are its books."""

    gateway = "sandbox"

    def prepare(self, count: int, chance: random.Random) -> list[str]:
        from django.utils import timezone

        from payments.models import Charge

        references, paid, declined = list[str](), list[str](), list[str]()
        for end, payment in begun(count, self.gateway, chance):
            references.append(payment.gateway_reference)
            {"paid": paid, "declined": declined}.get(end, []).append(payment.gateway_reference)
        Charge.objects.filter(reference__in=paid).update(status="paid", paid_at=timezone.now())
        Charge.objects.filter(reference__in=declined).update(status="declined")
        return references

    def write(self, call: Call) -> tuple[str, bytes, dict[str, str]]:
        from django.conf import settings

        from payments.gateways import signature

        body = {"id": call.event, "type": "charge.paid", "data": {"reference": call.reference}}
        raw, secret = json.dumps(body).encode(), settings.SANDBOX_WEBHOOK_SECRET
        key = "guessed" if call.kind == "forged" else secret
        header = signature.sign(key, raw, at=int(_moment(call).timestamp()))
        return "/hooks/sandbox/", raw, {"Sandbox-Signature": header}

    def books(self) -> Books:
        from payments.models import Charge

        rows = Charge.objects.filter(status="paid").values_list("reference", "amount", "refunded_amount")
        return {reference: (amount, back) for reference, amount, back in rows}


@contextmanager
def _sandbox() -> Iterator[Company]:
    yield Sandbox()


class Stripe:
    """The look-alike of Stripe, a process of its own, asked through the official library."""

    gateway = "stripe"

    def __init__(self, there: Any) -> None:
        from django.utils import timezone

        from core.actor import Actor
        from payments import actions
        from tests.payments.stripe_stage import HOOK_SECRET, KEY

        self.there, self.secret = there, HOOK_SECRET
        self.account = actions.enter_account(
            facility_id=_hospital().pk,
            gateway="stripe",
            merchant="acct_storm",
            credentials={"secret_key": KEY, "webhook_secret": HOOK_SECRET},
            by=Actor.system("storm"),
            now=timezone.now(),
        )

    def prepare(self, count: int, chance: random.Random) -> list[str]:
        references = []
        for end, payment in begun(count, self.gateway, chance):
            references.append(payment.gateway_reference)
            if end == "paid":
                self.there.act("pay", payment.gateway_reference)
            elif end == "declined":
                self.there.act("cancel", payment.gateway_reference)
        return references

    def write(self, call: Call) -> tuple[str, bytes, dict[str, str]]:
        from payments.gateways import signature

        about = {"object": "checkout.session", "id": call.reference}
        body = {"id": call.event, "object": "event", "type": "checkout.session.completed", "data": {"object": about}}
        raw, key = json.dumps(body).encode(), "whsec_guessed" if call.kind == "forged" else self.secret
        header = signature.sign(key, raw, at=int(_moment(call).timestamp()))  # the same scheme as Stripe's
        return f"/hooks/stripe/{self.account.pk}/", raw, {"Stripe-Signature": header}

    def books(self) -> Books:
        client, found = self.there.client(), Books()
        rows = client.v1.checkout.sessions.list({"limit": 100, "expand": ["data.payment_intent.latest_charge"]})
        for session in rows.auto_paging_iter():
            charge = session.payment_intent.latest_charge if session.payment_intent else None
            if charge is not None and charge.paid and charge.captured:
                found[session.id] = (charge.amount_captured, charge.amount_refunded)
        return found


@contextmanager
def _stripe() -> Iterator[Company]:
    from django.conf import settings

    from tests.payments.stripe_stage import There

    there = There()
    try:
        settings.STRIPE_URL = there.url
        settings.PAYMENT_GATEWAYS = {**settings.PAYMENT_GATEWAYS, "stripe": "payments.gateways.stripe.Stripe"}
        yield Stripe(there)
    finally:
        there.stop()
