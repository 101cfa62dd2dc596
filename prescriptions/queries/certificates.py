"""Authorities with their keys, chains, and the lists that anybody may read: who may sign, and what was taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from cryptography import x509
from django.conf import settings
from django.core.cache import cache

from core.errors import NotFound
from prescriptions import certificates, sealing, signing
from prescriptions.models import Authority, Certificate, RevocationList, SigningKey

AUTHORITY_KEY = "authority-key"
CRL_HOURS = 24
FLAGS = {
    Certificate.Reason.KEY_COMPROMISE: x509.ReasonFlags.key_compromise,
    Certificate.Reason.AFFILIATION_CHANGED: x509.ReasonFlags.affiliation_changed,
    Certificate.Reason.SUPERSEDED: x509.ReasonFlags.superseded,
    Certificate.Reason.CESSATION: x509.ReasonFlags.cessation_of_operation,
}


def opened(authority: Authority) -> certificates.Issued:
    """Return an authority with its private key. Raises sealing.SealBroken."""
    private = sealing.unseal(authority.sealed_private_key, purpose=AUTHORITY_KEY, owner=str(authority.id))
    return certificates.Issued(bytes(authority.der), private)


def roots() -> frozenset[bytes]:
    """Return the certificates every chain must end in."""
    return frozenset(bytes(der) for der in Authority.objects.filter(issuer=None).values_list("der", flat=True))


def chain_of(certificate: Certificate) -> list[bytes]:
    """Return the certificate, its authority's and the root's."""
    issuer = certificate.authority.issuer
    return [bytes(certificate.der), bytes(certificate.authority.der), *([bytes(issuer.der)] if issuer else [])]


def public_keys() -> list[dict[str, Any]]:
    """Return every public key that ever signed, for /.well-known/jwks.json: practitioners' first, then roots with `x5c`."""
    keys = list(SigningKey.objects.order_by("created_at", "id").values_list("public_jwk", flat=True))
    for der in Authority.objects.filter(issuer=None).order_by("number").values_list("der", flat=True):
        keys.append(root_jwk(bytes(der)))
    return keys


def root_jwk(der: bytes) -> dict[str, Any]:
    """Return a root's public key as a JWK that carries its certificate."""
    key = certificates.public_jwk(x509.load_der_x509_certificate(der).public_key())  # type: ignore[arg-type]
    return {**key, "x5c": certificates.x5c([der])}


def newest_list() -> RevocationList | None:
    """Return the revocation list in force."""
    return RevocationList.objects.order_by("-number").first()


def revoked() -> dict[str, dict[str, Any]]:
    """Return what the list says: by thumbprint, from when signatures are refused (seconds since 1970), and why."""
    rows = Certificate.objects.filter(revoked_at__isnull=False).order_by("revoked_at", "id")
    return {
        one.thumbprint: {"since": int(one.revoked_since.timestamp()), "reason": one.revocation_reason}
        for one in rows
        if one.revoked_since
    }


def certified() -> list[dict[str, Any]]:
    """Return who may sign: per certificate the key, the person, the licence, the facility, the days (seconds since 1970)."""
    rows = Certificate.objects.select_related("key", "facility", "key__practitioner").order_by("created_at", "id")
    return [
        {
            "x5t#S256": one.thumbprint,
            "jwk": {name: one.key.public_jwk[name] for name in ("kty", "crv", "x", "y")},
            "prescriber": one.key.practitioner.display_name,
            "licence": one.licence,
            "facility": one.facility.code,
            "facility_name": one.facility.name,
            "from": int(one.valid_from.timestamp()),
            "to": int(one.valid_to.timestamp()),
            "legally_valid": False,
        }
        for one in rows
    ]


def certificates_mark() -> str:
    """Return what differs once a certificate is added."""
    newest = Certificate.objects.order_by("-id").values_list("id", flat=True).first()
    return f"{Certificate.objects.count()}:{newest}"


def certificate_pem(thumbprint: str) -> str:
    """Return a certificate with its chain as text. Raises NotFound."""
    found = Certificate.objects.select_related("authority__issuer").filter(thumbprint=thumbprint).first()
    if found is None:
        raise NotFound()
    return certificates.pem(chain_of(found))


def crl_of(authority_id: UUID, now: datetime) -> bytes:
    """Return an authority's X.509 revocation list, numbered as our own list is. Raises NotFound."""
    authority = Authority.objects.filter(id=authority_id).first()
    if authority is None:
        raise NotFound()
    newest = newest_list()
    key = f"prescriptions.crl:{authority_id}:{newest.number if newest else 0}"
    if found := cache.get(key):  # signed once for each number; anybody may ask as often as they like
        return bytes(found)
    rows = [
        (int(one.serial, 16), one.revoked_since, FLAGS[Certificate.Reason(one.revocation_reason)])
        for one in authority.certificates.filter(revoked_at__isnull=False).order_by("revoked_at", "id")
        if one.revoked_since
    ]
    made = certificates.crl(
        opened(authority),
        rows,
        number=newest.number if newest else 0,
        now=now,
        ends=now + timedelta(hours=CRL_HOURS),
    )
    cache.set(key, made, timeout=3600)
    return made


def trust_token(root: Authority, now: datetime) -> str:
    """Return `certified` signed by the root, as a compact JWS."""
    payload = {"iss": settings.PUBLIC_URL, "iat": int(now.timestamp()), "certificates": certified()}
    return signing.sign_list(opened(root), signing.TRUST_TYPE, payload)
