"""What was charged and billed, and which payments count for it. An issued invoice is final: triggers refuse its change."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from core.states import Stateful
from payments.models.payments import Payment
from payments.models.prices import Category, PriceItem

SPLIT_WORDS = {  # bhyt.Split.reason → words
    "card share": _("Health insurance pays the share of the card."),
    "visit cost below 15% of base salary": _(
        "Below 15 % of the base salary, health insurance pays all that is insured."
    ),
    "5 continuous years and co-pay above 6 base salaries": _(
        "After five years of insurance and six base salaries of own share this year, health insurance pays all that is insured."
    ),
}


class Series(models.Model):
    """The last number given out, per facility, kind of paper and year. Numbered in the paper's own transaction: no gaps."""

    id = models.BigAutoField(primary_key=True)
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8)  # "invoice", "receipt", "payout"
    year = models.PositiveSmallIntegerField()  # on the facility's clock
    last = models.PositiveIntegerField()

    class Meta:
        verbose_name_plural = "series"
        constraints = [models.UniqueConstraint(fields=["facility", "kind", "year"], name="series_once")]


class Invoice(Stateful, Entity):
    """A bill: what was charged, who pays which part of it, and to whom it is made out."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("being written")  # charges may still be added
        ISSUED = "issued", _("to be paid")  # numbered and final
        SETTLED = "settled", _("settled")  # what is due has come
        ADJUSTED = "adjusted", _("adjusted")  # an adjusting invoice takes a part or all of it back
        REPLACED = "replaced", _("replaced")  # another one stands in its place

    # There is no move to "void": an issued invoice is adjusted or replaced (NĐ 254/2026).
    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.DRAFT: {Status.ISSUED},
        Status.ISSUED: {Status.SETTLED, Status.ADJUSTED, Status.REPLACED},
        Status.SETTLED: {Status.ADJUSTED, Status.REPLACED},
        Status.ADJUSTED: set(),
        Status.REPLACED: set(),
    }

    class Kind(models.TextChoices):
        BILL = "bill", _("invoice")
        CREDIT = "credit", _("credit note")  # its amounts take away from the invoice it adjusts

    BUYER: ClassVar[tuple[str, ...]] = (
        "buyer_name", "buyer_tax_code", "buyer_address", "buyer_national_id", "buyer_email",
    )  # fmt: skip

    kind = models.CharField(max_length=6, choices=Kind.choices, default=Kind.BILL)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.DRAFT)
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")  # who was cared for
    payer = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    subject = models.CharField(max_length=80)  # a Ref: what it is about
    year = models.PositiveSmallIntegerField(null=True)
    sequence = models.PositiveIntegerField(null=True)
    number = models.CharField(max_length=20, blank=True)  # "HD26-0000001"
    form = models.CharField(max_length=24, blank=True)  # of care; only some forms have an insured part
    visited_on = models.DateField()
    card = models.CharField(max_length=15, blank=True)  # the health insurance number, when it splits this bill
    visit_object = models.CharField(max_length=5, blank=True)  # MA_DOITUONG_KCB
    split_reason = models.CharField(max_length=60, blank=True)
    total_amount = models.BigIntegerField(default=0)
    discount_amount = models.BigIntegerField(default=0)  # already taken off the total
    insurance_amount = models.BigIntegerField(default=0)
    copay_amount = models.BigIntegerField(default=0)
    own_amount = models.BigIntegerField(default=0)
    other_amount = models.BigIntegerField(default=0)  # another source: a contract, a fund, the state budget
    currency = models.CharField(max_length=3, default="VND")
    buyer_name = models.CharField(max_length=160, blank=True)
    buyer_tax_code = models.CharField(max_length=14, blank=True)
    buyer_address = models.CharField(max_length=200, blank=True)
    buyer_national_id = models.CharField(max_length=12, blank=True)
    buyer_email = models.CharField(max_length=120, blank=True)
    adjusts = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="credits")
    replaces = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="replacements")
    reason = models.CharField(max_length=200, blank=True)  # of an adjustment or replacement
    refund = models.ForeignKey("payments.Refund", on_delete=models.PROTECT, null=True, related_name="+")
    issued_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)
    adjusted_at = models.DateTimeField(null=True)
    replaced_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "issued", "settled", "adjusted", "replaced"]),
                name="invoice_status_known",
            ),
            models.CheckConstraint(condition=Q(kind__in=["bill", "credit"]), name="invoice_kind_known"),
            models.CheckConstraint(
                condition=Q(
                    total_amount=F("insurance_amount") + F("copay_amount") + F("own_amount") + F("other_amount")
                ),
                name="invoice_parts_sum",
            ),
            models.CheckConstraint(
                condition=Q(
                    insurance_amount__gte=0,
                    copay_amount__gte=0,
                    own_amount__gte=0,
                    other_amount__gte=0,
                    discount_amount__gte=0,
                ),
                name="invoice_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number="", issued_at__isnull=True)
                | (~Q(status="draft") & ~Q(number="") & Q(issued_at__isnull=False)),
                name="invoice_numbered_when_issued",
            ),
            models.CheckConstraint(
                condition=Q(kind="credit", adjusts__isnull=False) | Q(kind="bill", adjusts__isnull=True),
                name="invoice_credit_adjusts",
            ),
            models.UniqueConstraint(fields=["facility", "year", "sequence"], name="invoice_number_once"),
            models.UniqueConstraint(fields=["refund"], name="invoice_refund_once"),
            models.UniqueConstraint(fields=["replaces"], name="invoice_replaced_once"),
        ]
        indexes = [
            models.Index(fields=["facility", "-issued_at"], name="invoice_facility"),
            models.Index(fields=["payer", "-issued_at"], name="invoice_payer"),
            models.Index(fields=["subject"], name="invoice_subject"),
            models.Index(fields=["issued_at"], condition=Q(status="issued"), name="invoice_unpaid"),
        ]

    def __str__(self) -> str:
        return self.number or str(self.id)

    @property
    def total(self) -> Money:
        """The whole bill."""
        return Money(self.total_amount, self.currency)

    @property
    def due(self) -> Money:
        """What the payer owes: co-payment and own part."""
        return Money(self.copay_amount + self.own_amount, self.currency)

    @property
    def parts(self) -> dict[str, Money]:
        """Who pays what, and what was taken off, by name."""
        names = ("discount", "insurance", "copay", "own", "other")
        return {name: Money(getattr(self, f"{name}_amount"), self.currency) for name in names}

    @property
    def card_end(self) -> str:
        """The end of the insurance card's number: enough to tell whose it is."""
        return self.card[-4:]

    @property
    def split_words(self) -> str:
        """Why health insurance pays what it pays, for people."""
        return str(SPLIT_WORDS.get(self.split_reason, ""))

    @property
    def has_split(self) -> bool:
        """Say whether somebody else pays a part of it."""
        return bool(self.insurance_amount or self.other_amount)

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT


