"""Up to where a facility's desk gives back without a second person: the limit that holds, the one wished for, and those before."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from core.states import Stateful

MOST = 999_999_999_999  # dong


class RefundLimit(Stateful, Entity):
    """One setting of a facility's limit. A facility without one that holds goes by the house's, settings.REFUND_APPROVAL_ABOVE.

    Who may give back alone must not be able to widen that alone: a limit that lets more through than before holds only
    once somebody else at the desk has confirmed it, and PostgreSQL refuses it otherwise.
    """

    class Status(models.TextChoices):
        WISHED = "wished", _("waiting for a second person")  # changes nothing yet
        HOLDS = "holds", _("holds")
        ENDED = "ended", _("was replaced")
        DROPPED = "dropped", _("not confirmed")  # refused, taken back, or another wish came

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.WISHED: {Status.HOLDS, Status.DROPPED},
        Status.HOLDS: {Status.ENDED},
        Status.ENDED: set(),
        Status.DROPPED: set(),
    }

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    amount = models.BigIntegerField(null=True)  # dong of one payment; None: as the house has it
    before = models.BigIntegerField()  # what held when it was entered
    raises = models.BooleanField()  # it lets more through than that
    status = models.CharField(max_length=8, choices=Status.choices)
    set_by = models.UUIDField()
    decided_by = models.UUIDField(null=True)  # who confirmed or dropped it; None when nobody had to
    holds_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    dropped_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["wished", "holds", "ended", "dropped"]), name="refund_limit_status_known"
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0, amount__lte=MOST), name="refund_limit_amount_sane"
            ),
            models.CheckConstraint(
                condition=Q(amount=None)
                | Q(raises=True, amount__gt=F("before"))
                | Q(raises=False, amount__lte=F("before")),
                name="refund_limit_raise_is_said",
            ),
            models.CheckConstraint(
                condition=Q(raises=False)
                | Q(status__in=["wished", "dropped"])
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("set_by")),
                name="refund_limit_two_people",
            ),
            models.UniqueConstraint(fields=["facility"], condition=Q(status="holds"), name="refund_limit_holds_once"),
            models.UniqueConstraint(fields=["facility"], condition=Q(status="wished"), name="refund_limit_wished_once"),
        ]
        indexes = [models.Index(fields=["facility", "-created_at"], name="refund_limit_facility")]

    def __str__(self) -> str:
        return f"{self.money or 'the house’s'}, {self.status}"

    @property
    def money(self) -> Money | None:
        """How much of one payment; None where the house's limit is meant."""
        return None if self.amount is None else Money.vnd(self.amount)

    @property
    def money_before(self) -> Money:
        """What held when it was entered."""
        return Money.vnd(self.before)
