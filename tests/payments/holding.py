"""Two stateful payment companies at the edge, in memory: one for cards, that can hold, and a wallet that cannot.

Each keeps its own books, counts what it takes, and fails on demand: before it acts, after it acted (the answer is lost), or
altogether. A facility needs an account with either. Register them by settings.PAYMENT_GATEWAYS.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from core.money import Money
from payments.errors import BadNotice, GatewayUnavailable, RefundRefused
from payments.gateways import (
    Account,
    Asked,
    Basics,
    Call,
    DisputeTruth,
    Field,
    Redirect,
    Told,
    Truth,
    Wanted,
    signature,
)

GATEWAYS = {
    "sandbox": "payments.gateways.sandbox.Sandbox",
    "holding": "tests.payments.holding.Cards",
    "wallet": "tests.payments.holding.Wallet",
}
Trouble = Literal["before", "after", ""]
HEADER = "Company-Signature"


@dataclass
class Disputed:
    """Money the payer asks back through their own bank: taken until it is decided."""

    reference: str
    amount: int
    opened_at: datetime
    status: str = "needs_response"


@dataclass
class Charge:
    """One wish of a merchant, as the company has it."""

    key: UUID
    reference: str
    money: Money
    merchant: str
    holds: bool
    status: str = "open"  # open, held, paid, declined, closed (nobody may pay any more), released
    taken: int = 0
    times_taken: int = 0
    refunds: dict[UUID, int] = field(default_factory=dict)
    disputed: Disputed | None = None

    @property
    def kept(self) -> int:
        """What the company has for the merchant."""
        gone = self.disputed.amount if self.disputed and self.disputed.status != "won" else 0
        return self.taken - sum(self.refunds.values()) - gone


class Company:
    """The other side of the wire: books, a payer's page, and moods."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.guard = threading.RLock()
        self.reset()

    def reset(self) -> None:
        """Begin with empty books and in a good mood."""
        self.charges: dict[str, Charge] = {}
        self.troubles: deque[Trouble] = deque()
        self.is_silent = False
        self.refuses_refunds = False
        self.calls: Counter[str] = Counter()

    def of(self, payment: Any) -> Charge:
        """Return the charge of a payment of ours, by the key it was opened with."""
        return next(one for one in self.charges.values() if one.key == payment.id)

    @property
    def kept(self) -> int:
        return sum(one.kept for one in self.charges.values())

    # -- the payer's page

    def pay(self, reference: str) -> bool:
        """The payer agrees. False: this cannot be paid (any more)."""
        with self.guard:
            charge = self.charges[reference]
            if charge.status not in {"open", "declined"}:
                return False
            if charge.holds:
                charge.status = "held"
            else:
                self._take(charge, charge.money.amount)
            return True

    def decline(self, reference: str) -> None:
        """The card has no money; the page stays open for another try."""
        if self.charges[reference].status == "open":
            self.charges[reference].status = "declined"

    def lapse(self, reference: str) -> None:
        """The card's own bank lets the reserved money go."""
        if self.charges[reference].status == "held":
            self.charges[reference].status = "released"

    def dispute(self, reference: str, *, at: datetime) -> Disputed | None:
        """The payer asks back, through their bank, all that is left of it. None: there is nothing to ask back."""
        charge = self.charges[reference]
        if charge.disputed is None and charge.kept > 0:
            charge.disputed = Disputed(f"dp_{charge.key.hex}", charge.kept, at)
            return charge.disputed
        return None

    def decide(self, reference: str, status: str) -> Disputed | None:
        """The bank decides for the merchant ("won") or the payer ("lost"). None: there is nothing to decide."""
        disputed = self.charges[reference].disputed
        if disputed is None or disputed.status in {"won", "lost"}:
            return None
        disputed.status = status
        return disputed

    def _take(self, charge: Charge, amount: int) -> None:
        charge.status, charge.taken, charge.times_taken = "paid", amount, charge.times_taken + 1

    # -- the merchant's side

    @contextmanager
    def answering(self, what: str) -> Iterator[None]:
        """One call over the wire: it may fail on the way there, or on the way back."""
        with self.guard:
            self.calls[what] += 1
            trouble = self.troubles.popleft() if self.troubles else ""
            if self.is_silent or trouble == "before":
                raise GatewayUnavailable()
            yield
            if trouble == "after":
                raise GatewayUnavailable()

    def event(self, reference: str, event_id: str, *, secret: str, at: datetime) -> tuple[bytes, dict[str, str]]:
        """Write a signed call: body and headers."""
        disputes = {one.disputed.reference: one for one in self.charges.values() if one.disputed}
        charge = self.charges.get(reference) or disputes.get(reference)
        body = {"id": event_id, "reference": reference, "merchant": charge.merchant if charge else ""}
        body["about"] = "dispute" if reference in disputes else "payment"
        raw = json.dumps(body).encode()
        return raw, {HEADER: signature.sign(secret, raw, at=int(at.timestamp()))}


