"""Inviting somebody without an account into one call: by a link that opens once, in one browser, for this room only."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import translation

import audit
from core.actor import Actor
from core.events import emit
from realtime import access, guests, rooms
from realtime.actions.stepping import event, take_step
from realtime.errors import (
    InviteExpired,
    InviteUsed,
    InviteWithdrawn,
    PractitionerOnly,
    RoomOver,
    TooManyInvites,
)
from realtime.events import GuestInvited
from realtime.models import Invite, Room, Seat

GOOD_FOR = timedelta(hours=4)  # from now, or from when the room opens
MOST_INVITES = 20  # of one room, those withdrawn counted: each may cost an SMS
TOKEN_BYTES = 24


@dataclass(frozen=True)
class Invited:
    """The invitation, and the only sight of its link."""

    invite: Invite
    link: str


@transaction.atomic
def invite(
    *, room_id: UUID, name: str, kind: str, by: Actor, now: datetime, phone: str = "", email: str = ""
) -> Invited:
    """Invite somebody into the call; with a phone number or address the link is also sent there.

    Raises NotFound, PractitionerOnly, RoomOver, TooManyInvites.
    """
    room = access.lock_room(by, room_id)
    if by.role != "practitioner" or by.user_id is None:
        raise PractitionerOnly()
    access.require_leading(by, room)
    if is_over(room, now):
        raise RoomOver()
    if room.invites.count() >= MOST_INVITES:
        raise TooManyInvites()
    token = secrets.token_urlsafe(TOKEN_BYTES)
    made = Invite.objects.create(
        room=room,
        invited_by_id=by.user_id,
        name=name,
        kind=kind,
        phone=phone,
        email=email,
        language=settings.LANGUAGE_CODE,
        token_hash=hashlib.sha256(token.encode()).hexdigest(),
        expires_at=min(room.closes_at, max(now, room.opens_at) + GOOD_FOR),
        created_at=now,
    )
    audit.record(by, "realtime.invite", room, person_id=room.encounter.person_id, detail=_who(made))
    if phone or email:
        emit(event(GuestInvited, room, invite_id=str(made.id), sealed=guests.seal_token(made.id, token)))
    return Invited(made, guests.address_of(token))


@transaction.atomic
def open_invite(*, token: str, holder: str, now: datetime) -> Invite:
    """Open a link for the browser that holds `holder`; the same browser again changes nothing, another one is refused.

    Raises NotFound, InviteUsed, InviteExpired, InviteWithdrawn, RoomOver.
    """
    found = access.lock_invite_by_token(token)
    check_openable(found, now, holder=holder)
    if found.opened_at is not None:
        return found
    found.opened_at, found.holder_hash = now, guests.hash_of(holder)
    found.language = translation.get_language() or found.language
    found.save(update_fields=["opened_at", "holder_hash", "language"])
    by = Actor.guest(found.id, found.name)
    audit.record(by, "realtime.open_invite", found.room, person_id=found.room.encounter.person_id, detail=_who(found))
    return found


@transaction.atomic
def withdraw_invite(*, room_id: UUID, invite_id: UUID, by: Actor, now: datetime) -> Invite:
    """Take an invitation back; who came by it leaves the call. Again changes nothing. Raises NotFound, PractitionerOnly."""
    room = access.lock_room(by, room_id)
    if by.role != "practitioner":
        raise PractitionerOnly()
    access.require_leading(by, room)
    found = access.lock_invite(by, room, invite_id)
    if found.withdrawn_at is not None:
        return found
    found.withdrawn_at = now
    found.save(update_fields=["withdrawn_at"])
    audit.record(by, "realtime.withdraw_invite", room, person_id=room.encounter.person_id, detail=_who(found))
    seat = Seat.objects.filter(invite=found).first()
    if seat is not None and room.status == Room.Status.OPEN:
        take_step(room, rooms.Expel(str(seat.id)), by=by, now=now)
    return found


def check_openable(invite: Invite, now: datetime, *, holder: str = "") -> None:
    """Say why a link cannot be opened, if it cannot. Raises InviteWithdrawn, RoomOver, InviteUsed, InviteExpired."""
    if invite.withdrawn_at is not None:
        raise InviteWithdrawn()
    if is_over(invite.room, now):
        raise RoomOver()
    if invite.opened_at is not None:
        if not guests.is_held_by(invite, holder):
            raise InviteUsed()
    elif now >= invite.expires_at:
        raise InviteExpired()


def is_over(room: Room, now: datetime) -> bool:
    """Say whether nobody gets into this room any more."""
    return room.status == Room.Status.CLOSED or now >= room.closes_at


def _who(invite: Invite) -> dict[str, str]:
    return {"name": invite.name, "kind": invite.kind}
