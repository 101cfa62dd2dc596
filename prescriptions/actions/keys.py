"""The practitioners' keys: made at the first signature, kept sealed, certified for each facility they sign for."""

from __future__ import annotations

import json
from datetime import datetime

from django.db import IntegrityError, transaction

from identity.models import Facility, Practitioner
from prescriptions import sealing, signing
from prescriptions.actions.certificates import certificate_of
from prescriptions.models import SigningKey

PURPOSE = "signing-key"


def signer_of(practitioner: Practitioner, facility: Facility, now: datetime) -> signing.Signer:
    """Return the practitioner's signer for this facility; key and certificate are made now where there are none.

    Raises sealing.SealBroken.
    """
    key = SigningKey.objects.filter(practitioner=practitioner, retired_at__isnull=True).first() or _new_key(
        practitioner
    )
    certificate = certificate_of(key, practitioner, facility, now)
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
