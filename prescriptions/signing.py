"""Signing: a prescription's content as canonical JSON (RFC 8785), signed as a compact JWS with ES256 (RFC 7515, 7518).

Pure: no database. Keys travel as JWK; a key's id is its thumbprint (RFC 7638), so an id cannot be claimed by another key.
The built-in signer keeps practitioners' keys on this machine. It shows how the whole path works and is marked in every
signature as not legally valid; an accredited signature provider takes its place behind `Signer`.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

import rfc8785
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


class Signer(Protocol):
    """Whoever turns content into a signature: the built-in key store, a smart card, a remote signature provider."""

    @property
    def name(self) -> str:
        """Who signs, as the signature's header says it."""

    @property
    def legally_valid(self) -> bool:
        """Whether the law takes it as a signature."""

    def sign(self, content: dict[str, Any]) -> str:
        """Return a compact JWS over the canonical form of the content."""


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
class BuiltInSigner:
    """Signs with a private JWK held by this installation. `certificate` is the thumbprint of the one that lets it."""

    private_jwk: dict[str, Any]
    certificate: str = ""
    name: str = BUILT_IN
    legally_valid: bool = False

    def sign(self, content: dict[str, Any]) -> str:
        """Return a compact JWS whose header names the key, its certificate and the signer."""
        header = {
            "alg": ALGORITHM,
            "typ": TYPE,
            "kid": self.private_jwk["kid"],
            **({"x5t#S256": self.certificate} if self.certificate else {}),
            "signer": self.name,
            "legally_valid": self.legally_valid,
        }
        return compact(header, canonical(content), ECKey.import_key(self.private_jwk))


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
    return ".".join(urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


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
