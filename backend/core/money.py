"""Money: an integer in minor units with its currency. Never a float, never a mix of currencies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

# ISO 4217: how many decimals the minor unit has. The dong has none in use.
EXPONENTS = {"VND": 0, "USD": 2, "EUR": 2}
SYMBOLS = {"VND": "₫", "USD": "$", "EUR": "€"}


@dataclass(frozen=True, order=False)
class Money:
    """An amount in minor units of one currency (ISO 4217). Arithmetic refuses mixed currencies with ValueError."""

    amount: int
    currency: str = "VND"

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise ValueError("money is an integer of minor units")
        if self.currency not in EXPONENTS:
            raise ValueError(f"unknown currency {self.currency!r}")

    @classmethod
    def vnd(cls, amount: int) -> Money:
        """Return that many dong."""
        return cls(amount, "VND")

    @property
    def is_zero(self) -> bool:
        return self.amount == 0

    def _same(self, other: Money) -> None:
        if not isinstance(other, Money) or other.currency != self.currency:
            raise ValueError("amounts of different currencies do not mix")

    def __add__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount + other.amount, self.currency)

    def __sub__(self, other: Money) -> Money:
        self._same(other)
        return Money(self.amount - other.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        return Money(self.amount * times, self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def __lt__(self, other: Money) -> bool:
        self._same(other)
        return self.amount < other.amount

    def __le__(self, other: Money) -> bool:
        self._same(other)
        return self.amount <= other.amount

    def __str__(self) -> str:
        """Vietnamese writing: a point between thousands, a comma before decimals, the sign behind."""
        exponent = EXPONENTS[self.currency]
        whole, part = divmod(abs(self.amount), 10**exponent)
        text = f"{whole:,}".replace(",", ".") + (f",{part:0{exponent}d}" if exponent else "")
        return f"{'-' if self.amount < 0 else ''}{text} {SYMBOLS[self.currency]}"

    def as_json(self) -> dict[str, Any]:
        """The form of the public contract: {"amount": int, "currency": "VND"}."""
        return {"amount": self.amount, "currency": self.currency}
