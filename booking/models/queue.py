"""The day of the visit: numbers in front of a room, doctors on call, and who asks to see someone now."""

from typing import ClassVar, cast

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.models.appointments import Appointment
from booking.models.schedules import Schedule
from booking.queue import Priority, Waiting
from core.models import Entity
from core.states import Stateful
from identity.models import SHARED, Telemedicine


class Line(Entity):
    """The numbers in front of one room on one day; a schedule without a room has a line of its own.

    The row is the lock under which numbers are given and people are called: two desks stand in one line too.
    """

    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    room = models.CharField(max_length=60, blank=True)
    schedule = models.ForeignKey(Schedule, models.PROTECT, null=True, related_name="+")  # only without a room
    day = models.DateField()  # of the clinic
    last_number = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "day", "room", "schedule"], name="line_once_a_day", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(room="", schedule__isnull=False) | (~Q(room="") & Q(schedule__isnull=True)),
                name="line_of_room_or_schedule",
            ),
        ]
        verbose_name = _("line")
        verbose_name_plural = _("lines")


class Ticket(Entity, Stateful):
    """A number in a line. Who is called when is for `booking.queue` to say; a number that was given is never given again."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CALLED = "called", _("called")
        SERVING = "serving", _("inside")
        DONE = "done", pgettext_lazy("queue number", "done")
        SKIPPED = "skipped", _("did not answer")
        LEFT = "left", _("left")

    class Priority(models.TextChoices):
        EMERGENCY = "emergency", _("emergency")
        CHILD = "child", _("small child")
        ELDERLY = "elderly", _("of high age")
        PREGNANT = "pregnant", _("pregnant")
        DISABLED = "disabled", _("severe disability")
        NONE = "none", _("no priority")

    class Source(models.TextChoices):
        """Who said that the person has come. Only `citizen` may still be on the way."""

        DESK = "desk", _("hospital desk")
        KIOSK = "kiosk", _("kiosk")
        CITIZEN = "citizen", _("citizen")

    # The steps forward; `undo` puts back what a step changed, whatever it was.
    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.WAITING: {Status.CALLED, Status.SERVING, Status.LEFT},
        Status.CALLED: {Status.WAITING, Status.SERVING, Status.SKIPPED, Status.LEFT},
        Status.SERVING: {Status.DONE},
        Status.SKIPPED: {Status.WAITING, Status.CALLED, Status.SERVING, Status.LEFT},
        Status.DONE: set(),
        Status.LEFT: {Status.WAITING},
    }

    line = models.ForeignKey(Line, models.PROTECT, related_name="tickets")
    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField()
    priority = models.CharField(max_length=10, choices=Priority, default=Priority.NONE)
    walk_in = models.BooleanField(default=False)  # came without a time
    promised_at = models.DateTimeField()  # the agreed time; for a walk-in the moment of coming
    source = models.CharField(max_length=10, choices=Source, default=Source.DESK)
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    calls = models.PositiveSmallIntegerField(default=0)
    called_at = models.DateTimeField(null=True)
    serving_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    skipped_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    leave_now_at = models.DateTimeField(null=True)  # when "leave now" was said, once
    before = models.JSONField(null=True)  # what the last step changed, as it was: what `undo` puts back

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["waiting", "called", "serving", "done", "skipped", "left"]),
                name="ticket_status",
            ),
            models.UniqueConstraint(fields=["line", "number"], name="ticket_number_once"),
            models.UniqueConstraint(fields=["appointment"], name="ticket_of_appointment_once"),
        ]
        indexes = [models.Index(fields=["schedule", "status"], name="ticket_by_schedule")]
        verbose_name = _("queue number")
        verbose_name_plural = _("queue numbers")

    def as_waiting(self) -> Waiting:
        """Give the plain value that `queue` puts in order."""
        return Waiting(self.pk, self.number, self.promised_at, cast(Priority, str(self.priority)), self.walk_in)


class Screen(Entity):
    """A kiosk at the entrance or a board in the corridor: a device that shows one facility's lines without signing in.

    Its address carries the id, signed; who has the address may use it until the desk revokes it.
    """

    class Kind(models.TextChoices):
        KIOSK = "kiosk", _("check-in kiosk")
        CORRIDOR = "corridor", _("corridor screen")

    facility = models.ForeignKey("identity.Facility", models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=60)  # where it hangs
    rooms = ArrayField(models.CharField(max_length=60), default=list, blank=True)  # empty: all
    made_by = models.UUIDField(null=True)
    refused = models.PositiveSmallIntegerField(default=0)  # tries that found nobody, since `refused_since`
    refused_since = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=["kiosk", "corridor"]), name="screen_kind"),
        ]
        verbose_name = _("screen")
        verbose_name_plural = _("screens")


class OnCall(Entity):
    """A doctor who sees people at once, from a press of a button until another, or until `until`."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", models.CASCADE, related_name="+")
    visit_type = models.ForeignKey("identity.VisitType", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Appointment.Mode, default=Appointment.Mode.VIDEO)
    until = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    last_offered_at = models.DateTimeField(null=True)  # the longest idle is asked first

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["practitioner"], condition=Q(ended_at__isnull=True), name="on_call_once"),
        ]
        verbose_name = _("doctor on call")
        verbose_name_plural = _("doctors on call")


