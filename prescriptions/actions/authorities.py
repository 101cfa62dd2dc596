"""The built-in authorities: the root of this installation, and one for each facility. Made when they are first needed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from core.ids import new_id
from identity.models import Facility
from prescriptions import certificates, queries, sealing
from prescriptions.models import Authority

# They hold from before they are made, so that a history loaded afterwards is certified by the same ones.
HELD_BEFORE = timedelta(days=730)


def root(now: datetime) -> Authority:
    """Return the root of this installation that holds at this instant; it is made where there is none."""
    return _found_or_made(None, now)


def authority_of(facility: Facility, now: datetime) -> Authority:
    """Return the facility's authority that holds at this instant; it is made where there is none."""
    return _found_or_made(facility, now)


def crl_url(authority_id: UUID) -> str:
    """Where the authority's X.509 list is read."""
    return f"{settings.PUBLIC_URL}/.well-known/crl/{authority_id}.crl"


def _found_or_made(facility: Facility | None, now: datetime) -> Authority:
    known = list(Authority.objects.filter(facility=facility).select_related("issuer").order_by("-number"))
    if current := next((one for one in known if one.valid_from <= now < one.valid_to), None):
        return current
    # The number follows from the same look: whoever is faster takes it, and ours is refused.
    return _make(facility, known[0].number + 1 if known else 1, now)


def _make(facility: Facility | None, number: int, now: datetime) -> Authority:
    id = new_id()
    if facility is None:
        issuer, made = None, certificates.new_root(now - HELD_BEFORE)
    else:
        issuer = root(now)
        made = certificates.new_authority(
            queries.opened(issuer),
            facility_code=facility.code,
            facility_name=facility.name,
            crl_url=crl_url(issuer.id),
            now=max(now - HELD_BEFORE, issuer.valid_from),
        )
    certificate = made.certificate
    try:
        with transaction.atomic():
            return Authority.objects.create(
                id=id,
                facility=facility,
                issuer=issuer,
                number=number,
                der=made.der,
                sealed_private_key=sealing.seal(made.private_key, purpose=queries.AUTHORITY_KEY, owner=str(id)),
                valid_from=certificate.not_valid_before_utc,
                valid_to=certificate.not_valid_after_utc,
            )
    except IntegrityError:  # another doctor of the same place signed for the first time a moment ago
        return Authority.objects.select_related("issuer").get(facility=facility, number=number)
