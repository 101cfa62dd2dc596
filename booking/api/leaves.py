"""Doors to leaves: the desk previews, takes and undoes them; each citizen concerned chooses what becomes of their visit."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import (
    AppointmentPerson,
    AppointmentPractitioner,
    AppointmentVisitType,
)
from booking.errors import NotAWay
from booking.models import Leave, LeaveCase
from core.api import ApiView, AwareDateTime, Page, StrictSerializer, idempotent, page_of, whole_page

DESK = frozenset({"desk"})
WAYS = ("same", "colleague", "video", "time")


class LeavePreviewWish(StrictSerializer):
    practitioner = serializers.UUIDField()
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()


class LeaveWish(LeavePreviewWish):
    reason = serializers.CharField(
        required=False, allow_blank=True, max_length=200, default="", help_text="for colleagues"
    )
    message = serializers.CharField(
        required=False, allow_blank=True, max_length=300, default="", help_text="for the people concerned"
    )


class WayAnswer(serializers.Serializer[Any]):
    """Another time: with the same doctor, with a colleague, or by video."""

    why = serializers.ChoiceField(WAYS)
    schedule = serializers.UUIDField(source="schedule_id")
    practitioner = serializers.CharField(source="practitioner_name")
    starts_at = AwareDateTime()
    visit_type = serializers.UUIDField(source="visit_type_id")
    mode = serializers.CharField()
    zone = serializers.CharField()


class LeaveAffectedAnswer(serializers.Serializer[Any]):
    appointment = serializers.UUIDField(source="appointment.pk")
    person = AppointmentPerson(source="appointment.person")
    visit_type = AppointmentVisitType(source="appointment.visit_type")
    mode = serializers.CharField(source="appointment.mode")
    starts_at = AwareDateTime(source="appointment.starts_at")
    ways = WayAnswer(many=True)


class LeaveAffectedPage(Page):
    results = LeaveAffectedAnswer(many=True)


class LeaveAnswer(serializers.Serializer[Any]):
    """A leave with how many of its cases stand how."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(Leave.Status.choices)
    practitioner = AppointmentPractitioner()
    starts_at = AwareDateTime(source="during.lower")
    ends_at = AwareDateTime(source="during.upper")
    reason = serializers.CharField()
    message = serializers.CharField()
    cases = serializers.IntegerField(source="n_cases")
    open = serializers.IntegerField(source="n_open")
    moved = serializers.IntegerField(source="n_moved")
    cancelled = serializers.IntegerField(source="n_cancelled")
    kept = serializers.IntegerField(source="n_kept")
    created_at = AwareDateTime()


class LeavePage(Page):
    results = LeaveAnswer(many=True)


