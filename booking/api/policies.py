"""The door to what a facility has decided about booking; for its desk only."""

from datetime import date
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, holidays
from booking.actions.policies import LONGEST_REMINDER_HOURS, MOST_REMINDERS, RANGES
from core.api import ApiView, StrictSerializer


def _number(name: str, **more: Any) -> serializers.IntegerField:
    limits = RANGES[name]
    assert limits is not None
    return serializers.IntegerField(required=False, min_value=limits[0], max_value=limits[1], **more)


class PolicyValues(StrictSerializer):
    closes_on_holidays = serializers.BooleanField(required=False)
    open_holidays = serializers.ListField(
        child=serializers.DateField(),
        required=False,
        max_length=100,
        help_text="holidays on which it works all the same",
    )
    free_cancel_hours = _number("free_cancel_hours", help_text="until so long before the visit cancelling is free")
    late_fee_percent = _number("late_fee_percent")
    no_show_fee_percent = _number("no_show_fee_percent")
    max_open_bookings = _number("max_open_bookings", help_text="of one person at this facility")
    no_shows_allowed = _number("no_shows_allowed", help_text="within no_show_days; then a block. 0: never a block")
    no_show_days = _number("no_show_days")
    block_days = _number("block_days")
    revisit_days = _number("revisit_days", help_text="a revisit within so many days has its own price; 0: none")
    revisit_percent = _number("revisit_percent", help_text="of the usual price")
    offer_minutes = _number("offer_minutes", help_text="how long a freed place is offered to one person")
    reminder_hours = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=LONGEST_REMINDER_HOURS),
        required=False,
        max_length=MOST_REMINDERS,
        help_text="how long before a visit people are reminded; empty: the usual times",
    )
    takes_walk_ins = serializers.BooleanField(required=False)


class PolicyChange(PolicyValues):
    keep_agreed = serializers.BooleanField(
        required=False, default=False, help_text="close on holidays although visits were agreed; they stay agreed"
    )


class Holiday(serializers.Serializer[Any]):
    day = serializers.DateField()
    name = serializers.CharField()
    open = serializers.BooleanField()


class PolicyAnswer(PolicyValues):
    holidays = serializers.SerializerMethodField(help_text="public holidays of this year and the next")

    @extend_schema_field(Holiday(many=True))
    def get_holidays(self, policy: Any) -> list[dict[str, Any]]:
        year = self.context["today"].year
        return [
            {"day": day.isoformat(), "name": name, "open": holidays.is_open(policy, day)}
            for day, name in holidays.coming(year, self.context["language"])
        ]


class BookingPolicy(ApiView):
    access = frozenset({"desk"})

    @extend_schema(responses=PolicyAnswer, summary="What the facility has decided about booking", tags=["schedules"])
    def get(self, request: Request) -> Response:
        return self._answer(request, access.get_policy(self.actor))

    @extend_schema(
        request=PolicyChange, responses=PolicyAnswer, summary="Decide about booking at the facility", tags=["schedules"]
    )
    def put(self, request: Request) -> Response:
        values = self.clean(PolicyChange)
        keep = values.pop("keep_agreed")
        return self._answer(request, actions.put_policy(values=values, keep_agreed=keep, by=self.actor, now=self.now))

    def _answer(self, request: Request, policy: Any) -> Response:
        language = getattr(request, "LANGUAGE_CODE", None) or "vi"
        today: date = self.now.date()
        return Response(PolicyAnswer(policy, context={"today": today, "language": language}).data)
