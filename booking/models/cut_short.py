"""Video visits in which the two were together for less than agreed, and what the citizen wants instead."""

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.models.appointments import Appointment
from core.models import Entity
from core.states import Stateful


class CutShort(Entity, Stateful):
    """One visit that was too short. Until `decide_by` its citizen chooses; silence is a refund."""

    class Status(models.TextChoices):
        OPEN = "open", _("to be chosen")
        REFUNDED = "refunded", _("money back")
        REBOOKED = "rebooked", _("another visit for the same money")
        ENOUGH = "enough", pgettext_lazy("visit", "it was enough")

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.OPEN: {Status.REFUNDED, Status.REBOOKED, Status.ENOUGH},
        Status.REFUNDED: set(),
        Status.REBOOKED: set(),
        Status.ENOUGH: set(),
    }

    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="+")
    joint_seconds = models.PositiveIntegerField()  # as the server saw it
    agreed_seconds = models.PositiveIntegerField()
    decide_by = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    by_silence = models.BooleanField(default=False)
    rebooked_as = models.OneToOneField(Appointment, models.PROTECT, null=True, related_name="+")
    refunded_at = models.DateTimeField(null=True)
    rebooked_at = models.DateTimeField(null=True)
    enough_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "refunded", "rebooked", "enough"]), name="cut_short_status"
            ),
            models.CheckConstraint(
                condition=Q(joint_seconds__lt=models.F("agreed_seconds")), name="cut_short_is_too_short"
            ),
            models.CheckConstraint(
                condition=Q(status="rebooked", rebooked_as__isnull=False)
                | (~Q(status="rebooked") & Q(rebooked_as__isnull=True)),
                name="cut_short_rebooked_as",
            ),
        ]
        verbose_name = _("visit cut short")
        verbose_name_plural = _("visits cut short")

    def __str__(self) -> str:
        return f"{self.joint_seconds}/{self.agreed_seconds} s {self.status}"
