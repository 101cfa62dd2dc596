"""Who has it: a citizen's question to the pharmacies around, their answers, and what one of them keeps for a while."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from prescriptions.models.prescriptions import Item, Prescription
from prescriptions.models.stock import MOST_DONG, Lot


class Inquiry(Entity):
    """One question to several pharmacies at once. They see which medicines, and how far about; never who asks."""

    class Ending(models.TextChoices):
        WITHDRAWN = "withdrawn", _("taken back")
        OVER = "over", _("its time is over")
        SETTLED = "settled", _("nothing is left to ask for")

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="inquiries")
    asked_by = models.UUIDField(null=True)  # the user
    asked_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    radius_km = models.PositiveSmallIntegerField(null=True, blank=True)  # empty: a whole province was asked
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=9, choices=Ending.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prescription"], condition=Q(ended_at__isnull=True), name="inquiry_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=["withdrawn", "over", "settled"]),
                name="inquiry_ends_somehow",
            ),
            models.CheckConstraint(condition=Q(closes_at__gt=F("asked_at")), name="inquiry_closes_after_asked"),
        ]
        indexes = [models.Index(fields=["closes_at"], condition=Q(ended_at__isnull=True), name="inquiry_to_close")]
        verbose_name_plural = "inquiries"

    def is_live(self, now: datetime) -> bool:
        """Whether pharmacies may still answer."""
        return self.ended_at is None and now < self.closes_at


class InquiryLine(Entity):
    """How much of one item is wanted: what was left of it when asked."""

    inquiry = models.ForeignKey(Inquiry, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    wanted = models.PositiveIntegerField()

    class Meta:
        ordering = ["item__rank"]
        constraints = [
            models.UniqueConstraint(fields=["inquiry", "item"], name="inquiry_line_once"),
            models.CheckConstraint(condition=Q(wanted__gte=1), name="inquiry_line_wants_something"),
        ]


class PharmacyAnswer(Entity):
    """One pharmacy that was asked, and what it said."""

    class Said(models.TextChoices):
        NOTHING = "nothing", _("no answer yet")
        HAS = "has", _("has it")
        REFUSED = "refused", _("does not have it")

    inquiry = models.ForeignKey(Inquiry, on_delete=models.CASCADE, related_name="answers")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    distance_m = models.PositiveIntegerField(null=True, blank=True)  # to the citizen; pharmacies see a band of it
    said = models.CharField(max_length=7, choices=Said.choices, default=Said.NOTHING)
    ready_at = models.DateTimeField(null=True, blank=True)
    automatic = models.BooleanField(default=False)
    answered_by = models.UUIDField(null=True, blank=True)  # the user; empty when answered from the stock
    answered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["inquiry", "pharmacy"], name="pharmacy_answer_once"),
            models.CheckConstraint(
                condition=Q(said="nothing", answered_at__isnull=True, ready_at__isnull=True)
                | Q(said="has", answered_at__isnull=False, ready_at__isnull=False)
                | Q(said="refused", answered_at__isnull=False, ready_at__isnull=True),
                name="pharmacy_answer_is_whole",
            ),
        ]
        indexes = [models.Index(fields=["pharmacy", "said"], name="pharmacy_answer_queue")]


class AnswerLine(Entity):
    """What a pharmacy has of one line, and what it asks for one unit."""

    answer = models.ForeignKey(PharmacyAnswer, on_delete=models.CASCADE, related_name="lines")
    line = models.ForeignKey(InquiryLine, on_delete=models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField()
    unit_price = models.PositiveBigIntegerField()  # dong for one unit of sale
    from_stock = models.BooleanField(default=False)  # covered by lots of ours, which a reservation must then take

    class Meta:
        ordering = ["line__item__rank"]
        constraints = [
            models.UniqueConstraint(fields=["answer", "line"], name="answer_line_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="answer_line_has_something"),
            models.CheckConstraint(condition=Q(unit_price__lte=MOST_DONG), name="answer_line_price_sane"),
        ]


class Reservation(Entity):
    """What one pharmacy keeps for one prescription until an instant that both see; it ends by itself."""

    class Ending(models.TextChoices):
        COLLECTED = "collected", _("collected")
        TAKEN_BACK = "taken_back", _("taken back by the citizen")
        EXPIRED = "expired", _("nobody came in time")
        MOOT = "moot", _("no longer needed")

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="reservations")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    answer = models.ForeignKey(PharmacyAnswer, on_delete=models.PROTECT, related_name="+")
    reserved_by = models.UUIDField(null=True)  # the user
    reserved_at = models.DateTimeField()
    ready_at = models.DateTimeField()
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=10, choices=Ending.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "pharmacy"], condition=Q(ended_at__isnull=True), name="reservation_one_each"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=["collected", "taken_back", "expired", "moot"]),
                name="reservation_ends_somehow",
            ),
            models.CheckConstraint(condition=Q(until__gt=F("reserved_at")), name="reservation_ends_after_it_begins"),
        ]
        indexes = [
            models.Index(fields=["pharmacy", "until"], condition=Q(ended_at__isnull=True), name="reservation_live"),
        ]

    @property
    def total(self) -> int:
        """Dong for everything kept."""
        return sum(one.wanted * one.unit_price for one in self.lines.all())


class ReservedLine(Entity):
    """Units of one item that are kept; from a lot of the shelf, or by the pharmacist's word alone (`lot` empty)."""

    reservation = models.ForeignKey(Reservation, on_delete=models.CASCADE, related_name="lines")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="+")
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    wanted = models.PositiveIntegerField()  # as promised
    quantity = models.PositiveIntegerField()  # still kept: handing out and ending take it down
    unit_price = models.PositiveBigIntegerField()

    class Meta:
        ordering = ["item__rank", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(wanted__gte=1, quantity__gte=0, quantity__lte=F("wanted")), name="reserved_line_within"
            ),
        ]
