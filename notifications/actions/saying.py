"""Saying something to somebody, once; and what the reader does with it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actor import Actor
from core.errors import NotFound
from core.events import emit
from core.refs import Ref
from core.tasks import later
from identity.models import User
from identity.queries import contacts_of
from notifications import queries
from notifications.errors import UnknownPreference
from notifications.events import MessageWritten
from notifications.kinds import KINDS, OPTIONAL
from notifications.models import Message, Preference


@transaction.atomic
def send(
    *,
    kind: str,
    params: dict[str, Any],
    key: str,
    about: Ref | None,
    by: Actor,
    now: datetime,
    to_person_id: UUID | None = None,
    to_user_id: UUID | None = None,
    as_citizen: bool = False,
    own: Callable[[User], dict[str, Any]] | None = None,
) -> Message | None:
    """Say something to a citizen (and who reads for them) or to a member of staff; saying it again writes nothing.

    `as_citizen` says it to one account as to a citizen: what that account alone asked for.

    `own` gives the params that differ from reader to reader, such as an address that is theirs alone.
    The jobs that carry it are written in the same transaction as the message: neither can be lost without the other.
    Returns the (first) message, or None when nobody who could read it has an account. Raises KeyError for an unknown kind.
    """
    KINDS[kind]
    if to_user_id is not None:
        audience = Message.Audience.CITIZEN if as_citizen else Message.Audience.STAFF
        readers = list(User.objects.filter(id=to_user_id))
    elif to_person_id is not None:
        readers, audience = contacts_of(to_person_id), Message.Audience.CITIZEN
    else:
        raise ValueError("a message needs a reader")
    messages = []
    for reader in readers:
        theirs = {**params, **(own(reader) if own else {})}
        messages.append(_write(reader, kind=kind, audience=audience, params=theirs, key=key, about=about, now=now))
    return messages[0] if messages else None


def _write(
    reader: User, *, kind: str, audience: str, params: dict[str, Any], key: str, about: Ref | None, now: datetime
) -> Message:
    message, fresh = Message.objects.get_or_create(
        recipient=reader,
        key=key[:160],
        defaults={
            "kind": kind,
            "audience": audience,
            "params": params,
            "about": str(about) if about else "",
            "created_at": now,
        },
    )
    if fresh:
        emit(MessageWritten(message_id=str(message.id), user_id=str(reader.id)))
        for carrier in queries.carriers_for(reader, kind):
            later("notifications.tasks.deliver", message_id=str(message.id), carrier=carrier)
    return message


@transaction.atomic
def mark_read(*, message_id: UUID, by: Actor, now: datetime) -> Message:
    """Mark a message of one's own as read; the first reading counts. Raises NotFound."""
    message = Message.objects.select_for_update().filter(id=message_id, recipient_id=by.user_id).first()
    if message is None or by.user_id is None:
        raise NotFound()
    if message.read_at is None:
        message.read_at = now
        message.save(update_fields=["read_at"])
    return message


def mark_all_read(*, by: Actor, now: datetime) -> int:
    """Mark everything in one's inbox as read; returns how many were not."""
    if by.user_id is None:
        raise NotFound()
    return Message.objects.filter(recipient_id=by.user_id, read_at__isnull=True).update(read_at=now)


@transaction.atomic
def set_preferences(*, wishes: dict[tuple[str, str], bool], by: Actor) -> None:
    """Set how kinds travel to oneself: {("appointment_booked", "sms"): False}. Raises UnknownPreference; then nothing changed."""
    if by.user_id is None:
        raise NotFound()
    for kind, carrier in wishes:
        if kind not in KINDS or not KINDS[kind].is_setting or carrier not in OPTIONAL:
            raise UnknownPreference()
    for (kind, carrier), wanted in sorted(wishes.items()):
        Preference.objects.update_or_create(user_id=by.user_id, kind=kind, carrier=carrier, defaults={"wanted": wanted})
