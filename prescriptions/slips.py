"""The slip: what a prescription's QR code says, signed, small enough to be scanned and whole enough to be judged without network.

Pure. A compact JWS (RFC 7515) whose payload is deflated (RFC 1951) JSON, in the manner of SMART Health Cards. It names the
prescription, the patient, every medicine and how much of it, and the digest of the full content. It does not say whether
somebody has collected or cancelled it meanwhile: only the network knows that.

The scanned text is an address: a phone that reads it opens the page that judges it. What follows the # never leaves the phone.
`static/prescriptions/slip.js` judges by the same rules in the same order.
"""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from prescriptions import signing
from prescriptions.gateway.mapping import drug_name

VERSION = 1
TYPE = "rx"
LONGEST = 900  # characters of a token: QR version 22 at most, which cheap cameras still read
CLOCKS_DIFFER = 300  # seconds by which two clocks may be apart
MARK = "/verify/#"


class SlipRefused(Exception):
    """The slip does not count; `reason` is one of REASONS."""

    def __init__(self, reason: str) -> None:
        assert reason in REASONS
        self.reason = reason
        super().__init__(reason)


REASONS = (
    "list_stale", "unreadable", "unknown_certificate", "changed", "wrong_facility", "wrong_licence", "not_yet", "expired",
    "revoked", "past",
)  # fmt: skip


@dataclass(frozen=True)
class Judged:
    """A slip that counts: what it says, and whose it is."""

    slip: dict[str, Any]
    holder: dict[str, Any]  # an entry of the list of certificates


def payload(content: dict[str, Any], *, lines: int | None = None) -> dict[str, Any]:
    """Return what the slip of this content says. With `lines`, only so many medicines; `m` counts the others."""
    items = content["items"] if lines is None else content["items"][:lines]
    patient = content["patient"]
    return {
        "v": VERSION,
        "c": content["code"],
        "f": content["facility"]["code"],
        "l": content["prescriber"]["licence"],
        # A person with HIV stands there as a code (Circular 26/2025/TT-BYT, article 6).
        "n": patient.get("coded") or patient["name"],
        "b": "" if patient.get("coded") else patient["born_on"],
        "s": _seconds(content["signed_at"]),
        "e": _seconds(content["expires_at"]),
        "i": [
            [
                drug_name(one),
                one["total"],
                one["unit"],
                f"{one['dose']}×{one['doses_a_day']}×{one['days']}",
            ]
            for one in items
        ],
        "m": len(content["items"]) - len(items),
        "h": signing.encoded(sha256(signing.canonical(content)).digest()),
    }


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def part(signer: signing.Signer, content: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    """Return header and payload of the slip, for `Signer.tokens`. Medicines are left out from the end where it gets too long."""
    header = {"alg": signing.ALGORITHM, "typ": TYPE, "x5t#S256": signer.certificate, "zip": "DEF"}
    room = LONGEST - len(signing.encoded(signing.canonical(header))) - 86 - 2  # a signature, two dots
    for lines in range(len(content["items"]), -1, -1):
        packed = _deflated(signing.canonical(payload(content, lines=lines)))
        if len(signing.encoded(packed)) <= room:
            break
    return header, packed


def _deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(data) + packer.flush()


def _inflated(data: bytes) -> bytes:
    opener = zlib.decompressobj(-15)
    found = opener.decompress(data, 20_000)
    if not opener.eof or opener.unused_data or opener.unconsumed_tail:
        raise ValueError("not one whole deflated text")
    return found


def text_of(token: str, public_url: str) -> str:
    """Return what the QR code says."""
    return f"{public_url}{MARK}{token}"


def token_of(text: str, issuer: str) -> str:
    """Return the token in a scanned text: behind this house's own address, or the text itself."""
    return text.strip().removeprefix(f"{issuer}{MARK}")


def judge(text: str, *, certificates: dict[str, Any], revocations: dict[str, Any], now: datetime) -> Judged:
    """Judge a scanned slip by the two lists alone. Raises SlipRefused.

    `certificates` and `revocations` are the payloads of the lists (signing.read_list). A list older than 24 hours, by its own
    words, lets nothing through: what was taken back since is unknown.
    """
    at = now.timestamp()
    age = at - revocations["iat"]
    if age > signing.LIST_GOOD_FOR.total_seconds() or at > revocations["next_update"] or age < -CLOCKS_DIFFER:
        raise SlipRefused("list_stale")
    token = token_of(text, certificates["iss"])
    try:
        header = signing.header_of(token)
    except signing.BadSignature as error:
        raise SlipRefused("unreadable") from error
    thumbprint = header.get("x5t#S256")
    holder = next((one for one in certificates["certificates"] if one["x5t#S256"] == thumbprint), None)
    if holder is None:
        raise SlipRefused("unknown_certificate")
    try:
        slip = json.loads(_inflated(signing.opened(token, holder["jwk"], TYPE)))
    except signing.BadSignature as error:
        raise SlipRefused("changed") from error
    except (ValueError, zlib.error) as error:
        raise SlipRefused("unreadable") from error
    if not isinstance(slip, dict) or slip.get("v") != VERSION:
        raise SlipRefused("unreadable")
    if slip["f"] != holder["facility"]:
        raise SlipRefused("wrong_facility")
    if slip["l"] != holder["licence"]:
        raise SlipRefused("wrong_licence")
    if slip["s"] < holder["from"] or slip["s"] > at + CLOCKS_DIFFER:
        raise SlipRefused("not_yet")
    if slip["s"] > holder["to"]:
        raise SlipRefused("expired")
    taken = revocations["revoked"].get(thumbprint)
    # A key in other hands can write any time into a slip: then nothing of it is believed.
    if taken and (taken["reason"] == "key_compromise" or slip["s"] >= taken["since"]):
        raise SlipRefused("revoked")
    if at >= slip["e"]:
        raise SlipRefused("past")
    return Judged(slip, holder)
