"""Collecting: a code shown at a counter, a pharmacy's hold on a prescription, and what it hands out."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
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
    dispensed_by = models.UUIDField(null=True)  # the user
    dispensed_name = models.CharField(max_length=160, blank=True)  # as it was then
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["pharmacy", "-at"], name="dispense_of_pharmacy")]
        constraints = [models.CheckConstraint(condition=Q(quantity__gte=1), name="dispense_quantity_positive")]
