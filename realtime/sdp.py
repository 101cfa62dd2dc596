"""What browsers tell each other to find a path, checked before it is passed on (RFC 8866, 8829, 8839).

Pure. A description is read line by line, judged, and written anew from the lines we know: what we do not know does not
reach the other browser. A candidate is one address a browser offers; addresses that point inside are refused.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

from realtime.errors import BadCandidate, BadDescription, CandidateRefused

MAX_BYTES = 32 * 1024
MAX_LINES = 500
MAX_LINE_BYTES = 1024
MAX_SECTIONS = 4
MAX_CANDIDATES = 40

# Attributes a browser needs to set up audio, video and a data channel. `crypto` (SDES keys in the clear) is not among them.
ATTRIBUTES = frozenset(
    [
        "group",
        "msid-semantic",
        "extmap-allow-mixed",
        "ice-options",
        "ice-ufrag",
        "ice-pwd",
        "ice-lite",
        "fingerprint",
        "setup",
        "mid",
        "extmap",
        "msid",
        "rtcp",
        "rtcp-mux",
        "rtcp-mux-only",
        "rtcp-rsize",
        "rtpmap",
        "fmtp",
        "rtcp-fb",
        "ssrc",
        "ssrc-group",
        "sendrecv",
        "sendonly",
        "recvonly",
        "inactive",
        "candidate",
        "end-of-candidates",
        "sctp-port",
        "max-message-size",
        "sctpmap",
        "rid",
        "simulcast",
        "ptime",
        "maxptime",
        "imageattr",
        "bundle-only",
        "identity",
        "tls-id",
        "content",
        "framerate",
    ]
)
DIGEST_BYTES = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
PROTOCOLS = {"audio": "UDP/TLS/RTP/SAVPF", "video": "UDP/TLS/RTP/SAVPF", "application": "UDP/DTLS/SCTP"}

LINE = re.compile(r"([vosiuepcbtrzkam])=([^\x00-\x08\x0a-\x1f\x7f]*)")
ICE_CHARS = re.compile(r"[A-Za-z0-9+/=_-]+")  # browsers add = _ - to the ice-char of RFC 8839
TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,32}")
MEDIA = re.compile(r"(audio|video|application) (\d{1,5}) ([A-Z/]+) ([\w -]+)")
CANDIDATE = re.compile(
    r"candidate:([A-Za-z0-9+/]{1,32}) ([12]) (udp|tcp|UDP|TCP) (\d{1,10}) (\S{1,64}) (\d{1,5})"
    r" typ (host|srflx|prflx|relay)((?: [A-Za-z0-9-]{1,32} [\x21-\x7e]{1,256}){0,12})"
)
MDNS = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local")
METADATA = {ipaddress.ip_address("169.254.169.254"), ipaddress.ip_address("fd00:ec2::254")}


@dataclass(frozen=True)
class Limits:
    """How long a description may be."""

    sections: int = MAX_SECTIONS
    lines: int = MAX_LINES


# What is offered to the relay: one's own two and a pair for each of five others.
TO_RELAY = Limits(sections=12, lines=1200)


@dataclass(frozen=True)
class AddressPolicy:
    """Which addresses two people may try: `loopback` for two browsers on one machine, `private` for one hospital's network."""

    loopback: bool = True
    private: bool = True


def checked_description(kind: str, sdp: object, policy: AddressPolicy, limits: Limits = Limits()) -> str:
    """Return the description of an offer or answer rebuilt from its known lines. Raises BadDescription or CandidateRefused."""
    if kind not in ("offer", "answer") or not isinstance(sdp, str):
        raise BadDescription
    try:
        size = len(sdp.encode())
    except UnicodeEncodeError as error:
        raise BadDescription from error
    if not 0 < size <= MAX_BYTES:
        raise BadDescription
    # \r\n by the book; a lone \n is what some clients write. A lone \r is an injection and fails in LINE.
    lines = sdp.replace("\r\n", "\n").removesuffix("\n").split("\n")
    if len(lines) > limits.lines:
        raise BadDescription
    parsed: list[tuple[str, str]] = []
    for line in lines:
        found = LINE.fullmatch(line)
        if not found or len(line.encode()) > MAX_LINE_BYTES:
            raise BadDescription
        parsed.append((found[1], found[2]))
    parts = _sections(parsed, limits.sections)
    _check_session(parts[0])
    _check_security(kind, parts)
    _check_media(parts[1:])
    _check_candidates(parsed, policy)
    kept = [f"{key}={value}" for key, value in parsed if key != "a" or _name(value) in ATTRIBUTES]
    return "\r\n".join(kept) + "\r\n"


