"""What booking's doors answer: the public shape of slots, appointments and schedules."""

import re
from datetime import datetime, time
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from booking import queries
from booking.models import Appointment, Closure, Status
from core.api import AwareDateTime, MoneyField, Page, shown
from identity.models import Telemedicine


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "example": "08:30"})
class WallTime(serializers.TimeField):
    """A time on the clinic's wall, "08:30": no seconds, and no offset, because it is none of UTC's business."""

    default_error_messages = {"wall": _("Give the time as hours and minutes, for example 08:30.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **kwargs)

    def to_internal_value(self, value: Any) -> time:
        if not isinstance(value, str) or not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value, re.ASCII):
            self.fail("wall")
        return time.fromisoformat(value)


class AppointmentPractitioner(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")


class AppointmentFacility(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    address = serializers.CharField(source="full_address")


class AppointmentPerson(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField(source="full_name")


class AppointmentVisitType(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    minutes = serializers.IntegerField()
    modes = serializers.ListField(child=serializers.CharField())
    price = MoneyField()


class SlotAnswer(serializers.Serializer[Any]):
    schedule = serializers.UUIDField(source="schedule_id")
    facility = serializers.UUIDField(source="facility_id")
    visit_type = serializers.UUIDField(source="visit_type_id")
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    zone = serializers.CharField()
    seats_left = serializers.IntegerField(
        allow_null=True, help_text="Of a time that several people share; null where each visit has its own."
    )


class SlotPage(Page):
    results = SlotAnswer(many=True)


class DayAnswer(serializers.Serializer[Any]):
    day = serializers.DateField()
    free = serializers.IntegerField()


class DayPage(Page):
    results = DayAnswer(many=True)


class FirstFreeAnswer(serializers.Serializer[Any]):
    schedule = serializers.UUIDField(source="schedule.pk")
    practitioner = AppointmentPractitioner()
    facility = AppointmentFacility(source="schedule.facility")
    visit_type = AppointmentVisitType()
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    zone = serializers.CharField(source="schedule.zone")


class FirstFreePage(Page):
    results = FirstFreeAnswer(many=True)


class CancelTermsAnswer(serializers.Serializer[Any]):
    """What the citizen pays for changing their mind: nothing until `free_until`, then `late_fee`; `fee` is as of now."""

    free_until = AwareDateTime()
    fee = MoneyField()
    late_fee = MoneyField()
    may_move = serializers.BooleanField(help_text="Whether the citizen may still choose another time.")


class AppointmentPilot(serializers.Serializer[Any]):
    """The approved pilot under which a visit outside TT 30/2023 runs."""

    name = serializers.CharField()
    decision_number = serializers.CharField()
    approved_by = serializers.CharField()


class AppointmentAnswer(serializers.Serializer[Any]):
    """One appointment. Context: `now`, and `reader` (the actor's role): the desk reads no clinical text."""

    id = serializers.UUIDField()
    status = serializers.SerializerMethodField()
    mode = serializers.ChoiceField(Appointment.Mode.choices)
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    zone = serializers.CharField(source="schedule.zone")
    hold_expires_at = AwareDateTime(allow_null=True)
    schedule = serializers.UUIDField(source="schedule_id")
    practitioner = AppointmentPractitioner()
    facility = AppointmentFacility()
    person = AppointmentPerson()
    visit_type = AppointmentVisitType()
    price = MoneyField()
    reason = serializers.SerializerMethodField()
    encounter = serializers.UUIDField(source="encounter_id", allow_null=True)
    cancelled_by = serializers.CharField()
    cancel_reason = serializers.SerializerMethodField()
    cancel_terms = serializers.SerializerMethodField()
    fee = MoneyField(help_text="What the facility keeps after a late cancel or a no-show.")
    no_show_by = serializers.CharField(help_text='"citizen" or "practitioner"; empty unless nobody came.')
    moved_from = serializers.UUIDField(source="moved_from_id", allow_null=True)
    series = serializers.UUIDField(allow_null=True)
    pilot = serializers.SerializerMethodField()
    self_pay = serializers.SerializerMethodField()
    created_at = AwareDateTime()

    @extend_schema_field(AppointmentPilot(allow_null=True))
    def get_pilot(self, appointment: Appointment) -> dict[str, Any] | None:
        """Whose name says what somebody has: not for the desk."""
        if appointment.pilot is None or self.context.get("reader") == "desk":
            return None
        return shown(AppointmentPilot, appointment.pilot)

    @extend_schema_field(
        serializers.BooleanField(
            help_text="Health insurance (BHYT) does not pay: at a distance from home, as under an approved pilot."
        )
    )
    def get_self_pay(self, appointment: Appointment) -> bool:
        return appointment.form == Telemedicine.DIRECT

    @extend_schema_field(serializers.ChoiceField(Status.choices))
    def get_status(self, appointment: Appointment) -> str:
        """An overdue hold is told as expired even before the job has come round."""
        now: datetime = self.context["now"]
        return str(Status.EXPIRED if appointment.is_overdue(now) else appointment.status)

    @extend_schema_field(serializers.CharField())
    def get_reason(self, appointment: Appointment) -> str:
        return "" if self.context.get("reader") == "desk" else appointment.reason

    @extend_schema_field(CancelTermsAnswer(allow_null=True))
    def get_cancel_terms(self, appointment: Appointment) -> dict[str, Any] | None:
        now: datetime = self.context["now"]
        open_yet = appointment.can_move_to(Status.CANCELLED) and now < appointment.starts_at
        if not open_yet or appointment.is_overdue(now):
            return None
        policies: dict[Any, Any] = self.context.setdefault("policies", {})  # type: ignore[attr-defined]  # one statement a facility, however long the list
        if appointment.facility_id not in policies:
            policies[appointment.facility_id] = appointment.policy or queries.policy_of(appointment.facility_id)
        policy = policies[appointment.facility_id]
        terms = queries.cancel_terms(appointment, now, policy)
        told = {"may_move": queries.may_move(appointment, now, policy)}
        told |= {name: getattr(terms, name) for name in ("free_until", "fee", "late_fee")}
        return shown(CancelTermsAnswer, told)

    @extend_schema_field(serializers.CharField())
    def get_cancel_reason(self, appointment: Appointment) -> str:
        hidden = self.context.get("reader") == "desk" and appointment.cancelled_by == Appointment.CancelledBy.CITIZEN
        return "" if hidden else appointment.cancel_reason


class RuleAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    weekday = serializers.IntegerField()
    from_time = WallTime()
    to_time = WallTime()
    grid_minutes = serializers.IntegerField()
    offset_minutes = serializers.IntegerField()
    capacity = serializers.IntegerField()
    room = serializers.CharField()
    valid_from = serializers.DateField(allow_null=True)
    valid_to = serializers.DateField(allow_null=True)
    visit_types: Any = serializers.PrimaryKeyRelatedField(many=True, read_only=True, pk_field=serializers.UUIDField())


class RulePage(Page):
    results = RuleAnswer(many=True)


class ExceptionAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    kind = serializers.ChoiceField(Closure.Kind.choices)
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    reason = serializers.CharField()
    grid_minutes = serializers.IntegerField()


class ExceptionPage(Page):
    results = ExceptionAnswer(many=True)


class ScheduleAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    practitioner = AppointmentPractitioner()
    facility = AppointmentFacility()
    zone = serializers.CharField()
    room = serializers.CharField()
    active = serializers.BooleanField()
    min_notice_minutes = serializers.IntegerField()
    horizon_days = serializers.IntegerField()
    buffer_before_minutes = serializers.IntegerField()
    buffer_after_minutes = serializers.IntegerField()


class SchedulePage(Page):
    results = ScheduleAnswer(many=True)
