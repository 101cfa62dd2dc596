"""Doors to the lines of a day: look, call, skip, send on, take back."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import AppointmentPerson, AppointmentVisitType
from booking.api.appointments import NoWish
from booking.models import Ticket
from core.api import ApiView, AwareDateTime, StrictSerializer, idempotent
from core.errors import NotFound

THOSE_WHO_CALL = frozenset({"desk", "practitioner"})


class WaitAnswer(serializers.Serializer[Any]):
    """An expected wait: a range, because nobody knows better."""

    from_minutes = serializers.IntegerField(min_value=0)
    to_minutes = serializers.IntegerField(min_value=0)


class TicketBase(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    appointment = serializers.UUIDField(source="appointment_id")
    schedule = serializers.UUIDField(source="schedule_id")
    number = serializers.IntegerField()
    room = serializers.CharField(source="line.room")
    day = serializers.DateField(source="line.day")
    status = serializers.ChoiceField(Ticket.Status.choices)
    priority = serializers.ChoiceField(Ticket.Priority.choices)
    walk_in = serializers.BooleanField()
    promised_at = AwareDateTime()
    calls = serializers.IntegerField()
    called_at = AwareDateTime(allow_null=True)


class TicketAnswer(TicketBase):
    """A number, for those who call it."""

    person = AppointmentPerson(source="appointment.person")
    visit_type = AppointmentVisitType(source="appointment.visit_type")


class WaitingAnswer(TicketAnswer):
    """A number that waits, with its place."""

    people_before = serializers.IntegerField()
    wait = WaitAnswer()


class LineAnswer(serializers.Serializer[Any]):
    """Today's line of one doctor: who is inside, who is called, who waits in the order of the calls."""

    schedule = serializers.UUIDField(source="schedule.pk")
    minutes_a_visit = serializers.IntegerField(help_text="Learned from today's visits.")
    serving = TicketAnswer(many=True)
    called = TicketAnswer(many=True)
    waiting = serializers.SerializerMethodField()
    skipped = TicketAnswer(many=True)

    @extend_schema_field(WaitingAnswer(many=True))
    def get_waiting(self, view: queries.LineView) -> list[dict[str, Any]]:
        return [{**TicketAnswer(one.ticket).data, **place(one)} for one in view.waiting]


class OwnTicketAnswer(TicketBase):
    """The citizen's number. While it waits: how many come before, and how long that may take."""

    people_before = serializers.IntegerField(allow_null=True)
    wait = WaitAnswer(allow_null=True)


class ScheduleWish(StrictSerializer):
    schedule = serializers.UUIDField()


class PriorityWish(StrictSerializer):
    priority = serializers.ChoiceField(Ticket.Priority.choices)


def place(one: queries.Place | None) -> dict[str, Any]:
    """Say where in the line a number stands; nothing when it does not wait."""
    if one is None:
        return {"people_before": None, "wait": None}
    return {"people_before": one.before, "wait": WaitAnswer(one.wait).data}


class Queue(ApiView):
    access = THOSE_WHO_CALL

    @extend_schema(
        operation_id="queue_retrieve",
        parameters=[ScheduleWish],
        responses=LineAnswer,
        summary="Today's line of a doctor",
        tags=["queue"],
    )
    def get(self, request: Request) -> Response:
        schedule = access.get_schedule(self.actor, self.clean_query(ScheduleWish)["schedule"])
        return Response(LineAnswer(queries.line_of(schedule, self.now)).data)


class CallNext(ApiView):
    access = THOSE_WHO_CALL

    @extend_schema(
        operation_id="queue_call_next",
        request=ScheduleWish,
        responses=TicketAnswer,
        summary="Call whoever is next",
        tags=["queue"],
    )
    @idempotent
    def post(self, request: Request) -> Response:
        schedule_id = self.clean(ScheduleWish)["schedule"]
        ticket = actions.call_next(schedule_id=schedule_id, by=self.actor, now=self.now)
        return Response(TicketAnswer(ticket).data)


class _Step(ApiView):
    """One verb on one number."""

    access = THOSE_WHO_CALL
    verb: Any = None
    wish: type[StrictSerializer] = NoWish

    def values(self, wish: dict[str, Any]) -> dict[str, Any]:
        return {}

    def step(self, ticket_id: UUID) -> Response:
        values = self.values(self.clean(self.wish))
        ticket = type(self).verb(ticket_id=ticket_id, **values, by=self.actor, now=self.now)
        return Response(TicketAnswer(ticket).data)


def _door(name: str, action: Any, summary: str) -> type[_Step]:
    """Make the door of a verb that needs to know nothing but the number."""

    class Door(_Step):
        verb = staticmethod(action)

        @extend_schema(
            operation_id=f"queue_{name}", request=NoWish, responses=TicketAnswer, summary=summary, tags=["queue"]
        )
        @idempotent
        def post(self, request: Request, ticket_id: UUID) -> Response:
            return self.step(ticket_id)

    Door.__name__ = Door.__qualname__ = f"Queue{name.title().replace('_', '')}"
    return Door


Call = _door("call", actions.call_ticket, "Call this very person, once more or out of turn")
Skip = _door("skip", actions.skip_ticket, "Note that somebody did not answer")
BringBack = _door("bring_back", actions.bring_back, "Let somebody wait again")
Left = _door("left", actions.leave_line, "Note that somebody went away")
Start = _door("start", actions.start_ticket, "Note that the person is inside")
Finish = _door("finish", actions.finish_ticket, "Note that the person has come out again")
UndoStep = _door("undo", actions.undo_ticket, "Take the last step back")


class Transfer(_Step):
    verb = staticmethod(actions.transfer_ticket)
    wish = ScheduleWish

    def values(self, wish: dict[str, Any]) -> dict[str, Any]:
        return {"schedule_id": wish["schedule"]}

    @extend_schema(
        operation_id="queue_transfer",
        request=ScheduleWish,
        responses=TicketAnswer,
        summary="Send somebody to another doctor of the facility",
        tags=["queue"],
    )
    @idempotent
    def post(self, request: Request, ticket_id: UUID) -> Response:
        return self.step(ticket_id)


class SetPriority(_Step):
    verb = staticmethod(actions.set_priority)
    wish = PriorityWish

    def values(self, wish: dict[str, Any]) -> dict[str, Any]:
        return {"priority": wish["priority"]}

    @extend_schema(
        operation_id="queue_priority",
        request=PriorityWish,
        responses=TicketAnswer,
        summary="Say whether somebody is called first, and why",
        tags=["queue"],
    )
    @idempotent
    def post(self, request: Request, ticket_id: UUID) -> Response:
        return self.step(ticket_id)


class OwnTicket(ApiView):
    access = frozenset({"citizen", "practitioner", "desk"})

    @extend_schema(
        operation_id="appointments_ticket_retrieve",
        responses=OwnTicketAnswer,
        summary="The queue number of a visit",
        tags=["queue"],
    )
    def get(self, request: Request, appointment_id: UUID) -> Response:
        ticket = queries.ticket_of(self.actor, appointment_id)
        if ticket is None:
            raise NotFound
        return Response({**TicketBase(ticket).data, **place(queries.place_of(ticket, self.now))})
