"""The sandbox: a pretended bank with its own books, its own page, and webhooks that really travel. For demos and tests.

It plays the other side honestly: what it says when asked comes from its own table, never from ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from core.money import Money
from payments.errors import BadNotice
from payments.gateways import Account, Asked, Basics, Call, Movement, Redirect, Told, Truth, Wanted, day_of, signature
from payments.gateways.sandbox import bank

SIGNATURE_HEADER = "Sandbox-Signature"
NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}", re.ASCII)


class Sandbox(Basics):
    """Our side of the wire to the pretended bank."""

    code = "sandbox"
    name = _("Sandbox bank")

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        charge = bank.open_charge(
            merchant_key=str(wanted.payment_id),
            merchant=str(account.facility_id),
            money=wanted.price,
            payee=wanted.payee,
            description=wanted.description,
            return_path=urlsplit(wanted.return_url).path,
            expires_at=wanted.expires_at,
        )
        return Redirect(url=reverse("payments_sandbox_pay", args=[charge.reference]), reference=charge.reference)

    def ask(self, account: Account, asked: Asked) -> Truth:
        charge = bank.find(asked.reference)
        if charge is None:
            return Truth("waiting", 0, "VND")
        status = {"paid": "paid", "declined": "declined"}.get(charge.status, "waiting")
        return Truth(status, charge.amount, charge.currency, transaction=charge.reference)

    def void(self, account: Account, asked: Asked) -> None:
        bank.close(asked.reference)

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        return bank.send_back(asked.reference, merchant_key=str(key), money=money)

    def movements(self, account: Account, day: date) -> Iterator[Movement]:
        for kind, reference, number, money, at in bank.statement(str(account.facility_id), *day_of(day)):
            yield Movement(kind=kind, reference=reference, transaction=number, money=money, at=at)

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        secrets = [settings.SANDBOX_WEBHOOK_SECRET]
        signature.verify(secrets, call.headers.get(SIGNATURE_HEADER, ""), call.body, now=int(now.timestamp()))
        try:
            body = json.loads(call.body)
            event_id, reference = body["id"], body["data"]["reference"]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise BadNotice() from error
        if not all(isinstance(text, str) and NAME.fullmatch(text) for text in (event_id, reference)):
            raise BadNotice()
        return Told(event_id=event_id, reference=reference)
