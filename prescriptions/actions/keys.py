"""The practitioners' keys: made at the first signature, kept sealed, certified for each facility they sign for."""

from __future__ import annotations

import json
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from core.errors import NotFound
from identity.models import Facility, Practitioner
from prescriptions import access, certificates, sealing, signers, signing
from prescriptions.actions.certificates import certificate_of
from prescriptions.errors import SignerRefused
from prescriptions.models import SigningKey
from prescriptions.models.keys import BUILT_IN

PURPOSE = "signing-key"


def signer_of(practitioner: Practitioner, facility: Facility, now: datetime) -> signing.Signer:
    """Return the practitioner's signer for this facility; key and certificate are made now where there are none.

    Raises sealing.SealBroken, SignerUnavailable.
    """
    key = SigningKey.objects.filter(practitioner=practitioner, retired_at__isnull=True).first() or _new_key(
        practitioner
    )
    certificate = certificate_of(key, practitioner, facility, now)
    if key.keeper != BUILT_IN:
        return signers.ElsewhereSigner(
            keeper=signers.keeper_of(key.keeper),
            key=key.keeper_key,
            kid=key.kid,
            certificate=certificate.thumbprint,
            name=key.keeper,
        )
    assert key.sealed_private_jwk is not None
    opened = sealing.unseal(key.sealed_private_jwk, purpose=PURPOSE, owner=key.kid)
    return signing.BuiltInSigner(json.loads(opened), certificate=certificate.thumbprint)


def _new_key(practitioner: Practitioner) -> SigningKey:
    kid, public, private = signing.new_key()
    sealed = sealing.seal(json.dumps(private).encode(), purpose=PURPOSE, owner=kid)
    try:
        with transaction.atomic():
            return SigningKey.objects.create(
                practitioner=practitioner, kid=kid, public_jwk=public, sealed_private_jwk=sealed
            )
    except IntegrityError:  # another request of the same doctor made one a moment ago
        return SigningKey.objects.get(practitioner=practitioner, retired_at__isnull=True)


def signs_elsewhere(practitioner_id: UUID | None) -> bool:
    """Say whether a doctor's key is on a token or at a signing service."""
    if practitioner_id is None:
        return False
    keys = SigningKey.objects.filter(practitioner_id=practitioner_id, retired_at__isnull=True)
    return keys.exclude(keeper=BUILT_IN).exists()


def enrol_key(*, licence: str, keeper: str, keeper_key: str, by: Actor, now: datetime) -> SigningKey:
    """Let a doctor sign with a key at a keeper from now on; the one before is retired, its signatures stay good.

    The keeper is asked before anything is written. Enrolling what is in use returns it. Raises WrongRole, NotFound,
    SignerUnavailable, SignerRefused.
    """
    access.require_operator(by)
    practitioner = Practitioner.objects.filter(licence_number=licence).first()
    if practitioner is None:
        raise NotFound()
    jwk = certificates.public_jwk(signers.keeper_of(keeper).public_key(keeper_key))
    with transaction.atomic():
        Practitioner.objects.select_for_update().get(pk=practitioner.pk)
        keys = SigningKey.objects.filter(practitioner=practitioner, retired_at__isnull=True)
        if known := keys.filter(kid=jwk["kid"]).first():
            return known
        if SigningKey.objects.filter(kid=jwk["kid"]).exists():  # somebody else's, or one that was given up
            raise SignerRefused()
        keys.update(retired_at=now)
        made = SigningKey.objects.create(
            practitioner=practitioner,
            kid=jwk["kid"],
            public_jwk=jwk,
            keeper=keeper,
            keeper_key=keeper_key,
        )
        audit.record(by, "prescription.enrol_key", made, detail={"keeper": keeper, "kid": made.kid})
        return made
