"""Gateways: who moves the money. Each is one class in settings.PAYMENT_GATEWAYS and keeps the promises of `Gateway` below.

A gateway is never called inside a transaction of ours: it may take a minute, or answer after we have died. It knows no rows
of ours: it is told whose account speaks (`Account`) and which payment is meant (`Asked`), and it answers in plain values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.module_loading import import_string

from core.money import Money
from payments.errors import UnknownGateway

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@dataclass(frozen=True)
class Field:
    """One thing a facility enters to have an account with a gateway. Secret ones are never shown again."""

    name: str
    label: Any  # words, translated when shown
    is_secret: bool = False
    is_optional: bool = False


@dataclass(frozen=True)
class Account:
    """A facility's own contract with a gateway: the money goes straight to it. Without an id: the gateway needs none."""

    facility_id: UUID
    id: UUID | None = None
    merchant: str = ""  # the public name the gateway knows it by: terminal, partner code, bank account
    credentials: Mapping[str, str] = field(default_factory=dict)  # by the names of the gateway's `fields`


@dataclass(frozen=True)
class Wanted:
    """What a gateway is asked to collect. `payment_id` is the key that makes a repeated wish the same wish.

    `code` is the payment's name for people, memos and gateways that want one of ours: capital letters and digits, ≤ 16.
    """

    payment_id: UUID
    code: str
    price: Money
    payee: str
    description: str
    return_url: str  # whole addresses: where the payer comes back to, and where the gateway calls us
    hook_url: str
    expires_at: datetime
    now: datetime
    language: str = "vi"
    payer_address: str = "127.0.0.1"  # IP; some gateways ask for it
    hold: bool = False  # only reserve the money, if the gateway can: capture() or void() follows


@dataclass(frozen=True)
class Redirect:
    """Where the payer goes, and the gateway's name for it. Without an address, `qr` is shown on our own page."""

    url: str
    reference: str
    deep_link: str = ""  # opens the payer's app on the same phone
    qr: str = ""  # what the QR code says, for another phone


@dataclass(frozen=True)
class Asked:
    """Which payment is meant when we speak to its gateway again."""

    payment_id: UUID
    code: str
    reference: str
    transaction: str  # the gateway's number of the money's movement, from an earlier Truth; may be empty
    price: Money
    begun_at: datetime
    now: datetime


@dataclass(frozen=True)
class Truth:
    """What the gateway says when asked: how it stands, how much, and its number of the movement.

    "waiting" · "authorised" (reserved, not taken) · "paid" · "declined" · "review" (taken, but the gateway itself has
    doubts: a person decides). `fee` is what the gateway keeps of it, in the same currency. `reason` is the gateway's own code
    for why it said no or doubts; why() has words for it.
    """

    status: str
    amount: int
    currency: str
    transaction: str = ""
    fee: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Call:
    """A gateway's call to us, exactly as it came."""

    method: str
    query: str  # raw, undecoded
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Told:
    """What a call with a right signature says: which event, about which reference. Trusted for no more than "look there".

    `claimed` is the amount the call names, for gateways that want to hear at once when it is not what we asked for. `reason`
    is its code for why it says no; only words are made of it.
    """

    event_id: str
    reference: str
    claimed: Money | None = None
    about: str = "payment"  # or "dispute": what the reference names
    reason: str = ""


@dataclass(frozen=True)
class Standing:
    """How a believed call meets our books, for gateways that want an answer in their own words."""

    is_known: bool  # there is a payment with this reference
    is_final: bool = False  # paid or given back already
    is_late: bool = False  # it was closed unpaid
    fits: bool = True  # the claimed amount is the one we asked for
    is_new: bool = True  # the call itself had not come before


