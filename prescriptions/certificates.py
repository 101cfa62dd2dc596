"""Certificates: X.509 (RFC 5280) for keys of practitioners, from the built-in authority of the facility for which they sign.

Pure: no database, no settings. One root of this installation → one authority per facility → practitioners. Every subject, and
a policy in every certificate, says that it is not legally valid: an accredited authority takes its place for real use.
"""

from __future__ import annotations

import hashlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)
from cryptography.x509.oid import NameOID, ObjectIdentifier
from joserfc.jwk import ECKey

NOT_VALID = "NOT LEGALLY VALID / KHONG CO GIA TRI PHAP LY"
# An arc of our own (ITU-T X.667: the number of a UUID) for the policy "built-in, for demonstration".
BUILT_IN_POLICY = ObjectIdentifier("2.25.133915208624402519157312095137562108243")
DOCUMENT_SIGNING = ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336
LONGEST_NAME = 64  # RFC 5280, appendix A: upper bound of a common name and of an organisation's
ROOT_DAYS, AUTHORITY_DAYS = 7305, 3653  # twenty years, ten years


class BadCertificate(Exception):
    """The certificate does not let this key sign this. `reason` is one of REASONS."""

    def __init__(self, reason: str) -> None:
        assert reason in REASONS
        self.reason = reason
        super().__init__(reason)


REASONS = frozenset(
    {"unreadable", "wrong_authority", "not_yet", "expired", "wrong_use", "wrong_key", "wrong_facility", "wrong_licence"}
)


@dataclass(frozen=True)
class Issued:
    """A certificate (DER) and, for authorities, the private key that goes with it (PKCS #8 DER)."""

    der: bytes
    private_key: bytes = b""

    @property
    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.der)


@dataclass(frozen=True)
class Holder:
    """Whom a practitioner's certificate names."""

    name: str
    licence: str
    facility_code: str
    facility_name: str


def thumbprint(der: bytes) -> str:
    """Return the `x5t#S256` of a certificate (RFC 7515, section 4.1.8): 43 characters."""
    return urlsafe_b64encode(hashlib.sha256(der).digest()).rstrip(b"=").decode()


def x5c(ders: Sequence[bytes]) -> list[str]:
    """Return certificates as a JWK carries them (RFC 7517, section 4.7): standard base64 of DER, the holder's first."""
    return [b64encode(der).decode() for der in ders]


def pem(ders: Sequence[bytes]) -> str:
    """Return certificates as text, for other programs."""
    return "".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM).decode() for der in ders)


def public_jwk(public_key: ec.EllipticCurvePublicKey) -> dict[str, Any]:
    """Return a public key as a JWK whose `kid` is its thumbprint (RFC 7638)."""
    found = ECKey.import_key(public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return {**found.as_dict(private=False), "kid": found.thumbprint(), "use": "sig", "alg": "ES256"}


def _name(common: str, *, organisation: str = "", identifier: str = "", licence: str = "") -> x509.Name:
    parts = [
        x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, (organisation or "Lành")[:LONGEST_NAME]),
        x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, NOT_VALID),
        x509.NameAttribute(NameOID.COMMON_NAME, common[:LONGEST_NAME]),
    ]
    if identifier:
        parts.append(x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, identifier))
    if licence:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, licence))
    return x509.Name(parts)


def _usage(**wanted: bool) -> x509.KeyUsage:
    known = (
        "digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
        "key_cert_sign", "crl_sign", "encipher_only", "decipher_only",
    )  # fmt: skip
    return x509.KeyUsage(**{name: wanted.get(name, False) for name in known})


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    words = "Built-in authority for demonstration, not legally valid."
    policy = x509.PolicyInformation(BUILT_IN_POLICY, [x509.UserNotice(None, words)])
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins.replace(microsecond=0))
        .not_valid_after(ends.replace(microsecond=0))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(x509.CertificatePolicies([policy]), critical=False)
    )


