"""Doors to blocks: the citizen reads and appeals, the desk reads and answers."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, queries
from booking.api.answers import AppointmentFacility, AppointmentPerson
from booking.models import Block
from core.api import ApiView, AwareDateTime, Page, StrictSerializer, idempotent, page_of

CITIZEN_AND_DESK = frozenset({"citizen", "desk"})


class BlockAnswer(serializers.Serializer[Any]):
    """Somebody who books at this facility only through its desk for a while, and what was said about it."""

    id = serializers.UUIDField()
    person = AppointmentPerson()
    facility = AppointmentFacility()
    status = serializers.ChoiceField(Block.Status.choices)
    until = AwareDateTime()
    appeal = serializers.CharField()
    appealed_at = AwareDateTime(allow_null=True)
    answer = serializers.CharField()
    answered_at = AwareDateTime(allow_null=True)
    created_at = AwareDateTime()


class BlockPage(Page):
    results = BlockAnswer(many=True)


class AppealWish(StrictSerializer):
    words = serializers.CharField(max_length=2000, help_text="Why booking online should be possible again.")


class AppealAnswerWish(StrictSerializer):
    lift = serializers.BooleanField()
    answer = serializers.CharField(required=False, allow_blank=True, max_length=300, default="")


class Blocks(ApiView):
    access = CITIZEN_AND_DESK

    @extend_schema(
        responses=BlockPage,
        parameters=[OpenApiParameter("cursor", str), OpenApiParameter("limit", int)],
        summary="Who may not book online for a while",
        tags=["booking"],
    )
    def get(self, request: Request) -> Response:
        return page_of(self, queries.blocks_for(self.actor), BlockAnswer)


class OneBlock(ApiView):
    access = CITIZEN_AND_DESK

    @extend_schema(responses=BlockAnswer, summary="One block", tags=["booking"])
    def get(self, request: Request, block_id: UUID) -> Response:
        return Response(BlockAnswer(access.get_block(self.actor, block_id)).data)


class Appeal(ApiView):
    access = frozenset({"citizen"})

    @extend_schema(request=AppealWish, responses=BlockAnswer, summary="Ask to book online again", tags=["booking"])
    @idempotent
    def post(self, request: Request, block_id: UUID) -> Response:
        wish = self.clean(AppealWish)
        block = actions.appeal(block_id=block_id, words=wish["words"], by=self.actor, now=self.now)
        return Response(BlockAnswer(block).data)


class AnswerAppeal(ApiView):
    access = frozenset({"desk"})

    @extend_schema(request=AppealAnswerWish, responses=BlockAnswer, summary="Lift a block, or not", tags=["booking"])
    @idempotent
    def post(self, request: Request, block_id: UUID) -> Response:
        wish = self.clean(AppealAnswerWish)
        block = actions.answer_appeal(
            block_id=block_id, lift=wish["lift"], answer=wish["answer"], by=self.actor, now=self.now
        )
        return Response(BlockAnswer(block).data)
