"""The prescription, its items, and the reasons a doctor gave for going past a grave finding."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful
from prescriptions.choices import CancelReason, NotDispensedReason, OverrideReason
from prescriptions.models.drugs import Drug


class Prescription(Entity, Stateful):
    """What a doctor prescribes in one visit, to be collected within days at a pharmacy of the citizen's choice."""

    class Status(models.TextChoices):
        DRAFT = "draft", _("being written")  # the doctor still writes; nobody else sees it
        SIGNED = "signed", _("ready to collect")  # any pharmacy may take it
        ACCEPTED = "accepted", _("being prepared")  # one pharmacy holds it
        DISPENSED = "dispensed", _("collected")  # closed by the pharmacy
        CANCELLED = "cancelled", _("cancelled")  # by the doctor or the citizen
        EXPIRED = "expired", _("expired")  # nobody came in time

    class Kind(models.TextChoices):
        ORDINARY = "c", _("ordinary prescription")
        NARCOTIC = "n", _("prescription for narcotics")
        PSYCHOTROPIC = "h", _("prescription for psychotropics")
        TRADITIONAL = "t", _("prescription for a decoction")

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.DRAFT: {Status.SIGNED, Status.CANCELLED},
        Status.SIGNED: {Status.ACCEPTED, Status.CANCELLED, Status.EXPIRED},
        Status.ACCEPTED: {Status.SIGNED, Status.DISPENSED, Status.CANCELLED, Status.EXPIRED},  # signed: given back
        Status.DISPENSED: set(),
        Status.CANCELLED: set(),
        Status.EXPIRED: set(),
    }

    encounter = models.ForeignKey("records.Encounter", on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=1, choices=Kind.choices, default=Kind.ORDINARY)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.DRAFT)
    advice = models.TextField(blank=True)

    # Set by signing.
    code = models.CharField(max_length=14, null=True, blank=True)  # as issued  # noqa: DJ001 - none while a draft
    code_key = models.CharField(max_length=14, unique=True, null=True, blank=True)  # codes.same_key(code)
    sealed_access_code = models.BinaryField(null=True, blank=True)
    content = models.JSONField(null=True, blank=True)  # exactly what was signed
    signature = models.TextField(blank=True)  # compact JWS over the canonical form of `content`
    slip = models.TextField(blank=True)  # compact JWS of the summary in its QR code: prescriptions.slips
    found_at_signing = models.JSONField(default=list, blank=True)  # [{finding, grade}]: what the doctor saw
    signed_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    taken_until = models.DateField(null=True, blank=True)  # the last day its longest item lasts

    # A chosen pharmacy is a hint that puts the prescription into its queue, never a lock (specs: 1.6).
    routed_to = models.ForeignKey(
        "identity.Facility", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    routed_at = models.DateTimeField(null=True, blank=True)
    dispensed_at = models.DateTimeField(null=True, blank=True)
    cancel_asked_at = models.DateTimeField(null=True, blank=True)  # while a pharmacy holds it; done when given back
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.CharField(max_length=12, blank=True)  # a role
    cancel_reason = models.CharField(max_length=12, choices=CancelReason.choices, blank=True)
    expired_at = models.DateTimeField(null=True, blank=True)

    # Nothing signed is ever edited: a new prescription takes the place of the old code (Decision 425/QĐ-BYT, article 9).
    replaces = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # as written
    replaced_by = models.OneToOneField(  # once that one is signed
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        indexes = [
            models.Index(fields=["person", "-signed_at"], name="prescription_of_person"),
            models.Index(fields=["routed_to", "status"], name="prescription_queue"),
            models.Index(fields=["expires_at"], condition=Q(status="signed"), name="prescription_to_expire"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["draft", "signed", "accepted", "dispensed", "cancelled", "expired"]),
                name="prescription_status_known",
            ),
            models.CheckConstraint(condition=Q(kind__in=["c", "n", "h", "t"]), name="prescription_kind_known"),
            models.CheckConstraint(
                condition=Q(status__in=["draft", "cancelled"])
                | Q(
                    code__isnull=False,
                    code_key__isnull=False,
                    sealed_access_code__isnull=False,
                    content__isnull=False,
                    signed_at__isnull=False,
                    expires_at__isnull=False,
                )
                & ~Q(signature=""),
                name="prescription_signed_is_complete",
            ),
            models.UniqueConstraint(
                fields=["encounter", "practitioner"], condition=Q(status="draft"), name="prescription_one_draft"
            ),
            models.CheckConstraint(
                condition=Q(replaced_by__isnull=True) | Q(status="cancelled") | Q(cancel_asked_at__isnull=False),
                name="prescription_replaced_is_refused",
            ),
        ]

    def __str__(self) -> str:
        return self.code or "draft"

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_open(self) -> bool:
        """Whether somebody may still collect from it: signed or in a pharmacy's hands."""
        return self.status in (self.Status.SIGNED, self.Status.ACCEPTED)

    @property
    def last_moment(self) -> datetime | None:
        """The last instant at which it can be collected, for saying the day."""
        return self.expires_at - timedelta(seconds=1) if self.expires_at else None

    def is_past(self, now: datetime) -> bool:
        """Whether its time is over at this instant."""
        return self.expires_at is not None and now >= self.expires_at


class Item(Entity):
    """One line: a drug, how much of it how often for how long, and how much of it was handed out."""

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="items")
    rank = models.PositiveSmallIntegerField()
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="+")
    dose_quantity = models.DecimalField(max_digits=7, decimal_places=2)  # in the drug's dose_unit
    doses_a_day = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    total = models.PositiveIntegerField()  # in the drug's unit of sale
    instruction = models.CharField(max_length=300, blank=True)
    dispensed_quantity = models.PositiveIntegerField(default=0)
    not_dispensed_reason = models.CharField(max_length=16, choices=NotDispensedReason.choices, blank=True)

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "rank"], name="item_rank_once"),
            models.CheckConstraint(condition=Q(dose_quantity__gt=0), name="item_dose_positive"),
            models.CheckConstraint(condition=Q(doses_a_day__gte=1, doses_a_day__lte=24), name="item_doses_sane"),
            models.CheckConstraint(condition=Q(days__gte=1, days__lte=366), name="item_days_sane"),
            models.CheckConstraint(condition=Q(total__gte=1), name="item_total_positive"),
            # The guard that never sleeps: no race hands out more than was prescribed.
            models.CheckConstraint(
                condition=Q(dispensed_quantity__gte=0, dispensed_quantity__lte=F("total")),
                name="item_dispensed_within_total",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug} × {self.total}"

    part_left: int | None = None  # of the part in hand, where queries.within_part has said so; no column

    @property
    def remaining(self) -> int:
        """How much may still be handed out: of the whole, or of the part in hand at a counter's page."""
        return self.total - self.dispensed_quantity if self.part_left is None else self.part_left

    @property
    def state(self) -> str:
        """to_dispense, partly, dispensed or not_dispensed."""
        if self.dispensed_quantity == self.total:
            return "dispensed"
        if self.not_dispensed_reason:
            return "not_dispensed"
        return "partly" if self.dispensed_quantity else "to_dispense"

    @property
    def dose_text(self) -> str:
        """The dose without idle zeros: "0.5", "1"."""
        return f"{Decimal(self.dose_quantity).normalize():f}"


class Override(Entity):
    """The doctor saw a grave finding and signed all the same, for a coded reason. Counted, and shown to the pharmacy."""

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="overrides")
    finding = models.CharField(max_length=300)  # safety.Finding.key
    finding_kind = models.CharField(max_length=20)
    rule = models.CharField(max_length=120, blank=True)  # safety.Finding.rule, which statistics count
    names = models.JSONField(default=list)
    rules_version = models.CharField(
        max_length=200
    )  # of the rule set the finding comes from, or of all that were asked
    reason = models.CharField(max_length=24, choices=OverrideReason.choices)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["prescription", "finding"], name="override_once")]

    def __str__(self) -> str:
        return f"{self.finding} {self.reason}"
