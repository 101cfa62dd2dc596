"""The rows of the chain of evidence. PostgreSQL refuses to change, remove or misplace one (see the migration)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity
from realtime.evidence import KINDS


class EvidenceRow(Entity):
    """One fact of how a visit took place; `created_at` is the server's clock."""

    encounter = models.ForeignKey("records.Encounter", on_delete=models.PROTECT, related_name="+")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=16)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        app_label = "realtime"
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["encounter", "number"], name="evidence_number_once"),
            models.UniqueConstraint(fields=["encounter", "previous"], name="evidence_one_follows"),
            models.CheckConstraint(condition=Q(kind__in=KINDS), name="evidence_kind_known"),
            models.CheckConstraint(
                condition=Q(hash__regex=r"^[0-9a-f]{64}$", previous__regex=r"^[0-9a-f]{64}$", number__gte=1),
                name="evidence_hashes",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {self.kind}"
