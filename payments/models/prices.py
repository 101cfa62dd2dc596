"""What a facility charges: published lists, each for days of its own, and their items."""

from __future__ import annotations

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from core.models import Entity
from core.money import Money
from identity.names import fold


class Category(models.TextChoices):
    """The four kinds of price of Law 15/2023/QH15, article 110."""

    INSURED = "insured", _("paid by health insurance")
    BUDGET = "budget", _("paid by the state budget")
    UNINSURED = "uninsured", _("not paid by health insurance")
    ON_REQUEST = "on_request", _("on request")


class PriceList(Entity):
    """The prices of a facility for some days. A published one is final; the next one ends it."""

    facility = models.ForeignKey("identity.Facility", on_delete=models.PROTECT, related_name="+")
    version = models.PositiveIntegerField()  # counts within the facility; charges remember it
    name = models.CharField(max_length=120)
    during = DateRangeField()  # [first day, first day of the next list)
    published_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "version"], name="price_list_version_once"),
            models.CheckConstraint(
                condition=Q(during__isempty=False, during__lower_inf=False), name="price_list_has_first_day"
            ),
            # What a service costs on a day has one answer.
            ExclusionConstraint(
                name="price_list_one_a_day",
                expressions=[("facility", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_published(self) -> bool:
        """People rely on it: nothing in it changes any more."""
        return self.published_at is not None


class PriceItem(Entity):
    """One service and what it costs. `components` says of what the price is made, by name, if the facility says so."""

    COMPONENTS = ("direct", "wages", "management", "depreciation")  # cost elements, Circular 21/2024/TT-BYT

    price_list = models.ForeignKey(PriceList, on_delete=models.CASCADE, related_name="items")
    code = models.CharField(max_length=30)
    name_vi = models.CharField(max_length=200)
    name_en = models.CharField(max_length=200, blank=True)
    sort_name = models.CharField(max_length=200, editable=False)  # the Vietnamese name without tones, to be searched
    unit = models.CharField(max_length=20, default="lần")
    category = models.CharField(max_length=10, choices=Category.choices)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="VND")
    in_scope = models.BooleanField(default=False)  # health insurance knows of it
    components = models.JSONField(default=dict, blank=True)
    visit_type = models.ForeignKey(
        "identity.VisitType", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    mode = models.CharField(max_length=9, blank=True)  # of the visit type; empty: every way without a line of its own

    class Meta:
        ordering = ["code"]
        constraints = [
            models.UniqueConstraint(fields=["price_list", "code"], name="price_item_code_once"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_item_amount_not_negative"),
            models.CheckConstraint(condition=Q(category__in=Category.values), name="price_item_category_known"),
            models.CheckConstraint(
                condition=Q(in_scope=False) | Q(category="insured"), name="price_item_in_scope_is_insured"
            ),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.sort_name = fold(self.name_vi)[:200]
        super().save(*args, **kwargs)

    def __str__(self) -> str:
        return f"{self.code} {self.name_vi}"

    @property
    def name(self) -> str:
        """The name in the reader's language."""
        return (self.name_en if get_language() == "en" else "") or self.name_vi

    @property
    def price(self) -> Money:
        """What it costs."""
        return Money(self.amount, self.currency)
