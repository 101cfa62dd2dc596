"""Carrying: one attempt for each try, words made in the reader's language, the network outside of transactions."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils.translation import get_language

from core.actor import Actor
from core.edge import now as this_instant
from core.errors import Unavailable
from core.tasks import later
from notifications import carriers, queries, words
from notifications.models import Attempt, Message
from notifications.words import Attachment, Letter

log = logging.getLogger("lanh.notifications")
Status = Attempt.Status


def deliver(*, message_id: UUID, carrier: str, now: datetime) -> Attempt | None:
    """Carry one message by one carrier. Repeatable: what was handed over is not handed over again.

    Returns None when the reader cannot be reached this way or no longer wishes it. Raises CarrierUnavailable.
    """
    message = Message.objects.select_related("recipient").get(id=message_id)
    reader = message.recipient
    to = carriers.get(carrier).address_of(reader) if reader.is_active else ""
    if not to or carrier not in queries.carriers_for(reader, message.kind):
        return None
    attempt, _ = Attempt.objects.exclude(status=Status.FAILED).get_or_create(
        message=message,
        carrier=carrier,
        defaults={
            "kind": message.kind,
            "to": to,
            "subject": words.of_message(message, "push", reader.language)[:200] if carrier == "email" else "",
            "body": words.of_message(message, carrier, reader.language),
            "attachments": words.attachments_of(message, to, reader.language) if carrier == "email" else [],
            "created_at": now,
        },
    )
    return carry_attempt(attempt_id=attempt.id, now=now)


def carry_attempt(*, attempt_id: UUID, now: datetime) -> Attempt:
    """Hand one attempt to its carrier and write down how it went. Raises CarrierUnavailable after writing that down."""
    attempt = Attempt.objects.get(id=attempt_id)
    if attempt.status != Status.QUEUED:
        return attempt
    letter = Letter(
        key=str(attempt.message_id or attempt.id),
        to=attempt.to,
        subject=attempt.subject,
        body=attempt.body,
        attachments=tuple(Attachment(**one) for one in attempt.attachments),
    )
    try:
        attempt.reference = carriers.get(attempt.carrier).carry(letter)[:120]
    except Unavailable as error:
        log.warning("%s could not carry %s", attempt.carrier, attempt.kind)
        if attempt.message_id is not None:  # a code has no message to make a fresh try from: it stays queued
            attempt.failure = error.code
            attempt.move_to(Status.FAILED, at=now)
            attempt.save()
        raise
    if attempt.message_id is None and not settings.DEMO:
        attempt.body = ""  # a code that has left is nobody's to read; the demo's outbox is the exception
    attempt.move_to(Status.SENT, at=now)
    attempt.save()
    return attempt


@transaction.atomic
def send_to_address(
    *, kind: str, carrier: str, to: str, params: dict[str, Any], key: str, language: str, by: Actor, now: datetime
) -> Attempt:
    """Send something to a number or an address of somebody without an account; the same key again sends nothing.

    There is no inbox it could stand in, and its words are dropped once they have left. Raises KeyError for an unknown kind.
    """
    attempt, fresh = Attempt.objects.get_or_create(
        id=uuid5(NAMESPACE_OID, f"lanh:attempt:{kind}:{carrier}:{key}"),
        defaults={
            "kind": kind,
            "carrier": carrier,
            "to": to,
            "subject": words.text_of(kind, "subject", language, params)[:200] if carrier == "email" else "",
            "body": words.text_of(kind, carrier, language, params),
            "created_at": now,
        },
    )
    if fresh:
        later("notifications.tasks.carry_attempt", attempt_id=str(attempt.id))
    return attempt


@transaction.atomic
def send_sign_in_code(*, phone: str, code: str, language: str = "", now: datetime | None = None) -> Attempt:
    """Send a one-time code to a phone (E.164) by SMS. Called by identity through settings.SIGN_IN_CODE_SENDER.

    Without a language, in that of the page the code was asked on.
    """
    now = now or this_instant()
    language = language or get_language() or ""
    attempt = Attempt.objects.create(
        kind="sign_in_code",
        carrier="sms",
        to=phone,
        body=words.text_of("sign_in_code", "sms", language, {"code": code}),
        created_at=now,
    )
    later("notifications.tasks.carry_attempt", attempt_id=str(attempt.id))
    return attempt
