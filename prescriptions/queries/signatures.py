"""Is this what the doctor signed? Keys by their id, and the verdict shown beside every signed prescription."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prescriptions import content, signing
from prescriptions.models import Prescription, SigningKey


@dataclass(frozen=True)
class Signature:
    """The verdict. `legally_valid` is false for the built-in signer, whatever the verdict."""

    valid: bool
    signer: str = signing.BUILT_IN
    kid: str = ""
    legally_valid: bool = False


def public_keys() -> list[dict[str, Any]]:
    """Return every public key that ever signed, for /.well-known/jwks.json."""
    return list(SigningKey.objects.order_by("created_at", "id").values_list("public_jwk", flat=True))


def signature_of(prescription: Prescription) -> Signature:
    """Verify the signature over the kept content, that the key is the prescriber's, and that the rows still agree."""
    try:
        kid = signing.key_id(prescription.signature)
    except signing.BadSignature:
        return Signature(valid=False)
    key = SigningKey.objects.filter(kid=kid, practitioner_id=prescription.practitioner_id).first()
    if key is None or not isinstance(prescription.content, dict):
        return Signature(valid=False, kid=kid)
    try:
        signing.verify(prescription.signature, prescription.content, key.public_jwk)
    except signing.BadSignature:
        return Signature(valid=False, kid=kid)
    items = prescription.items.select_related("drug").order_by("rank")
    return Signature(valid=content.agrees(prescription, items), kid=kid)
