"""Inviting into a call over HTTP: the doctor's doors, and the one by which a guest takes their seat."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_protect
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api import ANYONE, ApiView, StrictSerializer
from core.errors import NotFound
from identity.phone import to_e164
from realtime import access, actions, guests, queries
from realtime.api import TAGS, JoinWish, answer_of
from realtime.models import Invite

DOCTOR = frozenset({"practitioner"})
STATUSES = [(one, one) for one in ("open", "opened", "withdrawn", "expired")]


class InviteWish(StrictSerializer):
    """Who comes, and as what. With a phone number or an address the link is sent there as well."""

    name = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(Invite.Kind.choices)
    phone = serializers.CharField(required=False, allow_blank=True, max_length=30, default="")
    email = serializers.EmailField(required=False, allow_blank=True, max_length=254, default="")

    def validate_phone(self, value: str) -> str:
        phone = to_e164(value) if value.strip() else ""
        if phone is None:
            raise serializers.ValidationError(_("Please give a mobile number, such as 0912 345 678."))
        return phone


class InviteShown(serializers.Serializer[Any]):
    """An invitation as it stands: `open` (the link waits), `opened`, `withdrawn` or `expired`."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    kind = serializers.ChoiceField(Invite.Kind.choices)
    status = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()

    @extend_schema_field(serializers.ChoiceField(STATUSES))
    def get_status(self, invite: Invite) -> str:
        if invite.withdrawn_at is not None:
            return "withdrawn"
        if invite.opened_at is not None:
            return "opened"
        return "expired" if self.context["now"] >= invite.expires_at else "open"


class InviteMade(InviteShown):
    """The only answer that holds the link."""

    link = serializers.CharField()


class InvitePage(serializers.Serializer[Any]):
    results = InviteShown(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)


class Invites(ApiView):
    access = DOCTOR

    @extend_schema(summary="Invitations into a call", responses={200: InvitePage}, tags=TAGS)
    def get(self, request: Request, room_id: UUID) -> Response:
        rows = queries.invites_of(self.actor, room_id)
        return Response({"results": [shown(row, self.now) for row in rows], "next": None, "previous": None})

    @extend_schema(
        summary="Invite somebody into a call by a one-time link",
        request=InviteWish,
        responses={201: InviteMade},
        tags=TAGS,
    )
    def post(self, request: Request, room_id: UUID) -> Response:
        wish = self.clean(InviteWish)
        made = actions.invite(room_id=room_id, by=self.actor, now=self.now, **wish)
        return Response({**shown(made.invite, self.now), "link": made.link}, status=201)


class Withdrawal(ApiView):
    access = DOCTOR

    @extend_schema(summary="Take an invitation back", request=None, responses={200: InviteShown}, tags=TAGS)
    def post(self, request: Request, room_id: UUID, invite_id: UUID) -> Response:
        row = actions.withdraw_invite(room_id=room_id, invite_id=invite_id, by=self.actor, now=self.now)
        return Response(shown(row, self.now))


# A guest has no session that would make DRF ask for the token; their cookie asks for it all the same.
@method_decorator(csrf_protect, name="dispatch")
class GuestSeat(ApiView):
    """Below the link's own address, where the guest's cookie is sent. No part of the public contract."""

    access = ANYONE
    schema = None

    def post(self, request: Request, token: str) -> Response:
        """Take the guest's seat. Raises NotFound for a browser that has not opened the link."""
        wish = self.clean(JoinWish)
        invite = access.get_invite_by_token(token)
        guest = guests.actor_of(invite, guests.holder_of(request._request))
        if guest is None:
            raise NotFound()
        joined = actions.join(room_id=invite.room_id, by=guest, now=self.now, resume_token=wish.get("resume_token"))
        return Response(answer_of(joined, request, self.now))


def shown(invite: Invite, now: datetime) -> dict[str, Any]:
    """An invitation as its doctor sees it."""
    return dict(InviteShown(invite, context={"now": now}).data)
