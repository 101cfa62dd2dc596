"""The rows that keep how a call was: figures by seat and minute, claims of the pages that measured them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from core.models import Entity

SAMPLES = 30  # of one seat in one minute; a page sends twelve


class QualityMinute(Entity):
    """Sums of what one seat's page measured within one minute of the server's clock."""

    seat = models.ForeignKey("realtime.Seat", on_delete=models.CASCADE, related_name="minutes")
    minute = models.DateTimeField()
    samples = models.PositiveSmallIntegerField(default=1)
    rtt_sum = models.BigIntegerField(default=0)
    rtt_samples = models.PositiveSmallIntegerField(default=0)
    rtt_most = models.PositiveIntegerField(default=0)
    jitter_sum = models.BigIntegerField(default=0)
    jitter_most = models.PositiveIntegerField(default=0)
    packets = models.BigIntegerField(default=0)
    lost = models.BigIntegerField(default=0)
    kbps_in_sum = models.BigIntegerField(default=0)
    kbps_out_sum = models.BigIntegerField(default=0)
    frames = models.PositiveIntegerField(default=0)
    freezes = models.PositiveIntegerField(default=0)
    path = models.CharField(max_length=5, blank=True)  # the last one of the minute
    step = models.CharField(max_length=5, default="full")
    worst = models.PositiveSmallIntegerField(default=0)  # place in quality.WORDS

    class Meta:
        app_label = "realtime"
        constraints = [
            models.UniqueConstraint(fields=["seat", "minute"], name="quality_minute_once"),
            models.CheckConstraint(condition=Q(samples__range=(1, SAMPLES)), name="quality_minute_samples"),
            models.CheckConstraint(
                condition=Q(path__in=["", "p2p", "turn", "relay"], worst__lte=3), name="quality_minute_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.minute:%H:%M} ×{self.samples}"
