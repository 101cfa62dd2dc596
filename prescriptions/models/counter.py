"""At the counter without the app, and at home with it: one-time codes, codes by SMS, lists of stock taken in, reminders of doses."""

from __future__ import annotations

from datetime import time

from django.db import models
from django.db.models import F, Q

from core.models import Entity
from prescriptions.models.prescriptions import Prescription


class CounterCode(Entity):
    """A one-time code that was sent to a person's phone, so that a pharmacy opens their prescriptions by their ID number."""

    # Empty where nobody has the number that was typed: kept all the same, so that asking is counted alike.
    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    asked_by = models.UUIDField(null=True)  # the user at the counter
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    sealed_code = models.BinaryField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-asked_at"], name="counter_code_of_person"),
            models.Index(fields=["asked_by", "-asked_at"], name="counter_code_of_user"),
        ]
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("asked_at")), name="counter_code_ends")]


class CodeMessage(Entity):
    """The codes of one prescription went to a phone by SMS."""

    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="+")
    to = models.CharField(max_length=16)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["prescription", "-at"], name="code_message_of")]


class StockImport(Entity):
    """A list of lots that was taken in; the same file is a delivery once."""

    pharmacy = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    digest = models.CharField(max_length=64)  # SHA-256 of the file
    file_name = models.CharField(max_length=200)
    rows = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["pharmacy", "digest"], name="stock_import_once")]


class DoseTimes(Entity):
    """When a person takes their medicines, and when they want to be left alone; wall time of their zone."""

    user = models.OneToOneField("identity.User", on_delete=models.CASCADE, related_name="+")
    morning = models.TimeField(default=time(7, 0))
    noon = models.TimeField(default=time(12, 0))
    evening = models.TimeField(default=time(18, 0))
    night = models.TimeField(default=time(21, 30))
    quiet_from = models.TimeField(default=time(22, 0))
    quiet_to = models.TimeField(default=time(6, 0))

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(morning__lt=F("noon"), noon__lt=F("evening"), evening__lt=F("night")),
                name="dose_times_in_order",
            )
        ]


class DoseReminder(Entity):
    """This reader wants to be reminded of the doses of this prescription."""

    user = models.ForeignKey("identity.User", on_delete=models.CASCADE, related_name="+")
    prescription = models.ForeignKey(Prescription, on_delete=models.CASCADE, related_name="dose_reminders")
    begun_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "prescription"], name="dose_reminder_once")]
