"""DTLS of one peer on datagrams that somebody else carries: OpenSSL for the handshake, its keys go to SRTP (RFC 5764).

The certificate is aiortc's, one for the whole process. We are the server, so that we choose the cipher.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from typing import Any

from aiortc import RTCCertificate
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import SSL

from realtime.media.srtp import PROFILES, Keys

MTU = 1200
LABEL = b"EXTRACTOR-dtls_srtp"
RECORD_HEAD = 13
DIGESTS: dict[str, Callable[[], hashes.HashAlgorithm]] = {
    "sha-256": hashes.SHA256,
    "sha-384": hashes.SHA384,
    "sha-512": hashes.SHA512,
}


class Identity:
    """The certificate of this process, and what is said of it in every answer."""

    def __init__(self) -> None:
        certificate = RTCCertificate.generateCertificate()
        self.fingerprint = next(each.value for each in certificate.getFingerprints() if each.algorithm == "sha-256")
        context = SSL.Context(SSL.DTLS_METHOD)
        context.set_options(SSL.OP_NO_TICKET)
        # Any certificate will do here: it is compared with the fingerprint that came with the offer.
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        context.use_certificate(certificate._cert)
        context.use_privatekey(certificate._key)
        context.set_cipher_list(b"ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES128-SHA")
        context.set_tlsext_use_srtp(b":".join(PROFILES))
        self.context = context


class Handshake:
    """One peer's DTLS. `keys` is there once the handshake is done and the certificate is the one that was announced."""

    def __init__(
        self,
        identity: Identity,
        fingerprints: dict[str, str],
        send: Callable[[bytes], None],
        *,
        is_server: bool = True,
    ) -> None:
        self.fingerprints = fingerprints
        self.keys: Keys | None = None
        self.failed = self.closed = False
        self._send = send
        self._is_server = is_server
        self._connection: Any = SSL.Connection(identity.context, None)
        self._connection.set_ciphertext_mtu(MTU)
        if is_server:
            self._connection.set_accept_state()
        else:
            self._connection.set_connect_state()

    @property
    def is_done(self) -> bool:
        """True when nothing more will come of it."""
        return self.keys is not None or self.failed

    def start(self) -> None:
        """The client speaks first."""
        self._go_on()

    def receive(self, datagram: bytes) -> None:
        """Take in one datagram; answers leave through `send`."""
        if self.failed:
            return
        self._connection.bio_write(datagram)
        if self.keys is None:
            self._go_on()
            return
        try:
            self._connection.recv(MTU)  # nobody has data to say; an alert says good-bye
        except SSL.ZeroReturnError:
            self.closed = True
        except SSL.Error:
            pass
        self._flush()

    def tick(self) -> None:
        """Send again what seems lost."""
        if self.is_done:
            return
        timeout = self._connection.DTLSv1_get_timeout()
        if timeout is not None and timeout <= 0:
            self._connection.DTLSv1_handle_timeout()
            self._flush()

    def close(self) -> None:
        """Say good-bye, as far as anybody listens."""
        try:
            self._connection.shutdown()
        except SSL.Error:
            return
        self._flush()

    def _go_on(self) -> None:
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            self._flush()
            return
        except SSL.Error:
            self.failed = True
            self._flush()
            return
        self._flush()
        profile = self._connection.get_selected_srtp_profile()
        if profile not in PROFILES or not self._is_announced(
            self._connection.get_peer_certificate(as_cryptography=True)
        ):
            self.failed = True
            return
        material = self._connection.export_keying_material(LABEL, Keys.bytes_of_material(profile))
        self.keys = Keys(profile, material, is_server=self._is_server)

    def _is_announced(self, certificate: x509.Certificate | None) -> bool:
        if certificate is None:
            return False
        for name, digest in self.fingerprints.items():
            if name in DIGESTS and not hmac.compare_digest(
                certificate.fingerprint(DIGESTS[name]()).hex(), digest.replace(":", "").lower()
            ):
                return False
        return bool(self.fingerprints.keys() & DIGESTS.keys())

    def _flush(self) -> None:
        """OpenSSL leaves its records in one heap; whole ones go into datagrams that fit the path."""
        heap = b""
        while True:
            try:
                heap += self._connection.bio_read(65536)
            except SSL.WantReadError:
                break
        at = begin = 0
        while at + RECORD_HEAD <= len(heap):
            end = at + RECORD_HEAD + int.from_bytes(heap[at + 11 : at + 13], "big")
            if end - begin > MTU and at > begin:
                self._send(heap[begin:at])
                begin = at
            at = end
        if begin < len(heap):
            self._send(heap[begin:])
