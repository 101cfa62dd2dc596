"""What is owed and paid for one thing, and what of it was given back."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.codes import new_code
from payments.models.accounts import GatewayAccount


class Payment(Stateful, Entity):
    """One wish to be paid for one subject. Declined or lapsed ones stay; the next try is a new row."""

    class Status(models.TextChoices):
        CREATED = "created", _("not paid yet")  # nobody was asked yet
        PENDING = "pending", _("waiting for confirmation")  # the gateway has it
        UNKNOWN = "unknown", _("being checked")  # it may have been paid; the gateway does not answer
        AUTHORISED = "authorised", _("held on the card")  # held on the card, taken when the care is done
        CAPTURED = "captured", _("paid")  # the money is the facility's
        PARTLY_REFUNDED = "partly_refunded", _("partly refunded")
        REFUNDED = "refunded", _("refunded")
        FAILED = "failed", _("declined")  # the gateway said no
        CANCELLED = "cancelled", _("cancelled")  # no longer asked for
        EXPIRED = "expired", pgettext_lazy("payment", "expired")  # not paid in time

    # Money that arrives after we stopped asking for it is recorded all the same: it did arrive. The journey sends it back.
    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.CREATED: {Status.PENDING, Status.CANCELLED, Status.EXPIRED},
        Status.PENDING: {
            Status.UNKNOWN,
            Status.AUTHORISED,
            Status.CAPTURED,
            Status.FAILED,
            Status.CANCELLED,
            Status.EXPIRED,
        },
        Status.UNKNOWN: {
            Status.PENDING,
            Status.AUTHORISED,
            Status.CAPTURED,
            Status.FAILED,
            Status.CANCELLED,
            Status.EXPIRED,
        },
        Status.AUTHORISED: {Status.CAPTURED, Status.CANCELLED, Status.FAILED},
        Status.FAILED: {Status.AUTHORISED, Status.CAPTURED, Status.CANCELLED},
        Status.CANCELLED: {Status.AUTHORISED, Status.CAPTURED},
        Status.EXPIRED: {Status.AUTHORISED, Status.CAPTURED},
        Status.CAPTURED: {Status.PARTLY_REFUNDED, Status.REFUNDED},
        Status.PARTLY_REFUNDED: {Status.REFUNDED},
        Status.REFUNDED: set(),
    }
    WAITING: ClassVar[tuple[str, ...]] = (Status.PENDING, Status.UNKNOWN)  # the gateway has it
    OPEN: ClassVar[tuple[str, ...]] = (Status.CREATED, *WAITING)
    PAID: ClassVar[tuple[str, ...]] = (Status.AUTHORISED, Status.CAPTURED, Status.PARTLY_REFUNDED)

    class Flaw(models.TextChoices):
        """Why somebody must look at it: the gateway and we do not agree."""

        NONE = "", _("none")
        AMOUNT = "amount", _("the gateway names another amount")
        CURRENCY = "currency", _("the gateway names another currency")
        REVIEW = "review", _("the gateway doubts the payment")

    code = models.CharField(
        max_length=16, unique=True, default=new_code
    )  # for people, memos and gateways: payments.codes
    subject = models.CharField(max_length=80)  # a Ref: "appointment:<uuid>"
    payer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    captured_amount = models.BigIntegerField(
        default=0
    )  # what came; less than asked for when a part of a hold was taken
    refunded_amount = models.BigIntegerField(default=0)
    fee_amount = models.BigIntegerField(default=0)  # what the gateway keeps of it
    description = models.CharField(max_length=160)
    status = models.CharField(max_length=16, choices=Status.choices, default=Status.CREATED)
    flaw = models.CharField(max_length=8, choices=Flaw.choices, default=Flaw.NONE, blank=True)
    gateway = models.CharField(max_length=20, blank=True)
    account = models.ForeignKey(GatewayAccount, on_delete=models.PROTECT, null=True, related_name="+")
    gateway_reason = models.CharField(max_length=40, blank=True)  # its code for why it said no, or doubts
    gateway_reference = models.CharField(max_length=80, blank=True)
    gateway_transaction = models.CharField(max_length=80, blank=True)  # the gateway's number of the money's movement
    gateway_url = models.CharField(max_length=2000, blank=True)  # the gateway's page, to go on there
    deep_link = models.CharField(max_length=2000, blank=True)  # the same in the payer's app
    qr = models.CharField(max_length=1000, blank=True)  # for another phone's camera
    expires_at = models.DateTimeField()
    capture_by = models.DateTimeField(
        null=True
    )  # when the care is done: until then a card may be held instead of charged
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    hold_amount = models.BigIntegerField(null=True)  # of a held card: how much is to be taken, once that is decided
    begun_at = models.DateTimeField(
        null=True
    )  # when the gateway was first asked; part of what makes a wish the same wish
    pending_at = models.DateTimeField(null=True)
    unknown_at = models.DateTimeField(null=True)
    authorised_at = models.DateTimeField(null=True)
    captured_at = models.DateTimeField(null=True)
    refunded_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gte=0), name="payment_amount_not_negative"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("amount")), name="payment_refunded_within"
            ),
            models.CheckConstraint(
                condition=Q(captured_amount__gte=F("refunded_amount"), captured_amount__lte=F("amount")),
                name="payment_captured_within",
            ),
            models.CheckConstraint(
                condition=Q(
                    status__in=[
                        "created",
                        "pending",
                        "unknown",
                        "authorised",
                        "captured",
                        "partly_refunded",
                        "refunded",
                        "failed",
                        "cancelled",
                        "expired",
                    ]
                ),
                name="payment_status_known",
            ),
            models.UniqueConstraint(
                fields=["subject"], condition=Q(status__in=["created", "pending", "unknown"]), name="payment_open_once"
            ),
            models.UniqueConstraint(
                fields=["gateway", "gateway_reference"],
                condition=~Q(gateway_reference=""),
                name="payment_reference_once",
            ),
        ]
        indexes = [
            models.Index(fields=["subject", "-created_at"], name="payment_subject"),
            models.Index(
                fields=["gateway_transaction"], condition=~Q(gateway_transaction=""), name="payment_transaction"
            ),
            models.Index(fields=["payer", "-created_at"], name="payment_payer"),
            models.Index(fields=["facility", "-created_at"], name="payment_facility"),
            models.Index(fields=["facility", "captured_at"], name="payment_facility_captured"),
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["created", "pending", "unknown"]),
                name="payment_open_until",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.description}, {self.price}"

    @property
    def price(self) -> Money:
        """What was asked for."""
        return Money(self.amount, self.currency)

    @property
    def refunded(self) -> Money:
        """What has gone back."""
        return Money(self.refunded_amount, self.currency)

    @property
    def is_open(self) -> bool:
        """Still asked for."""
        return self.status in self.OPEN

    @property
    def captured(self) -> Money:
        """What came."""
        return Money(self.captured_amount, self.currency)

    @property
    def is_waiting(self) -> bool:
        """The gateway has it, and has not said how it ended."""
        return self.status in self.WAITING

    @property
    def is_paid(self) -> bool:
        """Paid or reserved for us, and not given back in full."""
        return self.status in self.PAID

    @property
    def disputed_amount(self) -> int:
        """What the payer's bank has taken of it and not given back: gone, unless the dispute is won."""
        taken = self.disputes.filter(is_taken=True).exclude(status="won")
        return sum(taken.values_list("amount", flat=True))

    def is_late(self, now: datetime) -> bool:
        """Say whether the time to pay has run out."""
        return now >= self.expires_at


