"""Encrypting and decrypting in place: libsrtp through pylibsrtp's own binding, on buffers used again and again.

pylibsrtp's Session copies each packet three times and wants bytes; at 40,000 packets a second that is most of the work.
"""

from __future__ import annotations

from typing import Any

from pylibsrtp import Policy, Session
from pylibsrtp._binding import ffi, lib  # the hot path calls these two functions directly

BUFFER_SIZE = 2048
TRAILER = 20  # the longest mark of the profiles below, with the index of SRTCP
WINDOW = 1024  # packets that may come late: retransmissions do
OK = lib.srtp_err_status_ok

# The name OpenSSL knows, libsrtp's number, bytes of key and of salt; the first that both sides know is taken.
PROFILES: dict[bytes, tuple[int, int, int]] = {
    b"SRTP_AEAD_AES_128_GCM": (Policy.SRTP_PROFILE_AEAD_AES_128_GCM, 16, 12),
    b"SRTP_AEAD_AES_256_GCM": (Policy.SRTP_PROFILE_AEAD_AES_256_GCM, 32, 12),
    b"SRTP_AES128_CM_SHA1_80": (Policy.SRTP_PROFILE_AES128_CM_SHA1_80, 16, 14),
}


class Buffer:
    """Bytes that Python and libsrtp see alike."""

    __slots__ = ("bytes", "c", "length", "view")

    def __init__(self) -> None:
        self.bytes = bytearray(BUFFER_SIZE)
        self.view = memoryview(self.bytes)
        self.c = ffi.from_buffer(self.bytes)
        self.length = ffi.new("int *")


class Keys:
    """Both directions of one peer's SRTP. `rx` and `tx` are libsrtp's handles, valid as long as this object lives."""

    __slots__ = ("_buffer", "_in", "_out", "rx", "tx")

    def __init__(self, profile: bytes, material: bytes, *, is_server: bool) -> None:
        number, key, salt = PROFILES[profile]
        client = material[:key] + material[2 * key : 2 * key + salt]
        server = material[key : 2 * key] + material[2 * key + salt : 2 * key + 2 * salt]
        theirs, ours = (client, server) if is_server else (server, client)
        self._in = Session(_policy(theirs, Policy.SSRC_ANY_INBOUND, number))
        self._out = Session(_policy(ours, Policy.SSRC_ANY_OUTBOUND, number))
        self.rx: Any = self._in._srtp[0]
        self.tx: Any = self._out._srtp[0]
        self._buffer = Buffer()

    @staticmethod
    def bytes_of_material(profile: bytes) -> int:
        """How much DTLS has to export."""
        _, key, salt = PROFILES[profile]
        return 2 * (key + salt)

    def protect(self, packet: bytes | bytearray | memoryview) -> memoryview | None:
        """Off the hot path: the packet encrypted; valid until the next call. None when libsrtp refuses."""
        return self._apply(lib.srtp_protect, self.tx, packet)

    def protect_rtcp(self, packet: bytes | bytearray | memoryview) -> memoryview | None:
        """The same for RTCP."""
        return self._apply(lib.srtp_protect_rtcp, self.tx, packet)

    def unprotect(self, packet: bytes | bytearray | memoryview) -> memoryview | None:
        """The packet in the clear; None when it is forged or seen before."""
        return self._apply(lib.srtp_unprotect, self.rx, packet)

    def unprotect_rtcp(self, packet: bytes | bytearray | memoryview) -> memoryview | None:
        """The same for RTCP."""
        return self._apply(lib.srtp_unprotect_rtcp, self.rx, packet)

    def _apply(self, function: Any, handle: Any, packet: bytes | bytearray | memoryview) -> memoryview | None:
        size, buffer = len(packet), self._buffer
        if size + TRAILER > BUFFER_SIZE:
            return None
        buffer.view[:size] = packet
        buffer.length[0] = size
        if function(handle, buffer.c, buffer.length) != OK:
            return None
        return buffer.view[: buffer.length[0]]


def _policy(key: bytes, direction: int, profile: int) -> Policy:
    policy = Policy(key=key, ssrc_type=direction, srtp_profile=profile)
    policy.window_size = WINDOW
    return policy
