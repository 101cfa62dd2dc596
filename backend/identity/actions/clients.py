"""Letting a hospital's own systems in: made and ended at the desk, signing in by client credentials (RFC 6749, 4.4)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.utils.crypto import constant_time_compare

import audit
from core.actor import Actor
from identity import access
from identity.errors import BadClient, BadScope
from identity.models import ApiClient, ApiToken, Facility

LIFETIME = timedelta(minutes=5)
PREFIX = "lanh_"  # a leaked token is found by its looks
NOBODY = hashlib.sha256(b"").hexdigest()


def hash_of(secret: str) -> str:
    """Hash a secret of ours: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


@transaction.atomic
def make_client(*, name: str, scopes: Collection[str], by: Actor, now: datetime) -> tuple[ApiClient, str]:
    """Let a system of the desk's facility in; returns it with its secret, which is told this once.

    Raises NotAllowed for other roles, BadScope.
    """
    facility = access.require_desk(by)
    if not scopes or not set(scopes) <= set(ApiClient.SCOPES):
        raise BadScope()
    secret = secrets.token_urlsafe(32)
    client = ApiClient.objects.create(
        facility=facility,
        name=name,
        secret_hash=hash_of(secret),
        scopes=sorted(set(scopes)),
        made_by=by.user_id,
        created_at=now,
    )
    audit.record(by, "identity.client_made", client, facility_id=facility.pk, detail={"name": name})
    return client, secret


@transaction.atomic
def revoke_client(*, client_id: UUID, by: Actor, now: datetime) -> ApiClient:
    """Shut a system out, with every token it holds. Raises NotFound."""
    client = access.lock_client(by, client_id)
    if client.revoked_at is None:
        client.revoked_at = now
        client.save(update_fields=["revoked_at"])
        client.tokens.all().delete()
        audit.record(
            by, "identity.client_revoked", client, facility_id=client.facility_id, detail={"name": client.name}
        )
    return client


@transaction.atomic
def issue_token(*, client_id: str, secret: str, scope: str, now: datetime) -> tuple[ApiToken, str]:
    """Give a system a token of a few minutes for all it may do, or for the part it asks for.

    Raises BadClient (unknown, wrong secret, revoked, a closed facility: alike), BadScope.
    """
    client = _client_called(client_id)
    right = constant_time_compare(hash_of(secret), client.secret_hash if client else NOBODY)
    if client is None or not right:
        raise BadClient()
    wanted = set(scope.split()) or set(client.scopes)
    if not wanted <= set(client.scopes):
        raise BadScope()
    token = PREFIX + secrets.token_urlsafe(32)
    row = ApiToken.objects.create(
        client=client, token_hash=hash_of(token), scopes=sorted(wanted), expires_at=now + LIFETIME, created_at=now
    )
    client.tokens.filter(expires_at__lt=now).delete()
    return row, token


def _client_called(client_id: str) -> ApiClient | None:
    try:
        id = UUID(client_id)
    except ValueError:
        return None
    open_facilities = Facility.objects.filter(active=True)
    return ApiClient.objects.filter(pk=id, revoked_at__isnull=True, facility__in=open_facilities).first()


def actor_of_token(token: str, now: datetime) -> Actor | None:
    """Tell which system a token stands for; None when it opens nothing (any more). Asked at each request."""
    rows = ApiToken.objects.select_related("client").filter(token_hash=hash_of(token), client__facility__active=True)
    row = rows.first()
    if row is None or not row.is_live(now):
        return None
    client = row.client
    if client.last_used_at is None or now - client.last_used_at > timedelta(minutes=1):
        ApiClient.objects.filter(pk=client.pk).update(last_used_at=now)
    return Actor.hospital(client.pk, client.facility_id, client.name, frozenset(row.scopes))
