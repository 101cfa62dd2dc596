"""Signing: a prescription's content as canonical JSON (RFC 8785), signed as a compact JWS with ES256 (RFC 7515, 7518).

Pure: no database. Keys travel as JWK; a key's id is its thumbprint (RFC 7638), so an id cannot be claimed by another key.
The built-in signer keeps practitioners' keys on this machine. It shows how the whole path works and is marked in every
signature as not legally valid; an accredited signature provider takes its place behind `Signer`.
"""

import json
from abc import ABC, abstractmethod
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import rfc8785
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from prescriptions import certificates

ALGORITHM = "ES256"
TYPE = "prescription+jws"
REVOCATION_TYPE = "prescription-revocations+jws"
TRUST_TYPE = "prescription-certificates+jws"
BUILT_IN = "built-in"
LIST_GOOD_FOR = timedelta(hours=24)  # a verifier refuses an older list of what was revoked


class BadSignature(Exception):
    """The signature does not belong to this content and this key."""


class Signer(ABC):
    """Whoever turns content into a signature: the built-in key store, a smart card, a remote signature provider."""

    name: str  # who signs, as the signature's header says it
    legally_valid: bool  # whether the law takes it as a signature
    kid: str  # of the key
    certificate: str  # thumbprint of the certificate that lets it; empty where there is none
    elsewhere: bool = False  # whether signing goes over a network or to a device: never inside a transaction

    @abstractmethod
    def raw(self, messages: Sequence[bytes]) -> list[bytes]:
        """Return for each message its ES256 signature: r and s, 32 bytes each (RFC 7518, section 3.4)."""

    def tokens(self, wanted: Sequence[tuple[dict[str, Any], bytes]]) -> list[str]:
        """Return a compact JWS for each (header, payload); asks for all signatures at once."""
        inputs = [f"{encoded(canonical(header))}.{encoded(payload)}" for header, payload in wanted]
        return [
            f"{one}.{encoded(signature)}"
            for one, signature in zip(inputs, self.raw([one.encode() for one in inputs]), strict=True)
        ]

    def header(self) -> dict[str, Any]:
        """Return the header of a prescription's signature: key, certificate, signer."""
        return {
            "alg": ALGORITHM,
            "typ": TYPE,
            "kid": self.kid,
            **({"x5t#S256": self.certificate} if self.certificate else {}),
            "signer": self.name,
            "legally_valid": self.legally_valid,
        }

    def sign(self, content: dict[str, Any]) -> str:
        """Return a compact JWS over the canonical form of the content."""
        return self.tokens([(self.header(), canonical(content))])[0]


def encoded(part: bytes) -> str:
    """Return base64url without padding (RFC 7515, section 2)."""
    return urlsafe_b64encode(part).rstrip(b"=").decode()


def raw_of_der(der: bytes) -> bytes:
    """Return an ECDSA signature as r and s in 32 bytes each, from its DER form."""
    r, s = decode_dss_signature(der)
    return r.to_bytes(32) + s.to_bytes(32)


def der_of_raw(raw: bytes) -> bytes:
    """Return an ECDSA signature in DER, as X.509 and CMS carry it."""
    return encode_dss_signature(int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))


def canonical(content: dict[str, Any]) -> bytes:
    """Return the one byte form of the content. Raises ValueError for values JSON cannot carry exactly."""
    try:
        return rfc8785.dumps(content)
    except rfc8785.CanonicalizationError as error:
        raise ValueError(str(error)) from error


