"""Approved pilots: what a facility may treat at a distance besides the ministry's list, for a counted number of cases."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.lookups import Regex
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from identity.models.places import Facility

# An ICD-10 code, a category, or the beginning of one: "I25.1", "I25", "I2".
PREFIX = r"[A-Z][0-9]([0-9](\.[0-9A-Z]{1,2})?)?"


class ArrayToString(Func):
    """PostgreSQL's function of that name."""

    function = "array_to_string"
    output_field = models.TextField()


class Pilot(Entity):
    """A pilot that an authority approved for one facility (Law 15/2023/QH15 article 80): conditions, days, a quota of cases.

    `used` is kept by a trigger of the appointments' table and by nothing else: whoever takes a case waits for this row, and
    the constraint stands behind whatever the code does.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="pilots")
    name = models.CharField(max_length=160)
    decision_number = models.CharField(max_length=60)
    decided_on = models.DateField()
    approved_by = models.CharField(max_length=120)
    conditions = ArrayField(
        models.CharField(
            max_length=6, validators=[RegexValidator(rf"^{PREFIX}$", _("Write ICD-10 codes, such as I25 or I25.1."))]
        ),
        help_text=_("ICD-10 codes or their beginnings, with commas between: I25, I50.1"),
    )
    valid_from = models.DateField()
    valid_to = models.DateField()
    quota = models.PositiveIntegerField()  # cases that may be held
    used = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        ordering = ["valid_to", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["facility", "decision_number"], name="pilot_decision_once"),
            models.CheckConstraint(
                condition=Q(quota__gte=1, used__lte=F("quota")),
                name="pilot_quota_kept",
                violation_error_message=_("More cases than this are taken already."),
            ),
            models.CheckConstraint(
                condition=Q(valid_to__gte=F("valid_from"), valid_from__gte=F("decided_on")),
                name="pilot_days_in_order",
                violation_error_message=_("It begins on the day of the decision at the earliest, and ends after that."),
            ),
            models.CheckConstraint(
                condition=Regex(ArrayToString(F("conditions"), Value(",")), rf"^{PREFIX}(,{PREFIX})*$"),
                name="pilot_conditions_are_icd10",
                violation_error_message=_("Write ICD-10 codes, such as I25 or I25.1."),
            ),
        ]
        verbose_name = _("approved pilot")
        verbose_name_plural = _("approved pilots")

    def __str__(self) -> str:
        return f"{self.decision_number} {self.name}"

    @property
    def left(self) -> int:
        """How many cases may still be taken."""
        return self.quota - self.used

    @property
    def has_room(self) -> bool:
        """Whether another case may be taken."""
        return self.used < self.quota

    def holds_on(self, day: date) -> bool:
        """Say whether it is in force on a day at the facility."""
        return self.valid_from <= day <= self.valid_to

    def covers(self, code: str) -> bool:
        """Say whether an ICD-10 code falls under one of its conditions: "I25.1" under "I25", not the other way round."""
        return bool(code) and any(code.startswith(one) for one in self.conditions)
