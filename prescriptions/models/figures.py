"""Statistics of prescribing: figures by day, what each prescription adds to them, and what has to be counted anew."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity


class Recount(models.Model):
    """A prescription to be counted anew, since something of it has changed. Written by the database itself (triggers), drained by a job.

    Not unique: whoever signs or hands out never waits for whoever counts.
    """

    id = models.BigAutoField(primary_key=True)
    prescription_id = models.UUIDField()

    def __str__(self) -> str:
        return str(self.prescription_id)


class Counted(models.Model):
    """What one prescription adds to the figures now; the difference to what it should add is all that is ever written.

    No foreign key: what was deleted must still be taken out of the figures.
    """

    prescription_id = models.UUIDField(primary_key=True)
    adds = models.JSONField()  # counting.Contribution.as_json()

    def __str__(self) -> str:
        return str(self.prescription_id)


class Figure(Entity):
    """Sums over the prescriptions one practitioner signed for one facility on one day, by chapter of the main diagnosis.

    Each prescription is in exactly one row, so any sum over rows counts it once. The day is that of signing in the
    facility's zone; what becomes of a prescription later corrects that day. `counting` says what each column means.
    """

    day = models.DateField()
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    chapter = models.PositiveSmallIntegerField()  # records.chapters: 1 to 22; 0 where the code belongs to none
    prescriptions = models.PositiveIntegerField(default=0)
    items = models.PositiveIntegerField(default=0)
    antibiotic = models.PositiveIntegerField(default=0)
    overridden = models.PositiveIntegerField(default=0)
    overrides = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    collected = models.PositiveIntegerField(default=0)
    collected_whole = models.PositiveIntegerField(default=0)
    within_day = models.PositiveIntegerField(default=0)
    minutes = models.PositiveBigIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "facility", "practitioner", "chapter"], name="figure_once"),
            models.CheckConstraint(condition=Q(chapter__lte=22), name="figure_chapter_known"),
            models.CheckConstraint(
                condition=Q(
                    antibiotic__lte=models.F("prescriptions"),
                    overridden__lte=models.F("prescriptions"),
                    settled__lte=models.F("prescriptions"),
                    collected__lte=models.F("settled"),
                    collected_whole__lte=models.F("collected"),
                    within_day__lte=models.F("collected"),
                ),
                name="figure_parts_within_wholes",
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "day"], name="figure_of_facility"),
            models.Index(fields=["practitioner", "day"], name="figure_of_practitioner"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.facility_id} {self.practitioner_id} {self.chapter}"


class DrugFigure(Entity):
    """Sums over the items of one drug (ATC as signed), by day, facility, practitioner and chapter of the main diagnosis."""

    day = models.DateField()
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    chapter = models.PositiveSmallIntegerField()
    atc = models.CharField(max_length=7, blank=True)  # empty: not known
    items = models.PositiveIntegerField(default=0)
    settled = models.PositiveIntegerField(default=0)
    collected = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["day", "facility", "practitioner", "chapter", "atc"], name="drug_figure_once"
            ),
            models.CheckConstraint(
                condition=Q(settled__lte=models.F("items"), collected__lte=models.F("settled")),
                name="drug_figure_parts_within_wholes",
            ),
        ]
        indexes = [
            models.Index(fields=["facility", "day"], name="drug_figure_of_facility"),
            models.Index(fields=["practitioner", "day"], name="drug_figure_of_practitioner"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.facility_id} {self.practitioner_id} {self.chapter} {self.atc}"
