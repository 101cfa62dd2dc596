"""What a doctor keeps to write faster: lines, sets of lines, sentences of advice. Nothing of any patient."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity
from prescriptions.models.drugs import Drug

MOST_FAVOURITES, MOST_SETS, MOST_SNIPPETS, MOST_LINES = 200, 60, 60, 30


class Favourite(Entity):
    """One line as this doctor likes to write it."""

    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.CASCADE, related_name="+")
    drug = models.ForeignKey(Drug, on_delete=models.PROTECT, related_name="+")
    dose_quantity = models.DecimalField(max_digits=7, decimal_places=2)
    doses_a_day = models.PositiveSmallIntegerField()
    days = models.PositiveSmallIntegerField()
    instruction = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["practitioner", "drug", "dose_quantity", "doses_a_day", "days", "instruction"],
                name="favourite_once",
            ),
            models.CheckConstraint(
                condition=Q(dose_quantity__gt=0, doses_a_day__gte=1, days__gte=1), name="favourite_dose_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.drug}"


class LineSet(Entity):
    """A named list of lines. Its own doctor's, and with `shared` also of the colleagues at the facility."""

    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.CASCADE, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.CASCADE, related_name="+")
    shared = models.BooleanField(default=False)
    name = models.CharField(max_length=80)
    lines = models.JSONField()  # [{drug, dose_quantity, doses_a_day, days, instruction}], drugs by code, doses as text
    advice = models.CharField(max_length=2000, blank=True)

    class Meta:
        indexes = [models.Index(fields=["facility", "shared"], name="line_set_shared")]
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "facility", "name"], name="line_set_name_once"),
            models.CheckConstraint(condition=~Q(name="") & ~Q(lines=[]), name="line_set_has_name_and_lines"),
        ]

    def __str__(self) -> str:
        return self.name


class Snippet(Entity):
    """A sentence of advice that this doctor writes often."""

    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.CASCADE, related_name="+")
    text = models.CharField(max_length=500)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "text"], name="snippet_once"),
            models.CheckConstraint(condition=~Q(text=""), name="snippet_says_something"),
        ]

    def __str__(self) -> str:
        return self.text
