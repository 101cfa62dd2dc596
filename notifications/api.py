"""HTTP doors of notifications: one's inbox, and how messages travel."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import SIGNED_IN, ApiView, AwareDateTime, Page, StrictSerializer, page_of, whole_page
from notifications import actions, queries, words
from notifications.kinds import KINDS, OPTIONAL
from notifications.models import Message

CODES = [kind.code for kind in KINDS.values() if kind.is_setting]


class MessageAnswer(serializers.Serializer[Message]):
    """One message in the reader's words. `link` is the page where one goes on, or empty."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.SerializerMethodField()
    text = serializers.SerializerMethodField()
    link = serializers.SerializerMethodField()
    about = serializers.CharField(allow_blank=True)
    created_at = AwareDateTime()
    read_at = AwareDateTime(allow_null=True)

    def get_title(self, message: Message) -> str:
        return words.of_message(message, "subject", get_language() or "")

    def get_text(self, message: Message) -> str:
        return words.of_message(message, "inbox", get_language() or "")

    def get_link(self, message: Message) -> str:
        return words.link_of(message)


class MessagePage(Page):
    results = MessageAnswer(many=True)


class InboxQuery(StrictSerializer):
    unread = serializers.BooleanField(required=False, default=False)


class UnreadAnswer(serializers.Serializer[Any]):
    unread = serializers.IntegerField()


class WishAnswer(serializers.Serializer[Any]):
    kind = serializers.CharField(source="kind.code")
    title = serializers.CharField(source="kind.title")
    carriers = serializers.DictField(child=serializers.BooleanField())


class WishPage(Page):
    results = WishAnswer(many=True)


class WishBody(StrictSerializer):
    kind = serializers.ChoiceField(CODES)
    carrier = serializers.ChoiceField(OPTIONAL)
    wanted = serializers.BooleanField()


class WishesBody(StrictSerializer):
    preferences = serializers.ListField(child=WishBody(), allow_empty=True, max_length=200)


class Notifications(ApiView):
    """The inbox."""

    access = SIGNED_IN

    @extend_schema(
        summary="My messages, newest first",
        tags=["notifications"],
        parameters=[
            OpenApiParameter("unread", bool, description="Only those not read yet"),
            OpenApiParameter("cursor", str),
            OpenApiParameter("limit", int),
        ],
        responses={200: MessagePage},
    )
    def get(self, request: Request) -> Response:
        rows = queries.inbox(self.actor.user_id)
        if self.clean_query(InboxQuery)["unread"]:
            rows = rows.filter(read_at__isnull=True)
        return page_of(self, rows, MessageAnswer)


class Unread(ApiView):
    """The number on the bell."""

    access = SIGNED_IN

    @extend_schema(summary="How many messages are unread", tags=["notifications"], responses={200: UnreadAnswer})
    def get(self, request: Request) -> Response:
        return Response({"unread": queries.unread_count(self.actor.user_id)})


class Read(ApiView):
    """Read one message."""

    access = SIGNED_IN

    @extend_schema(
        summary="Mark a message as read", tags=["notifications"], request=None, responses={200: MessageAnswer}
    )
    def post(self, request: Request, message_id: UUID) -> Response:
        message = actions.mark_read(message_id=message_id, by=self.actor, now=self.now)
        return Response(MessageAnswer(message).data)


class ReadAll(ApiView):
    """Read all messages."""

    access = SIGNED_IN

    @extend_schema(
        summary="Mark every message as read", tags=["notifications"], request=None, responses={200: UnreadAnswer}
    )
    def post(self, request: Request) -> Response:
        actions.mark_all_read(by=self.actor, now=self.now)
        return Response({"unread": 0})


class Preferences(ApiView):
    """How messages travel to me."""

    access = SIGNED_IN

    @extend_schema(summary="How messages reach me", tags=["notifications"], responses={200: WishPage})
    def get(self, request: Request) -> Response:
        return self._answer()

    @extend_schema(
        summary="Change how messages reach me",
        tags=["notifications"],
        request=WishesBody,
        responses={200: WishPage},
    )
    def put(self, request: Request) -> Response:
        wishes = {(row["kind"], row["carrier"]): row["wanted"] for row in self.clean(WishesBody)["preferences"]}
        actions.set_preferences(wishes=wishes, by=self.actor)
        return self._answer()

    def _answer(self) -> Response:
        assert self.actor.user_id is not None  # SIGNED_IN
        return whole_page(WishPage, queries.wishes_of(self.actor.user_id))