def checked_candidate(text: object, policy: AddressPolicy) -> str:
    """Return the candidate line when it may be passed on; "" says that there are no more. Raises BadCandidate, CandidateRefused."""
    if not isinstance(text, str) or len(text) > MAX_LINE_BYTES:
        raise BadCandidate
    text = text.removeprefix("a=")
    if text in ("", "end-of-candidates"):
        return ""
    found = CANDIDATE.fullmatch(text)
    if not found:
        raise BadCandidate
    transport, address, port = found[3].lower(), found[5], int(found[6])
    extensions = found[8].split()
    pairs = dict(zip(extensions[::2], extensions[1::2], strict=True))
    if int(found[4]) > 2**32 - 1 or not 0 < port <= 65535:
        raise BadCandidate
    if transport == "tcp" and pairs.get("tcptype") not in ("active", "passive", "so"):
        raise BadCandidate
    # Ports of services (ssh, web) are never where a browser listens; 9 is how an active TCP candidate says "none".
    if port < 1024 and not (port == 9 and pairs.get("tcptype") == "active"):
        raise CandidateRefused
    _check_address(address, policy)
    if "raddr" in pairs and not MDNS.fullmatch(pairs["raddr"]):
        _parse_address(pairs["raddr"])
    return text


def _name(attribute: str) -> str:
    return attribute.partition(":")[0]


def _sections(parsed: list[tuple[str, str]], most: int) -> list[list[tuple[str, str]]]:
    sections: list[list[tuple[str, str]]] = [[]]
    for key, value in parsed:
        if key == "m":
            sections.append([])
        sections[-1].append((key, value))
    if not 1 <= len(sections) - 1 <= most:
        raise BadDescription
    return sections


def _check_session(session: list[tuple[str, str]]) -> None:
    keys = [key for key, _ in session]
    if keys[:3] != ["v", "o", "s"] or session[0][1] != "0" or keys.count("t") != 1 or keys.count("v") != 1:
        raise BadDescription


def _values(section: list[tuple[str, str]], name: str) -> list[str]:
    return [value.partition(":")[2] for key, value in section if key == "a" and _name(value) == name]


def _check_security(kind: str, sections: list[list[tuple[str, str]]]) -> None:
    """One certificate, one pair of ICE words and a role for every open section; keys in the clear are refused."""
    fingerprints = set()
    for section in sections:
        if _values(section, "crypto"):
            raise BadDescription
        for value in _values(section, "fingerprint"):
            algorithm, _, digest = value.partition(" ")
            size = DIGEST_BYTES.get(algorithm.lower())
            if size is None or not re.fullmatch(rf"[0-9A-Fa-f]{{2}}(:[0-9A-Fa-f]{{2}}){{{size - 1}}}", digest):
                raise BadDescription
            fingerprints.add((algorithm.lower(), digest.upper()))
        for name, shortest in (("ice-ufrag", 4), ("ice-pwd", 22)):
            for value in _values(section, name):
                if not (shortest <= len(value) <= 256 and ICE_CHARS.fullmatch(value)):
                    raise BadDescription
        for value in _values(section, "setup"):
            if value not in ("active", "passive", "actpass") or (kind == "answer" and value == "actpass"):
                raise BadDescription
    if len(fingerprints) != 1:
        raise BadDescription
    for section in sections[1:]:
        for name in ("fingerprint", "ice-ufrag", "ice-pwd", "setup"):
            if not _values(sections[0], name) and not _values(section, name):
                raise BadDescription


def _check_media(sections: list[list[tuple[str, str]]]) -> None:
    mids: list[str] = []
    for section in sections:
        found = MEDIA.fullmatch(section[0][1])
        if not found or int(found[2]) > 65535 or found[3] != PROTOCOLS[found[1]]:
            raise BadDescription
        formats = found[4].split()
        if found[1] != "application" and not all(item.isdigit() and int(item) < 128 for item in formats):
            raise BadDescription
        mids += _values(section, "mid")
    if len(mids) != len(set(mids)) or not all(TOKEN.fullmatch(mid) for mid in mids):
        raise BadDescription


def _check_candidates(parsed: list[tuple[str, str]], policy: AddressPolicy) -> None:
    candidates = [value for key, value in parsed if key == "a" and _name(value) == "candidate"]
    if len(candidates) > MAX_CANDIDATES:
        raise BadDescription
    for candidate in candidates:
        checked_candidate(candidate, policy)


def _parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        address = ipaddress.ip_address(text)
    except ValueError as error:
        raise BadCandidate from error
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address


def _check_address(text: str, policy: AddressPolicy) -> None:
    """Names are refused, except the random .local ones behind which browsers hide their addresses."""
    if MDNS.fullmatch(text):
        return
    address = _parse_address(text)
    if address.is_unspecified or address.is_multicast or address.is_link_local or address in METADATA:
        raise CandidateRefused
    if address.is_loopback:
        if not policy.loopback:
            raise CandidateRefused
    elif address.version == 4 and address.is_reserved:
        raise CandidateRefused  # 240/4 with the broadcast address
    elif address.is_private and not policy.private:
        raise CandidateRefused
