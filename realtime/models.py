"""Rows behind rooms and live news. The rules of a room are in rooms.py; these tables remember where it stands."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.models import Entity
from core.states import Stateful
from realtime.evidence_rows import EvidenceRow
from realtime.measured import QualityMinute
from realtime.recorded import Film, Recording

__all__ = [
    "ChatLine",
    "EvidenceRow",
    "Film",
    "Invite",
    "MediaNode",
    "MediaPlace",
    "Presence",
    "QualityMinute",
    "Recording",
    "Room",
    "Seat",
    "Stream",
    "StreamEntry",
    "VisitFile",
    "new_epoch",
]


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
    # How the pictures travel: see rooms/topology.py.
    topology = models.CharField(max_length=5, default="p2p")
    preparing = models.CharField(max_length=5, blank=True)
    epoch = models.PositiveIntegerField(default=0)
    reasons = models.JSONField(default=list, blank=True)
    ready = models.JSONField(default=list, blank=True)
    # Whether the call is recorded: see rooms/recording.py.
    recording = models.CharField(max_length=6, blank=True)
    wish = models.PositiveIntegerField(default=0)
    part = models.PositiveIntegerField(default=0)
    agreed = models.JSONField(default=list, blank=True)
    cut = models.CharField(max_length=10, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["open", "closed"]), name="room_status_known"),
            models.CheckConstraint(
                condition=Q(topology__in=["p2p", "relay"], preparing__in=["", "p2p", "relay"]),
                name="room_topology_known",
            ),
            models.CheckConstraint(
                condition=Q(recording__in=["", "asked", "on", "paused"]), name="room_recording_known"
            ),
            models.CheckConstraint(condition=Q(closes_at__gt=F("opens_at")), name="room_closes_after_it_opens"),
            models.CheckConstraint(
                condition=Q(status="open") | Q(closed_at__isnull=False), name="room_closed_has_a_time"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.opens_at:%Y-%m-%d %H:%M} {self.status}"


class Invite(Entity):
    """A way into one call for somebody without an account. The link is kept as a hash and opens in one browser only."""

    class Kind(models.TextChoices):
        INTERPRETER = "interpreter", _("interpreter")
        RELATIVE = "relative", _("relative")
        STATION_NURSE = "station_nurse", _("station nurse")  # beside the citizen, at the commune's health station
        COLLEAGUE = "colleague", _("medical colleague")

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="invites")
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)
    kind = models.CharField(max_length=13, choices=Kind.choices)
    phone = models.CharField(max_length=20, blank=True)  # E.164; where the link was sent, if anywhere
    email = models.EmailField(blank=True)
    language = models.CharField(max_length=5)  # of the page it was opened on
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256 of the link's secret part
    holder_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of what the one browser holds that opened it
    expires_at = models.DateTimeField()  # of the link; who has opened it stays as long as the visit
    opened_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["interpreter", "relative", "station_nurse", "colleague"]),
                name="invite_kind_known",
            ),
            models.CheckConstraint(condition=~Q(name=""), name="invite_has_a_name"),
            models.CheckConstraint(condition=Q(expires_at__gt=F("created_at")), name="invite_ends_after_it_begins"),
            # Opened by nobody, or by exactly one browser.
            models.CheckConstraint(
                condition=Q(opened_at__isnull=True, holder_hash="") | (Q(opened_at__isnull=False) & ~Q(holder_hash="")),
                name="invite_opened_has_a_holder",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.created_at:%Y-%m-%d %H:%M}"


class Seat(Entity):
    """One person's place in one room; the same place however often they come back."""

    class Role(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        PRACTITIONER = "practitioner", _("doctor")
        GUEST = "guest", _("guest")  # invited by the doctor, without an account
        NURSE = "nurse", _("station nurse")  # at the health station of the visit, with an account of her own

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")  # in the waiting room, or about to enter it
        ADMITTED = "admitted", _("in the call")  # let in; stays so while the line drops and returns
        LEFT = "left", _("left")  # hung up; may wait again
        REMOVED = "removed", _("removed")  # asked to leave; may not come back

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="seats")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    invite = models.OneToOneField(Invite, on_delete=models.RESTRICT, null=True, blank=True, related_name="seat")
    role = models.CharField(max_length=12, choices=Role.choices)
    name = models.CharField(max_length=160)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    announced = models.BooleanField(default=False)  # the doctor has been told of this wait
    waiting_since = models.DateTimeField(null=True, blank=True)
    mic = models.BooleanField(default=True)
    camera = models.BooleanField(default=True)
    screen = models.BooleanField(default=False)  # shows their screen in place of the camera
    with_citizen = models.BooleanField(default=False)  # the citizen sits before the same camera
    muted = models.BooleanField(default=False)  # by the doctor; until they or the doctor turn it on again
    resume_hash = models.CharField(max_length=64, blank=True)  # SHA-256 of the token that gives this seat back

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "user"], name="seat_once_per_person"),
            models.CheckConstraint(
                condition=Q(role__in=["citizen", "practitioner", "guest", "nurse"]), name="seat_role_known"
            ),
            models.CheckConstraint(condition=Q(with_citizen=False) | Q(role="nurse"), name="seat_shared_at_station"),
            # A seat is somebody's: of an account, or of one invitation.
            models.CheckConstraint(
                condition=Q(role="guest", user__isnull=True, invite__isnull=False)
                | (~Q(role="guest") & Q(user__isnull=False, invite__isnull=True)),
                name="seat_is_somebodys",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["waiting", "admitted", "left", "removed"]), name="seat_state_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.state}"


