"""Ties to other calendars and systems: feeds out, busy calendars in, web hooks, imports; and the desk's ten seconds to undo."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from booking.models.schedules import Schedule
from core.models import Entity
from core.states import Stateful


class CalendarLink(Entity):
    """A secret address under which a calendar programme reads somebody's appointments; only its hash is kept."""

    user_id = models.UUIDField()  # who made it
    practitioner = models.ForeignKey("identity.Practitioner", models.CASCADE, null=True, related_name="+")
    person = models.ForeignKey("identity.Person", models.CASCADE, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True)
    read_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(practitioner__isnull=False, person__isnull=True)
                | Q(practitioner__isnull=True, person__isnull=False),
                name="calendar_link_of_one",
            ),
        ]
        verbose_name = _("calendar link")
        verbose_name_plural = _("calendar links")


class BusyFeed(Entity):
    """A practitioner's other calendar (iCalendar): its busy times close the schedule."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+")
    url = models.URLField(max_length=500, blank=True)  # empty: a file that was uploaded
    name = models.CharField(max_length=120, blank=True)
    content = models.BinaryField(null=True)  # of an uploaded file: read again each day, as repeated events move on
    etag = models.CharField(max_length=200, blank=True)  # what the other side called the version read last
    read_at = models.DateTimeField(null=True)
    problem = models.CharField(max_length=300, blank=True)  # a code of booking.calendars

    class Meta:
        verbose_name = _("followed calendar")
        verbose_name_plural = _("followed calendars")


class OutsideNumber(Entity):
    """What a hospital's own system calls an appointment it made: the same number makes no second one."""

    appointment = models.ForeignKey("booking.Appointment", models.CASCADE, related_name="outside_numbers")
    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+")
    system = models.CharField(max_length=200, blank=True)
    value = models.CharField(max_length=100)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "system", "value"], name="outside_number_once"),
        ]
        verbose_name = _("number in the hospital's system")
        verbose_name_plural = _("numbers in the hospital's system")


class HookEndpoint(Entity):
    """Where a hospital's system wants to hear of appointments. Each request is signed with the secret."""

    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+")
    url = models.URLField(max_length=500)
    secret = models.BinaryField()  # sealed
    events = ArrayField(models.CharField(max_length=40), default=list, blank=True)  # empty: all
    active = models.BooleanField(default=True)
    made_by = models.UUIDField(null=True)
    heard_at = models.DateTimeField(null=True)  # when it last took something in
    failures = models.PositiveSmallIntegerField(default=0)  # in a row: nobody there, or trouble on their side
    rests_until = models.DateTimeField(null=True)  # after a failure nothing is sent for a while
    removed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("web hook")
        verbose_name_plural = _("web hooks")


class HookDelivery(Entity, Stateful):
    """One thing told to one endpoint, tried until it is heard or a day is over."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("heard")
        FAILED = "failed", _("given up")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.WAITING: {Status.DONE, Status.FAILED},
        Status.DONE: set(),
        Status.FAILED: {Status.WAITING},
    }

    endpoint = models.ForeignKey(HookEndpoint, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=40)
    subject = models.CharField(max_length=80)  # a Ref
    body = models.JSONField()
    key = models.CharField(max_length=160)  # the same thing is told once
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    answer = models.CharField(max_length=200, blank=True)  # to the last try
    since = models.DateTimeField(default=timezone.now)  # tried for a day from here; sending again begins anew
    next_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=["waiting", "done", "failed"]), name="hook_delivery_status"),
            models.UniqueConstraint(fields=["endpoint", "key"], name="hook_delivery_once"),
        ]
        indexes = [
            models.Index(fields=["endpoint", "subject"], condition=Q(status="waiting"), name="hook_delivery_line"),
            models.Index(fields=["next_at"], condition=Q(status="waiting"), name="hook_delivery_due"),
            models.Index(fields=["endpoint", "-created_at"], name="hook_delivery_newest"),
        ]


class ImportRun(Entity, Stateful):
    """A file of weekly hours: read and checked row by row, then, when the desk has seen the report, put in place."""

    class Status(models.TextChoices):
        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("checked")
        APPLYING = "applying", _("being put in place")
        APPLIED = "applied", _("in place")
        FAILED = "failed", _("could not be read")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.CHECKING: {Status.CHECKED, Status.FAILED},
        Status.CHECKED: {Status.APPLYING},
        Status.APPLYING: {Status.APPLIED, Status.CHECKED},
        Status.APPLIED: set(),
        Status.FAILED: set(),
    }

    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+")
    made_by = models.UUIDField(null=True)
    file_name = models.CharField(max_length=200)
    format = models.CharField(max_length=10)  # csv, xlsx, fhir
    content = models.BinaryField()
    status = models.CharField(max_length=10, choices=Status, default=Status.CHECKING)
    rows = models.PositiveIntegerField(default=0)
    rows_done = models.PositiveIntegerField(default=0)  # of this step: progress
    good = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)  # rows that say what is so already
    landed = models.PositiveIntegerField(default=0)
    opened = models.PositiveIntegerField(default=0)  # schedules that did not exist before
    problems = models.JSONField(default=list)  # [{"line": 7, "field": "to_time", "reason": "bad_hours", "value": "…"}]
    checked_at = models.DateTimeField(null=True)
    applied_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["checking", "checked", "applying", "applied", "failed"]), name="import_status"
            ),
        ]
        verbose_name = _("import")
        verbose_name_plural = _("imports")

    @property
    def bad_rows(self) -> int:
        """How many rows cannot land; one row may have several problems."""
        return len({problem["line"] for problem in self.problems})


class Undo(Entity):
    """What would take the desk's last change back: for ten seconds, once, by whoever made it."""

    user_id = models.UUIDField()
    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+")
    verb = models.CharField(max_length=40)
    values = models.JSONField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("undo")
        verbose_name_plural = _("undos")
