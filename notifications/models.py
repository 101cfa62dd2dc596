"""Messages, the tries to carry them, and what people wish to receive."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.states import Stateful


class Message(Entity):
    """Something said to one person, once. `params` holds the facts; the words are made when it is read."""

    class Audience(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        STAFF = "staff", _("staff")

    kind = models.CharField(max_length=40)
    audience = models.CharField(max_length=8, choices=Audience.choices, default=Audience.CITIZEN)
    recipient = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    about = models.CharField(max_length=80, blank=True)  # a Ref
    params = models.JSONField(default=dict)
    key = models.CharField(max_length=160)  # the same key says the same thing: a repeated job writes nothing
    read_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["recipient", "key"], name="message_said_once"),
            models.CheckConstraint(condition=Q(audience__in=["citizen", "staff"]), name="message_audience_known"),
        ]
        indexes = [
            models.Index(fields=["recipient", "-created_at", "-id"], name="message_inbox"),
            models.Index(fields=["recipient"], condition=Q(read_at__isnull=True), name="message_unread"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} → {self.recipient_id}"

    @property
    def is_unread(self) -> bool:
        """Not opened yet."""
        return self.read_at is None


class Attempt(Stateful, Entity):
    """One try to reach one address by one carrier. The demo's outbox page shows these."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("on its way")
        SENT = "sent", _("handed over")  # the carrier has it
        FAILED = "failed", _("not handed over")  # the next try is a new row

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.QUEUED: {Status.SENT, Status.FAILED},
        Status.SENT: set(),
        Status.FAILED: set(),
    }

    message = models.ForeignKey(Message, on_delete=models.CASCADE, null=True, related_name="attempts")
    kind = models.CharField(max_length=40)
    carrier = models.CharField(max_length=10)
    to = models.CharField(max_length=254)  # a phone number, an e-mail address, a device
    subject = models.CharField(max_length=200, blank=True)
    body = models.TextField(blank=True)
    attachments = models.JSONField(default=list, blank=True)  # [{"name", "media_type", "content"}], text only
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.QUEUED)
    reference = models.CharField(max_length=120, blank=True)  # the carrier's name for it
    failure = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["queued", "sent", "failed"]), name="attempt_status_known"),
            # At most one living try for each message and carrier, so that nobody gets the same SMS twice.
            models.UniqueConstraint(
                fields=["message", "carrier"],
                condition=Q(message__isnull=False) & ~Q(status="failed"),
                name="attempt_living_once",
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="attempt_newest"),
            models.Index(fields=["to", "-created_at"], name="attempt_to"),
        ]


class Preference(Entity):
    """One person's wish for one kind by one carrier; without a row the kind's own habit holds."""

    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    carrier = models.CharField(max_length=10)
    wanted = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "kind", "carrier"], name="preference_once")]