class ChargedItem(Entity):
    """One line of a bill: the item as it stood in the price list, how many, and who pays which part."""

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, null=True, related_name="items")
    subject = models.CharField(max_length=80)  # a Ref: for what
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    item = models.ForeignKey(PriceItem, on_delete=models.SET_NULL, null=True, related_name="+")
    list_version = models.PositiveIntegerField(null=True)  # of the price list; None: agreed outside a list
    code = models.CharField(max_length=30, blank=True)
    name_vi = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    unit = models.CharField(max_length=20, default="lần")
    category = models.CharField(max_length=10, choices=Category.choices, default=Category.UNINSURED)
    in_scope = models.BooleanField(default=False)
    quantity = models.PositiveIntegerField(default=1)
    unit_amount = models.BigIntegerField()
    base_amount = models.BigIntegerField()  # quantity times unit
    discount_amount = models.BigIntegerField(default=0)
    discount_reason = models.CharField(max_length=200, blank=True)
    insurance_amount = models.BigIntegerField(default=0)
    copay_amount = models.BigIntegerField(default=0)
    own_amount = models.BigIntegerField()
    other_amount = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="VND")
    charged_by = models.UUIDField(null=True)  # the user; None when the house did it

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0, unit_amount__gte=0), name="charged_item_amounts"),
            models.CheckConstraint(
                condition=Q(base_amount=F("quantity") * F("unit_amount")), name="charged_item_base"
            ),
            models.CheckConstraint(
                condition=Q(
                    base_amount=F("discount_amount") + F("insurance_amount") + F("copay_amount") + F("own_amount")
                    + F("other_amount")
                ),
                name="charged_item_parts_sum",
            ),
            models.CheckConstraint(
                condition=Q(
                    discount_amount__gte=0, insurance_amount__gte=0, copay_amount__gte=0, own_amount__gte=0,
                    other_amount__gte=0,
                ),
                name="charged_item_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(discount_amount=0) | ~Q(discount_reason=""), name="charged_item_discount_has_reason"
            ),
        ]  # fmt: skip
        indexes = [models.Index(fields=["subject"], name="charged_item_subject")]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name_vi

    @property
    def total_amount(self) -> int:
        """What it costs after the discount."""
        return self.base_amount - self.discount_amount

    @property
    def total(self) -> Money:
        return Money(self.total_amount, self.currency)

    @property
    def unit_price(self) -> Money:
        return Money(self.unit_amount, self.currency)

    @property
    def discount(self) -> Money:
        return Money(self.discount_amount, self.currency)

    @property
    def other(self) -> Money:
        """What somebody else pays of it."""
        return Money(self.other_amount, self.currency)


class CountedPayment(Entity):
    """What of a payment counts for an invoice: the payment made for it, or a deposit made before."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="payments")
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["invoice", "payment"], name="counted_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="counted_amount_positive"),
        ]
        indexes = [models.Index(fields=["payment"], name="counted_payment")]

    @property
    def money(self) -> Money:
        """How much of the payment counts here."""
        return Money(self.amount, self.payment.currency)


class InvoiceReminder(Entity):
    """The payer was reminded of an unpaid invoice for the nth time. The invoice itself is final, and cannot count them."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="reminders")
    nth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "nth"], name="invoice_reminded_once")]
