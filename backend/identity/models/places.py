"""Places of care and what they offer."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.lookups import Exact
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


class Telemedicine(models.TextChoices):
    """The four forms of care at a distance (Law 15/2023 article 2 clause 19 and article 80, Decree 96/2023 articles 87-88)."""

    DIRECT = "direct_to_patient", _("doctor and patient directly")
    RECEIVING = "via_receiving_facility", _("with the patient at a health station")
    SUPPORT = "inter_facility_support", _("one facility supports another")
    MDT = "teleconsult_mdt", _("a council of doctors")


# In these, two facilities share the care, and a contract between them says who answers for what.
SHARED = (Telemedicine.RECEIVING, Telemedicine.SUPPORT)


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
    tax_code = models.CharField(max_length=14, blank=True)  # ten digits, or ten and three after a hyphen
    latitude = models.FloatField(null=True, blank=True)
    longitude = models.FloatField(null=True, blank=True)
    zone = models.CharField(max_length=40, default="Asia/Ho_Chi_Minh")
    opening_hours = models.JSONField(default=dict, blank=True)  # {"mon": [["07:00", "21:00"]], …} in wall time
    active = models.BooleanField(default=True)
    # That it meets the conditions of care at a distance, as published by the health authority (Decree 96/2023 article 87).
    telemedicine = ArrayField(models.CharField(max_length=24), default=list, blank=True)  # the forms it may hold
    telemedicine_notice = models.CharField(max_length=80, blank=True)  # number of the notice
    telemedicine_from = models.DateField(null=True, blank=True)  # the day it was published
    telemedicine_to = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "province", "sort_name"], name="facility_directory")]
        constraints = [
            models.CheckConstraint(condition=Q(code__regex=r"^[0-9A-Za-z]{5}$"), name="facility_code_5_characters"),
            models.CheckConstraint(
                condition=Q(tax_code="") | Q(tax_code__regex=r"^[0-9]{10}(-[0-9]{3})?$"), name="facility_tax_code_form"
            ),
            models.CheckConstraint(
                condition=Q(telemedicine__contained_by=Telemedicine.values), name="facility_telemedicine_known"
            ),
            models.CheckConstraint(
                condition=Q(telemedicine=[]) | Q(telemedicine_from__isnull=False),
                name="facility_telemedicine_published",
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = fold(self.name)
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return self.name

    def may_hold(self, form: str, on: date) -> bool:
        """Say whether it has published, for this day, that it meets the conditions of this form of care at a distance."""
        if form not in self.telemedicine or self.telemedicine_from is None:
            return False
        return self.telemedicine_from <= on and (self.telemedicine_to is None or on <= self.telemedicine_to)

    @property
    def full_address(self) -> str:
        """Address, commune, province in one line."""
        return ", ".join(part for part in (self.address, self.commune, self.province.name) if part)


class Contract(Entity):
    """What two facilities agreed on for care at a distance (Decree 96/2023 article 87 clause 11): who answers, what it costs.

    `facility` answers for the care, `partner` is where the patient sits or whose doctor asks.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="contracts")
    partner = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="contracts_as_partner")
    number = models.CharField(max_length=60)
    forms = ArrayField(models.CharField(max_length=24))
    price_amount = models.BigIntegerField(default=0)  # what the citizen pays for a visit; the rest is between the two
    price_currency = models.CharField(max_length=3, default="VND")
    valid_from = models.DateField()
    valid_to = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "number"], name="contract_number_once"),
            models.CheckConstraint(condition=~Q(facility=F("partner")), name="contract_between_two"),
            models.CheckConstraint(
                condition=Q(forms__contained_by=["via_receiving_facility", "inter_facility_support"]) & ~Q(forms=[]),
                name="contract_forms_known",
            ),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="contract_price_not_negative"),
            models.CheckConstraint(
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")), name="contract_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def price(self) -> Money:
        """What the citizen pays for one visit under it."""
        return Money(self.price_amount, self.price_currency)


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
    mode_prices = models.JSONField(default=dict, blank=True)  # {"video": 120000}: where a way has a price of its own
    specialty = models.ForeignKey(Specialty, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="visit_type_price_not_negative"),
            models.CheckConstraint(condition=Q(minutes__gte=5, minutes__lte=480), name="visit_type_minutes_sane"),
            # Booking reckons a day in marks of five minutes.
            models.CheckConstraint(condition=Q(Exact(F("minutes") % 5, 0)), name="visit_type_minutes_in_marks"),
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

    def price_in(self, mode: str) -> Money:
        """What it costs when held in this way ("in_person", "video", "phone")."""
        return Money(int(self.mode_prices.get(mode, self.price_amount)), self.price_currency)

    def __str__(self) -> str:
        return self.name
