"""Keys at a remote signing service, in the manner of the Cloud Signature Consortium's API (version 1.0.4.0).

oauth2/token → credentials/info, credentials/authorize, signatures/signHash. Only digests leave the house, never a prescription.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from core import outbound
from prescriptions import signing
from prescriptions.errors import SignerRefused, SignerUnavailable

SHA256_OID = "2.16.840.1.101.3.4.2.1"
ECDSA_WITH_SHA256_OID = "1.2.840.10045.4.3.2"


@dataclass(frozen=True)
class Remote:
    """`url` is the service's base address (…/csc/v1); `pins` opens credentials that ask for a PIN, by credential."""

    url: str
    client_id: str
    client_secret: str
    pins: Mapping[str, str] = field(default_factory=dict)
    timeout_s: int = 15

    def public_key(self, key: str) -> EllipticCurvePublicKey:
        """Return the public half of a credential, out of its certificate."""
        info = self._ask("credentials/info", {"credentialID": key, "certificates": "single"}, self._token())
        try:
            (certificate,) = info["cert"]["certificates"][:1]
            found = x509.load_der_x509_certificate(b64decode(certificate, validate=True)).public_key()
        except (KeyError, TypeError, ValueError) as error:
            raise SignerRefused() from error
        if not isinstance(found, EllipticCurvePublicKey) or not isinstance(found.curve, SECP256R1):
            raise SignerRefused()
        return found

    def raw(self, key: str, messages: Sequence[bytes]) -> list[bytes]:
        """Have all digests signed by one authorisation."""
        digests = [b64encode(sha256(one).digest()).decode() for one in messages]
        token = self._token()
        wish: dict[str, Any] = {"credentialID": key, "numSignatures": len(digests), "hash": digests}
        if key in self.pins:
            wish["PIN"] = self.pins[key]
        authorised = self._ask("credentials/authorize", wish, token)
        answer = self._ask(
            "signatures/signHash",
            {
                "credentialID": key,
                "SAD": authorised.get("SAD"),
                "hash": digests,
                "hashAlgo": SHA256_OID,
                "signAlgo": ECDSA_WITH_SHA256_OID,
            },
            token,
        )
        try:
            found = [signing.raw_of_der(b64decode(one, validate=True)) for one in answer["signatures"]]
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise SignerRefused() from error
        if len(found) != len(messages):
            raise SignerRefused()
        return found

    def _token(self) -> str:
        wish = {
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret,
        }
        token = self._ask("oauth2/token", wish).get("access_token")
        if not isinstance(token, str):
            raise SignerRefused()
        return token

    def _ask(self, path: str, body: Mapping[str, Any], bearer: str = "") -> dict[str, Any]:
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if bearer:
            headers["Authorization"] = f"Bearer {bearer}"
        try:
            answer = outbound.fetch(
                f"{self.url.rstrip('/')}/{path}",
                method="POST",
                body=json.dumps(body).encode(),
                headers=headers,
                timeout_s=self.timeout_s,
            )
        except (outbound.NoAnswer, outbound.AddressRefused) as error:
            raise SignerUnavailable() from error
        if answer.status >= 500 or answer.status == 429:
            raise SignerUnavailable()
        try:
            found = json.loads(answer.body)
        except ValueError as error:
            raise SignerUnavailable() from error
        if not answer.ok or not isinstance(found, dict):
            raise SignerRefused()
        return found
