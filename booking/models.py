"""Schedules in wall time, and the times people agreed on. Free times have no table: `slots` computes them."""

from datetime import date, datetime
from typing import ClassVar
from zoneinfo import ZoneInfo

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.slots import Exceptional, Span, WeeklyRule
from core.models import Entity
from core.money import Money
from core.states import Stateful


class Schedule(Entity):
    """When one practitioner sees people at one facility. Rules are wall time in `zone` (IANA)."""

    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    zone = models.CharField(max_length=64, default="Asia/Ho_Chi_Minh")
    room = models.CharField(max_length=60, blank=True)
    active = models.BooleanField(default=True)
    min_notice_minutes = models.PositiveIntegerField(default=30)  # between asking and coming
    horizon_days = models.PositiveIntegerField(default=60)  # how far ahead people may book

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practitioner", "facility", "room"], name="schedule_once_per_room"),
        ]
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")

    def __str__(self) -> str:
        return f"{self.practitioner} · {self.facility}"

    def today(self, now: datetime) -> date:
        """Give the clinic's date at that moment."""
        return now.astimezone(ZoneInfo(self.zone)).date()


class Rule(Entity):
    """Opening hours of one weekday (0 is Monday); without visit types it holds for all of the facility's."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="rules")
    weekday = models.PositiveSmallIntegerField()
    from_time = models.TimeField()
    to_time = models.TimeField()  # 00:00 is the end of the day
    grid_minutes = models.PositiveSmallIntegerField(default=15)
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)  # last day
    visit_types = models.ManyToManyField("identity.VisitType", blank=True, related_name="+")

    class Meta:
        ordering = ["weekday", "from_time"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="rule_weekday"),
            models.CheckConstraint(condition=Q(to_time__gt=F("from_time")) | Q(to_time="00:00"), name="rule_hours"),
            models.CheckConstraint(condition=Q(grid_minutes__range=(5, 240)), name="rule_grid"),
            models.CheckConstraint(
                condition=Q(valid_from=None) | Q(valid_to=None) | Q(valid_to__gte=F("valid_from")), name="rule_validity"
            ),
        ]
        verbose_name = _("weekly hours")
        verbose_name_plural = _("weekly hours")

    def __str__(self) -> str:
        return f"{self.weekday} {self.from_time:%H:%M}–{self.to_time:%H:%M}"

    def as_weekly(self) -> WeeklyRule:
        """Give the plain value that `slots` reckons with."""
        return WeeklyRule(self.weekday, self.from_time, self.to_time, self.grid_minutes, self.valid_from, self.valid_to)


class Closure(Entity):
    """Time off, or extra hours, once. Where both meet, time off wins."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("closed")
        EXTRA = "extra", _("extra hours")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="closures")
    during = DateTimeRangeField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CLOSED)
    reason = models.CharField(max_length=200, blank=True)  # for colleagues; citizens do not see it
    grid_minutes = models.PositiveSmallIntegerField(default=15)  # only for extra hours

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["closed", "extra"]), name="closure_kind"),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="closure_during",
            ),
            models.CheckConstraint(condition=Q(grid_minutes__range=(5, 240)), name="closure_grid"),
        ]
        indexes = [GistIndex(fields=["schedule", "during"], name="closure_by_time")]
        verbose_name = _("exception")
        verbose_name_plural = _("exceptions")

    def __str__(self) -> str:
        return f"{self.kind} {self.during}"

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper

    def as_exceptional(self) -> Exceptional:
        """Give the plain value that `slots` reckons with."""
        kind = "extra" if self.kind == self.Kind.EXTRA else "closed"
        return Exceptional(self.starts_at, self.ends_at, kind, self.grid_minutes)  # type: ignore[arg-type]


class Status(models.TextChoices):
    """Where an appointment stands."""

    HELD = "held", _("kept")  # for a few minutes, while the citizen pays
    BOOKED = "booked", _("booked")
    CHECKED_IN = "checked_in", _("checked in")  # the citizen has arrived
    IN_CONSULTATION = "in_consultation", _("with the doctor")
    FULFILLED = "fulfilled", _("done")
    EXPIRED = "expired", pgettext_lazy("appointment", "expired")  # the hold ran out
    CANCELLED = "cancelled", _("cancelled")
    RESCHEDULED = "rescheduled", _("moved")  # to another appointment
    NO_SHOW = "no_show", _("did not come")
    INTERRUPTED = "interrupted", _("interrupted")  # began, but was cut off


