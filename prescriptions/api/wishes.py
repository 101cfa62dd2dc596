"""What one may send."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api import StrictSerializer
from prescriptions.choices import (
    CancelReason,
    CourseSaid,
    NotDispensedReason,
    OverrideReason,
    ReturnReason,
    SubstitutionReason,
)
from prescriptions.quantities import LARGEST_DOSE, LARGEST_TOTAL, MOST_DOSES_A_DAY, SMALLEST_DOSE, dose_from
from records.vitals import BY_KEY

MOST_ITEMS = 30
MOST_DAYS = 366  # what is sane; the circular of the day says what is allowed


class DoseField(serializers.DecimalField):
    """A dose as people write it: 1, "0.5", "0,5", "1/2", "1 1/2". What has no exact decimal is refused."""

    def to_internal_value(self, data: Any) -> Decimal:
        if isinstance(data, str):
            found = dose_from(data)
            if found is None:
                self.fail("invalid")
            data = found
        return super().to_internal_value(data)


class ItemWish(StrictSerializer):
    drug = serializers.CharField(max_length=80)
    dose_quantity = DoseField(max_digits=7, decimal_places=2, min_value=SMALLEST_DOSE, max_value=LARGEST_DOSE)
    doses_a_day = serializers.IntegerField(min_value=1, max_value=MOST_DOSES_A_DAY)
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
    total = serializers.IntegerField(min_value=1, max_value=LARGEST_TOTAL, required=False, allow_null=True)
    instruction = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class DraftWish(StrictSerializer):
    encounter = serializers.UUIDField()


class ParticularsWish(StrictSerializer):
    """What the circulars ask for besides the lines. What is left out stays; what is empty is taken from the record."""

    course = serializers.ChoiceField(choices=CourseSaid.choices, required=False, allow_blank=True)
    at_discharge = serializers.BooleanField(required=False)
    conclusion = serializers.CharField(max_length=500, required=False, allow_blank=True)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    revisit_on = serializers.DateField(required=False, allow_null=True)
    weight_kg = serializers.DecimalField(
        max_digits=5,
        decimal_places=2,
        min_value=BY_KEY["weight"].low,
        max_value=BY_KEY["weight"].high,
        required=False,
        allow_null=True,
    )
    weight_on = serializers.DateField(required=False, allow_null=True)
    companion = serializers.CharField(max_length=120, required=False, allow_blank=True)
    companion_phone = serializers.CharField(max_length=16, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=16, required=False, allow_blank=True)
    residence = serializers.CharField(max_length=240, required=False, allow_blank=True)
    commitment_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    commitment_on = serializers.DateField(required=False, allow_null=True)
    commune_number = serializers.CharField(max_length=60, required=False, allow_blank=True)
    commune_on = serializers.DateField(required=False, allow_null=True)
    receiver_name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    receiver_id = serializers.CharField(max_length=20, required=False, allow_blank=True)


class ChangeWish(StrictSerializer):
    """What is left out stays as it is; `items` replaces all lines."""

    items = serializers.ListField(child=ItemWish(), required=False, max_length=MOST_ITEMS)
    advice = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    particulars = ParticularsWish(required=False)


class OverrideWish(StrictSerializer):
    finding = serializers.CharField(max_length=300)
    reason = serializers.ChoiceField(choices=OverrideReason.choices)
    note = serializers.CharField(max_length=300, required=False, allow_blank=True, default="")


class SignWish(StrictSerializer):
    overrides = serializers.ListField(child=OverrideWish(), required=False, default=list, max_length=60)


class CancelWish(StrictSerializer):
    reason = serializers.ChoiceField(choices=CancelReason.choices)


class RouteWish(StrictSerializer):
    pharmacy = serializers.UUIDField()


class LookupWish(StrictSerializer):
    code = serializers.CharField(max_length=40)
    access_code = serializers.CharField(max_length=40)


class ReturnWish(StrictSerializer):
    reason = serializers.ChoiceField(choices=ReturnReason.choices)


class SubstituteWish(StrictSerializer):
    drug = serializers.CharField(
        max_length=80, help_text="code of what is handed out instead: same ingredients, dose, route"
    )
    reason = serializers.ChoiceField(choices=SubstitutionReason.choices)
    agreed = serializers.BooleanField(help_text="the patient agrees; refused otherwise")


class HandedOut(StrictSerializer):
    item = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_TOTAL)
    lot = serializers.CharField(max_length=40)
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="last day of the lot")
    substitute = SubstituteWish(required=False, allow_null=True)


class DispenseWish(StrictSerializer):
    secret = serializers.CharField(max_length=100)
    items = serializers.ListField(child=HandedOut(), allow_empty=False, max_length=100)
    seen = serializers.ListField(
        child=serializers.CharField(max_length=300),
        required=False,
        default=list,
        max_length=60,
        help_text="keys of grave findings that are new since signing and that the pharmacist answers for",
    )


class LeftOut(StrictSerializer):
    item = serializers.UUIDField()
    reason = serializers.ChoiceField(choices=NotDispensedReason.choices)


class CompleteWish(StrictSerializer):
    secret = serializers.CharField(max_length=100)
    not_dispensed = serializers.ListField(child=LeftOut(), required=False, default=list, max_length=MOST_ITEMS)


class NoWish(StrictSerializer):
    """An empty object."""


class DrugsAsked(StrictSerializer):
    q = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")
    limit = serializers.IntegerField(min_value=1, max_value=50, required=False, default=20)
    on = serializers.DateField(
        required=False, help_text="only what may be prescribed on this day; default: today in Vietnam"
    )
    remote = serializers.BooleanField(
        required=False, default=False, help_text="leave out what a remote visit cannot prescribe"
    )


class ListAsked(StrictSerializer):
    person = serializers.UUIDField(required=False)
    encounter = serializers.UUIDField(required=False)