class UrgentAsk(Entity, Stateful):
    """A citizen asks to see someone now; doctors on call are asked one after the other, 90 seconds each."""

    class Status(models.TextChoices):
        SEARCHING = "searching", _("looking for a doctor")
        ACCEPTED = "accepted", _("a doctor takes it")
        NOBODY = "nobody", _("nobody is free")
        WITHDRAWN = "withdrawn", _("withdrawn")

    MOVES: ClassVar[dict[str, set[str]]] = {
        Status.SEARCHING: {Status.ACCEPTED, Status.NOBODY, Status.WITHDRAWN},
        Status.ACCEPTED: set(),
        Status.NOBODY: set(),
        Status.WITHDRAWN: set(),
    }

    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    asked_by = models.UUIDField(null=True)
    specialty = models.CharField(max_length=40, blank=True)
    mode = models.CharField(max_length=10, choices=Appointment.Mode, default=Appointment.Mode.VIDEO)
    reason = models.TextField(blank=True)  # clinical
    condition_code = models.CharField(max_length=12, blank=True)  # of the list for remote visits; empty: something else
    status = models.CharField(max_length=10, choices=Status, default=Status.SEARCHING)
    offered_to = models.ForeignKey(OnCall, models.SET_NULL, null=True, related_name="+")
    offer_expires_at = models.DateTimeField(null=True)
    asked_before = models.JSONField(default=list)  # ids of OnCall that were silent or declined
    appointment = models.ForeignKey(Appointment, models.PROTECT, null=True, related_name="+")
    # Asked at a health station, by who sits beside the citizen: then only doctors of facilities with a contract are asked.
    form = models.CharField(max_length=24, choices=Telemedicine, default=Telemedicine.DIRECT)
    partner = models.ForeignKey("identity.Facility", models.PROTECT, null=True, related_name="+")
    partner_practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    nobody_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=["searching", "accepted", "nobody", "withdrawn"]), name="urgent_ask_status"
            ),
            models.UniqueConstraint(fields=["person"], condition=Q(status="searching"), name="urgent_ask_once"),
            models.CheckConstraint(
                condition=Q(form__in=SHARED, partner__isnull=False, partner_practitioner__isnull=False)
                | Q(form=Telemedicine.DIRECT, partner__isnull=True, partner_practitioner__isnull=True),
                name="urgent_ask_partner",
            ),
            models.UniqueConstraint(
                fields=["offered_to"], condition=Q(status="searching"), name="urgent_ask_one_offer_a_doctor"
            ),
        ]
        verbose_name = _("wish to see someone now")
        verbose_name_plural = _("wishes to see someone now")
