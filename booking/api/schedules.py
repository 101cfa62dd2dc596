"""Doors for the desk: schedules, weekly hours, exceptions. A practitioner may look at their own."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import (
    ExceptionAnswer,
    ExceptionPage,
    RuleAnswer,
    RulePage,
    ScheduleAnswer,
    SchedulePage,
    WallTime,
)
from booking.models import Closure
from booking.queries.free import LONGEST_HORIZON_DAYS
from core.api import ApiView, AwareDateTime, StrictSerializer, idempotent, page_of, whole_page
from core.errors import WrongRole

LOOK = frozenset({"desk", "practitioner"})
KEEP = OpenApiParameter(
    "keep_agreed", bool, description="Change the hours although appointments were agreed in them; they stay agreed."
)
PAGE = [OpenApiParameter("cursor", str), OpenApiParameter("limit", int)]


class KeepQuery(StrictSerializer):
    keep_agreed = serializers.BooleanField(required=False, default=False)


class _ScheduleValues(StrictSerializer):
    room = serializers.CharField(required=False, allow_blank=True, max_length=60)
    min_notice_minutes = serializers.IntegerField(required=False, min_value=0, max_value=43_200)
    horizon_days = serializers.IntegerField(required=False, min_value=1, max_value=LONGEST_HORIZON_DAYS)
    buffer_before_minutes = serializers.IntegerField(
        required=False, min_value=0, max_value=120, help_text="kept free before each visit; a multiple of five"
    )
    buffer_after_minutes = serializers.IntegerField(
        required=False, min_value=0, max_value=120, help_text="kept free after each visit; a multiple of five"
    )


class NewSchedule(_ScheduleValues):
    practitioner = serializers.UUIDField()
    zone = serializers.CharField(required=False, max_length=64)


class ScheduleChange(_ScheduleValues):
    active = serializers.BooleanField(required=False)
    keep_agreed = serializers.BooleanField(
        required=False, default=False, help_text="agreed visits without room for the new buffers keep what there is"
    )


class RuleValues(StrictSerializer):
    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday")
    from_time = WallTime(help_text="wall time of the schedule's zone")
    to_time = WallTime(help_text="00:00 is the end of the day")
    grid_minutes = serializers.IntegerField(
        min_value=5,
        max_value=240,
        required=False,
        default=15,
        help_text="how often a visit may begin; a multiple of five",
    )
    offset_minutes = serializers.IntegerField(
        min_value=0,
        max_value=235,
        required=False,
        default=0,
        help_text="the first visit begins so long after from_time",
    )
    capacity = serializers.IntegerField(
        min_value=1, max_value=200, required=False, default=1, help_text="how many people may share one time"
    )
    room = serializers.CharField(
        required=False, allow_blank=True, max_length=60, default="", help_text="empty: the schedule's room"
    )
    valid_from = serializers.DateField(required=False, allow_null=True, default=None)
    valid_to = serializers.DateField(required=False, allow_null=True, default=None, help_text="last day")
    visit_types = serializers.ListField(child=serializers.UUIDField(), required=False, default=list, max_length=50)


class RuleChange(RuleValues):
    keep_agreed = serializers.BooleanField(required=False, default=False)


class NewException(StrictSerializer):
    kind = serializers.ChoiceField(Closure.Kind.choices)
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200, default="")
    grid_minutes = serializers.IntegerField(min_value=5, max_value=240, required=False, default=15)
    keep_agreed = serializers.BooleanField(required=False, default=False)


def _rule_values(values: dict[str, Any]) -> dict[str, Any]:
    return {("visit_type_ids" if name == "visit_types" else name): value for name, value in values.items()}


class _DeskWrites(ApiView):
    access = LOOK

    def clean(self, serializer_class: type[serializers.Serializer[Any]], **context: Any) -> dict[str, Any]:
        """Practitioners look, the desk writes: refused before the body is read."""
        self.only_the_desk()
        return super().clean(serializer_class, **context)

    def only_the_desk(self) -> None:
        """Raise WrongRole for a practitioner."""
        if self.actor.role != "desk":
            raise WrongRole


class Schedules(_DeskWrites):
    @extend_schema(
        parameters=PAGE,
        responses=SchedulePage,
        summary="Schedules of the facility",
        tags=["schedules"],
    )
    def get(self, request: Request) -> Response:
        return page_of(self, queries.schedules_for(self.actor), ScheduleAnswer)

    @extend_schema(request=NewSchedule, responses={201: ScheduleAnswer}, summary="Open a schedule", tags=["schedules"])
    @idempotent
    def post(self, request: Request) -> Response:
        values = self.clean(NewSchedule)
        assert self.actor.facility_id is not None
        schedule = actions.add_schedule(
            practitioner_id=values.pop("practitioner"),
            facility_id=self.actor.facility_id,
            **values,
            by=self.actor,
            now=self.now,
        )
        return Response(ScheduleAnswer(schedule).data, status=201)


class OneSchedule(_DeskWrites):
    @extend_schema(responses=ScheduleAnswer, summary="One schedule", tags=["schedules"])
    def get(self, request: Request, schedule_id: UUID) -> Response:
        return Response(ScheduleAnswer(access.get_schedule(self.actor, schedule_id)).data)

    @extend_schema(request=ScheduleChange, responses=ScheduleAnswer, summary="Change a schedule", tags=["schedules"])
    def patch(self, request: Request, schedule_id: UUID) -> Response:
        values = self.clean(ScheduleChange)
        schedule = actions.change_schedule(schedule_id=schedule_id, **values, by=self.actor, now=self.now)
        return Response(ScheduleAnswer(schedule).data)


class Rules(_DeskWrites):
    @extend_schema(responses=RulePage, summary="Weekly hours of a schedule", tags=["schedules"])
    def get(self, request: Request, schedule_id: UUID) -> Response:
        schedule = access.get_schedule(self.actor, schedule_id)
        return whole_page(RulePage, queries.rules_of(schedule))

    @extend_schema(request=RuleValues, responses={201: RuleAnswer}, summary="Add weekly hours", tags=["schedules"])
    @idempotent
    def post(self, request: Request, schedule_id: UUID) -> Response:
        values = _rule_values(self.clean(RuleValues))
        rule = actions.add_rule(schedule_id=schedule_id, **values, by=self.actor, now=self.now)
        return Response(RuleAnswer(rule).data, status=201)


class OneRule(_DeskWrites):
    @extend_schema(request=RuleChange, responses=RuleAnswer, summary="Change weekly hours", tags=["schedules"])
    def put(self, request: Request, schedule_id: UUID, rule_id: UUID) -> Response:
        values = _rule_values(self.clean(RuleChange))
        rule = actions.change_rule(schedule_id=schedule_id, rule_id=rule_id, **values, by=self.actor, now=self.now)
        return Response(RuleAnswer(rule).data)

    @extend_schema(
        parameters=[KEEP], request=None, responses={204: None}, summary="Take weekly hours away", tags=["schedules"]
    )
    def delete(self, request: Request, schedule_id: UUID, rule_id: UUID) -> Response:
        self.only_the_desk()
        keep = self.clean_query(KeepQuery)["keep_agreed"]
        actions.remove_rule(schedule_id=schedule_id, rule_id=rule_id, keep_agreed=keep, by=self.actor, now=self.now)
        return Response(status=204)


class Exceptions(_DeskWrites):
    @extend_schema(
        parameters=PAGE, responses=ExceptionPage, summary="Time off, extra hours, other hours", tags=["schedules"]
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        schedule = access.get_schedule(self.actor, schedule_id)
        return page_of(self, queries.closures_of(schedule), ExceptionAnswer)

    @extend_schema(
        request=NewException,
        responses={201: ExceptionAnswer},
        summary="Add time off, extra hours or other hours",
        tags=["schedules"],
    )
    @idempotent
    def post(self, request: Request, schedule_id: UUID) -> Response:
        values = self.clean(NewException)
        closure = actions.add_closure(schedule_id=schedule_id, **values, by=self.actor, now=self.now)
        return Response(ExceptionAnswer(closure).data, status=201)


class OneException(_DeskWrites):
    @extend_schema(
        parameters=[KEEP], request=None, responses={204: None}, summary="Take an exception back", tags=["schedules"]
    )
    def delete(self, request: Request, schedule_id: UUID, closure_id: UUID) -> Response:
        self.only_the_desk()
        keep = self.clean_query(KeepQuery)["keep_agreed"]
        actions.remove_closure(
            schedule_id=schedule_id, closure_id=closure_id, keep_agreed=keep, by=self.actor, now=self.now
        )
        return Response(status=204)
