"""Electronic invoices: who brings them to the tax authority (NĐ 254/2026, TT 91/2026). One class in settings.EINVOICE_PROVIDER.

A provider is never called inside a transaction of ours. It is told everything in plain values (`Wanted`) and answers with
the tax authority's code. Nothing is cancelled: an invoice is adjusted or replaced by another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from django.conf import settings
from django.utils.module_loading import import_string

NOT_TAXED = "KCT"  # medical services are not subject to VAT


@dataclass(frozen=True)
class Party:
    """Seller or buyer as they stand on an invoice. A buyer may be named by a personal identification number."""

    name: str
    tax_code: str = ""
    address: str = ""
    national_id: str = ""
    email: str = ""
    phone: str = ""


@dataclass(frozen=True)
class Line:
    """One line: what, how many, what it costs. Whole đồng."""

    name: str
    unit: str
    quantity: int
    unit_amount: int
    discount: int
    amount: int
    vat: str = NOT_TAXED


@dataclass(frozen=True)
class Wanted:
    """What a provider is asked to issue. `key` makes a repeated wish the same wish.

    `kind`: "invoice" of one bill, "summary" of a day's receipts nobody wanted an invoice for, "adjustment" of `original`
    (its amounts take away), "replacement" of `original`.
    """

    key: UUID
    kind: str
    number: str  # ours: "HD26-0000017", or the day of a summary
    issued_on: str  # ISO date on the facility's clock
    seller: Party
    buyer: Party
    lines: tuple[Line, ...]
    total: int  # what the buyer pays
    total_in_words: str
    currency: str = "VND"
    insurance: int = 0  # BHYT's part, invoiced at its settlement and not here
    payment_methods: tuple[str, ...] = ()
    original: str = ""  # the tax authority's code of the invoice adjusted or replaced
    reason: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values, to be kept and sent later."""
        return {**asdict(self), "key": str(self.key)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Wanted:
        """The inverse of as_json()."""
        return cls(
            **{
                **values,
                "key": UUID(values["key"]),
                "seller": Party(**values["seller"]),
                "buyer": Party(**values["buyer"]),
                "lines": tuple(Line(**line) for line in values["lines"]),
                "payment_methods": tuple(values["payment_methods"]),
            }
        )


@dataclass(frozen=True)
class Issued:
    """What a provider answers: its own name for the invoice, and the tax authority's code."""

    reference: str
    tax_code: str
    extra: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """The promise."""

    code: str

    def issue(self, wanted: Wanted) -> Issued:
        """Issue, adjust or replace, by `wanted.kind`; the same key gives the same answer. Raises EInvoiceUnavailable."""


def provider() -> Provider | None:
    """Return the provider of this house; None when it has none, and invoices stay here."""
    path = settings.EINVOICE_PROVIDER
    return _load(path) if path else None


@lru_cache
def _load(path: str) -> Provider:
    return import_string(path)()
