"""Rule sets brought in from outside: pairs of ingredients that must not meet, with the days on which they hold."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from core.models import Entity


class RuleSet(Entity):
    """One version of one list. It counts once somebody has put it in force, for visits from its first to its last day."""

    class Kind(models.TextChoices):
        PAIRS = "pairs", "pairs of ingredients that must not meet"

    kind = models.CharField(max_length=12, choices=Kind.choices, default=Kind.PAIRS)
    version = models.CharField(max_length=40)  # as findings and overrides name it
    source = models.CharField(max_length=200)  # as people read it: "QĐ 5948/QĐ-BYT"
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day
    checksum = models.CharField(max_length=64)  # SHA-256 of the file
    file_name = models.CharField(max_length=200, blank=True)
    report = models.JSONField(default=list)  # [{line, field, reason, taken}]
    imported_at = models.DateTimeField()
    imported_by = models.UUIDField(null=True, blank=True)  # the user
    in_force_at = models.DateTimeField(null=True, blank=True)  # none: read and shown, not yet confirmed

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "version"], name="rule_set_once"),
            models.CheckConstraint(condition=Q(kind="pairs"), name="rule_set_kind_known"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="rule_set_ends_after_begin"
            ),
            # Of one list one version a day, so that everybody knows by which a visit was checked.
            ExclusionConstraint(
                name="rule_set_one_a_day",
                expressions=[
                    ("kind", RangeOperators.EQUAL),
                    ("source", RangeOperators.EQUAL),
                    (
                        Func(
                            "valid_from",
                            "valid_to",
                            RangeBoundary(inclusive_upper=True),
                            function="daterange",
                        ),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(in_force_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.version}"


class RulePair(Entity):
    """One row of a list. A side is ingredients that must all be there, or a class by its ATC codes."""

    rule_set = models.ForeignKey(RuleSet, on_delete=models.CASCADE, related_name="pairs")
    number = models.PositiveIntegerField()  # as the list counts its rows
    name_a = models.CharField(max_length=120)
    name_b = models.CharField(max_length=120)
    keys_a = ArrayField(models.CharField(max_length=80), default=list, blank=True)  # ingredients.key_of
    keys_b = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    atc_a = ArrayField(models.CharField(max_length=7), default=list, blank=True)
    atc_b = ArrayField(models.CharField(max_length=7), default=list, blank=True)
    mechanism = models.TextField(blank=True)
    consequence = models.TextField(blank=True)
    handling = models.TextField(blank=True)

    class Meta:
        ordering = ["number", "id"]
        constraints = [
            models.CheckConstraint(
                condition=(~Q(keys_a=[]) | ~Q(atc_a=[])) & (~Q(keys_b=[]) | ~Q(atc_b=[])),
                name="rule_pair_has_two_sides",
            )
        ]

    def __str__(self) -> str:
        return f"{self.name_a} × {self.name_b}"
