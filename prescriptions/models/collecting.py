"""Collecting: a code shown at a counter, a pharmacy's hold on a prescription, and what it hands out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from prescriptions.choices import SubstitutionReason, SubstitutionType
from prescriptions.models.drugs import Drug
from prescriptions.models.prescriptions import Item, Prescription


class Presentation(Entity):
    """Somebody showed code and access code at a pharmacy: until then its staff may read the prescription."""

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="presentations")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["prescription", "pharmacy", "until"], name="presentation_live")]


class WrongTry(Entity):
    """A wrong access code for a code (which may not exist), at a pharmacy."""

    code_key = models.CharField(max_length=14)
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, null=True, related_name="+")
    user_id = models.UUIDField(null=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["code_key", "-at"], name="wrong_try_of_code"),
            models.Index(fields=["user_id", "-at"], name="wrong_try_of_user"),
        ]
        verbose_name_plural = "wrong tries"


class Acceptance(Entity):
    """A pharmacy's hold on a prescription, from taking it in hand to closing it or giving it back."""

    class Ending(models.TextChoices):
        RETURNED = "returned", _("given back")
        COMPLETED = "completed", _("completed")

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="acceptances")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    part = models.ForeignKey(  # of a prescription in parts: the one that was open then
        "prescriptions.Part", on_delete=models.PROTECT, null=True, blank=True, related_name="acceptances"
    )
    accepted_by = models.UUIDField(null=True)  # the user
    accepted_name = models.CharField(max_length=160, blank=True)  # as it was then
    accepted_at = models.DateTimeField()
    sealed_secret = models.BinaryField()  # shown again to the same pharmacy after a lost answer
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(max_length=9, choices=Ending.choices, blank=True)
    return_reason = models.CharField(max_length=16, blank=True)
    seen_findings = models.JSONField(default=list, blank=True)  # keys of grave ones, new since signing, handed out past

    class Meta:
        indexes = [models.Index(fields=["pharmacy", "-accepted_at"], name="acceptance_of_pharmacy")]
        constraints = [
            # One pharmacy at a time, whatever the race.
            models.UniqueConstraint(
                fields=["prescription"], condition=Q(ended_at__isnull=True), name="acceptance_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ending="")
                | Q(ended_at__isnull=False, ending__in=["returned", "completed"]),
                name="acceptance_ends_somehow",
            ),
        ]


class Dispense(Entity):
    """A quantity of one item, from one lot, handed out by one pharmacy."""

    item = models.ForeignKey(Item, on_delete=models.PROTECT, related_name="dispenses")
    acceptance = models.ForeignKey(Acceptance, on_delete=models.PROTECT, related_name="dispenses")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    quantity = models.PositiveIntegerField()
    lot = models.CharField(max_length=40)
    expires_on = models.DateField(null=True, blank=True)  # the last day of the lot, where it was told
    # Something else of the same ingredient, dose and route, which the buyer agreed to (Pharmacy Law; specs: 1.6).
    given = models.ForeignKey("prescriptions.Drug", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    substitution = models.CharField(max_length=10, choices=SubstitutionType.choices, blank=True)
    substitution_reason = models.CharField(max_length=16, choices=SubstitutionReason.choices, blank=True)
    dispensed_by = models.UUIDField(null=True)  # the user
    dispensed_name = models.CharField(max_length=160, blank=True)  # as it was then
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pharmacy", "-at"], name="dispense_of_pharmacy")]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gte=1), name="dispense_quantity_positive"),
            models.CheckConstraint(
                condition=Q(given__isnull=True, substitution="", substitution_reason="")
                | Q(given__isnull=False) & ~Q(substitution="") & ~Q(substitution_reason=""),
                name="dispense_substitute_says_why",
            ),
        ]

    @property
    def drug(self) -> Drug:
        """What was really handed out."""
        return self.given or self.item.drug
