"""Who may not book for a while, and how they ask for leave to."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful


class Block(Entity, Stateful):
    """After repeated no-shows a person books at this facility only through its desk, until `until`."""

    class Status(models.TextChoices):
        ACTIVE = "active", _("active")
        LIFTED = "lifted", _("lifted")

    MOVES: ClassVar[dict[str, set[str]]] = {Status.ACTIVE: {Status.LIFTED}, Status.LIFTED: set()}

    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    until = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.ACTIVE)
    appeal = models.TextField(blank=True)  # in the citizen's words
    appealed_at = models.DateTimeField(null=True)
    answer = models.CharField(max_length=300, blank=True)  # the desk's
    answered_at = models.DateTimeField(null=True)
    lifted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["active", "lifted"]), name="block_status"),
            models.UniqueConstraint(fields=["person", "facility"], condition=Q(status="active"), name="block_once"),
        ]
        verbose_name = _("booking block")
        verbose_name_plural = _("booking blocks")