def new_key() -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Make a P-256 key. Return its id (thumbprint), the public JWK and the private JWK."""
    key = ECKey.generate_key("P-256")
    kid = key.thumbprint()
    common = {"kid": kid, "use": "sig", "alg": ALGORITHM}
    return kid, {**key.as_dict(private=False), **common}, {**key.as_dict(private=True), **common}


@dataclass(frozen=True)
class BuiltInSigner(Signer):
    """Signs with a private JWK held by this installation. `certificate` is the thumbprint of the one that lets it."""

    private_jwk: dict[str, Any]
    certificate: str = ""
    name: str = BUILT_IN
    legally_valid: bool = False

    @property
    def kid(self) -> str:  # type: ignore[override]
        return str(self.private_jwk["kid"])

    def raw(self, messages: Sequence[bytes]) -> list[bytes]:
        """Sign here and now."""
        key = ECKey.import_key(self.private_jwk).private_key
        assert key is not None
        return [raw_of_der(key.sign(one, ECDSA(SHA256()))) for one in messages]


def _registry() -> jws.JWSRegistry:
    # The private header parameters are ours, so joserfc's registry of known names is told to let them pass.
    return jws.JWSRegistry(algorithms=[ALGORITHM], strict_check_header=False)


def compact(header: dict[str, Any], payload: bytes, key: ECKey) -> str:
    """Return a compact JWS."""
    return jws.serialize_compact(header, payload, key, registry=_registry())


def header_of(token: str) -> dict[str, Any]:
    """Return what a signature's header claims, before anything is verified. Raises BadSignature."""
    try:
        found = jws.extract_compact(token.encode()).headers()
    except (JoseError, ValueError, UnicodeError) as error:
        raise BadSignature from error
    if not isinstance(found, dict):
        raise BadSignature
    return found


def key_id(token: str) -> str:
    """Return the key id a signature claims, before anything is verified. Raises BadSignature."""
    found = header_of(token).get("kid")
    if not isinstance(found, str):
        raise BadSignature
    return found


def opened(token: str, public_jwk: dict[str, Any], typ: str) -> bytes:
    """Return what this key signed as a thing of this type. Raises BadSignature for a single changed byte."""
    try:
        key = ECKey.import_key(public_jwk)
        signed = jws.deserialize_compact(token.encode(), key, registry=_registry())
        fits = signed.headers().get("typ") == typ and signed.headers().get("kid", key.thumbprint()) == key.thumbprint()
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise BadSignature from error
    # base64url has spare bits in its last character: the one exact writing is required, so no byte may differ at all.
    if not fits or _rewritten(token) != token:
        raise BadSignature
    return bytes(signed.payload)


def verify(token: str, content: dict[str, Any], public_jwk: dict[str, Any]) -> None:
    """Make sure that this key signed exactly this content. Raises BadSignature for a single changed byte of either."""
    payload = opened(token, public_jwk, TYPE)
    try:
        same = payload == canonical(content) and "kid" in header_of(token)
    except ValueError as error:
        raise BadSignature from error
    if not same:
        raise BadSignature


def _rewritten(token: str) -> str:
    parts = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
    return ".".join(encoded(part) for part in parts)


def payload_of(token: str) -> dict[str, Any]:
    """Return what a signature carries, unverified. Raises BadSignature when it is not a signature at all."""
    try:
        found = json.loads(jws.extract_compact(token.encode()).payload)
    except (JoseError, ValueError, UnicodeError) as error:
        raise BadSignature from error
    if not isinstance(found, dict):
        raise BadSignature
    return found


# ---- lists that a root signs


def sign_list(root: certificates.Issued, typ: str, payload: dict[str, Any]) -> str:
    """Return a list (who may sign, or what was revoked) as a compact JWS by the root."""
    private = certificates.load_private(root.private_key)
    key = ECKey.import_key(private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return compact({"alg": ALGORITHM, "typ": typ, "kid": key.thumbprint()}, canonical(payload), key)


def read_list(token: str, roots: dict[str, dict[str, Any]], typ: str) -> dict[str, Any]:
    """Return what a root's list says. `roots`: their public keys by id. Raises BadSignature."""
    jwk = roots.get(key_id(token))
    if jwk is None:
        raise BadSignature
    found = json.loads(opened(token, jwk, typ))
    if not isinstance(found, dict):
        raise BadSignature
    return found
