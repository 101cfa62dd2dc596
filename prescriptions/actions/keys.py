"""The practitioners' keys: made at the first signature, kept sealed."""

from __future__ import annotations

import json

from django.db import IntegrityError, transaction

from identity.models import Practitioner
from prescriptions import sealing, signing
from prescriptions.models import SigningKey

PURPOSE = "signing-key"


def signer_of(practitioner: Practitioner) -> signing.Signer:
    """Return the practitioner's signer; their key is made now if they never signed. Raises sealing.SealBroken."""
    key = SigningKey.objects.filter(practitioner=practitioner, retired_at__isnull=True).first() or _new_key(
        practitioner
    )
    opened = sealing.unseal(key.sealed_private_jwk, purpose=PURPOSE, owner=key.kid)
    return signing.BuiltInSigner(json.loads(opened))


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
