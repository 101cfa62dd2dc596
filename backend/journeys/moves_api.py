"""Doors to a visit's other time, and to several weekly visits as one act."""

from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

import booking.actions
import booking.queries
import payments.queries
from booking.api.wishes import WishesMixin, clean_wishes
from booking.errors import NotBookable
from core.api import ApiView, AwareDateTime, StrictSerializer, idempotent
from core.errors import NotFound
from core.refs import Ref
from journeys import moving, series
from journeys.api import AppointmentWithPayment, PaymentOfAppointment


class RescheduleWish(StrictSerializer):
    """Which time instead: of the same doctor or a colleague at the same facility."""

    schedule = serializers.UUIDField()
    starts_at = AwareDateTime()
    visit_type = serializers.UUIDField(required=False, help_text="Default: as before.")
    mode = serializers.ChoiceField(["in_person", "video", "phone"], required=False, help_text="Default: as before.")
    condition = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=12,
        default="",
        help_text="Where it becomes video or phone: a code of the list of TT 30/2023, or `other`. Default: as before.",
    )


class Reschedule(ApiView):
    """Choose another time. Dearer: the answer is a kept time with a payment, and the old visit stays until it is paid."""

    access = frozenset({"citizen", "desk"})

    @extend_schema(
        request=RescheduleWish, responses=AppointmentWithPayment, summary="Move an appointment", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, appointment_id: UUID) -> Response:
        wish = self.clean(RescheduleWish)
        moved, _payment = moving.move(
            appointment_id=appointment_id,
            schedule_id=wish["schedule"],
            starts_at=wish["starts_at"],
            visit_type_id=wish.get("visit_type"),
            mode=wish.get("mode"),
            condition=wish["condition"],
            by=self.actor,
            now=self.now,
        )
        context = {"now": self.now, "reader": self.actor.role}
        return Response(AppointmentWithPayment(moved, context=context).data)


class SeriesWish(WishesMixin, StrictSerializer):
    """The first time, and how many weeks."""

    schedule = serializers.UUIDField()
    starts_at = AwareDateTime()
    count = serializers.IntegerField(min_value=2, max_value=12)
    visit_type = serializers.UUIDField()
    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")
    mode = serializers.ChoiceField(["in_person", "video", "phone"])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class SeriesCancelWish(StrictSerializer):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class SeriesAnswer(serializers.Serializer[Any]):
    """Visits agreed as one act, with the one payment for all."""

    id = serializers.UUIDField()
    appointments = AppointmentWithPayment(many=True)
    payment = PaymentOfAppointment(allow_null=True)


class _OfSeries(ApiView):
    access = frozenset({"citizen"})

    def answer(self, series_id: UUID, status: int = 200) -> Response:
        visits = list(booking.queries.series_for(self.actor, series_id))
        if not visits:
            raise NotFound
        payment = payments.queries.for_subject(Ref("series", series_id))
        context = {"now": self.now, "reader": self.actor.role}
        told = {"id": series_id, "appointments": visits, "payment": payment}
        return Response(SeriesAnswer(told, context=context).data, status=status)


class WeeklyVisits(_OfSeries):
    @extend_schema(
        request=SeriesWish, responses={201: SeriesAnswer}, summary="Hold a weekly time several times", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request) -> Response:
        wish = self.clean(SeriesWish)
        person_id = wish["person"] or self.actor.person_id
        if person_id is None:
            raise NotBookable(fields={"person": [_("Complete your profile first: we need a name to book for.")]})
        values = clean_wishes(
            wish,
            mode=wish["mode"],
            person_id=person_id,
            schedule_id=wish["schedule"],
            reason=wish["reason"],
            by=self.actor,
            now=self.now,
        )
        visits, _payment = series.book_weekly(
            schedule_id=wish["schedule"],
            starts_at=wish["starts_at"],
            count=wish["count"],
            visit_type_id=wish["visit_type"],
            person_id=person_id,
            mode=wish["mode"],
            reason=wish["reason"],
            values=values,
            by=self.actor,
            now=self.now,
        )
        assert visits[0].series is not None
        return self.answer(visits[0].series, 201)


class OneSeries(_OfSeries):
    @extend_schema(responses=SeriesAnswer, summary="Weekly visits agreed as one", tags=["booking"])
    def get(self, request: Request, series_id: UUID) -> Response:
        return self.answer(series_id)


class CancelSeries(_OfSeries):
    @extend_schema(
        request=SeriesCancelWish, responses=SeriesAnswer, summary="Give up what is left of a series", tags=["booking"]
    )
    @idempotent
    def post(self, request: Request, series_id: UUID) -> Response:
        wish = self.clean(SeriesCancelWish)
        booking.actions.cancel_series(series_id=series_id, reason=wish["reason"], by=self.actor, now=self.now)
        return self.answer(series_id)