class Presence(Entity):
    """One stretch of time during which a seat was connected, as the server saw it: the evidence of joins and leaves."""

    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="presences")
    socket_id = models.UUIDField(db_index=True)  # of several stretches, where the citizen sat down or got up meanwhile
    page = models.CharField(max_length=36, blank=True)  # the browser's peer connection; another value means a new one
    admitted = models.BooleanField(default=False)  # in the call for at least a part of it, not only waiting
    admitted_at = models.DateTimeField(null=True, blank=True)  # since then in the call
    with_citizen = models.BooleanField(default=False)  # the citizen sat before the same camera all this time
    seen_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField(max_length=16, blank=True)  # left, lost, displaced, removed, over, silent, beside

    class Meta:
        constraints = [
            # A seat has one socket; the newer one displaces the older.
            models.UniqueConstraint(fields=["seat"], condition=Q(left_at__isnull=True), name="presence_one_open"),
            models.UniqueConstraint(
                fields=["socket_id"], condition=Q(left_at__isnull=True), name="presence_socket_once"
            ),
        ]
        indexes = [models.Index(fields=["seen_at"], condition=Q(left_at__isnull=True), name="presence_open_age")]

    def __str__(self) -> str:
        return f"{self.created_at:%H:%M:%S}-{self.left_at or '…'}"


class VisitFile(Entity):
    """A picture or PDF sent in a visit's chat. Its bytes lie sealed in the files' storage (realtime/files) under `place`.

    Its row comes before its bytes and goes after them: whatever a dying process leaves behind, a row says where it lies.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("picture")
        PDF = "pdf", _("PDF file")

    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="files")
    seat = models.ForeignKey(Seat, on_delete=models.PROTECT, related_name="+")
    client_id = models.CharField(max_length=64)  # the sender's own: the same file sent again is the same row
    place = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    pages = models.PositiveSmallIntegerField(default=0)
    kept_at = models.DateTimeField(null=True, blank=True)  # null: its bytes are still on their way
    given_up_at = models.DateTimeField(null=True, blank=True)  # its bytes are being taken away

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["seat", "client_id"], name="visit_file_once"),
            models.CheckConstraint(condition=~Q(client_id=""), name="visit_file_has_a_client_id"),
            models.CheckConstraint(condition=Q(kind__in=["picture", "pdf"], size__gt=0), name="visit_file_kind_known"),
            models.CheckConstraint(
                condition=Q(kept_at__isnull=True) | Q(given_up_at__isnull=True), name="visit_file_kept_or_given_up"
            ),
        ]
        indexes = [models.Index(fields=["created_at"], condition=Q(kept_at__isnull=True), name="visit_file_arriving")]

    def __str__(self) -> str:
        return str(self.id)


class ChatLine(Entity):
    """One line said in writing, or a file with or without words. `client_id` is the sender's own: a frame sent twice is one line."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="lines")
    seat = models.ForeignKey(Seat, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField(max_length=64, blank=True)
    text = models.CharField(max_length=2000, blank=True)
    file = models.OneToOneField(VisitFile, on_delete=models.PROTECT, null=True, blank=True, related_name="line")
    heard_by = ArrayField(
        models.UUIDField(), default=list, blank=True
    )  # the seats that were in the call when it was said

    class Meta:
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["seat", "client_id"], condition=~Q(client_id=""), name="chat_line_once"),
            models.CheckConstraint(condition=~Q(text="") | Q(file__isnull=False), name="chat_line_says_something"),
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


class MediaNode(models.Model):
    """A running media relay. Its row is written every two seconds; one that is six seconds old is of a dead one."""

    name = models.CharField(max_length=64, primary_key=True)
    control = models.CharField(max_length=200)  # where the app speaks to it: a Unix socket or host:port
    epoch = models.UUIDField(default=uuid4)  # of this life of the process: after a restart its rooms are gone
    seats = models.PositiveIntegerField(default=0)
    most_seats = models.PositiveIntegerField()
    is_draining = models.BooleanField(default=False)  # takes no more rooms
    seen_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["seen_at"], name="media_node_age")]

    def __str__(self) -> str:
        return f"{self.name} {self.seats}/{self.most_seats}"


class MediaPlace(models.Model):
    """On which relay a room's media are. `fence` grows with each move: what an older one says counts no more."""

    room = models.OneToOneField(Room, on_delete=models.CASCADE, primary_key=True, related_name="media_place")
    node = models.CharField(max_length=64)
    epoch = models.UUIDField()
    fence = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.node} #{self.fence}"
