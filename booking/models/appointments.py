"""The times people agreed on, held by two exclusion constraints: nobody is at two places at once."""

from datetime import datetime
from typing import Any, ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from booking.models.schedules import Policy, Schedule
from booking.slots import Busy, Span
from core.models import Entity
from core.money import Money
from core.states import Stateful
from identity.models import SHARED, Telemedicine


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
        Status.CHECKED_IN: {
            Status.BOOKED,
            Status.IN_CONSULTATION,
            Status.CANCELLED,
            Status.RESCHEDULED,
            Status.NO_SHOW,
        },
        Status.IN_CONSULTATION: {Status.FULFILLED, Status.INTERRUPTED},
        Status.INTERRUPTED: {Status.IN_CONSULTATION, Status.FULFILLED},
        Status.FULFILLED: set(),
        Status.EXPIRED: set(),
        Status.CANCELLED: set(),
        Status.RESCHEDULED: set(),
        Status.NO_SHOW: {Status.BOOKED, Status.CHECKED_IN},  # taken back the same day: they were only late
    }

    class Mode(models.TextChoices):
        IN_PERSON = "in_person", _("in person")
        VIDEO = "video", _("by video")
        PHONE = "phone", _("by phone")

    class CancelledBy(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        FACILITY = "facility", _("facility")
        SYSTEM = "system", _("system")

    class NoShowBy(models.TextChoices):
        CITIZEN = "citizen", _("citizen")
        PRACTITIONER = "practitioner", _("doctor")

    class IfLate(models.TextChoices):
        """What becomes of money that comes after the hold ran out."""

        REFUND = "refund", _("send the money back")
        SWAP = "swap", _("take the next free time")

    policy: Policy | None = None  # what its facility decided, where somebody has read that already

    schedule = models.ForeignKey(Schedule, models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", models.PROTECT, related_name="+")
    person = models.ForeignKey("identity.Person", models.PROTECT, related_name="+")
    booked_by = models.UUIDField(null=True)  # the user who asked, maybe for somebody else
    visit_type = models.ForeignKey("identity.VisitType", models.PROTECT, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode)
    # Of care at a distance: in which of the law's forms, and where two facilities share it, the other one and who is there.
    form = models.CharField(max_length=24, choices=Telemedicine, blank=True)
    partner = models.ForeignKey("identity.Facility", models.PROTECT, null=True, related_name="+")
    partner_practitioner = models.ForeignKey("identity.Practitioner", models.PROTECT, null=True, related_name="+")
    during = DateTimeRangeField()
    blocked = DateTimeRangeField()  # `during` with the schedule's buffers: what it keeps from the practitioner's others
    session = models.UUIDField()  # people who share one time (capacity) share it; everybody else has one of their own
    seat = models.PositiveSmallIntegerField(default=0)  # in that session
    walk_in = models.BooleanField(default=False)  # came without a time: waits in the queue, keeps no time
    room = models.CharField(max_length=60, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.HELD)
    hold_expires_at = models.DateTimeField(null=True)
    price_amount = models.BigIntegerField()
    price_currency = models.CharField(max_length=3)
    reason = models.TextField(blank=True)  # in the citizen's words; clinical, so not for the desk
    encounter = models.ForeignKey("records.Encounter", models.PROTECT, null=True, related_name="+")
    series = models.UUIDField(null=True)  # visits agreed as one act
    moved_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")  # the chain of a reschedule
    if_late = models.CharField(max_length=6, choices=IfLate, default=IfLate.REFUND)
    price_parts = models.JSONField(
        default=list, blank=True
    )  # [{"kind": "base", "amount": 150000}, …], their sum is price
    intake = models.JSONField(default=dict, blank=True)  # what the citizen filled in; clinical, so not for the desk
    condition_code = models.CharField(max_length=12, blank=True)  # ICD-10, of the list for remote visits (TT 30/2023)
    # Outside that list: the approved pilot whose case it is (`piloting`). Health insurance pays for none of these.
    pilot = models.ForeignKey("identity.Pilot", models.PROTECT, null=True, related_name="+")
    fit_reason = models.CharField(max_length=300, blank=True)  # why a doctor opened a remote visit outside that list
    leave_now_at = models.DateTimeField(null=True)  # when "leave now" was said, once
    confirmed_at = models.DateTimeField(null=True)  # "yes, I shall come", to a reminder
    fee_amount = models.BigIntegerField(default=0)  # kept by the facility after a late cancel or a no-show
    no_show_by = models.CharField(max_length=12, choices=NoShowBy, blank=True)
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
    no_show_undone_at = models.DateTimeField(
        null=True
    )  # a person said that they did come: the clock does not say otherwise
    interrupted_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="appointment_status"),
            models.CheckConstraint(condition=Q(mode__in=["in_person", "video", "phone"]), name="appointment_mode"),
            models.CheckConstraint(
                condition=Q(mode="in_person", form="")
                | (Q(mode__in=["video", "phone"]) & Q(form__in=Telemedicine.values)),
                name="appointment_form",
            ),
            models.CheckConstraint(
                condition=Q(pilot__isnull=True) | Q(form=Telemedicine.DIRECT) & ~Q(condition_code=""),
                name="appointment_pilot",
            ),
            models.CheckConstraint(
                condition=Q(form__in=SHARED, partner__isnull=False, partner_practitioner__isnull=False)
                | (~Q(form__in=SHARED) & Q(partner__isnull=True, partner_practitioner__isnull=True)),
                name="appointment_partner",
            ),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False, during__upper_inf=False),
                name="appointment_during",
            ),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="appointment_price"),
            models.CheckConstraint(
                condition=Q(fee_amount__gte=0, fee_amount__lte=F("price_amount")), name="appointment_fee"
            ),
            models.CheckConstraint(condition=Q(blocked__contains=F("during")), name="appointment_blocked"),
            models.CheckConstraint(
                condition=~Q(status="held") | Q(hold_expires_at__isnull=False), name="appointment_hold_ends"
            ),
            # The guards that never sleep: whatever the code above does, nobody is at two places at once.
            # Other sessions: people who share a time may, up to its seats.
            ExclusionConstraint(
                name="appointment_practitioner_free",
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    ("blocked", RangeOperators.OVERLAPS),
                    ("session", RangeOperators.NOT_EQUAL),
                ],
                condition=Q(status__in=ACTIVE, walk_in=False),
            ),
            models.UniqueConstraint(
                fields=["session", "seat"], condition=Q(status__in=ACTIVE), name="appointment_seat_once"
            ),
            ExclusionConstraint(
                name="appointment_person_free",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(status__in=ACTIVE),
            ),
        ]
        indexes = [
            models.Index(fields=["hold_expires_at"], condition=Q(status="held"), name="appointment_holds"),
            models.Index(fields=["booked_by"], condition=Q(status="held"), name="appointment_held_by"),
            models.Index(fields=["person", "-created_at"], name="appointment_by_person"),
            GistIndex(fields=["facility", "during"], name="appointment_by_facility"),
            models.Index(fields=["series"], condition=Q(series__isnull=False), name="appointment_series"),
            models.Index(fields=["moved_from"], condition=Q(moved_from__isnull=False), name="appointment_chain"),
        ]
        verbose_name = _("appointment")
        verbose_name_plural = _("appointments")

    def __str__(self) -> str:
        return f"{self.id} {self.status}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Whoever makes an appointment without a word about buffers or company blocks its own time, alone.
        self.session = self.session or self.pk
        self.blocked = self.blocked or self.during
        self.settle_form()
        super().save(*args, **kwargs)

    def settle_form(self) -> None:
        """Where nothing else is said, a visit at a distance is the plain one: doctor and citizen. In person it has no form."""
        self.form = "" if self.mode == self.Mode.IN_PERSON else self.form or Telemedicine.DIRECT
        if self.form not in SHARED:
            self.partner = self.partner_practitioner = None

    @property
    def starts_at(self) -> datetime:
        return self.during.lower

    @property
    def ends_at(self) -> datetime:
        return self.during.upper

    @property
    def fee(self) -> Money:
        return Money(self.fee_amount, self.price_currency)

    @property
    def price(self) -> Money:
        return Money(self.price_amount, self.price_currency)

    def is_overdue(self, now: datetime) -> bool:
        """Say whether this is a hold whose time ran out, told or not."""
        return self.status == Status.HELD and self.hold_expires_at is not None and self.hold_expires_at <= now

    def as_span(self) -> Span:
        """Give the plain value that `slots` reckons with."""
        return Span(self.starts_at, self.ends_at)

    def as_blocked(self) -> Span:
        """Give what it keeps from the practitioner's other visits, buffers included."""
        return Span(self.blocked.lower, self.blocked.upper)

    def as_busy(self) -> Busy:
        """Give the same with what somebody needs to know who might join it."""
        purpose = (self.schedule_id, self.visit_type_id, self.mode)
        return Busy(self.blocked.lower, self.blocked.upper, self.starts_at, purpose, self.session, self.seat)
