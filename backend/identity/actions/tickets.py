"""Passes for web sockets: browsers cannot send headers there, and a token in an address ends up in logs."""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db import transaction

from core.actor import Actor
from core.errors import NotSignedIn
from identity.errors import BadTicket
from identity.models import SocketTicket

LIFETIME = timedelta(seconds=30)


def _hash(ticket: str) -> str:
    return hashlib.sha256(ticket.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def issue_socket_ticket(by: Actor, scope: str, now: datetime) -> str:
    """Return a pass for one socket of this scope ("me", "room:<uuid>"), good for 30 s and one use.

    Raises NotSignedIn for nobody.
    """
    if by.user_id is None:
        raise NotSignedIn()
    ticket = secrets.token_urlsafe(32)
    SocketTicket.objects.create(
        ticket_hash=_hash(ticket), scope=scope, actor=by.as_json(), expires_at=now + LIFETIME, created_at=now
    )
    return ticket


@transaction.atomic
def redeem_socket_ticket(ticket: str, scope: str, now: datetime) -> Actor:
    """Spend a pass and return who it was made for. Raises BadTicket when wrong, used, too old or for another scope."""
    spent = SocketTicket.objects.filter(
        ticket_hash=_hash(ticket), scope=scope, used_at__isnull=True, expires_at__gt=now
    ).update(used_at=now)  # one statement: of two sockets with one ticket, one wins
    if not spent:
        raise BadTicket()
    return Actor.from_json(SocketTicket.objects.get(ticket_hash=_hash(ticket)).actor)
