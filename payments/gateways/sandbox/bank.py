"""The pretended bank's own verbs. It knows nothing of our payments: a merchant key, an amount, a page to return to."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta

import httpx
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils import timezone
from django.utils.module_loading import import_string

from core.money import Money
from core.tasks import later
from payments.errors import GatewayUnavailable, RefundRefused
from payments.gateways import signature
from payments.models import Charge, ChargeRefund, Notice

log = logging.getLogger("lanh.payments.sandbox")
LATE_BY = timedelta(seconds=5)
HOOK_PATH = "/hooks/sandbox/"


def find(reference: str) -> Charge | None:
    """Return a charge by its reference."""
    return Charge.objects.filter(reference=reference).first()


def open_charge(
    *,
    merchant_key: str,
    money: Money,
    payee: str,
    description: str,
    return_path: str,
    expires_at: datetime,
    merchant: str = "",
) -> Charge:
    """Open a charge, or return the one that was opened with this key."""
    values = {
        "reference": f"sb_{secrets.token_urlsafe(18)}",
        "amount": money.amount,
        "currency": money.currency,
        "payee": payee,
        "description": description,
        "return_path": return_path,
        "expires_at": expires_at,
        "merchant": merchant,
    }
    charge, _ = Charge.objects.get_or_create(merchant_key=merchant_key, defaults=values)
    return charge


@transaction.atomic
def pay(reference: str, *, now: datetime) -> Charge:
    """Take the money now and owe the merchant a notice. A charge that is no longer open stays as it is."""
    charge = Charge.objects.select_for_update().get(reference=reference)
    if charge.status in {"open", "late"}:
        charge.status, charge.paid_at = Charge.Status.PAID, now
        charge.save(update_fields=["status", "paid_at"])
        _owe_notice(charge, "charge.paid", now)
    return charge


@transaction.atomic
def decline(reference: str, *, now: datetime) -> Charge:
    """Refuse the money and owe the merchant a notice."""
    charge = Charge.objects.select_for_update().get(reference=reference)
    if charge.status == "open":
        charge.status = Charge.Status.DECLINED
        charge.save(update_fields=["status"])
        _owe_notice(charge, "charge.declined", now)
    return charge


@transaction.atomic
def close(reference: str) -> None:
    """Take no money any more: the merchant wishes so. A charge that is paid or declined stays as it is."""
    Charge.objects.filter(reference=reference, status="open").update(status=Charge.Status.CLOSED)


@transaction.atomic
def pay_late(reference: str, *, now: datetime) -> Charge:
    """Promise to take the money only after the merchant's time has run out, as slow banks do."""
    charge = Charge.objects.select_for_update().get(reference=reference)
    if charge.status == "open":
        charge.status = Charge.Status.LATE
        charge.save(update_fields=["status"])
        at = max(charge.expires_at, now) + LATE_BY
        later("payments.tasks.sandbox_pay", at=at, reference=reference)
    return charge


def send_back(reference: str, *, merchant_key: str, money: Money) -> str:
    """Send money back once for each key. Raises RefundRefused when it is more than was paid."""
    try:
        with transaction.atomic():
            charge = Charge.objects.select_for_update().filter(reference=reference, status="paid").first()
            if charge is None or charge.currency != money.currency:
                raise RefundRefused()
            known = ChargeRefund.objects.filter(merchant_key=merchant_key).first()
            if known is not None:
                return f"sbr_{known.id.hex}"
            refund = ChargeRefund.objects.create(charge=charge, merchant_key=merchant_key, amount=money.amount)
            charge.refunded_amount = F("refunded_amount") + money.amount
            charge.save(update_fields=["refunded_amount"])
            return f"sbr_{refund.id.hex}"
    except IntegrityError as error:
        raise RefundRefused() from error


def statement(merchant: str, since: datetime, until: datetime) -> Iterator[tuple[str, str, str, Money, datetime]]:
    """Walk through what moved for a merchant in a time: kind, the charge's reference, the bank's number, how much, when."""
    paid = Charge.objects.filter(merchant=merchant, status=Charge.Status.PAID, paid_at__gte=since, paid_at__lt=until)
    for charge in paid.order_by("paid_at").iterator():
        if charge.paid_at is not None:
            yield "capture", charge.reference, charge.reference, Money(charge.amount, charge.currency), charge.paid_at
    sent = ChargeRefund.objects.filter(charge__merchant=merchant, created_at__gte=since, created_at__lt=until)
    for refund in sent.select_related("charge").order_by("created_at").iterator():
        money = Money(refund.amount, refund.charge.currency)
        yield "refund", refund.charge.reference, f"sbr_{refund.id.hex}", money, refund.created_at


def _owe_notice(charge: Charge, kind: str, now: datetime) -> None:
    event_id = f"evt_{secrets.token_hex(12)}"
    body = {"id": event_id, "type": kind, "created": int(now.timestamp()), "data": {"reference": charge.reference}}
    notice = Notice.objects.create(charge=charge, event_id=event_id, body=json.dumps(body))
    later("payments.tasks.sandbox_deliver", notice_id=str(notice.id))


def deliver(notice_id: str) -> None:
    """Send one notice to the merchant, signed at this instant. Raises GatewayUnavailable until it was taken."""
    notice = Notice.objects.get(id=notice_id)
    if notice.delivered_at is not None:
        return
    Notice.objects.filter(id=notice.id).update(tries=F("tries") + 1)
    raw = notice.body.encode()
    header = signature.sign(settings.SANDBOX_WEBHOOK_SECRET, raw, at=int(timezone.now().timestamp()))
    carry = import_string(getattr(settings, "SANDBOX_TRANSPORT", "payments.gateways.sandbox.bank.over_http"))
    status = carry(HOOK_PATH, raw, {"Sandbox-Signature": header, "Content-Type": "application/json"})
    if not 200 <= status < 300:
        log.warning("notice %s was not taken: %s", notice.event_id, status)
        raise GatewayUnavailable()
    Notice.objects.filter(id=notice.id).update(delivered_at=timezone.now())


def over_http(path: str, raw: bytes, headers: dict[str, str]) -> int:
    """Carry a notice over the real wire to our own public address; return the status. Raises GatewayUnavailable."""
    try:
        with httpx.Client(timeout=10, trust_env=False) as client:
            return client.post(settings.PUBLIC_URL + path, content=raw, headers=headers).status_code
    except httpx.HTTPError as error:
        raise GatewayUnavailable() from error
