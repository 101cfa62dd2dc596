"""Recordings over HTTP: those of a visit, one with addresses for a minute, the wish to have it deleted, and its answer."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ApiView, Page, StrictSerializer, whole_page
from realtime import access, actions, queries
from realtime.files.addresses import address_of
from realtime.models import Film, Recording

WHO = frozenset({"citizen", "practitioner"})
TAGS = ["consultation"]


class FilmShown(serializers.Serializer[Any]):
    """What one person said and showed. `address` opens it for a minute, in ranges if wished, without cookies or tokens."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    role = serializers.CharField()
    starts_ms = serializers.IntegerField(help_text="after the beginning of the recording")
    duration_ms = serializers.IntegerField()
    has_voice = serializers.BooleanField()
    has_picture = serializers.BooleanField()
    turned = serializers.IntegerField(help_text="degrees clockwise that a player has to turn the picture")
    address = serializers.CharField()


class RecordingShown(serializers.Serializer[Any]):
    """One part of a recorded call."""

    id = serializers.UUIDField()
    part = serializers.IntegerField()
    status = serializers.ChoiceField(Recording.Status.choices)
    began_at = serializers.DateTimeField(source="created_at")
    ended_at = serializers.DateTimeField(allow_null=True)
    keep_until = serializers.DateTimeField()
    unwanted_at = serializers.DateTimeField(allow_null=True)
    answer = serializers.CharField()
    answer_words = serializers.CharField()


class RecordingWithFilms(RecordingShown):
    films = serializers.SerializerMethodField()

    @extend_schema(responses=FilmShown(many=True))
    def get_films(self, recording: Recording) -> list[dict[str, Any]]:
        return [_film(each) for each in recording.films.select_related("seat")]


class RecordingPage(Page):
    results = RecordingShown(many=True)


def _film(film: Film) -> dict[str, Any]:
    names = ("id", "starts_ms", "duration_ms", "has_voice", "has_picture", "turned")
    facts = {name: getattr(film, name) for name in names}
    address = address_of(film.id, "film")
    return dict(FilmShown({**facts, "name": film.seat.name, "role": film.seat.role, "address": address}).data)


class AnswerWish(StrictSerializer):
    """`delete`, or `keep` with the reason the citizen reads."""

    answer = serializers.ChoiceField(["delete", "keep"])
    words = serializers.CharField(required=False, allow_blank=True, max_length=500, default="")


class RecordingsView(ApiView):
    access = WHO

    @extend_schema(summary="The recordings of a visit", responses={200: RecordingPage}, tags=TAGS)
    def get(self, request: Request, encounter_id: UUID) -> Response:
        # Asked first: of a visit that is not theirs nobody learns whether there are any.
        access.get_room_of(self.actor, encounter_id)
        return whole_page(RecordingPage, queries.recordings_of(self.actor, encounter_id))


class RecordingView(ApiView):
    access = WHO

    @extend_schema(summary="A recording, with addresses for a minute", responses={200: RecordingWithFilms}, tags=TAGS)
    def get(self, request: Request, recording_id: UUID) -> Response:
        return Response(RecordingWithFilms(access.get_recording(self.actor, recording_id)).data)


class UnwantedView(ApiView):
    access = frozenset({"citizen"})

    @extend_schema(
        summary="Ask for a recording to be deleted", request=None, responses={200: RecordingShown}, tags=TAGS
    )
    def post(self, request: Request, recording_id: UUID) -> Response:
        recording = actions.wish_deleted(recording_id=recording_id, by=self.actor, now=self.now)
        return Response(RecordingShown(recording).data)


class AnsweredView(ApiView):
    access = frozenset({"practitioner"})

    @extend_schema(
        summary="Delete a recording its citizen no longer wants, or say why it is kept",
        request=AnswerWish,
        responses={204: None},
        tags=TAGS,
    )
    def post(self, request: Request, recording_id: UUID) -> Response:
        wish = self.clean(AnswerWish)
        if wish["answer"] == "delete":
            actions.delete_recording(recording_id=recording_id, by=self.actor, now=self.now)
        else:
            actions.keep_recording(recording_id=recording_id, words=wish["words"], by=self.actor, now=self.now)
        return Response(status=204)