CARDS, WALLET = Company("holding"), Company("wallet")


class Cards(Basics):
    """Our side of the wire to the company for cards."""

    code = "holding"
    name: Any = "Cards of the tests"
    fields = (Field("secret", "Secret", is_secret=True), Field("note", "Note", is_optional=True))
    can_hold = True
    tells_disputes = True
    company = CARDS

    def begin(self, account: Account, wanted: Wanted) -> Redirect:
        company = self.company
        with company.answering("begin"):
            reference = f"{self.code}_{wanted.payment_id.hex}"
            if reference not in company.charges:
                company.charges[reference] = Charge(
                    wanted.payment_id, reference, wanted.price, account.merchant, holds=wanted.hold
                )
            return Redirect(url=f"https://{self.code}.test/{reference}", reference=reference)

    def ask(self, account: Account, asked: Asked) -> Truth:
        with self.company.answering("ask"):
            charge = self._own(account, asked)
            said = {"open": "waiting", "held": "authorised", "paid": "paid"}.get(charge.status, "declined")
            amount = charge.taken if said == "paid" else charge.money.amount
            return Truth(said, amount, charge.money.currency, transaction=f"t_{charge.key.hex}")

    def capture(self, account: Account, asked: Asked, *, money: Money) -> Truth:
        with self.company.answering("capture"):
            charge = self._own(account, asked)
            if charge.status == "held":
                self.company._take(charge, money.amount)
            said = "paid" if charge.status == "paid" else "declined"
            return Truth(said, charge.taken, charge.money.currency, transaction=f"t_{charge.key.hex}")

    def void(self, account: Account, asked: Asked) -> None:
        with self.company.answering("void"):
            charge = self._own(account, asked)
            if charge.status == "held":
                charge.status = "released"
            elif charge.status in {"open", "declined"}:
                charge.status = "closed"

    def refund(self, account: Account, asked: Asked, *, key: UUID, money: Money, reason: str) -> str:
        with self.company.answering("refund"):
            charge = self._own(account, asked)
            if key not in charge.refunds:
                if self.company.refuses_refunds or money.amount > charge.kept:
                    raise RefundRefused()
                charge.refunds[key] = money.amount
            return f"r_{key.hex}"

    def dispute(self, account: Account, reference: str) -> DisputeTruth:
        with self.company.answering("dispute"):
            charge = next(
                one for one in self.company.charges.values() if one.disputed and one.disputed.reference == reference
            )
            disputed = charge.disputed
            assert disputed is not None and charge.merchant == account.merchant
            return DisputeTruth(
                reference=reference,
                payment_id=charge.key,
                money=Money(disputed.amount, charge.money.currency),
                reason="fraudulent",
                status=disputed.status,
                is_taken=True,
                opened_at=disputed.opened_at,
            )

    def merchant_of(self, call: Call) -> str:
        try:
            return str(json.loads(call.body)["merchant"])
        except (ValueError, KeyError, TypeError):
            return ""

    def verify(self, account: Account, call: Call, *, now: datetime) -> Told:
        header = call.headers.get(HEADER, "")
        signature.verify([account.credentials["secret"]], header, call.body, now=int(now.timestamp()))
        try:
            body = json.loads(call.body)
            return Told(event_id=str(body["id"]), reference=str(body["reference"]), about=body.get("about", "payment"))
        except (ValueError, KeyError, TypeError) as error:
            raise BadNotice() from error

    def _own(self, account: Account, asked: Asked) -> Charge:
        charge = self.company.charges[asked.reference]
        assert charge.merchant == account.merchant, "asked with another facility's account"
        return charge


class Wallet(Cards):
    """Our side of the wire to the wallet: it charges at once, and its page cannot be closed."""

    code = "wallet"
    name: Any = "Wallet of the tests"
    can_hold = False
    company = WALLET

    def void(self, account: Account, asked: Asked) -> None:
        """Its pages end by themselves."""
