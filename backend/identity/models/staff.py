"""Practitioners with their licences, and who works where in which role."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from identity.names import fold


class Practitioner(Entity):
    """Any clinician (doctor in the interface), with the licence of Law 15/2023, e.g. 009999/HNO-GPHN."""

    class Profession(models.TextChoices):
        DOCTOR = "doctor", _("doctor")
        NURSE = "nurse", _("nurse")
        PHARMACIST = "pharmacist", _("pharmacist")

    user = models.OneToOneField(
        "identity.User", on_delete=models.PROTECT, null=True, blank=True, related_name="practitioner"
    )
    full_name = models.CharField(max_length=120)
    sort_name = models.CharField(max_length=120, editable=False)
    title = models.CharField(max_length=40, blank=True)  # "BS.CKI", "ThS.BS", "PGS.TS.BS"
    profession = models.CharField(max_length=10, choices=Profession.choices, default=Profession.DOCTOR)
    sex = models.CharField(max_length=8, default="unknown")
    licence_number = models.CharField(max_length=24, unique=True)
    licence_valid_from = models.DateField()
    licence_valid_to = models.DateField(null=True, blank=True)
    specialties = models.ManyToManyField("identity.Specialty", related_name="practitioners")
    bio_vi = models.TextField(blank=True)
    bio_en = models.TextField(blank=True)
    languages = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    photo_seed = models.CharField(max_length=40, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["sort_name"], name="practitioner_sort_name"),
            # People remember any word of a name: a search must not read the whole country.
            GinIndex(fields=["sort_name"], opclasses=["gin_trgm_ops"], name="practitioner_name_words"),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = fold(self.full_name)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.display_name

    @property
    def display_name(self) -> str:
        """Title and name as patients say them."""
        return f"{self.title} {self.full_name}".strip()

    @property
    def bio(self) -> str:
        """The introduction in the reader's language."""
        return (self.bio_en or self.bio_vi) if get_language() == "en" else self.bio_vi

    def licence_is_valid(self, on: date) -> bool:
        """Say whether the licence covers this day."""
        return self.licence_valid_from <= on and (self.licence_valid_to is None or on <= self.licence_valid_to)


class Membership(Entity):
    """A user's role at a facility. The user picks one to act in; a practitioner's carries the Practitioner."""

    class Role(models.TextChoices):
        PRACTITIONER = "practitioner", _("doctor")
        PHARMACIST = "pharmacist", _("pharmacist")
        DESK = "desk", _("hospital desk")
        NURSE = (
            "nurse",
            _("station nurse"),
        )  # at a commune's health station: with the citizen, before the doctor's camera
        REGULATOR = "regulator", _("ministry")
        OPERATOR = "operator", _("operator")

    user = models.ForeignKey(
        "identity.User", on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    facility = models.ForeignKey(
        "identity.Facility", on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    role = models.CharField(max_length=12, choices=Role.choices)
    practitioner = models.ForeignKey(
        Practitioner, on_delete=models.CASCADE, null=True, blank=True, related_name="memberships"
    )
    active_from = models.DateField()
    active_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "facility", "role"], name="membership_once"),
            models.CheckConstraint(
                condition=~Q(role__in=["practitioner", "nurse"]) | Q(practitioner__isnull=False),
                name="membership_practitioner_named",
            ),
            models.CheckConstraint(
                condition=~Q(role__in=["practitioner", "pharmacist", "desk", "nurse"]) | Q(facility__isnull=False),
                name="membership_has_a_place",
            ),
        ]

    def is_active(self, on: date) -> bool:
        """Say whether the role holds on this day."""
        return self.active_from <= on and (self.active_to is None or on <= self.active_to)
