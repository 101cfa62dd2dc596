"""The rows of recordings: what was agreed to be recorded, by whom, how long it is kept; and the films made of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.states import Stateful


class Recording(Entity, Stateful):
    """One part of a recorded call: from where everybody had agreed to where somebody had not, or it broke off.

    `seats` are those who had agreed, and nobody else is on it. `created_at` is when it began.
    """

    class Status(models.TextChoices):
        RUNNING = "running", pgettext_lazy("recording", "running")  # the relay is writing it down
        ENDED = "ended", pgettext_lazy("recording", "being prepared")  # the films are still to be made
        READY = "ready", pgettext_lazy("recording", "ready")
        EMPTY = "empty", pgettext_lazy("recording", "empty")  # nothing had come before it ended
        DELETED = "deleted", pgettext_lazy("recording", "deleted")  # the row stays and says so

    MOVES: ClassVar[dict[Any, set[Any]]] = {
        Status.RUNNING: {Status.ENDED},
        Status.ENDED: {Status.READY, Status.EMPTY, Status.DELETED},
        Status.READY: {Status.DELETED},
        Status.EMPTY: set(),
        Status.DELETED: set(),
    }

    class Answer(models.TextChoices):
        NONE = "", pgettext_lazy("recording", "not answered")
        KEPT = "kept", pgettext_lazy("recording", "kept")

    room = models.ForeignKey("realtime.Room", on_delete=models.PROTECT, related_name="recordings")
    seats = models.ManyToManyField("realtime.Seat", related_name="+")
    part = models.PositiveIntegerField()
    wish = models.PositiveIntegerField()  # the consents in the evidence name it
    place = models.CharField(max_length=64, unique=True)  # of the tape in the files' storage
    status = models.CharField(max_length=7, choices=Status.choices, default=Status.RUNNING)
    ended_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=10, blank=True)  # it ended: see rooms/recording.py
    ready_at = models.DateTimeField(null=True, blank=True)
    lost = models.PositiveIntegerField(default=0)  # packets that could not be stored in time
    keep_until = models.DateTimeField()  # as those who agreed were told
    deleted_at = models.DateTimeField(null=True, blank=True)
    # The citizen may ask for it to be deleted before that; its doctor answers.
    unwanted_at = models.DateTimeField(null=True, blank=True)
    unwanted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answer = models.CharField(max_length=4, choices=Answer.choices, blank=True)
    answer_words = models.CharField(max_length=500, blank=True)  # why it is kept

    class Meta:
        app_label = "realtime"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["room", "part"], name="recording_part_once"),
            models.UniqueConstraint(fields=["room"], condition=Q(status="running"), name="recording_one_at_a_time"),
            models.CheckConstraint(
                condition=Q(status__in=["running", "ended", "ready", "empty", "deleted"]), name="recording_status_known"
            ),
            models.CheckConstraint(
                condition=Q(status="running", ended_at__isnull=True)
                | (~Q(status="running") & Q(ended_at__isnull=False)),
                name="recording_ended_has_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(status="deleted") | Q(deleted_at__isnull=False), name="recording_deleted_has_a_time"
            ),
            models.CheckConstraint(condition=Q(keep_until__gt=F("created_at")), name="recording_kept_for_a_while"),
            models.CheckConstraint(
                condition=Q(answer="", answer_words="")
                | (Q(answer="kept", unwanted_at__isnull=False) & ~Q(answer_words="")),
                name="recording_kept_says_why",
            ),
        ]
        indexes = [
            models.Index(fields=["keep_until"], condition=Q(status="ready"), name="recording_to_delete"),
            models.Index(fields=["ended_at"], condition=Q(status="ended"), name="recording_to_make"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d %H:%M} #{self.part} {self.status}"

    @property
    def is_unwanted(self) -> bool:
        """The citizen waits for an answer."""
        return self.unwanted_at is not None and not self.answer and self.status == self.Status.READY


class Film(Entity):
    """What one seat said and showed, as one file. Its row comes before its bytes, which lie sealed in blocks at `place`."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="films")
    seat = models.ForeignKey("realtime.Seat", on_delete=models.PROTECT, related_name="+")
    place = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField(default=0)
    starts_ms = models.PositiveIntegerField(default=0)  # after the beginning of the recording
    duration_ms = models.PositiveIntegerField(default=0)
    has_voice = models.BooleanField(default=False)
    has_picture = models.BooleanField(default=False)
    width = models.PositiveSmallIntegerField(default=0)
    height = models.PositiveSmallIntegerField(default=0)
    turned = models.PositiveSmallIntegerField(default=0)  # degrees clockwise that a player has to turn it
    container = models.CharField(max_length=8, default="webm")

    class Meta:
        app_label = "realtime"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["recording", "seat"], name="film_one_a_seat"),
            models.CheckConstraint(condition=Q(turned__in=[0, 90, 180, 270]), name="film_turned_by_quarters"),
            models.CheckConstraint(condition=Q(container__in=["webm", "matroska"]), name="film_container_known"),
        ]

    def __str__(self) -> str:
        return f"{self.duration_ms} ms {self.container}"
