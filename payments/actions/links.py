"""Links to pay by: made by who may pay, shown once, taken back at any time; good for one payment until its time is over."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from payments import access, paper_access
from payments.errors import AlreadyPaid, LinksEnough, LinkSpent, PaymentExpired
from payments.models import PayLink

MOST_LINKS = 5  # alive at once for one payment
MOST_STARTS = 10  # by one link within WINDOW
WINDOW = timedelta(minutes=10)


@transaction.atomic
def make_link(*, payment_id: UUID, by: Actor, now: datetime) -> tuple[PayLink, str]:
    """Make an address by which somebody else may pay; the token is told this once. Raises NotFound, AlreadyPaid,
    PaymentExpired, LinksEnough."""
    payment = access.lock_payment(by, payment_id)
    if by.role == "guest":
        raise NotFound()  # who pays by a link hands no further ones out
    if payment.captured_at is not None:
        raise AlreadyPaid()
    if payment.status in {"cancelled", "expired"} or payment.is_late(now):
        raise PaymentExpired()
    alive = payment.links.filter(revoked_at=None, expires_at__gt=now)
    if alive.count() >= MOST_LINKS:
        raise LinksEnough()
    token = secrets.token_urlsafe(32)
    link = PayLink.objects.create(
        payment=payment,
        token_hash=paper_access.hash_of(token),
        made_by=by.user_id,
        expires_at=payment.expires_at,
        created_at=now,
    )
    audit.record(by, "payments.make_link", payment, person_id=payment.payer_id, facility_id=payment.facility_id)
    return link, token


@transaction.atomic
def revoke_links(*, payment_id: UUID, by: Actor, now: datetime) -> int:
    """Take back all links of a payment; return how many were alive. Raises NotFound."""
    payment = access.lock_payment(by, payment_id)
    revoked = payment.links.filter(revoked_at=None).update(revoked_at=now)
    if revoked:
        audit.record(by, "payments.revoke_links", payment, person_id=payment.payer_id, facility_id=payment.facility_id)
    return revoked


@transaction.atomic
def use_link(*, token: str, now: datetime) -> tuple[Actor, PayLink]:
    """Note that somebody wants to pay by a link and return as whom. Raises NotFound, PaymentExpired, LinkSpent."""
    link = paper_access.get_link(token, now)
    link = PayLink.objects.select_for_update(of=("self",)).select_related("payment").get(id=link.id)
    if link.revoked_at is not None:
        raise NotFound()
    if link.expires_at <= now:
        raise PaymentExpired()
    if link.counted_at is None or link.counted_at <= now - WINDOW:
        link.starts, link.counted_at = 0, now
    if link.starts >= MOST_STARTS:
        refusal = LinkSpent()
        refusal.retry_after_s = int(WINDOW.total_seconds())
        raise refusal
    link.starts += 1
    link.save(update_fields=["starts", "counted_at"])
    return paper_access.bearer_of(link), link