class Refund(Stateful, Entity):
    """Money promised back for one payment."""

    class Status(models.TextChoices):
        AWAITING_APPROVAL = "awaiting_approval", _("waiting for a second person")  # nothing is promised yet
        REJECTED = "rejected", _("not approved")  # the second person said no
        REQUESTED = "requested", _("being returned")  # promised; the gateway is being asked
        CREDITED = "credited", _("to be paid out at the desk")  # the gateway cannot send it: people do
        DONE = "done", _("refunded")
        FAILED = "failed", _("refused")  # the gateway said no; a person must look

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.AWAITING_APPROVAL: {Status.REQUESTED, Status.REJECTED},
        Status.REQUESTED: {Status.DONE, Status.FAILED, Status.CREDITED},
        Status.CREDITED: {Status.DONE},
        Status.DONE: set(),
        Status.FAILED: set(),
        Status.REJECTED: set(),
    }
    DEAD: ClassVar[tuple[str, ...]] = (Status.FAILED, Status.REJECTED)
    # What counts as gone for the house: a wish somebody has yet to approve does not.
    PROMISED: ClassVar[tuple[str, ...]] = (Status.REQUESTED, Status.CREDITED, Status.DONE)

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    reason = models.CharField(max_length=200)
    status = models.CharField(max_length=18, choices=Status.choices, default=Status.REQUESTED)
    gateway_reference = models.CharField(max_length=80, blank=True)
    requested_by = models.UUIDField(null=True)  # the user; None when the house did it
    decided_by = models.UUIDField(null=True)  # who approved or rejected it
    rejected_because = models.CharField(max_length=200, blank=True)  # for colleagues: the payer does not read it
    requested_at = models.DateTimeField(null=True)  # approved
    rejected_at = models.DateTimeField(null=True)
    credited_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_amount_positive"),
            models.CheckConstraint(
                condition=Q(status__in=["awaiting_approval", "rejected", "requested", "credited", "done", "failed"]),
                name="refund_status_known",
            ),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(requested_by=None) | ~Q(decided_by=F("requested_by")),
                name="refund_two_people",
            ),
        ]
        indexes = [
            models.Index(fields=["done_at"], condition=Q(status="done"), name="refund_done"),
            models.Index(
                fields=["status", "created_at"],
                condition=Q(status__in=["awaiting_approval", "requested"]),
                name="refund_waiting",
            ),
        ]

    @property
    def money(self) -> Money:
        """How much."""
        return Money(self.amount, self.currency)
