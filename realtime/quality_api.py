"""How a call was, over HTTP: for its practitioner, the facility's desk and who runs the house."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView
from realtime import access, quality, reports
from realtime.models import Seat

WORDS = [(word, word) for word in quality.WORDS]


class MinuteShown(serializers.Serializer[Any]):
    """One minute of one seat, as its page measured it. `word` is the worst that was shown in that minute."""

    minute = serializers.DateTimeField()
    word = serializers.ChoiceField(WORDS)
    rtt = serializers.IntegerField(allow_null=True, help_text="Mean round trip, milliseconds.")
    rtt_most = serializers.IntegerField()
    jitter = serializers.IntegerField(help_text="Milliseconds.")
    loss = serializers.FloatField(help_text="Percent of packets that did not arrive.")
    kbps_in = serializers.IntegerField()
    kbps_out = serializers.IntegerField()
    frames = serializers.FloatField(help_text="Pictures shown a second.")
    freezes = serializers.IntegerField()
    path = serializers.CharField(help_text="p2p, turn or relay.")
    step = serializers.CharField(help_text="What the page sent: full, low, audio, chat or phone.")


class SeatQuality(serializers.Serializer[Any]):
    """The minutes of one seat. No name: who helps with the line need not know who speaks."""

    seat = serializers.UUIDField()
    role = serializers.ChoiceField(Seat.Role.choices)
    minutes = MinuteShown(many=True)


class QualityShown(serializers.Serializer[Any]):
    seats = SeatQuality(many=True)


class QualityView(ApiView):
    access = frozenset({"practitioner", "desk", "operator"})

    @extend_schema(
        summary="How the call of a visit was, by seat and minute", responses={200: QualityShown}, tags=["consultation"]
    )
    def get(self, request: Request, room_id: UUID) -> Response:
        room = access.get_room_to_help(self.actor, room_id)
        return Response(QualityShown({"seats": reports.as_json(reports.quality_of(room))}).data)
