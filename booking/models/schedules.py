"""Schedules in wall time: weekly hours, exceptions, and what a facility has decided about them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField, DateTimeRangeField
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Func, IntegerField, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from booking.slots import Exceptional, WeeklyRule
from core.models import Entity

MARK_MINUTES = 5  # booking/marks.py reckons in these: everything a visit can begin or end by is a multiple


def _in_marks(*numbers: str) -> Q:
    """Say that these numbers of minutes come out even in marks."""
    found = Q()
    for name in numbers:
        found &= Q(Exact(F(name) % MARK_MINUTES, 0))
    return found


def _begins_in_marks(moment: str, name: str = "%(expressions)s") -> Q:
    """Say that a time or a moment lies on a mark."""
    seconds = Func(F(moment), template=f"EXTRACT(EPOCH FROM {name})::bigint", output_field=IntegerField())
    return Q(Exact(seconds % (MARK_MINUTES * 60), 0))


class Policy(Entity):
    """What a facility has decided about booking; a facility without one has the values below."""

    facility = models.OneToOneField("identity.Facility", models.CASCADE, related_name="+")
    closes_on_holidays = models.BooleanField(default=True)
    open_holidays = ArrayField(models.DateField(), default=list, blank=True)  # holidays on which it works all the same
    free_cancel_hours = models.PositiveSmallIntegerField(default=4)  # before the visit; later than that costs the fee
    late_fee_percent = models.PositiveSmallIntegerField(default=30)
    no_show_fee_percent = models.PositiveSmallIntegerField(default=100)
    max_open_bookings = models.PositiveSmallIntegerField(default=5)  # of one person here
    no_shows_allowed = models.PositiveSmallIntegerField(
        default=3
    )  # within no_show_days; then a block. 0: never a block
    no_show_days = models.PositiveSmallIntegerField(default=180)
    block_days = models.PositiveSmallIntegerField(default=30)
    revisit_days = models.PositiveSmallIntegerField(
        default=0
    )  # a revisit within so many days has its own price; 0: none
    revisit_percent = models.PositiveSmallIntegerField(default=50)  # of the usual price
    offer_minutes = models.PositiveSmallIntegerField(default=15)  # how long a freed place is offered to one person
    reminder_hours = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)  # empty: settings decide
    takes_walk_ins = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(late_fee_percent__lte=100, no_show_fee_percent__lte=100, revisit_percent__lte=100),
                name="policy_percents",
            ),
            models.CheckConstraint(condition=Q(offer_minutes__range=(1, 1440)), name="policy_offer"),
        ]
        verbose_name = _("booking policy")
        verbose_name_plural = _("booking policies")

    def __str__(self) -> str:
        return str(self.facility)


class Schedule(Entity):
    """When one practitioner sees people at one facility. Rules are wall time in `zone` (IANA)."""

    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    zone = models.CharField(max_length=64, default="Asia/Ho_Chi_Minh")
    room = models.CharField(max_length=60, blank=True)
    active = models.BooleanField(default=True)
    min_notice_minutes = models.PositiveIntegerField(default=30)  # between asking and coming
    horizon_days = models.PositiveIntegerField(default=60)  # how far ahead people may book
    buffer_before_minutes = models.PositiveSmallIntegerField(default=0)  # kept free before each visit
    buffer_after_minutes = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(buffer_before_minutes__lte=120, buffer_after_minutes__lte=120), name="schedule_buffers"
            ),
            models.CheckConstraint(
                condition=_in_marks("buffer_before_minutes", "buffer_after_minutes"), name="schedule_marks"
            ),
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
    offset_minutes = models.PositiveSmallIntegerField(default=0)  # the first start lies so long after from_time
    capacity = models.PositiveSmallIntegerField(default=1)  # more than one: people who share one time (a group session)
    room = models.CharField(max_length=60, blank=True)  # empty: the schedule's
    valid_from = models.DateField(null=True, blank=True)
    valid_to = models.DateField(null=True, blank=True)  # last day
    visit_types = models.ManyToManyField("identity.VisitType", blank=True, related_name="+")

    class Meta:
        ordering = ["weekday", "from_time"]
        constraints = [
            models.CheckConstraint(condition=Q(weekday__range=(0, 6)), name="rule_weekday"),
            models.CheckConstraint(condition=Q(to_time__gt=F("from_time")) | Q(to_time="00:00"), name="rule_hours"),
            models.CheckConstraint(condition=Q(grid_minutes__range=(5, 240)), name="rule_grid"),
            models.CheckConstraint(condition=Q(capacity__range=(1, 200)), name="rule_capacity"),
            models.CheckConstraint(condition=Q(offset_minutes__lt=F("grid_minutes")), name="rule_offset"),
            models.CheckConstraint(
                condition=_in_marks("grid_minutes", "offset_minutes")
                & _begins_in_marks("from_time")
                & _begins_in_marks("to_time"),
                name="rule_marks",
            ),
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
        return WeeklyRule(
            self.weekday,
            self.from_time,
            self.to_time,
            self.grid_minutes,
            self.valid_from,
            self.valid_to,
            self.offset_minutes,
            self.capacity,
            self.room,
        )


class Closure(Entity):
    """Time off, extra hours, or other hours instead of the day's weekly ones, once. Where they meet, time off wins."""

    class Kind(models.TextChoices):
        CLOSED = "closed", _("closed")
        EXTRA = "extra", _("extra hours")
        INSTEAD = "instead", _("other hours that day")

    class Source(models.TextChoices):
        DESK = "desk", _("hospital desk")
        LEAVE = "leave", _("leave")
        CALENDAR = "calendar", _("a calendar that was followed")

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="closures")
    during = DateTimeRangeField()
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CLOSED)
    reason = models.CharField(max_length=200, blank=True)  # for colleagues; citizens do not see it
    grid_minutes = models.PositiveSmallIntegerField(default=15)  # only for extra and other hours
    source = models.CharField(max_length=10, choices=Source, default=Source.DESK)
    leave = models.ForeignKey("booking.Leave", models.CASCADE, null=True, related_name="closures")
    feed = models.ForeignKey("booking.BusyFeed", models.CASCADE, null=True, related_name="closures")
    feed_uid = models.CharField(max_length=255, blank=True)  # the event's UID (and recurrence) in that calendar

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["closed", "extra", "instead"]), name="closure_kind"),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="closure_during",
            ),
            models.CheckConstraint(condition=Q(grid_minutes__range=(5, 240)), name="closure_grid"),
            models.CheckConstraint(
                condition=Q(kind="closed")
                | _in_marks("grid_minutes") & _begins_in_marks("during", "lower(%(expressions)s)"),
                name="closure_marks",
            ),
        ]
        indexes = [
            GistIndex(fields=["schedule", "during"], name="closure_by_time"),
            models.Index(fields=["schedule"], condition=~Q(kind="closed"), name="closure_hours"),  # what search reads
        ]
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
        return Exceptional(self.starts_at, self.ends_at, self.kind, self.grid_minutes)  # type: ignore[arg-type]
