"""A visit that is under way, asked of a colleague: one line a wish, and what became of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.states import Stateful
from records.models.encounters import Encounter

MOST_WORDS = 300  # characters of a reason: one line, not a second note


class HandOver(Entity, Stateful):
    """One doctor asks another of the same facility to go on with a visit. Nothing changes hands before the other accepts."""

    class Status(models.TextChoices):
        ASKED = "asked", pgettext_lazy("hand-over", "asked")  # the colleague has not answered
        ACCEPTED = "accepted", pgettext_lazy("hand-over", "accepted")  # the visit is the colleague's now
        DECLINED = "declined", pgettext_lazy("hand-over", "declined")  # with a reason
        WITHDRAWN = "withdrawn", pgettext_lazy("hand-over", "taken back")  # by who asked, or because the visit ended

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.ASKED: {Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN},
        Status.ACCEPTED: set(),
        Status.DECLINED: set(),
        Status.WITHDRAWN: set(),
    }

    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="hand_overs")
    asked_by = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    asked_of = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=MOST_WORDS)
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.ASKED)
    refusal = models.CharField(max_length=MOST_WORDS, blank=True)  # why the colleague does not take it
    note_version = models.PositiveIntegerField(null=True, blank=True)  # of the note as it changed hands
    accepted_at = models.DateTimeField(null=True, blank=True)
    declined_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [models.Index(fields=["asked_of", "status"], name="hand_over_asked_of")]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["asked", "accepted", "declined", "withdrawn"]), name="hand_over_status_known"
            ),
            # One colleague at a time: two who accept would be two doctors of one visit.
            models.UniqueConstraint(fields=["encounter"], condition=Q(status="asked"), name="hand_over_one_open"),
            models.CheckConstraint(condition=~Q(asked_by=F("asked_of")), name="hand_over_to_another"),
            models.CheckConstraint(condition=~Q(why=""), name="hand_over_has_a_reason"),
            models.CheckConstraint(
                condition=~Q(status="declined") | ~Q(refusal=""), name="hand_over_declined_with_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(status="accepted", accepted_at__isnull=False, note_version__isnull=False)
                | (~Q(status="accepted") & Q(accepted_at__isnull=True, note_version__isnull=True)),
                name="hand_over_accepted_has_a_time",
            ),
        ]
        verbose_name = _("hand-over of a visit")
        verbose_name_plural = _("hand-overs of visits")

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} {self.status}"
