"""Parts: a prescription collected in several goes, each with a share of the items and a window of its own."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from core.models import Entity
from prescriptions.choices import NotDispensedReason
from prescriptions.models.prescriptions import Item, Prescription


class Part(Entity):
    """One go: what may be handed out within [opens_at, closes_at). A prescription has none, or two and more.

    Tranches of narcotics and months of a chronic treatment alike (Circular 26/2025/TT-BYT). What of a part is not
    collected in its window lapses; the next part has its own.
    """

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="parts")
    rank = models.PositiveSmallIntegerField()  # from 1
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    used_from = models.DateField()  # the days it is taken
    used_to = models.DateField()
    collected_at = models.DateTimeField(null=True, blank=True)  # closed by a pharmacy

    class Meta:
        ordering = ["rank"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "rank"], name="part_rank_once"),
            models.CheckConstraint(condition=Q(rank__gte=1), name="part_rank_from_one"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="part_window_has_time"),
            models.CheckConstraint(condition=Q(used_to__gte=F("used_from")), name="part_days_in_order"),
            # At any moment one part at most can be collected: else a pharmacy would have to choose.
            ExclusionConstraint(
                name="part_windows_apart",
                expressions=[
                    ("prescription", RangeOperators.EQUAL),
                    (
                        Func("opens_at", "closes_at", function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"part {self.rank}"

    def is_open(self, now: datetime) -> bool:
        """Whether its share may be handed out at this instant."""
        return self.collected_at is None and self.opens_at <= now < self.closes_at

    @property
    def last_moment(self) -> datetime:
        """The last instant of its window, for saying the day."""
        return self.closes_at - timedelta(seconds=1)

    def state(self, now: datetime) -> str:
        """collected, open, to_come or lapsed."""
        if self.collected_at is not None:
            return "collected"
        if now < self.opens_at:
            return "to_come"
        return "open" if now < self.closes_at else "lapsed"


class Share(Entity):
    """How much of one item belongs to one part, and how much of that was handed out."""

    part = models.ForeignKey(Part, on_delete=models.CASCADE, related_name="shares")
    item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="shares")
    quantity = models.PositiveIntegerField()  # in the drug's unit of sale
    dispensed_quantity = models.PositiveIntegerField(default=0)
    not_dispensed_reason = models.CharField(max_length=16, choices=NotDispensedReason.choices, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["part", "item"], name="share_once"),
            models.CheckConstraint(condition=Q(quantity__gte=1), name="share_positive"),
            models.CheckConstraint(
                condition=Q(dispensed_quantity__gte=0, dispensed_quantity__lte=F("quantity")),
                name="share_dispensed_within_quantity",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.item} in {self.part}"

    @property
    def remaining(self) -> int:
        """How much of it may still be handed out while the part is open."""
        return self.quantity - self.dispensed_quantity
