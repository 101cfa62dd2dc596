"""Places of care and what they offer."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from identity.names import fold


class Province(models.Model):
    """One of the 34 provinces and cities since 1 July 2025, by its 2-digit code (kept as text: zeros matter)."""

    code = models.CharField(primary_key=True, max_length=2)
    name = models.CharField(max_length=60)
    is_city = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class Specialty(models.Model):
    """A field of medicine, by a stable English key."""

    code = models.SlugField(primary_key=True, max_length=40)
    name_vi = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    icon = models.SlugField(max_length=40, default="stethoscope")

    class Meta:
        ordering = ["name_vi"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi


class Facility(Entity):
    """A hospital, clinic, commune station or pharmacy, with the 5-character code of QĐ 384/QĐ-BYT."""

    class Kind(models.TextChoices):
        HOSPITAL = "hospital", _("hospital")
        CLINIC = "clinic", _("clinic")
        STATION = "station", _("commune health station")
        PHARMACY = "pharmacy", _("pharmacy")

    kind = models.CharField(max_length=8, choices=Kind.choices)
    code = models.CharField(max_length=5, unique=True)
    name = models.CharField(max_length=160)
    sort_name = models.CharField(max_length=160, editable=False)
    province = models.ForeignKey(Province, on_delete=models.PROTECT, related_name="+")
    commune = models.CharField(max_length=80, blank=True)
    address = models.CharField(max_length=160, blank=True)
    phone = models.CharField(max_length=16, blank=True)
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    zone = models.CharField(max_length=40, default="Asia/Ho_Chi_Minh")
    opening_hours = models.JSONField(default=dict, blank=True)  # {"mon": [["07:00", "21:00"]], …} in wall time
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "province", "sort_name"], name="facility_directory")]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Za-z]{5}$"), name="facility_code_5_characters")
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = fold(self.name)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name

    @property
    def full_address(self) -> str:
        """Address, commune, province in one line."""
        return ", ".join(part for part in (self.address, self.commune, self.province.name) if part)


class VisitType(Entity):
    """What can be booked at a facility: its length, its price, and the ways it is held."""

    MODES = ("in_person", "video", "phone")

    facility = models.ForeignKey(Facility, on_delete=models.CASCADE, related_name="visit_types")
    name_vi = models.CharField(max_length=80)
    name_en = models.CharField(max_length=80)
    minutes = models.PositiveSmallIntegerField()
    price_amount = models.BigIntegerField()
    price_currency = models.CharField(max_length=3, default="VND")
    modes = ArrayField(models.CharField(max_length=9))
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="visit_type_price_not_negative"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=480), name="visit_type_minutes_sane"),
            models.CheckConstraint(
                condition=Q(modes__contained_by=["in_person", "video", "phone"]), name="visit_type_modes_known"
            ),
        ]

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return self.name_en if get_language() == "en" else self.name_vi

    @property
    def price(self) -> Money:
        """What it costs; zero means free."""
        return Money(self.price_amount, self.price_currency)

    def __str__(self) -> str:
        return self.name
