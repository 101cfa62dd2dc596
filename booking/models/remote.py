"""A visit at a distance for something that is not on the ministry's list: the citizen asks, a doctor opens it."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful


class RemoteWish(Entity, Stateful):
    """A citizen asks one doctor to be seen at a distance all the same; once opened, it may be booked until a day."""

    class Status(models.TextChoices):
        ASKED = "asked", _("asked")
        OPENED = "opened", _("opened")
        DECLINED = "declined", _("declined")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.ASKED: {Status.OPENED, Status.DECLINED},
        Status.OPENED: {Status.DECLINED},
        Status.DECLINED: {Status.OPENED},
    }

    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    asked_by = models.UUIDField(null=True)
    words = models.CharField(max_length=500)  # what it is about; clinical
    status = models.CharField(max_length=10, choices=Status, default=Status.ASKED)
    fit_reason = models.CharField(max_length=300, blank=True)  # the doctor's
    opened_until = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["asked", "opened", "declined"]), name="remote_wish_status"),
            models.CheckConstraint(
                condition=~Q(status="opened") | (~Q(fit_reason="") & Q(opened_until__isnull=False)),
                name="remote_wish_opened_with_a_reason",
            ),
            models.UniqueConstraint(
                fields=["person", "practitioner"], condition=Q(status="asked"), name="remote_wish_once"
            ),
        ]
        indexes = [models.Index(fields=["practitioner", "status"], name="remote_wish_of_doctor")]
        verbose_name = _("wish for a visit at a distance")
        verbose_name_plural = _("wishes for a visit at a distance")
