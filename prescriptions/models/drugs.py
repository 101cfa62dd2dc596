"""The catalogue: generic drugs one can prescribe."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language

from core.models import Entity
from prescriptions.choices import Control, Form, Route, Supply, Unit
from prescriptions.ingredients import fold


class Drug(Entity):
    """One generic drug in one strength and form. Sold by the `unit`, taken by the `dose_unit`."""

    code = models.SlugField(max_length=80, unique=True)
    name_vi = models.CharField(max_length=120)  # Vietnamese generic name: "Amoxicilin"
    ingredients = ArrayField(models.CharField(max_length=80))  # INN in lower case: ["amoxicillin"]
    atc = models.CharField(max_length=7)
    strength = models.CharField(max_length=60)  # of each ingredient, joined by " + "
    form = models.CharField(max_length=26, choices=Form.choices)
    route = models.CharField(max_length=12, choices=Route.choices)
    unit = models.CharField(max_length=12, choices=Unit.choices)
    dose_unit = models.CharField(max_length=12, choices=Unit.choices)
    # How many dose units one unit of sale holds (60 ml a bottle); empty where doses are not counted (a cream).
    pack_size = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    control = models.CharField(max_length=12, choices=Control.choices, default=Control.ORDINARY)
    supply = models.CharField(max_length=3, choices=Supply.choices, default=Supply.RX)
    search_text = models.CharField(max_length=400, editable=False)  # names without tone marks
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["search_text"], name="drug_search")]
        constraints = [
            models.CheckConstraint(
                condition=Q(atc__regex=r"^[A-Z][0-9]{2}[A-Z]{2}([0-9]{2})?$") | Q(atc__regex=r"^[A-Z][0-9]{2}[A-Z]$"),
                name="drug_atc",
            ),
            models.CheckConstraint(
                condition=Q(control__in=["ordinary", "narcotic", "psychotropic"]), name="drug_control_known"
            ),
            models.CheckConstraint(
                condition=Q(pack_size__isnull=True) | Q(pack_size__gt=0), name="drug_pack_size_positive"
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.search_text = searchable(self.name_vi, self.ingredients, self.strength)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.name} {self.strength}"

    @property
    def inn(self) -> str:
        """The international names, as English readers know them."""
        text = " + ".join(self.ingredients)
        return text[:1].upper() + text[1:]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.inn if get_language() == "en" else self.name_vi


def searchable(name_vi: str, ingredients: list[str], strength: str) -> str:
    """Return what a search looks through: both names and the strength, folded."""
    return fold(f"{name_vi} {' '.join(ingredients)} {strength}")
