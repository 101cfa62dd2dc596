"""Gateways: who moves the money. Each is one class in settings.PAYMENT_GATEWAYS and keeps the four promises below.

A gateway is never called inside a transaction of ours: it may take a minute, or answer after we have died.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

from core.money import Money
from payments.errors import UnknownGateway


@dataclass(frozen=True)
class Wanted:
    """What a gateway is asked to collect. `payment_id` is the key that makes a repeated wish the same wish."""

    payment_id: UUID
    price: Money
    payee: str
    description: str
    return_path: str
    expires_at: datetime


@dataclass(frozen=True)
class Redirect:
    """Where the payer goes, and the gateway's name for it."""

    url: str
    reference: str


@dataclass(frozen=True)
class Truth:
    """What the gateway says when asked: "waiting", "paid" or "declined", and how much."""

    status: str
    amount: int
    currency: str


@dataclass(frozen=True)
class Told:
    """What a webhook with a right signature says: which event, about which reference. Never trusted for more."""

    event_id: str
    reference: str


class Gateway(Protocol):
    """The four promises. Each may raise GatewayUnavailable; then asking again is right."""

    code: str

    def begin(self, wanted: Wanted) -> Redirect:
        """Ask for a page to pay on; the same payment_id gives the same page."""

    def ask(self, reference: str) -> Truth:
        """Ask how a payment stands."""

    def refund(self, reference: str, *, key: UUID, money: Money) -> str:
        """Send money back; the same key sends it once. Returns the gateway's reference. Raises RefundRefused."""

    def verify(self, headers: Mapping[str, str], raw: bytes, *, now: datetime) -> Told:
        """Read a webhook. Raises BadSignature or BadNotice."""


def codes() -> list[str]:
    """Return the gateways one may pay through, the usual one first."""
    return list(settings.PAYMENT_GATEWAYS)


def get(code: str) -> Gateway:
    """Return a gateway by its code. Raises UnknownGateway."""
    if code not in settings.PAYMENT_GATEWAYS:
        raise UnknownGateway()
    return _load(settings.PAYMENT_GATEWAYS[code])


@lru_cache
def _load(path: str) -> Gateway:
    return import_string(path)()
