"""Is this what the doctor signed, and was the doctor allowed to? The verdict shown beside every signed prescription."""

from __future__ import annotations

from dataclasses import dataclass

from prescriptions import certificates, content, signing
from prescriptions.models import Certificate, Prescription, SigningKey
from prescriptions.queries.certificates import chain_of, roots


@dataclass(frozen=True)
class Signature:
    """The verdict; `fault` says why it is not valid. `legally_valid` is false for the built-in signer, whatever the verdict.

    `certificate` is the thumbprint of the one it was signed with: empty for what was signed before there were any.
    """

    valid: bool
    signer: str = signing.BUILT_IN
    kid: str = ""
    legally_valid: bool = False
    fault: str = ""
    certificate: str = ""
    licence: str = ""


def signature_of(prescription: Prescription) -> Signature:
    """Verify the signature over the kept content, the key, its certificate, and that the rows still agree.

    The certificate must have been good at the instant of signing, which our own clock wrote down (`signed_at`): for the
    facility and the licence that the content names, by our root, and not revoked from then or before.
    """
    try:
        header = signing.header_of(prescription.signature)
    except signing.BadSignature:
        return Signature(valid=False, fault="unreadable")
    kid, thumbprint = str(header.get("kid", "")), str(header.get("x5t#S256", ""))
    try:
        key = _allowed(prescription, kid, thumbprint)
        if not isinstance(prescription.content, dict):
            raise signing.BadSignature
        signing.verify(prescription.signature, prescription.content, key.public_jwk)
        if not content.agrees(prescription, prescription.items.select_related("drug").order_by("rank")):
            raise signing.BadSignature
    except certificates.BadCertificate as error:
        return Signature(valid=False, kid=kid, fault=error.reason, certificate=thumbprint)
    except signing.BadSignature as error:
        return Signature(valid=False, kid=kid, fault=str(error) or "changed", certificate=thumbprint)
    signer = str(header.get("signer", signing.BUILT_IN))
    return Signature(
        valid=True,
        signer=signer,
        kid=kid,
        certificate=thumbprint,
        licence=prescription.content["prescriber"]["licence"],
    )


def _allowed(prescription: Prescription, kid: str, thumbprint: str) -> SigningKey:
    """Return the prescriber's key that could sign this, then and there. Raises BadCertificate, BadSignature with its fault."""
    signed_at, signed = prescription.signed_at, prescription.content
    if signed_at is None or not isinstance(signed, dict):
        raise signing.BadSignature("changed")
    if not thumbprint:
        return _before_certificates(prescription, kid)
    certificate = (
        Certificate.objects.select_related("key", "authority__issuer")
        .filter(thumbprint=thumbprint, key__kid=kid, key__practitioner_id=prescription.practitioner_id)
        .first()
    )
    if certificate is None:
        raise signing.BadSignature("unknown_certificate")
    if certificate.facility_id != prescription.facility_id:
        raise signing.BadSignature("wrong_facility")
    if certificate.is_revoked_at(signed_at):
        raise signing.BadSignature("revoked")
    chain = chain_of(certificate)
    if certificates.thumbprint(chain[0]) != thumbprint:
        raise signing.BadSignature("unknown_certificate")
    certificates.require_good(
        chain,
        roots=roots(),
        jwk=certificate.key.public_jwk,
        facility_code=signed["facility"]["code"],
        licence=signed["prescriber"]["licence"],
        at=signed_at,
    )
    return certificate.key


def _before_certificates(prescription: Prescription, kid: str) -> SigningKey:
    """What was signed before its doctor's key had a certificate stays readable; afterwards a signature must name one."""
    key = SigningKey.objects.filter(kid=kid, practitioner_id=prescription.practitioner_id).first()
    if key is None:
        raise signing.BadSignature("unknown_key")
    if key.certificates.filter(created_at__lte=prescription.signed_at).exists():
        raise signing.BadSignature("no_certificate")
    taken = key.certificates.filter(
        revocation_reason__in=Certificate.COMPROMISED, revoked_since__lte=prescription.signed_at
    )
    if taken.exists():
        raise signing.BadSignature("revoked")
    return key
