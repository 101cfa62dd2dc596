"""What a facility, or the whole site, may do beyond the default, with the days on which it holds."""

from __future__ import annotations

from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeBoundary, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity


class Permit(Entity):
    """One permission. It never changes but for its last day, so that one can say later why something was allowed."""

    class What(models.TextChoices):
        # Narcotics and psychotropics in visits between doctor and patient alone; refused by default.
        REMOTE_CONTROLLED = "remote_controlled", _("controlled medicines in direct remote visits")
        # A facility that is no hospital and has beds: narcotics are prescribed there only (TT 26/2025 article 7 clause 1).
        BEDS = "beds", _("has beds for patients")

    facility = models.ForeignKey(
        "identity.Facility", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )  # none: the whole site
    what = models.CharField(max_length=17, choices=What.choices)
    because = models.CharField(max_length=200)  # number and day of the decision
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)  # the last day
    given_by = models.UUIDField(null=True, blank=True)  # the user

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(what__in=["remote_controlled", "beds"]), name="permit_known"),
            models.CheckConstraint(condition=~Q(because=""), name="permit_has_a_reason"),
            models.CheckConstraint(
                condition=Q(what="remote_controlled") | Q(facility__isnull=False), name="permit_beds_of_a_facility"
            ),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="permit_ends_after_begin"
            ),
            ExclusionConstraint(
                name="permit_once_a_day",
                expressions=[
                    ("facility", RangeOperators.EQUAL),
                    ("what", RangeOperators.EQUAL),
                    (
                        Func("valid_from", "valid_to", RangeBoundary(inclusive_upper=True), function="daterange"),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} {self.valid_from}"

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