class LeaveCaseAnswer(serializers.Serializer[Any]):
    """What becomes of one visit."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(LeaveCase.Status.choices)
    appointment = serializers.UUIDField(source="appointment_id")
    person = AppointmentPerson(source="appointment.person")
    practitioner = AppointmentPractitioner(source="appointment.practitioner")
    visit_type = AppointmentVisitType(source="appointment.visit_type")
    mode = serializers.CharField(source="appointment.mode")
    starts_at = AwareDateTime(source="appointment.starts_at")
    zone = serializers.CharField(source="appointment.schedule.zone")
    message = serializers.CharField(source="leave.message")
    decide_by = AwareDateTime()
    ways = serializers.SerializerMethodField()
    chosen_by = serializers.CharField()
    moved_to = serializers.UUIDField(source="moved_to_id", allow_null=True)

    @extend_schema_field(WayAnswer(many=True))
    def get_ways(self, case: LeaveCase) -> list[dict[str, Any]]:
        return list(WayAnswer(queries.ways_of(case), many=True).data)


class LeaveWithCases(LeaveAnswer):
    people = serializers.SerializerMethodField()

    @extend_schema_field(LeaveCaseAnswer(many=True))
    def get_people(self, leave: Leave) -> list[dict[str, Any]]:
        return list(LeaveCaseAnswer(queries.cases_of(leave), many=True).data)


class LeaveChoice(StrictSerializer):
    """`way` takes one of those named, by its number; `time` any other free time; `cancel` gives all the money back."""

    choice = serializers.ChoiceField(["way", "time", "cancel"])
    way = serializers.IntegerField(required=False, min_value=0, max_value=9)
    schedule = serializers.UUIDField(required=False)
    starts_at = AwareDateTime(required=False)
    mode = serializers.ChoiceField(["in_person", "video", "phone"], required=False)
    condition = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=12,
        default="",
        help_text="Where it becomes video or phone: a code of the list of TT 30/2023, or `other`. Default: as before.",
    )


class LeavePreview(ApiView):
    access = DESK

    @extend_schema(
        request=LeavePreviewWish, responses=LeaveAffectedPage, summary="Whom a leave would touch", tags=["leaves"]
    )
    def post(self, request: Request) -> Response:
        wish = self.clean(LeavePreviewWish)
        found = queries.preview_leave(
            practitioner_id=wish["practitioner"],
            starts_at=wish["starts_at"],
            ends_at=wish["ends_at"],
            by=self.actor,
            now=self.now,
        )
        return whole_page(LeaveAffectedPage, found)


class Leaves(ApiView):
    access = DESK

    @extend_schema(
        responses=LeavePage,
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        summary="Leaves of the facility's doctors",
        tags=["leaves"],
    )
    def get(self, request: Request) -> Response:
        return page_of(self, queries.leaves_of(self.actor), LeaveAnswer)

    @extend_schema(request=LeaveWish, responses={201: LeaveAnswer}, summary="Enter a doctor's leave", tags=["leaves"])
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(LeaveWish)
        leave = actions.take_leave(practitioner_id=wish.pop("practitioner"), **wish, by=self.actor, now=self.now)
        return Response(LeaveAnswer(queries.leaves_of(self.actor).get(pk=leave.pk)).data, status=201)


class OneLeave(ApiView):
    access = DESK

    @extend_schema(responses=LeaveWithCases, summary="One leave and its people", tags=["leaves"])
    def get(self, request: Request, leave_id: UUID) -> Response:
        leave = access.get_leave(self.actor, leave_id)
        return Response(LeaveWithCases(queries.leaves_of(self.actor).get(pk=leave.pk)).data)

    @extend_schema(request=None, responses={204: None}, summary="Take a leave back", tags=["leaves"])
    def delete(self, request: Request, leave_id: UUID) -> Response:
        actions.undo_leave(leave_id=leave_id, by=self.actor, now=self.now)
        return Response(status=204)


class LeaveCaseDoor(ApiView):
    access = frozenset({"citizen", "desk"})

    @extend_schema(responses=LeaveCaseAnswer, summary="What becomes of a visit", tags=["leaves"])
    def get(self, request: Request, case_id: UUID) -> Response:
        return Response(LeaveCaseAnswer(access.get_case(self.actor, case_id)).data)


class LeaveCaseChoose(ApiView):
    access = frozenset({"citizen", "desk"})

    @extend_schema(
        request=LeaveChoice, responses=LeaveCaseAnswer, summary="Choose what becomes of a visit", tags=["leaves"]
    )
    @idempotent
    def post(self, request: Request, case_id: UUID) -> Response:
        wish = self.clean(LeaveChoice)
        asked: dict[str, Any] = {"case_id": case_id, "by": self.actor, "now": self.now}
        if wish["choice"] == "cancel":
            actions.give_up_visit(**asked)
        elif wish["choice"] == "way" and "way" in wish:
            actions.choose_way(way=wish["way"], condition=wish["condition"], **asked)
        elif wish["choice"] == "time" and {"schedule", "starts_at", "mode"} <= wish.keys():
            wanted = {name: wish[name] for name in ("starts_at", "mode", "condition")}
            actions.choose_time(schedule_id=wish["schedule"], **wanted, **asked)
        else:
            access.get_case(self.actor, case_id)  # whose it is not learns nothing of what may be asked
            raise NotAWay
        return Response(LeaveCaseAnswer(access.get_case(self.actor, case_id)).data)
