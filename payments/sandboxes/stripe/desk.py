"""One request of one account: its rows, the time, and the events that tell what happened."""

from __future__ import annotations

import json
import secrets
import string
from dataclasses import dataclass, field
from typing import Any

from payments.sandboxes.stripe import forms, shapes
from payments.sandboxes.stripe.books import Account, Books
from payments.sandboxes.stripe.errors import invalid, no_such

LETTERS = string.ascii_letters + string.digits
KINDS = {
    "pi": "payment_intent", "cs": "checkout.session", "ch": "charge", "re": "refund", "du": "dispute", "evt": "event",
    "pm": "payment_method", "txn": "balance_transaction",
}  # fmt: skip
# Amounts of these currencies are whole: `amount=150000` is 150.000 ₫. Source: Stripe's documentation, "Zero-decimal currencies".
ZERO_DECIMAL = forms.names("bif clp djf gnf jpy kmf krw mga pyg rwf ugx vnd vuv xaf xof xpf")
CURRENCIES = frozenset({"usd", "eur", "gbp", "sgd", "vnd", "jpy"})
LEAST = {"usd": 50, "eur": 50, "gbp": 30, "sgd": 50, "vnd": 10_000, "jpy": 50}
MOST = 99_999_999  # eight digits in every currency played here
FEE_PER_MILLE = 34
FIXED_FEE = {"usd": 30, "eur": 25, "gbp": 20, "sgd": 50, "vnd": 5_000, "jpy": 0}
DISPUTE_FEE = {"usd": 1500, "eur": 2000, "gbp": 2000, "sgd": 1500, "vnd": 350_000, "jpy": 1300}
LATE_BY_S = 3.0


@dataclass
class Desk:
    """Where the verbs work."""

    books: Books
    account: Account
    now: int
    url: str  # our own address
    request_id: str | None = None
    key: str | None = None
    told: list[str] = field(default_factory=list)

    def new_id(self, prefix: str) -> str:
        length = 56 if prefix.startswith("cs") else 24
        return f"{prefix}_" + "".join(secrets.choice(LETTERS) for _ in range(length))

    def put(self, body: dict[str, Any]) -> dict[str, Any]:
        self.books.put(self.account.key, body)
        return body

    def find(self, id_: str, kind: str) -> dict[str, Any] | None:
        found = self.books.get(self.account.key, id_)
        return found if found is not None and found["object"] == kind else None

    def get(self, id_: str, kind: str, *, param: str = "id") -> dict[str, Any]:
        """Return a row of this account. Raises Refused for "absent" and "another account's" alike."""
        found = self.find(id_, kind)
        if found is None:
            raise no_such(kind, id_, param)
        return found

    def tell(self, kind: str, about: dict[str, Any], *, before: dict[str, Any] | None = None) -> None:
        """Write down an event, and owe it to the account's webhook in the manner chosen."""
        event = shapes.event(
            self.new_id("evt"), self.now, kind=kind, about=json.loads(json.dumps(about)), request=self.request_id,
            key=self.key, before=before,
        )  # fmt: skip
        self.put(event)
        self.told.append(kind)
        if self.account.hook and self.account.manner != "never":
            wait = LATE_BY_S if self.account.manner == "late" else 0.0
            for _ in range(2 if self.account.manner == "twice" else 1):
                self.books.ask(
                    "INSERT INTO notice (event, account, due, manner) VALUES (?, ?, ?, ?)",
                    event["id"], self.account.key, wait, self.account.manner,
                )  # fmt: skip

    def move(self, kind: str, category: str, *, source: str, amount: int, fee: int, currency: str, words: str) -> Any:
        """Move money on the account's balance."""
        return self.put(shapes.balance_transaction(
            self.new_id("txn"), self.now, kind=kind, category=category, source=source, amount=amount, fee=fee,
            currency=currency, words=words,
        ))  # fmt: skip

    def page(
        self, kind: str, params: dict[str, Any], *, url: str, by: dict[str, str], unplayed: str = ""
    ) -> dict[str, Any]:
        """One page of a list by cursor, newest first. `by` maps parameters to the fields they filter by."""
        forms.only(params, frozenset({"limit", "starting_after", "ending_before", "created", *by, *unplayed.split()}))
        limit = forms.whole(params, "limit", low=1, high=100) or 10
        where: list[tuple[str, Any]] = []
        for name, field_ in by.items():
            if value := forms.text_of(params, name):
                where.append((f"json_extract(body, '$.{field_}') = ?", value))
        where += self._created(params)
        upwards = False
        for name, sign in (("starting_after", "<"), ("ending_before", ">")):
            if cursor := forms.text_of(params, name):
                place = self.books.place_of(self.account.key, cursor)
                if place is None:
                    raise no_such(kind, cursor, name)
                where.append((f"seq {sign} ?", place))
                upwards = sign == ">"
        found = self.books.listed(self.account.key, kind, where=where, limit=limit + 1, upwards=upwards)
        rows = found[:limit]
        return {"object": "list", "data": rows[::-1] if upwards else rows, "has_more": len(found) > limit, "url": url}

    @staticmethod
    def _created(params: dict[str, Any]) -> list[tuple[str, Any]]:
        wanted = params.get("created")
        if wanted is None:
            return []
        if isinstance(wanted, str):
            return [("created = ?", forms.whole(params, "created"))]
        signs = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
        if not isinstance(wanted, dict) or set(wanted) - set(signs):
            raise invalid("Invalid created", param="created")
        return [(f"created {signs[name]} ?", forms.whole(wanted, name)) for name in wanted]

    def expand(self, body: Any, paths: Any) -> Any:
        """Put whole objects where the caller asked for more than their id. Raises Refused."""
        for path in paths if isinstance(paths, list) else []:
            self._expand(body, str(path).split("."), str(path))
        return body

    def _expand(self, body: Any, parts: list[str], path: str) -> None:
        if isinstance(body, list):
            for one in body:
                self._expand(one, parts, path)
            return
        head, rest = parts[0], parts[1:]
        if not isinstance(body, dict) or head not in body:
            raise invalid(f"This property cannot be expanded ({path}).", param="expand")
        value = body[head]
        if isinstance(value, str):
            whole = self.books.get(self.account.key, value)
            if whole is None:
                raise invalid(f"This property cannot be expanded ({path}).", param="expand")
            body[head] = value = whole
        if rest and value is not None:
            self._expand(value, rest, path)


def currency_of(params: dict[str, Any]) -> str:
    found = forms.required(params, "currency").lower()
    if found not in CURRENCIES:
        words = (
            f"Invalid currency: {found}. Stripe currently supports these currencies: {', '.join(sorted(CURRENCIES))}"
        )
        raise invalid(words, param="currency")
    return found


def check_amount(amount: int, currency: str, param: str = "amount") -> None:
    """Refuse what is too little or too much for a charge."""
    if amount < LEAST[currency]:
        raise invalid("Amount must be at least the minimum charge amount.", code="amount_too_small", param=param)
    if amount > MOST:
        raise invalid("Amount must be no more than eight digits.", code="amount_too_large", param=param)


def fee_of(amount: int, currency: str) -> int:
    """What the pretended Stripe keeps: 3.4 % rounded up to the unit, and a fixed part."""
    return -(-amount * FEE_PER_MILLE // 1000) + FIXED_FEE[currency]