# Those that keep the practitioner's and the citizen's time from anybody else.
ACTIVE = [Status.HELD, Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION, Status.INTERRUPTED]
OVER = [Status.FULFILLED, Status.EXPIRED, Status.CANCELLED, Status.RESCHEDULED, Status.NO_SHOW]


class Appointment(Entity, Stateful):
    """A time agreed between a citizen and a practitioner. Its price is fixed when it is held."""

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.HELD: {Status.BOOKED, Status.EXPIRED, Status.CANCELLED},
        Status.BOOKED: {
            Status.CHECKED_IN,
            Status.IN_CONSULTATION,
            Status.CANCELLED,
            Status.RESCHEDULED,
            Status.NO_SHOW,
        },
        # Back to booked: the desk took the wrong person for the one who came.
        Status.CHECKED_IN: {Status.BOOKED, Status.IN_CONSULTATION, Status.CANCELLED, Status.NO_SHOW},
        Status.IN_CONSULTATION: {Status.FULFILLED, Status.INTERRUPTED},
        Status.INTERRUPTED: {Status.IN_CONSULTATION, Status.FULFILLED},
        Status.FULFILLED: set(),
        Status.EXPIRED: set(),
        Status.CANCELLED: set(),
        Status.RESCHEDULED: set(),
        Status.NO_SHOW: set(),
    }

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        VIDEO = "video", _("by video")
        PHONE = "phone", _("by phone")

    class CancelledBy(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        FACILITY = "facility", _("facility")
        SYSTEM = "system", _("system")

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    booked_by = models.UUIDField(null=True)  # the user who asked, maybe for somebody else
    visit_type = models.ForeignKey("identity.VisitType", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode)
    during = DateTimeRangeField()
    status = models.CharField(max_length=20, choices=Status, default=Status.HELD)
    hold_expires_at = models.DateTimeField(null=True)
    price_amount = models.BigIntegerField()
    price_currency = models.CharField(max_length=3)
    reason = models.TextField(blank=True)  # in the citizen's words; clinical, so not for the desk
    encounter = models.ForeignKey("records.Encounter", models.PROTECT, null=True, related_name="+")
    cancelled_by = models.CharField(max_length=10, choices=CancelledBy, blank=True)
    cancel_reason = models.CharField(max_length=500, blank=True)
    booked_at = models.DateTimeField(null=True)
    checked_in_at = models.DateTimeField(null=True)
    in_consultation_at = models.DateTimeField(null=True)
    fulfilled_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)
    cancelled_at = models.DateTimeField(null=True)
    rescheduled_at = models.DateTimeField(null=True)
    no_show_at = models.DateTimeField(null=True)
    interrupted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="appointment_status"),
            models.CheckConstraint(condition=Q(mode__in=["in_person", "video", "phone"]), name="appointment_mode"),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="appointment_during",
            ),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="appointment_price"),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(hold_expires_at__isnull=False), name="appointment_hold_ends"
            ),
            # The guards that never sleep: whatever the code above does, nobody is at two places at once.
            ExclusionConstraint(
                name="appointment_practitioner_free",
                expressions=[("practitioner", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=ACTIVE),
            ),
            ExclusionConstraint(
                name="appointment_person_free",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=ACTIVE),
            ),
        ]
        indexes = [
            models.Index(fields=["hold_expires_at"], condition=Q(status="held"), name="appointment_holds"),
            models.Index(fields=["person", "-created_at"], name="appointment_by_person"),
            GistIndex(fields=["facility", "during"], name="appointment_by_facility"),
        ]
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.price_currency)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether this is a hold whose time ran out, told or not."""
        return self.status == Status.HELD and self.hold_expires_at is not None and self.hold_expires_at <= now

    def as_span(self) -> Span:
        """Give the plain value that `slots` reckons with."""
        return Span(self.starts_at, self.ends_at)
