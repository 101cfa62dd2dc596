"""Where doctors' keys may be instead of here: on a PKCS #11 token, or at a remote signing service.

settings.SIGNING_KEEPERS names them: {"hsm": {"kind": "pkcs11", …}, "sign": {"kind": "remote", …}}. A doctor's SigningKey says
at which of them its private half is, and under which name. Knows no rows. Never inside a transaction: these take their time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from django.conf import settings

from prescriptions.signing import Signer


class Keeper(Protocol):
    """Keeps private keys and signs with them."""

    def public_key(self, key: str) -> EllipticCurvePublicKey:
        """Return the public half of a P-256 key. Raises SignerUnavailable, SignerRefused."""

    def raw(self, key: str, messages: Sequence[bytes]) -> list[bytes]:
        """Return r and s over the SHA-256 of each message. Raises SignerUnavailable, SignerRefused."""


@dataclass(frozen=True)
class ElsewhereSigner(Signer):
    """Has a keeper sign with a key that never comes here. Certified by the built-in authority, so not legally valid."""

    keeper: Keeper
    key: str
    kid: str
    certificate: str
    name: str
    legally_valid: bool = False
    elsewhere: bool = True

    def raw(self, messages: Sequence[bytes]) -> list[bytes]:
        """Ask for all of them at once."""
        return self.keeper.raw(self.key, messages)


def keeper_of(name: str) -> Keeper:
    """Return a keeper by its name in the settings. Raises SignerUnavailable when there is none of this name."""
    from prescriptions.errors import SignerUnavailable
    from prescriptions.signers.remote import Remote
    from prescriptions.signers.token import Token

    kinds: dict[str, Any] = {"pkcs11": Token, "remote": Remote}
    values = dict(settings.SIGNING_KEEPERS.get(name, {}))
    kind = kinds.get(values.pop("kind", ""))
    if kind is None:
        raise SignerUnavailable()
    found: Keeper = kind(**values)
    return found
