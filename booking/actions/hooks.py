"""Telling a hospital's systems what happens to its visits: signed, in order for each visit, tried for a day."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

import audit
from booking import access, hooks
from booking.errors import TooManyHooks, UnknownHookEvent
from booking.fhir import appointments
from booking.models import Appointment, HookDelivery, HookEndpoint
from core import outbound, sealing
from core.actor import Actor
from core.ids import new_id
from core.refs import Ref, ref
from core.tasks import later
from identity import access as identity_access

log = logging.getLogger("lanh.hooks")
Status = HookDelivery.Status
MOST_HOOKS = 10  # of one facility
AT_ONCE = 20  # messages in one job; then others have their turn
TIMEOUT_S = 5.0
PURPOSE = "booking.hook"


@transaction.atomic
def add_hook(*, url: str, events: Collection[str], by: Actor, now: datetime) -> tuple[HookEndpoint, str]:
    """Tell a hospital's system of these events (none: all); gives the secret it checks signatures with, this once.

    Raises NotAllowed, AddressRefused, UnknownHookEvent, TooManyHooks.
    """
    facility = identity_access.require_desk(by)
    outbound.check(url)
    if not set(events) <= set(hooks.EVENTS):
        raise UnknownHookEvent
    if HookEndpoint.objects.filter(facility=facility, removed_at__isnull=True).count() >= MOST_HOOKS:
        raise TooManyHooks
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    endpoint = HookEndpoint(facility=facility, url=url, events=sorted(set(events)), made_by=by.user_id, created_at=now)
    endpoint.secret = sealing.seal(secret.encode(), purpose=PURPOSE, owner=str(endpoint.pk))
    endpoint.save(force_insert=True)
    audit.record(by, "booking.hook", endpoint, facility_id=facility.pk, detail={"url": url, "added": True})
    return endpoint, secret


@transaction.atomic
def remove_hook(*, endpoint_id: UUID, by: Actor, now: datetime) -> HookEndpoint:
    """Stop telling a system; what still waited is given up. Raises NotFound."""
    endpoint = access.lock_hook(by, endpoint_id)
    endpoint.active = False
    endpoint.removed_at = now
    endpoint.save(update_fields=["active", "removed_at"])
    endpoint.deliveries.filter(status=Status.WAITING).update(status=Status.FAILED, failed_at=now, next_at=None)
    audit.record(by, "booking.hook", endpoint, facility_id=endpoint.facility_id, detail={"url": endpoint.url})
    return endpoint


@transaction.atomic
def ping_hook(*, endpoint_id: UUID, by: Actor, now: datetime) -> HookDelivery:
    """Send a greeting, to see whether the other side hears us; one that was paused goes on. Raises NotFound."""
    endpoint = access.lock_hook(by, endpoint_id)
    delivery = _write(endpoint, hooks.PING, ref(endpoint), {}, f"ping:{now.isoformat()}", now)
    endpoint.active, endpoint.rests_until = True, None
    endpoint.save(update_fields=["active", "rests_until"])
    return delivery


@transaction.atomic
def send_again(*, delivery_id: UUID, by: Actor, now: datetime) -> HookDelivery:
    """Try once more, for a day, what was given up. Raises NotFound, WrongState."""
    delivery = access.lock_delivery(by, delivery_id)
    if delivery.status == Status.WAITING:
        return delivery
    delivery.move_to(Status.WAITING, at=now)
    delivery.tries, delivery.since, delivery.next_at, delivery.failed_at = 0, now, now, None
    delivery.save(update_fields=["status", "tries", "since", "next_at", "failed_at"])
    HookEndpoint.objects.filter(pk=delivery.endpoint_id).update(active=True, rests_until=None)
    _wake(delivery.endpoint_id)
    return delivery


@transaction.atomic
def tell_hooks(*, event: str, appointment_id: UUID, key: str, by: Actor, now: datetime, before: str = "") -> int:
    """Write down what each system of the facility is to hear; says to how many. Said again, it writes nothing.

    `before` is the appointment this one took the place of.
    """
    appointment = Appointment.objects.select_related(
        "practitioner", "facility", "person", "visit_type", "schedule"
    ).get(pk=appointment_id)
    wanting = [
        endpoint
        for endpoint in HookEndpoint.objects.filter(facility=appointment.facility_id, active=True).order_by("pk")
        if not endpoint.events or event in endpoint.events
    ]
    if not wanting:
        return 0
    data: dict[str, object] = {
        "appointment": appointments.bare(appointment, now),
        **({"previous": before} if before else {}),
    }
    for endpoint in wanting:
        _write(endpoint, event, ref(appointment), data, key, now)
    return len(wanting)


def deliver_hooks(*, endpoint_id: UUID, now: datetime) -> int:
    """Send what waits for one endpoint, for each visit in the order it happened; says how many were taken in.

    The network is outside of transactions. One that does not answer rests for a while; a message that alone is refused
    waits by itself, and what comes after it for the same visit waits behind it.
    """
    heard = 0
    for _turn in range(AT_ONCE):
        endpoint = HookEndpoint.objects.filter(pk=endpoint_id, active=True).first()
        if endpoint is None or (endpoint.rests_until is not None and endpoint.rests_until > now):
            return heard
        delivery = _next(endpoint, now)
        if delivery is None:
            return heard
        status, words = _send(endpoint, delivery, now)
        if not _record(endpoint, delivery, status, words, now):
            continue
        heard += 1
    with transaction.atomic():
        _wake(endpoint_id)
    return heard


def _write(
    endpoint: HookEndpoint, event: str, subject: Ref, data: dict[str, object], key: str, now: datetime
) -> HookDelivery:
    id = new_id()
    body = {
        "id": str(id),
        "event": event,
        "created_at": now.isoformat(),
        "facility": str(endpoint.facility_id),
        "data": data,
    }
    values = {"id": id, "event": event, "subject": str(subject), "body": body, "since": now, "next_at": now}
    delivery, fresh = HookDelivery.objects.get_or_create(
        endpoint=endpoint, key=key[:160], defaults={**values, "created_at": now}
    )
    if fresh:
        _wake(endpoint.pk)
    return delivery


def _wake(endpoint_id: UUID, at: datetime | None = None) -> None:
    # One at a time for each endpoint: a slow one never takes more than one of the workers' places.
    later("booking.tasks.deliver_hooks", lock=f"hook:{endpoint_id}", at=at, endpoint_id=str(endpoint_id))


def _next(endpoint: HookEndpoint, now: datetime) -> HookDelivery | None:
    """Give the oldest that is due and has no older one of its visit before it."""
    behind: set[str] = set()
    for delivery in endpoint.deliveries.filter(status=Status.WAITING).order_by("created_at", "pk")[:500]:
        if delivery.subject not in behind and (delivery.next_at is None or delivery.next_at <= now):
            return delivery
        behind.add(delivery.subject)
    return None


def _send(endpoint: HookEndpoint, delivery: HookDelivery, now: datetime) -> tuple[int, str]:
    """Ask the network; 0 means that nobody answered."""
    raw = hooks.bytes_of(delivery.body)
    secret = sealing.unseal(endpoint.secret, purpose=PURPOSE, owner=str(endpoint.pk)).decode()
    headers = {
        "Content-Type": "application/json",
        "Lanh-Event": delivery.event,
        "Lanh-Delivery": str(delivery.pk),
        "Lanh-Signature": hooks.signature(secret, raw, now),
    }
    try:
        answer = outbound.fetch(
            endpoint.url, method="POST", body=raw, headers=headers, timeout_s=TIMEOUT_S, max_bytes=65_536
        )
    except outbound.AddressRefused:
        return 0, "address_refused"
    except outbound.NoAnswer:
        return 0, "no_answer"
    return answer.status, str(answer.status)


@transaction.atomic
def _record(endpoint: HookEndpoint, delivery: HookDelivery, status: int, words: str, now: datetime) -> bool:
    endpoint = HookEndpoint.objects.select_for_update().get(pk=endpoint.pk)
    delivery = HookDelivery.objects.select_for_update().get(pk=delivery.pk)
    if delivery.status != Status.WAITING:
        return False  # removed meanwhile
    delivery.tries += 1
    delivery.answer = words
    if hooks.is_taken(status):
        delivery.move_to(Status.DONE, at=now)
        delivery.next_at = None
        endpoint.heard_at, endpoint.failures, endpoint.rests_until = now, 0, None
    else:
        if status == 0 or hooks.is_their_trouble(status):
            endpoint.failures = min(endpoint.failures + 1, 10_000)
            endpoint.rests_until = now + hooks.pause_after(endpoint.failures)
        delivery.next_at = now + hooks.pause_after(delivery.tries)
        if now - delivery.since >= hooks.GIVE_UP:
            delivery.move_to(Status.FAILED, at=now)
            delivery.next_at = None
            log.warning("web hook %s: %s given up (%s)", endpoint.pk, delivery.pk, words)
        _wake(endpoint.pk, at=endpoint.rests_until or delivery.next_at)
    delivery.save(update_fields=["status", "tries", "answer", "next_at", "done_at", "failed_at"])
    endpoint.save(update_fields=["heard_at", "failures", "rests_until"])
    return delivery.status == Status.DONE


@transaction.atomic
def wake_hooks(*, now: datetime) -> int:
    """Bring endpoints back whose job was lost: something has been due for a while. Says how many."""
    late = HookDelivery.objects.filter(status=Status.WAITING, next_at__lt=now - timedelta(minutes=2))
    rested = HookEndpoint.objects.filter(active=True, pk__in=late.values("endpoint"))
    rested = rested.exclude(rests_until__gt=now - timedelta(minutes=2))
    ids = list(rested.values_list("pk", flat=True))
    for endpoint_id in ids:
        _wake(endpoint_id)
    return len(ids)


def forget_deliveries(*, now: datetime) -> int:
    """Drop what was heard or given up more than thirty days ago; says how many."""
    old = HookDelivery.objects.exclude(status=Status.WAITING).filter(created_at__lt=now - timedelta(days=30))
    return old.delete()[0]
