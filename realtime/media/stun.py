"""STUN binding requests as ICE uses them: read, check, answer (RFC 8489, 8445). Pure."""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from binascii import crc32
from dataclasses import dataclass
from struct import Struct

COOKIE = 0x2112A442
REQUEST, SUCCESS, ERROR = 0x0001, 0x0101, 0x0111
USERNAME, MESSAGE_INTEGRITY, ERROR_CODE, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0009, 0x0020
PRIORITY, USE_CANDIDATE, FINGERPRINT, ICE_CONTROLLED, ICE_CONTROLLING = 0x0024, 0x0025, 0x8028, 0x8029, 0x802A
ROLE_CONFLICT = 487
MAX_BYTES = 1280

_HEAD = Struct("!HHI12s")
_ATTRIBUTE = Struct("!HH")
_XOR = 0x5354554E


@dataclass(frozen=True)
class Message:
    """A message that is well formed and carries the right fingerprint; whether its sender knows the password is not yet asked."""

    kind: int
    transaction: bytes
    attributes: dict[int, bytes]
    signed: bytes  # what MESSAGE-INTEGRITY covers, its length field as of then

    @property
    def username(self) -> str:
        """The two names of a check: ours, a colon, theirs."""
        return self.attributes.get(USERNAME, b"").decode("ascii", "replace")

    def knows(self, password: str) -> bool:
        """True when whoever wrote this knows the password."""
        given = self.attributes.get(MESSAGE_INTEGRITY, b"")
        return hmac.compare_digest(given, hmac.digest(password.encode(), self.signed, "sha1"))


def read(data: bytes | memoryview) -> Message | None:
    """Return the message, or None for anything that is not a whole STUN message with both marks of ICE."""
    data = bytes(data)
    if not 20 <= len(data) <= MAX_BYTES or len(data) % 4:
        return None
    kind, length, cookie, transaction = _HEAD.unpack_from(data)
    if kind & 0xC000 or cookie != COOKIE or length != len(data) - 20:
        return None
    attributes: dict[int, bytes] = {}
    signed, at = b"", 20
    while at + 4 <= len(data):
        name, size = _ATTRIBUTE.unpack_from(data, at)
        if at + 4 + size > len(data):
            return None
        value = data[at + 4 : at + 4 + size]
        if name == FINGERPRINT:
            if at + 8 != len(data) or value != (crc32(data[:at]) ^ _XOR).to_bytes(4, "big"):
                return None
        elif MESSAGE_INTEGRITY in attributes:
            return None  # nothing else may follow what is signed
        elif name == MESSAGE_INTEGRITY:
            if size != 20:
                return None
            signed = _HEAD.pack(kind, at + 4, cookie, transaction) + data[20:at]
        attributes.setdefault(name, value)
        at += 4 + size + -size % 4
    return Message(kind, transaction, attributes, signed) if FINGERPRINT in attributes and signed else None


def _write(kind: int, transaction: bytes, attributes: list[tuple[int, bytes]], password: str) -> bytes:
    body = b"".join(_ATTRIBUTE.pack(name, len(value)) + value + b"\0" * (-len(value) % 4) for name, value in attributes)
    signed = _HEAD.pack(kind, len(body) + 24, COOKIE, transaction) + body
    body += _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + hmac.digest(password.encode(), signed, "sha1")
    message = _HEAD.pack(kind, len(body) + 8, COOKIE, transaction) + body
    return message + _ATTRIBUTE.pack(FINGERPRINT, 4) + (crc32(message) ^ _XOR).to_bytes(4, "big")


def success(transaction: bytes, address: tuple[str, int], password: str) -> bytes:
    """The answer to a check: from where we saw it come."""
    ip = ipaddress.ip_address(address[0])
    mapped = getattr(ip, "ipv4_mapped", None) or ip
    family = 1 if mapped.version == 4 else 2
    mask = COOKIE.to_bytes(4, "big") + transaction
    hidden = bytes(a ^ b for a, b in zip(mapped.packed, mask, strict=False))
    value = bytes([0, family]) + (address[1] ^ COOKIE >> 16).to_bytes(2, "big") + hidden
    return _write(SUCCESS, transaction, [(XOR_MAPPED_ADDRESS, value)], password)


def refusal(transaction: bytes, code: int, reason: str, password: str) -> bytes:
    """The answer to a check that asks for what cannot be."""
    value = bytes([0, 0, code // 100, code % 100]) + reason.encode()
    return _write(ERROR, transaction, [(ERROR_CODE, value)], password)


def request(
    username: str, password: str, *, nominate: bool = False, controlling: bool = True, transaction: bytes = b""
) -> bytes:
    """A check as the other side sends it."""
    role = ICE_CONTROLLING if controlling else ICE_CONTROLLED
    attributes = [
        (USERNAME, username.encode()),
        (PRIORITY, (1 << 24).to_bytes(4, "big")),
        (role, secrets.token_bytes(8)),
    ]
    if nominate:
        attributes.append((USE_CANDIDATE, b""))
    return _write(REQUEST, transaction or secrets.token_bytes(12), attributes, password)


def mapped_address(message: Message) -> tuple[str, int] | None:
    """From where the other side saw a check come."""
    value = message.attributes.get(XOR_MAPPED_ADDRESS, b"")
    if len(value) not in (8, 20):
        return None
    mask = COOKIE.to_bytes(4, "big") + message.transaction
    packed = bytes(a ^ b for a, b in zip(value[4:], mask, strict=False))
    return str(ipaddress.ip_address(packed)), int.from_bytes(value[2:4], "big") ^ COOKIE >> 16