def _kept(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def load_private(der: bytes) -> ec.EllipticCurvePrivateKey:
    """Return an authority's private key from its PKCS #8 form."""
    key = load_der_private_key(der, password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key


def new_root(now: datetime) -> Issued:
    """Make this installation's root: self-signed, for authorities of facilities and for the list of what was revoked."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Lành built-in root (not legally valid)")
    builder = (
        _begun(name, name, key.public_key(), now, now + timedelta(days=ROOT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=1), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True, digital_signature=True), critical=True)
    )
    return Issued(builder.sign(key, SHA256()).public_bytes(Encoding.DER), _kept(key))


def new_authority(root: Issued, *, facility_code: str, facility_name: str, crl_url: str, now: datetime) -> Issued:
    """Make the authority of one facility, signed by the root, for practitioners only."""
    key = ec.generate_private_key(ec.SECP256R1())
    parent = root.certificate
    ends = min(now + timedelta(days=AUTHORITY_DAYS), parent.not_valid_after_utc)
    subject = _name(
        f"Lành built-in authority {facility_code} (not legally valid)",
        organisation=facility_name,
        identifier=facility_code,
    )
    builder = (
        _begun(subject, parent.subject, key.public_key(), now, ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .add_extension(_key_of(parent), critical=False)
        .add_extension(_crl_at(crl_url), critical=False)
    )
    return Issued(builder.sign(load_private(root.private_key), SHA256()).public_bytes(Encoding.DER), _kept(key))


def certify(
    authority: Issued, jwk: dict[str, Any], holder: Holder, *, crl_url: str, begins: datetime, ends: datetime
) -> Issued:
    """Certify a practitioner's public key for one facility. It ends no later than its authority."""
    parent = authority.certificate
    public = ECKey.import_key({name: jwk[name] for name in ("kty", "crv", "x", "y")}).public_key
    subject = _name(
        holder.name, organisation=holder.facility_name, identifier=holder.facility_code, licence=holder.licence
    )
    builder = (
        _begun(subject, parent.subject, public, begins, min(ends, parent.not_valid_after_utc))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, content_commitment=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([DOCUMENT_SIGNING]), critical=False)
        .add_extension(_key_of(parent), critical=False)
        .add_extension(_crl_at(crl_url), critical=False)
    )
    signed = builder.sign(load_private(authority.private_key), SHA256())
    return Issued(signed.public_bytes(Encoding.DER))


def _key_of(parent: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    found = parent.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(found)


def _crl_at(url: str) -> x509.CRLDistributionPoints:
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(url)], None, None, None)])


def crl(
    authority: Issued,
    revoked: Sequence[tuple[int, datetime, x509.ReasonFlags]],
    *,
    number: int,
    now: datetime,
    ends: datetime,
) -> bytes:
    """Return the authority's X.509 revocation list (RFC 5280, section 5): (serial, revoked at, reason) of each, numbered."""
    parent = authority.certificate
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(parent.subject)
        .last_update(now.replace(microsecond=0))
        .next_update(ends.replace(microsecond=0))
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_key_of(parent), critical=False)
    )
    for serial, at, reason in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(serial)
            .revocation_date(at.replace(microsecond=0))
            .add_extension(x509.CRLReason(reason), critical=False)
            .build()
        )
    return builder.sign(load_private(authority.private_key), SHA256()).public_bytes(Encoding.DER)


# ---- looking


def _one(name: x509.Name, oid: ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if len(found) == 1 else ""


@lru_cache(maxsize=4096)
def _chain(ders: tuple[bytes, ...], roots: frozenset[bytes]) -> tuple[x509.Certificate, ...]:
    """Return the chain, holder first, once every signature in it holds and it ends in a root we trust. Raises BadCertificate."""
    try:
        chain = tuple(x509.load_der_x509_certificate(der) for der in ders)
    except ValueError as error:
        raise BadCertificate("unreadable") from error
    try:
        for depth, (one, parent) in enumerate(zip(chain, (*chain[1:], *chain[-1:]), strict=True)):
            one.verify_directly_issued_by(parent)
            limits = one.extensions.get_extension_for_class(x509.BasicConstraints).value
            usage = one.extensions.get_extension_for_class(x509.KeyUsage).value
            if depth and (not limits.ca or not usage.key_cert_sign or (limits.path_length or 0) < depth - 1):
                raise BadCertificate("wrong_authority")
            if not depth and (limits.ca or not usage.digital_signature or not usage.content_commitment):
                raise BadCertificate("wrong_use")
    except (InvalidSignature, UnsupportedAlgorithm, x509.ExtensionNotFound, TypeError, ValueError) as error:
        raise BadCertificate("wrong_authority") from error
    if len(chain) < 2 or ders[-1] not in roots:
        raise BadCertificate("wrong_authority")
    return chain


def require_good(
    ders: Sequence[bytes],
    *,
    roots: frozenset[bytes],
    jwk: dict[str, Any],
    facility_code: str,
    licence: str,
    at: datetime,
) -> None:
    """Make sure that at this instant this chain let the key sign for this facility under this licence.

    `ders` is the holder's certificate, then each issuer, the root last. Raises BadCertificate: a signature by another
    authority, outside the days of any certificate of the chain, with another key, for another facility or licence.
    """
    chain = _chain(tuple(ders), roots)
    holder = chain[0]
    for one in chain:
        if at < one.not_valid_before_utc:
            raise BadCertificate("not_yet")
        if at > one.not_valid_after_utc:
            raise BadCertificate("expired")
    key = holder.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or public_jwk(key)["kid"] != jwk.get("kid"):
        raise BadCertificate("wrong_key")
    if {_one(one.subject, NameOID.ORGANIZATION_IDENTIFIER) for one in chain[:-1]} != {facility_code}:
        raise BadCertificate("wrong_facility")
    if _one(holder.subject, NameOID.SERIAL_NUMBER) != licence:
        raise BadCertificate("wrong_licence")
