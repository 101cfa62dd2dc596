"""A doctor is away: one operation that finds every appointment it touches a way on."""

from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointments import Appointment
from core.models import Entity
from core.states import Stateful


class Leave(Entity, Stateful):
    """A practitioner's time away from one facility. Its closures close the schedules; its cases are the people."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        UNDONE = "undone", _("taken back")

    MOVES: ClassVar[dict[str, set[str]]] = {Status.ACTIVE: {Status.UNDONE}, Status.UNDONE: set()}

    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    reason = models.CharField(max_length=200, blank=True)  # for colleagues
    message = models.CharField(max_length=300, blank=True)  # for the people concerned
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["active", "undone"]), name="leave_status"),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="leave_during",
            ),
        ]
        verbose_name = _("leave")
        verbose_name_plural = _("leaves")


class LeaveCase(Entity, Stateful):
    """One appointment that a leave touches, and what becomes of it. The citizen chooses; silence keeps the first way."""

    class Status(models.TextChoices):
        OPEN = "open", _("waits for the citizen's choice")
        MOVED = "moved", _("moved")
        CANCELLED = "cancelled", _("cancelled")
        KEPT = "kept", _("stays as agreed")  # the leave was taken back, or the visit is over

    class ChosenBy(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        DESK = "desk", _("hospital desk")
        SILENCE = "silence", _("nobody: the time to choose was over")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.MOVED, Status.CANCELLED, Status.KEPT},
        Status.MOVED: set(),
        Status.CANCELLED: set(),
        Status.KEPT: set(),
    }

    leave = models.ForeignKey(Leave, models.PROTECT, related_name="cases")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    # [{"schedule": id, "starts_at": iso, "visit_type": id, "mode": "video", "why": "same|colleague|video"}, …]
    ways = models.JSONField(default=list)
    decide_by = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    ways_found_at = models.DateTimeField(null=True)  # and the citizen was told of them
    chosen_by = models.CharField(max_length=10, choices=ChosenBy, blank=True)
    moved_to = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    moved_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    kept_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "moved", "cancelled", "kept"]), name="leave_case_status"
            ),
            models.UniqueConstraint(fields=["leave", "appointment"], name="leave_case_once"),
            models.UniqueConstraint(fields=["appointment"], condition=Q(status="open"), name="leave_case_open_once"),
            models.CheckConstraint(
                condition=Q(chosen_by__in=["", "citizen", "desk", "silence"]), name="leave_case_chosen_by"
            ),
        ]
        indexes = [models.Index(fields=["decide_by"], condition=Q(status="open"), name="leave_case_open")]
        verbose_name = _("leave case")
        verbose_name_plural = _("leave cases")
