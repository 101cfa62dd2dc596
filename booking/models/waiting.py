"""People who wait for an earlier time, and the times offered to them."""

from typing import ClassVar

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointments import Appointment
from booking.models.schedules import Schedule
from core.models import Entity
from core.states import Stateful


class WaitingEntry(Entity, Stateful):
    """One person waits for a kind of visit: with one practitioner, or with any of a facility. Urgency first, then age."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        OFFERED = "offered", _("has an offer")
        TAKEN = "taken", _("found a time")
        WITHDRAWN = "withdrawn", _("withdrawn")
        EXPIRED = "expired", _("the days are over")

    class Urgency(models.IntegerChoices):
        SOON = 1, _("as soon as possible")
        USUAL = 2, _("usual")

    class DayTime(models.TextChoices):
        ANY = "any", _("any time")
        MORNING = "morning", _("mornings")
        AFTERNOON = "afternoon", _("afternoons")
        EVENING = "evening", _("evenings")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.WAITING: {Status.OFFERED, Status.TAKEN, Status.WITHDRAWN, Status.EXPIRED},
        Status.OFFERED: {Status.WAITING, Status.TAKEN, Status.WITHDRAWN, Status.EXPIRED},
        Status.TAKEN: {Status.WAITING},  # the time was taken, but not paid for: they wait on in their old place
        Status.WITHDRAWN: set(),
        Status.EXPIRED: set(),
    }

    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    asked_by = models.UUIDField(null=True)  # the user, maybe for somebody else
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, null=True, related_name="+")
    visit_type = models.ForeignKey("identity.VisitType", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Appointment.Mode)
    first_day = models.DateField()
    last_day = models.DateField()
    day_time = models.CharField(max_length=10, choices=DayTime, default=DayTime.ANY)
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.USUAL)
    instead_of = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")  # kept until one is taken
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    taken_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)
    expired_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "offered", "taken", "withdrawn", "expired"]), name="waiting_status"
            ),
            models.CheckConstraint(condition=Q(last_day__gte=F("first_day")), name="waiting_days"),
            models.UniqueConstraint(
                fields=["person", "facility", "visit_type"],
                condition=Q(status__in=["waiting", "offered"]),
                name="waiting_once",
            ),
        ]
        indexes = [
            models.Index(
                fields=["facility", "visit_type", "urgency", "created_at"],
                condition=Q(status="waiting"),
                name="waiting_line",
            ),
            models.Index(fields=["person", "-created_at"], name="waiting_by_person"),
        ]
        verbose_name = _("waiting list entry")
        verbose_name_plural = _("waiting list")


class Offer(Entity, Stateful):
    """A freed time offered to one person, for a limited while. The time itself is kept by `appointment`, a hold."""

    class Status(models.TextChoices):
        OPEN = "open", _("open")
        TAKEN = "taken", _("taken")
        DECLINED = "declined", _("declined")
        PASSED = "passed", _("passed on")  # silence
        VOID = "void", _("void")  # the time is gone, or the person no longer waits

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.OPEN: {Status.TAKEN, Status.DECLINED, Status.PASSED, Status.VOID},
        Status.TAKEN: set(),
        Status.DECLINED: set(),
        Status.PASSED: set(),
        Status.VOID: set(),
    }

    entry = models.ForeignKey(WaitingEntry, models.PROTECT, related_name="offers")
    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="+")
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    taken_at = models.DateTimeField(null=True)
    declined_at = models.DateTimeField(null=True)
    passed_at = models.DateTimeField(null=True)
    void_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["open", "taken", "declined", "passed", "void"]), name="offer_status"
            ),
            models.UniqueConstraint(fields=["entry"], condition=Q(status="open"), name="offer_one_at_a_time"),
        ]
        indexes = [models.Index(fields=["expires_at"], condition=Q(status="open"), name="offer_open")]
        verbose_name = _("offer")
        verbose_name_plural = _("offers")
