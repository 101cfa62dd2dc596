"""What is known about a person beyond one encounter: allergies, long-term conditions, measurements."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class Source(models.TextChoices):
    """Where a fact comes from; what a citizen entered is marked so everywhere."""

    CITIZEN = "citizen", _("entered by the citizen")
    PRACTITIONER = "practitioner", _("recorded by a doctor")
    NURSE = "nurse", _("measured by a station nurse")


class Known(Entity):
    """Base of remembered facts: about whom, from whom, since when we know."""

    person = models.ForeignKey("identity.Person", on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(
        "records.Encounter", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField(max_length=12, choices=Source.choices)
    recorded_by = models.UUIDField(null=True)  # the user
    recorded_name = models.CharField(max_length=160, blank=True)  # as it was then

    class Meta:
        abstract = True


class Allergy(Known):
    """A substance this person must not be given, with what it did."""

    class Severity(models.TextChoices):
        MILD = "mild", _("mild")
        MODERATE = "moderate", _("moderate")
        SEVERE = "severe", _("severe")

    substance = models.CharField(max_length=120)  # as people say it
    ingredient = models.CharField(max_length=120, blank=True)  # INN in lower case; what the drug check compares
    atc = models.CharField(max_length=7, blank=True)
    reaction = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)  # found not to be so; kept for the history

    class Meta:
        indexes = [models.Index(fields=["person", "ended_at"], name="allergy_of_person")]
        constraints = [
            models.UniqueConstraint(
                fields=["person", "substance"], condition=Q(ended_at__isnull=True), name="allergy_live_once"
            ),
            models.CheckConstraint(
                condition=Q(severity__in=["", "mild", "moderate", "severe"]), name="allergy_severity_known"
            ),
        ]
        verbose_name_plural = "allergies"

    def __str__(self) -> str:
        return self.substance


class Condition(Known):
    """A problem that stays: hypertension, diabetes, asthma."""

    code = models.CharField(max_length=8)
    name = models.CharField(max_length=255)
    since = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "code"], condition=Q(ended_on__isnull=True), name="condition_live_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"


class Observation(Known):
    """One measured value, by LOINC code (records.vitals says which, with unit and sane bounds)."""

    code = models.CharField(max_length=10)
    value = models.DecimalField(max_digits=8, decimal_places=2)
    unit = models.CharField(max_length=24)  # UCUM
    at = models.DateTimeField()
    performer = models.ForeignKey(
        "identity.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Entered in error (FHIR): no longer counts, stays for the history. What stands instead says so by `corrects`.
    wrong_at = models.DateTimeField(null=True, blank=True)
    wrong_by = models.UUIDField(null=True, blank=True)  # the user who took it back
    corrects = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrected_by"
    )

    class Meta:
        indexes = [
            models.Index(fields=["person", "code", "-at"], name="observation_of_person"),
            models.Index(
                fields=["encounter", "-at"], condition=Q(encounter__isnull=False), name="observation_of_encounter"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.value} {self.unit}"
