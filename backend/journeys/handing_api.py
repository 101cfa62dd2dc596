"""Doors to handing a visit over: whom one may ask, asking, and what the colleague answers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

import records.actions
from core.api import ApiView, Page, StrictSerializer, idempotent, whole_page
from journeys import handing
from records import handed
from records.models import HandOver
from records.models.handing import MOST_WORDS

DOCTORS = frozenset({"practitioner"})
TAGS = ["consultation"]


class ColleagueShown(serializers.Serializer[Any]):
    """A doctor of the same facility; `standing` says how they are placed at this moment."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="practitioner.display_name")
    field = serializers.CharField(help_text="their specialities")
    standing = serializers.ChoiceField(["on_call", "free", "busy"])


class ColleaguePage(Page):
    results = ColleagueShown(many=True)


class ColleagueQuestion(serializers.Serializer[Any]):
    q = serializers.CharField(required=False, allow_blank=True, max_length=100, default="")


class HandOverShown(serializers.Serializer[Any]):
    """A wish to hand over. Who is asked learns the age and sex of the patient; the visit itself opens by accepting."""

    id = serializers.UUIDField()
    status = serializers.ChoiceField(HandOver.Status.choices)
    asked_by = serializers.CharField(source="asked_by.display_name")
    asked_of = serializers.CharField(source="asked_of.display_name")
    why = serializers.CharField()
    refusal = serializers.CharField()
    asked_at = serializers.DateTimeField(source="created_at")
    encounter = serializers.UUIDField(source="encounter_id")
    mode = serializers.CharField(source="encounter.mode")


class HandOverPage(Page):
    results = HandOverShown(many=True)


class HandOverWish(StrictSerializer):
    colleague = serializers.UUIDField()
    why = serializers.CharField(max_length=MOST_WORDS, help_text="One line, read by the colleague only.")


class RefusalWish(StrictSerializer):
    why = serializers.CharField(max_length=MOST_WORDS)


class Colleagues(ApiView):
    access = DOCTORS

    @extend_schema(
        parameters=[ColleagueQuestion], responses=ColleaguePage, summary="Who may go on with a visit", tags=TAGS
    )
    def get(self, request: Request, encounter_id: UUID) -> Response:
        q = self.clean_query(ColleagueQuestion)["q"]
        found = handing.colleagues(encounter_id=encounter_id, q=q, by=self.actor, now=self.now)
        return whole_page(ColleaguePage, found)


class AskHandOver(ApiView):
    access = DOCTORS

    @extend_schema(
        request=HandOverWish, responses={201: HandOverShown}, summary="Ask a colleague to go on with a visit", tags=TAGS
    )
    @idempotent
    def post(self, request: Request, encounter_id: UUID) -> Response:
        wish = self.clean(HandOverWish)
        made = records.actions.ask_hand_over(
            encounter_id=encounter_id, practitioner_id=wish["colleague"], why=wish["why"], by=self.actor, now=self.now
        )
        return Response(HandOverShown(made).data, status=201)


class HandOvers(ApiView):
    access = DOCTORS

    @extend_schema(responses=HandOverPage, summary="What one is asked to take over", tags=TAGS)
    def get(self, request: Request) -> Response:
        return whole_page(HandOverPage, handed.asked_of(self.actor))


class AcceptHandOver(ApiView):
    access = DOCTORS

    @extend_schema(request=None, responses=HandOverShown, summary="Take a visit over", tags=TAGS)
    def post(self, request: Request, hand_over_id: UUID) -> Response:
        taken = handing.accept(hand_over_id=hand_over_id, by=self.actor, now=self.now)
        return Response(HandOverShown(taken).data)


class DeclineHandOver(ApiView):
    access = DOCTORS

    @extend_schema(request=RefusalWish, responses=HandOverShown, summary="Do not take a visit over", tags=TAGS)
    def post(self, request: Request, hand_over_id: UUID) -> Response:
        wish = self.clean(RefusalWish)
        left = records.actions.decline_hand_over(
            hand_over_id=hand_over_id, why=wish["why"], by=self.actor, now=self.now
        )
        return Response(HandOverShown(left).data)


class WithdrawHandOver(ApiView):
    access = DOCTORS

    @extend_schema(request=None, responses=HandOverShown, summary="Take the question back", tags=TAGS)
    def post(self, request: Request, hand_over_id: UUID) -> Response:
        left = records.actions.withdraw_hand_over(hand_over_id=hand_over_id, by=self.actor, now=self.now)
        return Response(HandOverShown(left).data)
