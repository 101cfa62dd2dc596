"""The catalogue: the drugs one can prescribe, generic or by brand, and the lists they are imported from."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful
from prescriptions.choices import Control, Form, Route, Supply, Tradition, Unit
from prescriptions.ingredients import searched


class Drug(Entity):
    """One drug in one strength and form. Sold by the `unit`, taken by the `dose_unit`.

    What has been prescribed stays: a drug is ended by its last day (`valid_to`), never deleted.
    """

    code = models.SlugField(max_length=80, unique=True)
    name_vi = models.CharField(max_length=300)  # Vietnamese generic name: "Amoxicilin"
    brand = models.CharField(max_length=200, blank=True)  # trade name; empty for a generic
    registration_number = models.CharField(max_length=40, blank=True)  # số đăng ký: "VD-21138-14", "893110133825"
    ingredients = ArrayField(models.CharField(max_length=80))  # INN in lower case: ["amoxicillin"]
    atc = models.CharField(max_length=7, blank=True)  # empty: not known, and left out of statistics by ATC
    strength = models.CharField(max_length=200)  # of each ingredient, joined by " + "
    form = models.CharField(max_length=26, choices=Form.choices)
    route = models.CharField(max_length=12, choices=Route.choices)
    unit = models.CharField(max_length=12, choices=Unit.choices)
    dose_unit = models.CharField(max_length=12, choices=Unit.choices)
    # How many dose units one unit of sale holds (60 ml a bottle); empty where doses are not counted (a cream).
    pack_size = models.DecimalField(max_digits=8, decimal_places=2, null=True, blank=True)
    control = models.CharField(max_length=12, choices=Control.choices, default=Control.ORDINARY)
    tradition = models.CharField(max_length=7, choices=Tradition.choices, default=Tradition.NONE, blank=True)
    national_code = models.CharField(max_length=40, blank=True)  # in the ministry's list of drugs: "40.155"
    supply = models.CharField(max_length=3, choices=Supply.choices, default=Supply.RX)
    valid_from = models.DateField(null=True, blank=True)  # first day on which it can be prescribed
    valid_to = models.DateField(null=True, blank=True)  # last day
    # Names without tone marks, each word after a space: one pattern finds the beginning of any word.
    search_text = models.CharField(max_length=1600, editable=False, db_collation="C")
    active = models.BooleanField(default=True)

    class Meta:
        # Without fast update: a list that has just landed must not make every search read its rows one by one.
        indexes = [
            models.Index(fields=["search_text"], name="drug_search"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="drug_search_words", fastupdate=False),
            models.Index(fields=["registration_number"], name="drug_registration"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(atc="")
                | Q(atc__regex=r"^[A-Z][0-9]{2}[A-Z]{2}([0-9]{2})?$")
                | Q(atc__regex=r"^[A-Z][0-9]{2}[A-Z]$"),
                name="drug_atc",
            ),
            models.CheckConstraint(
                condition=Q(control__in=["ordinary", "narcotic", "psychotropic", "toxic"]), name="drug_control_known"
            ),
            models.CheckConstraint(condition=Q(tradition__in=["", "herb", "product"]), name="drug_tradition_known"),
            models.CheckConstraint(
                condition=Q(pack_size__isnull=True) | Q(pack_size__gt=0), name="drug_pack_size_positive"
            ),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True) | Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
                name="drug_ends_after_it_begins",
            ),
            ExclusionConstraint(
                name="drug_registered_once_a_day",
                expressions=[
                    ("registration_number", RangeOperators.EQUAL),
                    (
                        Func(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_lower=True, inclusive_upper=True),
                            function="daterange",
                            output_field=DateRangeField(),
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=~Q(registration_number="") & Q(active=True),
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.make_searchable()
        super().save(*args, **kwargs)

    def make_searchable(self) -> None:
        """Write what a search looks through."""
        self.search_text = searchable(
            self.name_vi, self.ingredients, self.strength, self.brand, self.registration_number
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.brand}) {self.strength}" if self.brand else f"{self.name} {self.strength}"

    @property
    def printed(self) -> str:
        """How a prescription writes it (Circular 26/2025/TT-BYT, article 6): "Paracetamol (Hapacol) 500 mg"."""
        return f"{self.name_vi} ({self.brand}) {self.strength}" if self.brand else f"{self.name_vi} {self.strength}"

    def is_valid_on(self, day: date) -> bool:
        """Whether it may be prescribed on this day."""
        begun = self.valid_from is None or self.valid_from <= day
        return self.active and begun and (self.valid_to is None or day <= self.valid_to)

    @property
    def is_controlled(self) -> bool:
        """Whether it needs a prescription of its own, and the person on the spot."""
        return self.control in {Control.NARCOTIC, Control.PSYCHOTROPIC}

    @property
    def inn(self) -> str:
        """The international names, as English readers know them."""
        text = " + ".join(self.ingredients)
        return text[:1].upper() + text[1:]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.inn if get_language() == "en" else self.name_vi


def searchable(
    name_vi: str, ingredients: list[str], strength: str, brand: str = "", registration_number: str = ""
) -> str:
    """Return what a search looks through: the names, the strength and the registration number, folded, a space before each word."""
    words = searched(f"{name_vi} {' '.join(ingredients)} {strength} {brand} {registration_number}")
    return f" {words}"[:1600]


class DrugWord(models.Model):
    """One word of letters that stands in some drug's `search_text`, kept by the database; who mistypes is led to it.

    A word stays when its drug goes: it leads to nothing then, and costs a row.
    """

    word = models.CharField(max_length=120, primary_key=True, db_collation="C")

    class Meta:
        indexes = [GinIndex(fields=["word"], opclasses=["gin_trgm_ops"], name="drug_word_likeness", fastupdate=False)]

    def __str__(self) -> str:
        return self.word


class DrugImport(Entity, Stateful):
    """A list of drugs: read and checked row by row, then, when the operator has seen the report, put in place."""

    class Status(models.TextChoices):
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        APPLYING = "applying", _("being put in place")
        APPLIED = "applied", _("in place")
        FAILED = "failed", _("could not be read")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.CHECKING: {Status.CHECKED, Status.FAILED},
        Status.CHECKED: {Status.APPLYING},
        Status.APPLYING: {Status.APPLIED},
        Status.APPLIED: set(),
        Status.FAILED: set(),
    }

    made_by = models.UUIDField(null=True)  # empty: by a command on the machine
    file_name = models.CharField(max_length=200)
    content = models.BinaryField()
    list_on = models.DateField()  # the day from which the list holds
    is_whole = models.BooleanField(default=False)  # asked to end what is not in it
    status = models.CharField(max_length=10, choices=Status, default=Status.CHECKING)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)  # of this step: progress
    good = models.PositiveIntegerField(default=0)  # rows that would land: new or changed
    unchanged = models.PositiveIntegerField(default=0)
    landed = models.PositiveIntegerField(default=0)
    added = models.PositiveIntegerField(default=0)  # of those that landed
    without_atc = models.PositiveIntegerField(default=0)
    bad_rows = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)  # drugs that are not in a whole list
    ended = models.PositiveIntegerField(default=0)
    header = models.JSONField(default=list)  # as it stood in the file
    problems = models.JSONField(
        default=list
    )  # [{"line": 7, "field": "strength", "reason": "bad_strength", "value": "…"}]
    refused = models.JSONField(default=list)  # [[line, [cells]]] of the rows that have problems
    checked_at = models.DateTimeField(null=True)
    applying_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["checking", "checked", "applying", "applied", "failed"]),
                name="drug_import_status",
            ),
        ]
        verbose_name = _("list of medicines")
        verbose_name_plural = _("lists of medicines")

    def __str__(self) -> str:
        return self.file_name
