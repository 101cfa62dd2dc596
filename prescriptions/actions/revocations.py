"""The signed list of what was taken back: a new number at every revocation and each hour, so that an old one shows its age."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import cache
from django.db import transaction

from prescriptions import queries, signing
from prescriptions.actions.authorities import root
from prescriptions.models import Authority, RevocationList

RENEWED_AFTER = timedelta(hours=1)
KEPT_FOR = timedelta(days=30)


@transaction.atomic
def issue_revocation_list(*, now: datetime) -> RevocationList:
    """Sign the list as it stands now, under the next number."""
    # One at a time: the root's row is the lock, so that numbers follow one another.
    authority = Authority.objects.select_for_update().get(pk=root(now).pk)
    last = queries.newest_list()
    number = last.number + 1 if last else 1
    next_update_at = now + signing.LIST_GOOD_FOR
    payload = {
        "iss": settings.PUBLIC_URL,
        "number": number,
        "iat": int(now.timestamp()),
        "next_update": int(next_update_at.timestamp()),
        "revoked": queries.revoked(),
    }
    token = signing.sign_list(queries.opened(authority), signing.REVOCATION_TYPE, payload)
    RevocationList.objects.filter(issued_at__lt=now - KEPT_FOR).delete()
    return RevocationList.objects.create(number=number, issued_at=now, next_update_at=next_update_at, token=token)


def fresh_revocation_list(*, now: datetime) -> RevocationList:
    """Return the list in force; one older than an hour is renewed, whoever asks."""
    newest = queries.newest_list()
    if newest is not None and now - newest.issued_at < RENEWED_AFTER:
        return newest
    return issue_revocation_list(now=now)


def trust_list(*, now: datetime) -> str:
    """Return who may sign, signed by the root. Kept for an hour while no certificate is added: it grows with the country."""
    authority = root(now)
    key = f"prescriptions.trust:{authority.pk}:{queries.certificates_mark()}"
    found = cache.get(key)
    if found is None:
        found = queries.trust_token(authority, now)
        cache.set(key, found, timeout=3600)
    return str(found)
