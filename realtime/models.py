"""Rows behind rooms and live news. The rules of a room are in rooms.py; these tables remember where it stands."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.states import Stateful


class Room(Entity, Stateful):
    """The place of one encounter's call, with the hours between which one may enter."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")  # may be entered between opens_at and closes_at
        CLOSED = "closed", pgettext_lazy("room", "closed")  # the visit is over; stays so

    MOVES: ClassVar[dict[Any, set[Any]]] = {Status.OPEN: {Status.CLOSED}, Status.CLOSED: set()}

    encounter = models.OneToOneField("records.Encounter", on_delete=models.PROTECT, related_name="+")
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    status = models.CharField(max_length=6, choices=Status.choices, default=Status.OPEN)
    closed_at = models.DateTimeField(null=True, blank=True)
    connected_at = models.DateTimeField(null=True, blank=True)  # the doctor and somebody else were both in
    version = models.PositiveIntegerField(default=0)  # grows with each change anybody could see

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="room_status_known"),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="room_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(status="open") | Q(closed_at__isnull=False), name="room_closed_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens_at:%Y-%m-%d %H:%M} {self.status}"


class Seat(Entity):
    """One person's place in one room; the same place however often they come back."""

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        PRACTITIONER = "practitioner", _("doctor")

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")  # in the waiting room, or about to enter it
        ADMITTED = "admitted", _("in the call")  # let in; stays so while the line drops and returns
        LEFT = "left", _("left")  # hung up; may wait again
        REMOVED = "removed", _("removed")  # asked to leave; may not come back

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=12, choices=Role.choices)
    name = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    announced = models.BooleanField(default=False)  # the doctor has been told of this wait
    waiting_since = models.DateTimeField(null=True, blank=True)
    mic = models.BooleanField(default=True)
    camera = models.BooleanField(default=True)
    resume_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the token that gives this seat back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="seat_once_per_person"),
            models.CheckConstraint(condition=Q(role__in=["citizen", "practitioner"]), name="seat_role_known"),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "admitted", "left", "removed"]), name="seat_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.state}"


class Presence(Entity):
    """One stretch of time during which a seat was connected, as the server saw it: the evidence of joins and leaves."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="presences")
    socket_id = models.UUIDField(unique=True)
    page = models.CharField(max_length=36, blank=True)  # the browser's peer connection; another value means a new one
    admitted = models.BooleanField(default=False)  # in the call for at least a part of it, not only waiting
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=16, blank=True)  # left, lost, displaced, removed, over, silent

    class Meta:
        constraints = [
            # A seat has one socket; the newer one displaces the older.
            models.UniqueConstraint(fields=["seat"], condition=Q(left_at__isnull=True), name="presence_one_open"),
        ]
        indexes = [models.Index(fields=["seen_at"], condition=Q(left_at__isnull=True), name="presence_open_age")]

    def __str__(self) -> str:
        return f"{self.created_at:%H:%M:%S}-{self.left_at or '…'}"


class ChatLine(Entity):
    """One line said in writing. `client_id` is the sender's own: a frame sent twice is one line."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="lines")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField(max_length=64, blank=True)
    text = models.CharField(max_length=2000)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["seat", "client_id"], condition=~Q(client_id=""), name="chat_line_once"),
            models.CheckConstraint(condition=~Q(text=""), name="chat_line_says_something"),
        ]

    def __str__(self) -> str:
        return str(self.id)  # never the words: they are clinical and would end up in logs


def new_epoch() -> str:
    """A name for one life of a stream; a client that remembers another one starts afresh."""
    return uuid4().hex[:12]


class Stream(models.Model):
    """The counter of one person's news. Its row lock makes offsets commit in their order, so no reader skips one."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="+")
    epoch = models.CharField(max_length=12, default=new_epoch)
    last_offset = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.epoch}:{self.last_offset}"


class StreamEntry(models.Model):
    """One piece of news for one person: that something changed, and its reference; never what it says."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    offset = models.BigIntegerField()
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)  # core.refs.Ref
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "offset"], name="stream_offset_once")]
        indexes = [models.Index(fields=["at"], name="stream_entry_age")]

    def __str__(self) -> str:
        return f"{self.offset} {self.kind}"
