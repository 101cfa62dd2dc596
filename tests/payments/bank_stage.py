"""The hospital's bank account, ana's payment by VietQR, and a bank that tells of transfers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from identity.models import Facility, Membership
from payments import actions, gateways
from payments.gateways import signature, vietqr
from payments.models import GatewayAccount, Payment
from tests import make
from tests.payments.conftest import HOUSE

SECRET, KEY = "bí mật của ngân hàng", "khóa ký thông báo"
HANOI = vietqr.ZONE


@pytest.fixture(autouse=True)
def offered(settings: Any, wire: None) -> None:
    """Both ways to pay are offered."""
    settings.PAYMENT_GATEWAYS = {
        "sandbox": "payments.gateways.sandbox.Sandbox",
        "vietqr": "payments.gateways.vietqr.VietQR",
    }


def enter(desk: Membership, now: datetime, **values: str) -> GatewayAccount:
    said = {"bank": "BIDV", "account": "12010000123456", "holder": "BENH VIEN SONG HONG", "secret": SECRET}
    return actions.enter_account(
        facility_id=facility_of(desk).id,
        gateway="vietqr",
        merchant="",
        credentials={**said, "hook_key": "", **values},
        by=make.actor_for(desk),
        now=now,
    )


@pytest.fixture
def account(dan: Membership, now: datetime) -> GatewayAccount:
    return enter(dan, now)


@pytest.fixture
def elsewhere() -> Membership:
    """The desk of another hospital."""
    return make.make_desk(facility=make.make_facility(name="Bệnh viện Đa khoa Hương Sen"), full_name="Vũ Thị Duyên")


@pytest.fixture
def waiting(account: GatewayAccount, payment: Payment, now: datetime) -> Payment:
    """Ana sees the QR code."""
    return actions.start_payment(payment_id=payment.id, gateway="vietqr", by=HOUSE, now=now)


def notice(
    payment: Payment | None, now: datetime, *, number: str = "FT1", secret: str = SECRET, **values: Any
) -> dict[str, Any]:
    """What BIDV sends about a transfer, its checksum right."""
    fields = {
        "code": "00",
        "msgType": "1",
        "txnId": number,
        "qrTrace": payment.code if payment else "",
        "bankCode": "BIDV",
        "mobile": "",
        "accountNo": "12010000123456",
        "amount": str(payment.amount if payment else 150_000),
        "payDate": now.astimezone(HANOI).strftime("%Y%m%d%H%M%S"),
        "merchantCode": "LANH",
        **values,
    }
    return {
        **fields,
        "checksum": vietqr.checksum(fields, secret),
        **{k: v for k, v in values.items() if k == "checksum"},
    }


def tell(fields: dict[str, Any] | bytes, *, path: str = "bank", headers: dict[str, str] | None = None) -> Any:
    raw = fields if isinstance(fields, bytes) else json.dumps(fields).encode()
    return Client().post(f"/hooks/{path}/", raw, content_type="application/json", headers=headers or {})


def tell_signed(fields: dict[str, Any], *, at: datetime, key: str = KEY) -> Any:
    raw = json.dumps({name: value for name, value in fields.items() if name != "checksum"}).encode()
    return tell(raw, headers={vietqr.SIGNATURE_HEADER: signature.sign(key, raw, at=int(at.timestamp()))})


def facility_of(membership: Membership) -> Facility:
    assert membership.facility is not None
    return membership.facility


Tell = Callable[..., Any]


def money_that_came(facility: Facility, now: datetime) -> dict[str, str]:
    """A transfer that belongs to nobody yet and a statement being read, at a facility's account; returns their ids."""
    desk = make.make_desk(facility=facility, full_name="Lý Thị Hoa")
    held = enter(desk, now)
    came = gateways.Came(amount=70_000, at=now, memo="chuyen tien kham", number="FT1")
    line = actions.take_line(account=held, came=came, source="hook", by=HOUSE, now=now).line
    statement = actions.hand_in_statement(file_name="sk.csv", content=b"x", by=make.actor_for(desk), now=now)
    return {"bank_line": str(line.id), "bank_statement": str(statement.id)}
