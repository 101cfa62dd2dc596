"""The certificates of practitioners: given at the first signature for a facility, taken back when they must not count."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

import audit
from core.actor import Actor
from identity.models import Facility, Practitioner
from prescriptions import access, certificates, queries
from prescriptions.actions.authorities import authority_of, crl_url
from prescriptions.actions.revocations import issue_revocation_list
from prescriptions.errors import RevocationTimeUnknown
from prescriptions.models import Certificate, SigningKey


def certificate_of(key: SigningKey, practitioner: Practitioner, facility: Facility, now: datetime) -> Certificate:
    """Return the certificate with which this key signs for this facility now, under today's licence; made where there is none."""
    known = Certificate.objects.filter(
        key=key,
        facility=facility,
        licence=practitioner.licence_number,
        revoked_at__isnull=True,
        valid_from__lte=now,
        valid_to__gt=now,
    )
    return known.order_by("-valid_to").first() or _certify(key, practitioner, facility, now)


def _certify(key: SigningKey, practitioner: Practitioner, facility: Facility, now: datetime) -> Certificate:
    authority = authority_of(facility, now)
    made = certificates.certify(
        queries.opened(authority),
        key.public_jwk,
        certificates.Holder(
            name=practitioner.display_name,
            licence=practitioner.licence_number,
            facility_code=facility.code,
            facility_name=facility.name,
        ),
        crl_url=crl_url(authority.id),
        begins=now,
        ends=_ends(practitioner, facility, now),
    )
    certificate = made.certificate
    return Certificate.objects.create(
        key=key,
        facility=facility,
        authority=authority,
        licence=practitioner.licence_number,
        serial=f"{certificate.serial_number:x}",
        thumbprint=certificates.thumbprint(made.der),
        der=made.der,
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
    )


def _ends(practitioner: Practitioner, facility: Facility, now: datetime) -> datetime:
    """The last instant of the certificate: its own time, and never past the last day of the licence."""
    ends = now + timedelta(days=settings.PRESCRIPTION_CERTIFICATE_DAYS)
    last = practitioner.licence_valid_to
    if last is None:
        return ends
    midnight = datetime.combine(last + timedelta(days=1), time.min, tzinfo=ZoneInfo(facility.zone))
    return min(ends, midnight - timedelta(seconds=1))


@transaction.atomic
def revoke_certificate(
    *, certificate_id: UUID, reason: str, since: datetime | None = None, by: Actor, now: datetime
) -> Certificate:
    """Take a certificate back: what is signed with it from `since` (now, when not said) on is refused, everywhere.

    A key in other hands is retired with all its certificates; the next signature makes a new one. The signed list is renewed
    at once. Revoking what is revoked returns it. Raises WrongRole, NotFound, RevocationTimeUnknown.
    """
    certificate = access.lock_certificate(by, certificate_id)
    if certificate.revoked_at is not None:
        return certificate
    since = since or now
    if since > now:
        raise RevocationTimeUnknown()
    taken = [certificate]
    if reason in Certificate.COMPROMISED:
        SigningKey.objects.filter(id=certificate.key_id, retired_at__isnull=True).update(retired_at=now)
        others = Certificate.objects.select_for_update().filter(key_id=certificate.key_id, revoked_at__isnull=True)
        taken += list(others.exclude(id=certificate.id).order_by("id"))
    for one in taken:
        one.revoked_at, one.revoked_since, one.revocation_reason = now, since, reason
        one.save(update_fields=["revoked_at", "revoked_since", "revocation_reason"])
        audit.record(by, "prescription.revoke_certificate", one, detail={"reason": reason, "serial": one.serial})
    issue_revocation_list(now=now)
    return certificate
