"""Citizens, and who may act for whom."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from identity.names import fold


class Person(Entity):
    """A citizen: somebody who may be a patient. Has an account of their own or is acted for by somebody who has."""

    class Sex(models.TextChoices):  # FHIR administrative-gender
        MALE = "male", _("male")
        FEMALE = "female", _("female")
        OTHER = "other", _("other")
        UNKNOWN = "unknown", _("not stated")

    user = models.OneToOneField("identity.User", on_delete=models.PROTECT, null=True, blank=True, related_name="person")
    full_name = models.CharField(_("full name"), max_length=120)
    sort_name = models.CharField(max_length=120, editable=False)  # without tone marks
    born_on = models.DateField(_("date of birth"), null=True, blank=True)
    sex = models.CharField(_("sex"), max_length=8, choices=Sex.choices, default=Sex.UNKNOWN)
    phone = models.CharField(_("phone"), max_length=16, blank=True)
    # NULL, not "", where there is none: the number is unique among those who have one.
    national_id = models.CharField(  # noqa: DJ001
        _("personal identification number"), max_length=12, null=True, blank=True
    )
    insurance_number = models.CharField(_("health insurance number"), max_length=15, blank=True)
    province = models.ForeignKey("identity.Province", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    commune = models.CharField(_("commune or ward"), max_length=80, blank=True)
    address = models.CharField(_("address"), max_length=160, blank=True)
    guardian_name = models.CharField(_("guardian"), max_length=120, blank=True)

    class Meta:
        indexes = [models.Index(fields=["sort_name"], name="person_sort_name")]
        constraints = [
            models.UniqueConstraint(fields=["national_id"], name="person_national_id_once"),
            models.CheckConstraint(
                condition=Q(national_id__isnull=True) | Q(national_id__regex=r"^[0-9]{12}$"),
                name="person_national_id_12_digits",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = fold(self.full_name)
        self.national_id = self.national_id or None
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.full_name

    def age_on(self, day: date) -> int | None:
        """Whole years on a day, or None when the birthday is not known."""
        if self.born_on is None:
            return None
        return day.year - self.born_on.year - ((day.month, day.day) < (self.born_on.month, self.born_on.day))


class Delegation(Entity):
    """The grantor lets the delegate act: to book, pay, collect or read, until a day or until revoked."""

    SCOPES = ("book", "pay", "collect", "read")

    class Relation(models.TextChoices):
        CHILD = "child", _("my child")
        PARENT = "parent", _("my parent")
        PARTNER = "partner", _("my husband or wife")
        OTHER = "other", _("somebody I care for")

    grantor = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_given")
    delegate = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="delegations_held")
    relation = models.CharField(max_length=8, choices=Relation.choices, default=Relation.CHILD)
    scopes = ArrayField(models.CharField(max_length=8))
    valid_to = models.DateField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grantor", "delegate"], condition=Q(revoked_at__isnull=True), name="delegation_live_once"
            ),
            models.CheckConstraint(condition=~Q(grantor=F("delegate")), name="delegation_not_to_oneself"),
            models.CheckConstraint(
                condition=Q(scopes__contained_by=["book", "pay", "collect", "read"]), name="delegation_scopes_known"
            ),
        ]

    def is_live(self, at: datetime) -> bool:
        """Say whether it holds at this instant."""
        return self.revoked_at is None and (self.valid_to is None or at.date() <= self.valid_to)


class Arrival(Entity):
    """A citizen sits at a health station and agreed that it acts for them today: to ask a doctor, to measure, to sit beside.

    Who they are was shown there (TT 30/2023 and Decree 96/2023 ask for the way of it with each visit).
    """

    class Identified(models.TextChoices):
        CARD = "card", _("identity card with chip")
        VNEID = "vneid", _("VNeID on their phone")
        BIRTH = "birth", _("birth certificate, with a parent beside")
        KNOWN = "known", _("known at the station")

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    practitioner = models.ForeignKey("identity.Practitioner", on_delete=models.PROTECT, related_name="+")
    identified_by = models.CharField(max_length=5, choices=Identified.choices)
    agreed_at = models.DateTimeField()
    ends_at = models.DateTimeField()  # midnight at the station: what was agreed is for one day
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "facility"], condition=Q(left_at__isnull=True), name="arrival_once"
            ),
            models.CheckConstraint(
                condition=Q(identified_by__in=["card", "vneid", "birth", "known"]), name="arrival_identified"
            ),
            models.CheckConstraint(condition=Q(ends_at__gt=F("agreed_at")), name="arrival_ends_after_it_begins"),
        ]
        indexes = [models.Index(fields=["facility", "ends_at"], name="arrival_of_facility")]

    def __str__(self) -> str:
        return f"{self.agreed_at:%Y-%m-%d %H:%M}"
