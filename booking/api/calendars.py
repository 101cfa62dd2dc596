"""Doors for calendars: the secret address itself, and making, listing and ending such addresses; calendars followed."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from booking import access, actions, busy, ical, queries
from booking.models import BusyFeed
from core.api import ApiView, AwareDateTime, Page, StrictSerializer, idempotent, whole_page
from core.edge import now
from core.errors import NotFound

OWNERS = frozenset({"citizen", "practitioner"})
KEEPERS = frozenset({"desk", "practitioner"})


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """A calendar for whoever holds its secret address; a wrong one and a revoked one are told alike."""
    moment = now()
    try:
        found = queries.feed_of(token, now=moment)
    except NotFound:
        return HttpResponse("Not found\n", status=404, content_type="text/plain", headers={"Cache-Control": "no-store"})
    actions.note_calendar_read(link_id=found.link_id, read_at=found.read_at, now=moment)
    headers = {"ETag": found.etag, "Cache-Control": "private, max-age=0, must-revalidate", "X-Robots-Tag": "noindex"}
    if found.etag in [one.strip() for one in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponseNotModified(headers=headers)
    headers["Content-Disposition"] = 'inline; filename="lanh.ics"'
    return HttpResponse(found.content, content_type=f"{ical.MEDIA_TYPE}; charset=utf-8", headers=headers)


def address_of(token: str) -> str:
    """Give the whole secret address."""
    return f"{settings.PUBLIC_URL}{reverse('booking_calendar', args=[token])}"


class NewCalendarLink(StrictSerializer):
    person = serializers.UUIDField(required=False, allow_null=True, default=None, help_text="Default: oneself.")


class CalendarLinkAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    person = serializers.UUIDField(source="person_id", allow_null=True)
    practitioner = serializers.UUIDField(source="practitioner_id", allow_null=True)
    created_at = AwareDateTime()
    read_at = AwareDateTime(allow_null=True, help_text="when a calendar programme last came by, to the hour")


class NewCalendarLinkAnswer(CalendarLinkAnswer):
    url = serializers.CharField(help_text="told this once; only its hash is kept")


class CalendarLinkPage(Page):
    results = CalendarLinkAnswer(many=True)


class CalendarLinks(ApiView):
    access = OWNERS

    @extend_schema(responses=CalendarLinkPage, summary="One's calendar addresses", tags=["calendars"])
    def get(self, request: Request) -> Response:
        return whole_page(CalendarLinkPage, queries.calendar_links_of(self.actor))

    @extend_schema(
        request=NewCalendarLink,
        responses={201: NewCalendarLinkAnswer},
        summary="Make a calendar address",
        tags=["calendars"],
    )
    def post(self, request: Request) -> Response:
        person_id = self.clean(NewCalendarLink)["person"]
        link, token = actions.make_calendar_link(person_id=person_id, by=self.actor, now=self.now)
        return Response({**CalendarLinkAnswer(link).data, "url": address_of(token)}, status=201)


class OneCalendarLink(ApiView):
    access = OWNERS

    @extend_schema(request=None, responses={204: None}, summary="End a calendar address", tags=["calendars"])
    def delete(self, request: Request, link_id: UUID) -> Response:
        actions.revoke_calendar_link(link_id=link_id, by=self.actor, now=self.now)
        return Response(status=204)


class NewFeed(StrictSerializer):
    url = serializers.CharField(max_length=500)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120, default="")


class FeedAnswer(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    name = serializers.CharField()
    url = serializers.CharField(help_text="empty: a file that was handed in")
    read_at = AwareDateTime(allow_null=True)
    problem = serializers.ChoiceField(sorted(busy.PROBLEMS), allow_blank=True)
    created_at = AwareDateTime()


class FeedPage(Page):
    results = FeedAnswer(many=True)


class Feeds(ApiView):
    access = KEEPERS

    @extend_schema(responses=FeedPage, summary="Calendars a schedule follows", tags=["calendars"])
    def get(self, request: Request, schedule_id: UUID) -> Response:
        schedule = access.get_schedule(self.actor, schedule_id)
        return whole_page(FeedPage, queries.feeds_of(schedule))

    @extend_schema(
        request=NewFeed, responses={201: FeedAnswer}, summary="Follow a calendar's busy times", tags=["calendars"]
    )
    @idempotent
    def post(self, request: Request, schedule_id: UUID) -> Response:
        access.get_schedule(self.actor, schedule_id)
        values = self.clean(NewFeed)
        made: BusyFeed = actions.follow_calendar(schedule_id=schedule_id, **values, by=self.actor, now=self.now)
        return Response(FeedAnswer(made).data, status=201)


class OneFeed(ApiView):
    access = KEEPERS

    @extend_schema(request=None, responses={204: None}, summary="Follow a calendar no longer", tags=["calendars"])
    def delete(self, request: Request, feed_id: UUID) -> Response:
        actions.unfollow_calendar(feed_id=feed_id, by=self.actor, now=self.now)
        return Response(status=204)
