"""Doors to free times; anyone may look."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import queries
from booking.api.answers import DayPage, FirstFreePage, SlotPage
from booking.models import Appointment
from core.api import ANYONE, ApiView, StrictSerializer, whole_page


class SlotsQuery(StrictSerializer):
    """`from` and `to` are days of the clinic, both included; without them the next fourteen days."""

    practitioner = serializers.UUIDField()
    visit_type = serializers.UUIDField()

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name a class could give to a field."""
        days = {"from": serializers.DateField(required=False), "to": serializers.DateField(required=False)}
        return {**super().get_fields(), **days}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "from" in attrs and "to" in attrs and attrs["to"] < attrs["from"]:
            raise serializers.ValidationError({"to": [_("The last day lies before the first one.")]})
        return attrs


class DaysQuery(StrictSerializer):
    practitioner = serializers.UUIDField()
    visit_type = serializers.UUIDField()
    month = serializers.RegexField(r"^[0-9]{4}-(0[1-9]|1[0-2])$")

    def validate_month(self, value: str) -> date:
        year, month = map(int, value.split("-"))
        if not 2000 <= year <= 2999:
            raise serializers.ValidationError(_("No such month."))
        return date(year, month, 1)


class FirstQuery(StrictSerializer):
    specialty = serializers.CharField(required=False, max_length=40)
    province = serializers.CharField(required=False, max_length=2)
    facility = serializers.UUIDField(required=False)
    mode = serializers.ChoiceField(Appointment.Mode.choices, required=False)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=50, default=10)


class Slots(ApiView):
    access = ANYONE

    @extend_schema(
        parameters=[SlotsQuery], responses=SlotPage, summary="Free times of a practitioner", tags=["booking"]
    )
    def get(self, request: Request) -> Response:
        wanted = self.clean_query(SlotsQuery)
        first_day = wanted.get("from", timezone.localdate(self.now))
        last_day = wanted.get("to", first_day + timedelta(days=13) if first_day.year < 9999 else first_day)
        free = queries.slots_of(wanted["practitioner"], wanted["visit_type"], first_day, last_day, self.now)
        return whole_page(SlotPage, free)


class Days(ApiView):
    access = ANYONE

    @extend_schema(
        parameters=[DaysQuery], responses=DayPage, summary="Number of free times per day of a month", tags=["booking"]
    )
    def get(self, request: Request) -> Response:
        wanted = self.clean_query(DaysQuery)
        days = queries.days_of(wanted["practitioner"], wanted["month"], wanted["visit_type"], self.now)
        return whole_page(DayPage, days)


class First(ApiView):
    access = ANYONE

    @extend_schema(
        parameters=[FirstQuery],
        responses=FirstFreePage,
        summary="The first free time of each fitting practitioner",
        tags=["booking"],
    )
    def get(self, request: Request) -> Response:
        wanted = self.clean_query(FirstQuery)
        found = queries.first_free(
            now=self.now,
            specialty=wanted.get("specialty"),
            province=wanted.get("province"),
            mode=wanted.get("mode"),
            facility_id=wanted.get("facility"),
            limit=wanted["limit"],
        )
        return whole_page(FirstFreePage, found)
