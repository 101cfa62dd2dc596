"""Doors of a prescriber beyond writing and signing: parts with windows, and a new prescription in an old one's place."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import StrictSerializer, idempotent
from core.errors import Invalid
from prescriptions import access, actions
from prescriptions.api import wishes
from prescriptions.api.answers import PrescriptionAnswer
from prescriptions.api.prescribing import PRESCRIBERS, TAGS, PrescriptionView
from prescriptions.parts import MOST_PARTS, PartPlan
from prescriptions.quantities import LARGEST_TOTAL


class ShareWish(StrictSerializer):
    item = serializers.UUIDField()
    quantity = serializers.IntegerField(min_value=1, max_value=LARGEST_TOTAL)


class PartWish(StrictSerializer):
    opens_at = serializers.DateTimeField()
    closes_at = serializers.DateTimeField(help_text="the first instant at which it is too late")
    used_from = serializers.DateField()
    used_to = serializers.DateField(help_text="the last day it is taken")
    shares = serializers.ListField(child=ShareWish(), allow_empty=False, max_length=wishes.MOST_ITEMS)


class PartsWish(StrictSerializer):
    """All parts in their order; an empty list for a prescription that is collected in one go."""

    parts = serializers.ListField(child=PartWish(), max_length=MOST_PARTS)


class ReplaceWish(StrictSerializer):
    encounter = serializers.UUIDField(
        required=False, allow_null=True, help_text="a later visit of the same person; default: the visit of the old one"
    )


class Parts(PrescriptionView):
    access = PRESCRIBERS

    @extend_schema(
        request=PartsWish, responses=PrescriptionAnswer, summary="Divide a draft into parts with windows", tags=TAGS
    )
    def put(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(PartsWish)
        ranks = {
            item.id: item.rank for item in access.get_prescription(self.actor, prescription_id, self.now).items.all()
        }
        plans = []
        for number, part in enumerate(wish["parts"]):
            shares = {ranks.get(one["item"], 0): one["quantity"] for one in part["shares"]}
            if 0 in shares or len(shares) != len(part["shares"]):
                raise Invalid(fields={f"parts.{number}.shares": [str(Invalid.message)]})
            plans.append(PartPlan(part["opens_at"], part["closes_at"], part["used_from"], part["used_to"], shares))
        actions.plan_parts(prescription_id=prescription_id, parts=plans, by=self.actor, now=self.now)
        return self.answer(prescription_id)


class Replace(PrescriptionView):
    access = PRESCRIBERS

    @extend_schema(
        request=ReplaceWish,
        responses={201: PrescriptionAnswer},
        summary="Begin the prescription that will take this one's place",
        tags=TAGS,
    )
    @idempotent
    def post(self, request: Request, prescription_id: UUID) -> Response:
        wish = self.clean(ReplaceWish)
        begun = actions.replace(
            prescription_id=prescription_id, encounter_id=wish.get("encounter"), by=self.actor, now=self.now
        )
        return self.answer(begun.id, status=201)


class Replaces(PrescriptionView):
    access = PRESCRIBERS

    @extend_schema(responses=PrescriptionAnswer, summary="Let a draft replace nothing after all", tags=TAGS)
    def delete(self, request: Request, prescription_id: UUID) -> Response:
        actions.keep_old(prescription_id=prescription_id, by=self.actor, now=self.now)
        return self.answer(prescription_id)
