"""What a prescription says besides its lines: the facts, papers and course that the circulars ask for."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from core.models import Entity
from prescriptions.choices import CourseSaid
from prescriptions.models.prescriptions import Prescription


class Particulars(Entity):
    """One row a prescription. Empty is what nobody has said; what the record knows is offered, and kept here as it was then."""

    prescription = models.OneToOneField(Prescription, on_delete=models.CASCADE, related_name="particulars")
    course = models.CharField(max_length=11, choices=CourseSaid.choices, blank=True)
    at_discharge = models.BooleanField(default=False)  # to go on with at home after a stay
    conclusion = models.CharField(max_length=500, blank=True)  # of the visit, in the doctor's words
    note = models.CharField(max_length=500, blank=True)  # what a pharmacy must mind
    revisit_on = models.DateField(null=True, blank=True)

    # Of the patient (TT 26/2025 article 6, annex I).
    weight_kg = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    weight_on = models.DateField(null=True, blank=True)
    companion = models.CharField(max_length=120, blank=True)  # who brings a child under 72 months
    companion_phone = models.CharField(max_length=16, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    residence = models.CharField(max_length=240, blank=True)

    # Narcotics (TT 26/2025 articles 7 and 8, annexes II, IV, V).
    commitment_number = models.CharField(max_length=60, blank=True)
    commitment_on = models.DateField(null=True, blank=True)
    commune_number = models.CharField(max_length=60, blank=True)  # the commune's confirmation, for one prescription
    commune_on = models.DateField(null=True, blank=True)
    receiver_name = models.CharField(max_length=120, blank=True)
    receiver_id = models.CharField(max_length=20, blank=True)  # identity card, passport

    # Set by signing: [{number, from, to, collect_from, collect_to}], days as ISO, each included; and by which rules.
    tranches = models.JSONField(default=list, blank=True)
    rules_version = models.CharField(max_length=60, blank=True)

    class Meta:
        verbose_name_plural = "particulars"
        constraints = [
            models.CheckConstraint(
                condition=Q(course__in=["", "acute", "long_term", "cancer_pain"]), name="particulars_course_known"
            ),
            models.CheckConstraint(
                condition=Q(weight_kg__isnull=True, weight_on__isnull=True)
                | Q(weight_kg__gte=0.3, weight_kg__lte=400, weight_on__isnull=False),
                name="particulars_weight_has_a_day",
            ),
            models.CheckConstraint(
                condition=Q(commitment_number="") | Q(commitment_on__isnull=False),
                name="particulars_commitment_has_a_day",
            ),
            # A commune's confirmation holds for one prescription (TT 26/2025 article 8 clause 2).
            models.UniqueConstraint(
                F("commune_number"),
                F("commune_on"),
                condition=~Q(commune_number="") & ~Q(rules_version=""),
                name="particulars_confirmation_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prescription_id} {self.course}"
