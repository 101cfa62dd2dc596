"""What payments tell. `subject` is the Ref of what was paid for; it is the story, too."""

from __future__ import annotations

from dataclasses import dataclass

from core.events import Event


@dataclass(frozen=True)
class _AboutPayment(Event):
    payment_id: str
    subject: str

    @property
    def story(self) -> str:
        return self.subject


@dataclass(frozen=True)
class PaymentCaptured(_AboutPayment):
    """The money arrived, perhaps after the thing it was for had lapsed."""


@dataclass(frozen=True)
class PaymentAuthorised(_AboutPayment):
    """The money is reserved on the payer's card; it is taken when the care is done."""


@dataclass(frozen=True)
class PaymentFailed(_AboutPayment):
    """The gateway said no; the citizen may try again."""


@dataclass(frozen=True)
class PaymentDisputed(_AboutPayment):
    """The payer disputes it at their bank, or the bank wants an answer now; the money may be taken until that is decided."""

    dispute_id: str


@dataclass(frozen=True)
class DisputeWon(_AboutPayment):
    """What the payer's bank had taken is the facility's again."""

    dispute_id: str


@dataclass(frozen=True)
class RefundRequested(_AboutPayment):
    """Money was promised back."""

    refund_id: str


@dataclass(frozen=True)
class PaymentRefunded(_AboutPayment):
    """A refund reached the payer's account; the payment may be refunded in part or whole."""


@dataclass(frozen=True)
class CreditOwed(_AboutPayment):
    """Money is owed to the payer that no gateway sends: they get it at the desk or by a transfer."""

    credit_id: str
    amount: int
    currency: str


@dataclass(frozen=True)
class TransferUnmatched(Event):
    """Money came to a facility's bank account that confirms no payment by itself: its desk must look."""

    line_id: str
    facility_id: str

    @property
    def story(self) -> str:
        return f"facility:{self.facility_id}"


@dataclass(frozen=True)
class PaymentUnpaid(_AboutPayment):
    """Somebody should be reminded that this is still to be paid, for the nth time."""

    nth: int


@dataclass(frozen=True)
class InvoiceUnpaid(Event):
    """Somebody should be reminded of an issued invoice that nobody is paying, for the nth time."""

    invoice_id: str
    nth: int

    @property
    def story(self) -> str:
        return f"invoice:{self.invoice_id}"
