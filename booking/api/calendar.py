"""Doors for the calendar of the desk: a week at a glance, hours moved by hand, many changed at a stroke, and taken back."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import AppointmentPractitioner, ExceptionAnswer, RuleAnswer, WallTime
from booking.models import Appointment, Closure, Status
from core.api import ApiView, AwareDateTime, Page, StrictSerializer, idempotent, whole_page

DESK = frozenset({"desk"})
LOOK = frozenset({"desk", "practitioner"})
MOST = 200  # weekly hours changed at a stroke


class WeekQuery(StrictSerializer):
    """`from` is the first of the seven days; without it the Monday of this week."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name a class could give to a field."""
        return {**super().get_fields(), "from": serializers.DateField(required=False)}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        day = attrs.get("from")
        if day is not None and not 2000 <= day.year <= 2999:
            raise serializers.ValidationError({"from": [_("No such week.")]})
        return attrs


class RoomWeekQuery(WeekQuery):
    room = serializers.CharField(max_length=60)


class WeekSchedule(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    practitioner = AppointmentPractitioner()
    room = serializers.CharField()
    active = serializers.BooleanField()


class WeekRule(RuleAnswer):
    schedule = serializers.UUIDField(source="schedule_id")
    room = serializers.CharField()
    capacity = serializers.IntegerField()


class WeekDay(serializers.Serializer[Any]):
    day = serializers.DateField()
    holiday = serializers.CharField(help_text="its name, when the facility is closed for it")
    bookable = serializers.BooleanField(help_text="false: beyond the horizon, it opens later")
    taken = serializers.IntegerField()
    free = serializers.IntegerField()
    starts = serializers.ListField(child=serializers.CharField(), help_text="wall times at which a visit may begin")


class WeekBand(serializers.Serializer[Any]):
    day = serializers.DateField()
    starts = serializers.CharField(help_text="wall time")
    ends = serializers.CharField(help_text="wall time; 24:00 is the end of the day")
    kind = serializers.ChoiceField(["rule", "extra", "instead", "closed", "elsewhere", "other"])
    id = serializers.UUIDField(allow_null=True)
    schedule = serializers.UUIDField(allow_null=True)
    who = serializers.CharField()
    room = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    reason = serializers.CharField()
    grid_minutes = serializers.IntegerField()
    capacity = serializers.IntegerField(help_text="how many people may share one time")
    whole = serializers.BooleanField(help_text="false: only this day's share of something longer")
    aside = serializers.BooleanField(help_text="weekly hours that do not hold that day: a holiday, or other hours")


class WeekVisit(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    session = serializers.UUIDField(help_text="visits that share one time share it")
    day = serializers.DateField()
    starts = serializers.CharField()
    ends = serializers.CharField()
    schedule = serializers.UUIDField()
    person = serializers.CharField()
    visit_type = serializers.CharField()
    status = serializers.ChoiceField(Status.choices)
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    off_hours = serializers.BooleanField(help_text="agreed before the hours were changed")
    may_move = serializers.BooleanField()


class WeekGroup(serializers.Serializer[Any]):
    session = serializers.UUIDField(help_text="of its visits")
    taken = serializers.IntegerField()
    capacity = serializers.IntegerField(
        help_text="seats by the hours of today; fewer than taken after they were changed"
    )


class WeekClash(serializers.Serializer[Any]):
    day = serializers.DateField()
    starts = serializers.CharField()
    ends = serializers.CharField()
    room = serializers.CharField()
    schedule = serializers.UUIDField()
    other = serializers.UUIDField()
    who = serializers.CharField()


class UndoAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    verb = serializers.CharField()
    expires_at = AwareDateTime()
    used_at = AwareDateTime(allow_null=True)


class WeekAnswer(serializers.Serializer[Any]):
    now = AwareDateTime(help_text="the clock by which an undo runs out")
    first_day = serializers.DateField()
    zone = serializers.CharField()
    room = serializers.CharField(help_text="empty for the week of one schedule")
    schedules = WeekSchedule(many=True)
    rules = WeekRule(many=True)
    days = WeekDay(many=True)
    bands = WeekBand(many=True)
    visits = WeekVisit(many=True)
    groups = WeekGroup(many=True, help_text="times that people share")
    clashes = WeekClash(many=True)
    undo = UndoAnswer(allow_null=True, help_text="your last change, while it may be taken back")


class AffectedQuery(StrictSerializer):
    appointments = serializers.CharField(max_length=4000, help_text="ids, parted by commas")

    def validate_appointments(self, value: str) -> list[UUID]:
        try:
            return [UUID(one) for one in value.split(",")][:100]
        except ValueError as error:
            raise serializers.ValidationError(_("Ids, parted by commas, are expected.")) from error


class AffectedAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    person = serializers.CharField(source="person.full_name")
    phone = serializers.CharField(source="person.phone")
    visit_type = serializers.CharField(source="visit_type.name")
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()


class AffectedPage(Page):
    results = AffectedAnswer(many=True)


class _CommonValues(StrictSerializer):
    from_time = WallTime(required=False)
    to_time = WallTime(required=False, help_text="00:00 is the end of the day")
    grid_minutes = serializers.IntegerField(min_value=5, max_value=240, required=False)
    capacity = serializers.IntegerField(min_value=1, max_value=200, required=False)
    room = serializers.CharField(max_length=60, required=False, allow_blank=True)
    valid_from = serializers.DateField(required=False, allow_null=True)
    valid_to = serializers.DateField(required=False, allow_null=True, help_text="last day")
    visit_types = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=50)
    keep_agreed = serializers.BooleanField(required=False, default=False)


class RuleMove(_CommonValues):
    """From the hours of `day` to others, `once` or every week from that day on (then with the other values given)."""

    day = serializers.DateField()
    to_day = serializers.DateField()
    from_time = WallTime()
    to_time = WallTime(help_text="00:00 is the end of the day")
    once = serializers.BooleanField()


class RulesChange(_CommonValues):
    rules = serializers.ListField(child=serializers.UUIDField(), min_length=1, max_length=MOST)
    remove = serializers.BooleanField(required=False, default=False, help_text="take them away instead")


class RulesChanged(serializers.Serializer[Any]):
    changed = serializers.IntegerField()


class ExceptionMove(StrictSerializer):
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    grid_minutes = serializers.IntegerField(min_value=5, max_value=240, required=False)
    keep_agreed = serializers.BooleanField(required=False, default=False)


class CopyWish(StrictSerializer):
    """`rules`: the weekly hours, to another schedule. `week`: the exceptions of one week, to another week."""

    what = serializers.ChoiceField(["rules", "week"])
    to_schedule = serializers.UUIDField()
    monday = serializers.DateField(required=False)
    to_monday = serializers.DateField(required=False)
    replace = serializers.BooleanField(required=False, default=False, help_text="instead of what is there")
    keep_agreed = serializers.BooleanField(required=False, default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["what"] == "week":
            for name in ("monday", "to_monday"):
                if name not in attrs:
                    raise serializers.ValidationError({name: [_("This field is required.")]})
                if attrs[name].weekday() != 0 or not 2000 <= attrs[name].year <= 2999:
                    raise serializers.ValidationError({name: [_("A Monday is expected.")]})
        return attrs


class Copied(serializers.Serializer[Any]):
    copied = serializers.IntegerField()


class NoWish(StrictSerializer):
    """An empty object."""


def first_day_of(wanted: dict[str, Any], today: date) -> date:
    """The Monday of this week, unless another first day was asked for."""
    return wanted.get("from") or today - timedelta(days=today.weekday())


class ScheduleWeek(ApiView):
    access = LOOK

    @extend_schema(
        parameters=[WeekQuery], responses=WeekAnswer, summary="A week of one schedule, to be drawn", tags=["schedules"]
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        first = first_day_of(self.clean_query(WeekQuery), timezone.localdate(self.now))
        return Response(WeekAnswer(queries.week_of_schedule(self.actor, schedule_id, first, self.now)).data)


class RoomWeek(ApiView):
    access = DESK

    @extend_schema(
        parameters=[RoomWeekQuery], responses=WeekAnswer, summary="A week of one room, to be drawn", tags=["schedules"]
    )
    def get(self, request: Request) -> Response:
        wanted = self.clean_query(RoomWeekQuery)
        first = first_day_of(wanted, timezone.localdate(self.now))
        return Response(WeekAnswer(queries.week_of_room(self.actor, wanted["room"], first, self.now)).data)


class Affected(ApiView):
    access = DESK

    @extend_schema(
        parameters=[AffectedQuery],
        responses=AffectedPage,
        summary="Who the appointments are that a refusal named",
        tags=["schedules"],
    )
    def get(self, request: Request, schedule_id: UUID) -> Response:
        access.get_schedule(self.actor, schedule_id)
        wanted = self.clean_query(AffectedQuery)["appointments"]
        return whole_page(AffectedPage, queries.appointments_among(self.actor, wanted))


class MoveRule(ApiView):
    access = DESK

    @extend_schema(
        request=RuleMove, responses=RuleAnswer, summary="Move weekly hours, once or from a day on", tags=["schedules"]
    )
    @idempotent
    def post(self, request: Request, schedule_id: UUID, rule_id: UUID) -> Response:
        wish = self.clean(RuleMove)
        own = {name: wish.pop(name) for name in ("day", "to_day", "from_time", "to_time", "once", "keep_agreed")}
        kinds = wish.pop("visit_types", None)
        rule = actions.move_rule(
            schedule_id=schedule_id,
            rule_id=rule_id,
            **own,
            changes=wish,
            visit_type_ids=kinds,
            by=self.actor,
            now=self.now,
        )
        return Response(RuleAnswer(rule).data)


class MoveException(ApiView):
    access = DESK

    @extend_schema(
        request=ExceptionMove,
        responses=ExceptionAnswer,
        summary="Give an exception another time",
        tags=["schedules"],
    )
    @idempotent
    def post(self, request: Request, schedule_id: UUID, closure_id: UUID) -> Response:
        wish = self.clean(ExceptionMove)
        closure: Closure = actions.move_closure(
            schedule_id=schedule_id, closure_id=closure_id, **wish, by=self.actor, now=self.now
        )
        return Response(ExceptionAnswer(closure).data)


class BulkRules(ApiView):
    access = DESK

    @extend_schema(
        request=RulesChange, responses=RulesChanged, summary="Change or remove many weekly hours", tags=["schedules"]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(RulesChange)
        ids, remove, keep = wish.pop("rules"), wish.pop("remove"), wish.pop("keep_agreed")
        kinds = wish.pop("visit_types", None)
        actions.change_rules(
            rule_ids=ids,
            changes=wish,
            visit_type_ids=kinds,
            remove=remove,
            keep_agreed=keep,
            by=self.actor,
            now=self.now,
        )
        return Response({"changed": len(set(ids))})


class Copy(ApiView):
    access = DESK

    @extend_schema(
        request=CopyWish,
        responses=Copied,
        summary="Copy weekly hours to a colleague, or a week's exceptions to another week",
        tags=["schedules"],
    )
    @idempotent
    def post(self, request: Request, schedule_id: UUID) -> Response:
        wish = self.clean(CopyWish)
        shared = {"replace": wish["replace"], "keep_agreed": wish["keep_agreed"], "by": self.actor, "now": self.now}
        to = wish["to_schedule"]
        if wish["what"] == "rules":
            copied = actions.copy_rules(schedule_id=schedule_id, to_schedule_id=to, **shared)
        else:
            weeks = {"monday": wish["monday"], "to_monday": wish["to_monday"]}
            copied = actions.copy_week(schedule_id=schedule_id, to_schedule_id=to, **weeks, **shared)
        return Response({"copied": copied})


class UndoChange(ApiView):
    access = DESK

    @extend_schema(request=NoWish, responses=UndoAnswer, summary="Take back your last change", tags=["schedules"])
    def post(self, request: Request, undo_id: UUID) -> Response:
        self.clean(NoWish)
        return Response(UndoAnswer(actions.undo(undo_id=undo_id, by=self.actor, now=self.now)).data)
