"""Keys on a PKCS #11 token (OASIS PKCS #11 2.40): a card, a USB token, a hardware security module."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePublicKey

from prescriptions.errors import SignerRefused, SignerUnavailable

# A token is one thing with one slot: its library keeps a state for the whole process.
_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Token:
    """`module` is the path of the vendor's library, `token` the label of the token, `pin` what opens it."""

    module: str
    token: str
    pin: str

    def public_key(self, key: str) -> EllipticCurvePublicKey:
        """Return the public half of the key with this label."""
        import pkcs11

        with self._session() as session:
            found = session.get_key(pkcs11.ObjectClass.PUBLIC_KEY, pkcs11.KeyType.EC, label=key)
            point = bytes(found[pkcs11.Attribute.EC_POINT])
        # The point stands in an OCTET STRING (SEC 1, uncompressed): 04 41, then 04 x y.
        if len(point) == 67 and point[:2] == b"\x04\x41":
            point = point[2:]
        try:
            return EllipticCurvePublicKey.from_encoded_point(SECP256R1(), point)
        except ValueError as error:  # a key on another curve
            raise SignerRefused() from error

    def raw(self, key: str, messages: Sequence[bytes]) -> list[bytes]:
        """Sign the digest of each message in one session; tokens return r and s as they are."""
        import pkcs11

        with self._session() as session:
            private = session.get_key(pkcs11.ObjectClass.PRIVATE_KEY, pkcs11.KeyType.EC, label=key)
            return [bytes(private.sign(sha256(one).digest(), mechanism=pkcs11.Mechanism.ECDSA)) for one in messages]

    @contextmanager
    def _session(self) -> Iterator[Any]:
        try:
            import pkcs11
        except ImportError as error:  # the package is an extra: pip install lanh[pkcs11]
            raise SignerUnavailable() from error
        refusals = (pkcs11.NoSuchKey, pkcs11.MultipleObjectsReturned, pkcs11.PinIncorrect, pkcs11.PinLocked)
        with _one_at_a_time:
            try:
                token = pkcs11.lib(self.module).get_token(token_label=self.token)
                with token.open(user_pin=self.pin) as session:
                    yield session
            except refusals as error:
                raise SignerRefused() from error
            except (pkcs11.PKCS11Error, RuntimeError) as error:
                raise SignerUnavailable() from error