@dataclass(frozen=True)
class Reply:
    """What we answer to a call."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"


@dataclass(frozen=True)
class Movement:
    """One line of a gateway's statement: money that came ("capture"), went back ("refund"), was taken ("dispute", "fee") or
    came back after a dispute ("dispute_won")."""

    kind: str
    reference: str  # the payment's, as in Redirect
    transaction: str  # unique at the gateway
    money: Money  # positive; the kind says the direction
    at: datetime
    fee: int = 0


@dataclass(frozen=True)
class DisputeTruth:
    """What the gateway says of a dispute: "needs_response" · "under_review" · "won" · "lost".

    `is_taken`: the money has been taken from the facility until it is decided; a mere question of the bank takes none.
    """

    reference: str
    payment_id: UUID | None  # ours, as we told the gateway when we began
    money: Money
    reason: str
    status: str
    is_taken: bool
    opened_at: datetime
    fee: int = 0  # for the dispute itself
    answer_by: datetime | None = None


@dataclass(frozen=True)
class Came:
    """Money that came to a bank account: one line of a statement, or of a notice.

    `number` is the bank's own of the movement; it may be empty. `line` counts in the file.
    """

    amount: int  # dong
    at: datetime
    memo: str
    number: str = ""
    counter_account: str = ""
    counter_name: str = ""
    line: int = 0


class Gateway(Protocol):
    """The promises. Each that asks the network may raise GatewayUnavailable; then asking again with the same key is right."""

    code: str
    name: Any  # words
    fields: tuple[Field, ...]  # empty: needs no account
    asks_merchant: bool  # False: the account's public name is made of its fields
    methods: tuple[str, ...]  # of its calls to us
    icon: str  # one of web's
    hint: Any  # one line under the name, for payers; may be empty
    can_hold: bool
    keeps_lines: bool  # True: what comes is in our books before anybody knows whose it is (bank transfers)
    is_offered: bool  # False: nothing payers choose on their page
    can_refund: bool  # False: money goes back by hand
    tells_disputes: bool  # it can be asked about a dispute: dispute()

    def named(self, merchant: str, credentials: Mapping[str, str]) -> str:
        """Return the public name of an account as it was entered. Raises AccountIncomplete for what cannot be one."""

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        """Ask for a way to pay; the same payment_id gives the same one."""

    def ask(self, account: Account, asked: Asked) -> Truth:
        """Ask how a payment stands."""

    def why(self, reason: str) -> Any:
        """Return what a payer is told about a Truth's reason: one sentence, with what happened to the money; may be empty."""

    def capture(self, account: Account, asked: Asked, *, money: Money) -> Truth:
        """Take reserved money, all or a part; the rest is let go. Repeatable."""

    def void(self, account: Account, asked: Asked) -> None:
        """Let reserved money go, or stop a payment that waits. Repeatable; nothing to stop is no error."""

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        """Send money back; the same key sends it once. Returns the gateway's reference. Raises RefundRefused."""

    def merchant_of(self, call: Call) -> str:
        """Read whose account a call is for, unverified; empty when it does not say. Used only to find the key to verify with."""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        """Read a call. Raises BadSignature or BadNotice."""

    def reply(self, standing: Standing) -> Reply:
        """Answer a believed call in the gateway's own words."""

    def refuse(self, code: str) -> Reply | None:
        """Answer a call we do not believe or cannot keep: "bad_signature" (also for an account we do not have), "bad_notice",
        "body_too_large", "error" (ours: it is to call again). None: ours."""

    def dispute(self, account: Account, reference: str) -> DisputeTruth:
        """Ask how a dispute stands. Called only where `tells_disputes`."""

    def came(self, raw: bytes) -> Sequence[Came]:
        """Read from a believed call the money it says came, for gateways whose word is the only one there is (a bank's)."""

    def movements(self, account: Account, day: date) -> Iterable[Movement]:
        """Read the gateway's own books of one day (Vietnam's calendar). Raises NoStatement when it has none to ask for."""


class Basics:
    """What most gateways answer alike; a gateway overrides what it does otherwise."""

    fields: tuple[Field, ...] = ()
    asks_merchant = True
    methods: tuple[str, ...] = ("POST",)
    icon = "wallet"
    hint: Any = ""
    is_offered = True
    keeps_lines = False
    can_hold = False
    can_refund = True
    tells_disputes = False

    def why(self, reason: str) -> Any:
        return ""

    def named(self, merchant: str, credentials: Mapping[str, str]) -> str:
        return merchant

    def capture(self, account: Account, asked: Asked, *, money: Money) -> Truth:
        raise NotImplementedError  # never called: can_hold is False

    def void(self, account: Account, asked: Asked) -> None:
        """Most pages end by themselves when their time is over."""

    def merchant_of(self, call: Call) -> str:
        return ""

    def reply(self, standing: Standing) -> Reply:
        return Reply(200, b'{"received":true}')

    def refuse(self, code: str) -> Reply | None:
        return None

    def dispute(self, account: Account, reference: str) -> DisputeTruth:
        raise NotImplementedError  # never called: tells_disputes is False

    def came(self, raw: bytes) -> Sequence[Came]:
        return ()

    def movements(self, account: Account, day: date) -> Iterable[Movement]:
        raise NoStatement


class NoStatement(Exception):
    """This gateway cannot be asked for its books: they are imported as a file."""


def day_of(day: date) -> tuple[datetime, datetime]:
    """Return the instants at which a day of Vietnam's calendar begins and ends."""
    begins = datetime.combine(day, time(0), tzinfo=ZONE)
    return begins, begins + timedelta(days=1)


def codes() -> list[str]:
    """Return the gateways this house knows, the usual one first."""
    return list(settings.PAYMENT_GATEWAYS)


def get(code: str) -> Gateway:
    """Return a gateway by its code. Raises UnknownGateway."""
    if code not in settings.PAYMENT_GATEWAYS:
        raise UnknownGateway()
    return _load(settings.PAYMENT_GATEWAYS[code])


@lru_cache
def _load(path: str) -> Gateway:
    return import_string(path)()
