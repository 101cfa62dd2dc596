"""Frames no browser of ours writes: a grammar of right, half-right and wrong messages, and descriptions with public oddities.

The oddities of SDP are of the kinds that brought parsers down elsewhere: lone carriage returns, NULs, no end of a line, numbers
beyond every size, names twice, keys in the clear, addresses that point inside, sections without formats, half a surrogate.
"""

from __future__ import annotations

import json
import random
from typing import Any
from uuid import uuid4

from tests.realtime.samples import FINGERPRINT, MDNS, OFFER

BIG = 10**30
LINES = [
    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj",
    "a=candidate:1 1 udp 1 169.254.169.254 80 typ host",
    "a=candidate:1 1 udp 1 fe80::1%eth0 5000 typ host",
    "a=candidate:1 1 udp 99999999999 1.2.3.4 5000 typ host",
    "a=candidate:" + "x" * 900,
    "a=fingerprint:sha-1 AA:BB",
    "a=fingerprint:sha-256 " + ":".join(["AB"] * 32),
    "a=fingerprint:",
    "a=rtpmap:",
    "a=rtpmap:96",
    "a=rtpmap:96 VP8",
    "a=rtpmap:96 VP8/0",
    "a=rtpmap:96 VP8/-90000",
    f"a=rtpmap:{BIG} VP8/90000",
    f"a=rtpmap:96 VP8/{BIG}",
    "a=rtpmap:96 opus/48000/" + "9" * 400,
    "a=fmtp:",
    "a=fmtp:96",
    "a=fmtp:96 apt=96",
    "a=fmtp:96 apt=" + "9" * 500,
    "a=fmtp:96 ;;;===;",
    "a=rtcp-fb:",
    "a=rtcp-fb:* nack",
    "a=rtcp-fb:96",
    "a=extmap:",
    "a=extmap:0 urn:x",
    "a=extmap:15 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
    "a=extmap:-1 urn:x",
    f"a=extmap:{BIG} urn:x",
    "a=extmap:1/sendonly urn:3gpp:video-orientation",
    "a=ssrc:",
    "a=ssrc:abc cname:x",
    "a=ssrc:-1 cname:x",
    f"a=ssrc:{BIG} cname:x",
    "a=ssrc:1 cname",
    "a=ssrc:1",
    "a=ssrc-group:FID",
    "a=ssrc-group:FID 1 1",
    "a=ssrc-group:FID a b",
    "a=ssrc-group:SIM 1 2 3",
    "a=group:BUNDLE",
    "a=group:BUNDLE 0 0 7",
    "a=mid:",
    "a=mid:0",
    "a=mid:" + "m" * 500,
    "a=mid:../../etc",
    "a=setup:holdconn",
    "a=setup:actpass",
    "a=ice-lite",
    "a=ice-ufrag:",
    "a=ice-ufrag:" + "u" * 600,
    "a=ice-pwd:short",
    "a=msid:",
    "a=msid:- - -",
    "a=rid:1 send",
    "a=simulcast:send 1;~2,3 recv 4",
    "a=rtcp:",
    "a=rtcp:99999999 IN IP4 1.2.3.4",
    "a=rtcp:9 IN IP9 nowhere",
    "a=sctp-port:" + "9" * 300,
    "a=max-message-size:-1",
    "a=sctpmap:5000 x",
    "a=ptime:0",
    "a=sendrecv",
    "a=inactive",
    "a=sendrecv:1",
    "a=",
    "a",
    "=",
    "",
    " ",
    "a=\x00",
    "a=\x7f",
    "a=tool:\u202eevil",
    "a=tool:\ud800",
    "a=tool:\r\rx",
    "a=tool:" + "ệ" * 400,
    "b=AS:-1",
    "b=AS:" + "9" * 200,
    "b=TIAS",
    "c=IN IP4 169.254.169.254",
    "c=IN IP6 ::1",
    "c=IN",
    "c=",
    "t=0 0",
    "t=0",
    "v=1",
    "v=0",
    "o=",
    "s=",
    "k=clear:secret",
    "z=0 -1h",
    "m=",
    "m=audio",
    "m=audio 0 UDP/TLS/RTP/SAVPF 0",
    "m=audio 9 UDP/TLS/RTP/SAVPF",
    "m=audio 9 RTP/AVP 0",
    "m=audio 9/2 UDP/TLS/RTP/SAVPF 111",
    "m=audio 99999 UDP/TLS/RTP/SAVPF 111",
    "m=video -1 UDP/TLS/RTP/SAVPF 96",
    "m=video 9 UDP/TLS/RTP/SAVPF 128 300",
    "m=video 9 UDP/TLS/RTP/SAVPF 96 96 96",
    "m=video 9 UDP/TLS/RTP/SAVPF VP8",
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "m=application 9 DTLS/SCTP 5000",
    "m=text 9 UDP/TLS/RTP/SAVPF 96",
    "M=audio 9 UDP/TLS/RTP/SAVPF 111",
    "\ufeffv=0",
]
WHOLE = [
    "",
    "v=0",
    "v=0\r\n",
    "\r\n" * 400,
    "v=0\r\no=- 0 0 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n",
    OFFER.replace("\r\n", "\n"),
    OFFER.replace("\r\n", "\r"),
    OFFER.replace("\r\n", "\r\r\n"),
    OFFER.rstrip(),
    OFFER + "\x00",
    OFFER * 2,
    OFFER * 20,
    OFFER.upper(),
    OFFER.replace("a=mid:1", "a=mid:0"),
    OFFER.replace("a=mid:0\r\n", ""),
    OFFER.replace("a=rtcp-mux\r\n", ""),
    OFFER.replace("a=sendrecv", "a=recvonly"),
    OFFER.replace("actpass", "active"),
    OFFER.replace("actpass", "passive"),
    OFFER.replace("VP8", "AV1"),
    OFFER.replace("opus", "PCMU"),
    OFFER.replace("4StO", "4St\u00d6"),
    OFFER.replace("4StO", "e2e2", 1),
    OFFER.replace(FINGERPRINT, FINGERPRINT[:-3]),
    OFFER.replace("sha-256", "sha-512"),
    OFFER.replace("sha-256", "md5"),
    OFFER.replace("m=audio 9", "m=audio 0"),
    OFFER.replace("m=", "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\nm="),
    OFFER + "a=ssrc:7 cname:x\r\na=ssrc:7 msid:- x\r\na=ssrc-group:FID 7 7\r\n",
    OFFER + "a=fmtp:97 apt=97\r\na=rtpmap:97 rtx/90000\r\n",
]
CANDIDATES = [
    MDNS, "", "candidate:", "a=" + MDNS, "end-of-candidates", MDNS + " x", MDNS.replace("39242", "22"),
    MDNS.replace("39242", "99999"), "candidate:1 1 udp 1 127.0.0.1 5000 typ host", "candidate:1 1 udp 1 0.0.0.0 5000 typ host",
    "candidate:1 1 udp 1 ::ffff:169.254.169.254 5000 typ host", "candidate:1 1 udp 1 224.0.0.1 5000 typ host",
    "candidate:1 1 tcp 1 1.2.3.4 9 typ host tcptype active", "candidate:1 1 tcp 1 1.2.3.4 5000 typ host",
    "candidate:1 1 udp 1 1.2.3.4 5000 typ relay raddr x rport 1", "candidate:1 1 udp 1 evil.example 5000 typ host",
    "candidate:1 1 udp 1 1.2.3.4 ５０００ typ host", "x" * 2000, "\x00", "candidate:1 1 udp 1 1.2.3.4 5000 typ srflx\r\na=x",
]  # fmt: skip
VALUES: list[Any] = [
    None, True, False, 0, 1, -1, 2**31, 2**63, 1e308, 0.5, "", "0", "true", "x" * 3000, [], {}, [[]], {"a": 1}, "\x00", "\ud800",
]  # fmt: skip
RAW = [
    "", " ", "null", "[]", "{}", "0", '"x"', "{", '{"v":1', '{"v":1,"t":"leave"}{"v":1}', '{"v":1,"v":1,"t":"beat","d":{"n":1}}',
    '{"v":2,"t":"beat","d":{}}', '{"v":"1","t":"beat","d":{}}', '{"v":1,"t":[],"d":{}}', '{"v":1,"t":"beat","d":[]}',
    '{"v":1,"t":"beat","d":{"n":1e400}}', '{"v":1,"t":"beat","d":{"n":NaN}}', '{"v":1,"t":"beat","d":{"n":' + "9" * 5000 + "}}",
    "[" * 5000, '{"a":' * 5000, '{"v":1,"t":"\\ud800","d":{}}', '{"v":1,"t":"say","id":"\\u0000","d":{"text":"x"}}',
    '{"v":1,"t":"__class__","d":{}}', '{"v":1,"t":"beat","d":{"__proto__":1}}', "\ufeff{}",
]  # fmt: skip


def description(chance: random.Random) -> str:
    """An offer, whole or bent."""
    if chance.random() < 0.25:
        return chance.choice(WHOLE)
    lines = OFFER.removesuffix("\r\n").split("\r\n")
    for _ in range(chance.choice([0, 0, 1, 1, 1, 2, 4])):
        at = chance.randrange(len(lines))
        match chance.randrange(5):
            case 0:
                lines.insert(at, chance.choice(LINES))
            case 1:
                lines[at] = chance.choice(LINES)
            case 2:
                del lines[at]
            case 3:
                lines.insert(at, chance.choice(lines))
            case 4:
                cut = chance.randrange(len(lines[at]) + 1)
                lines[at] = (
                    lines[at][:cut] + chance.choice(["", "\t", " ", "9" * 40, ":", "/", "%", "ộ"]) + lines[at][cut:]
                )
        if not lines:
            return ""
    return chance.choice(["\r\n", "\r\n", "\r\n", "\n"]).join(lines) + chance.choice(["\r\n", "\r\n", "", "\n\n"])


def frame(chance: random.Random, seats: list[str], epoch: int) -> str:
    """One frame. `seats`: ids that mean something to somebody, in this room and in others."""
    if chance.random() < 0.08:
        return chance.choice(RAW)
    kind = chance.choices(list(KINDS), [weight for weight, _ in KINDS.values()])[0]
    data = KINDS[kind][1](chance, seats, epoch)
    whole: dict[str, Any] = {"v": 1, "t": kind, "id": f"c{chance.randrange(40)}", "d": data}
    if chance.random() < 0.15:
        key = chance.choice([*data, "extra"])
        data[key] = chance.choice(VALUES)
    if chance.random() < 0.03:
        whole[chance.choice([*whole, "from", "seat"])] = chance.choice([*VALUES, *seats])
    return json.dumps(whole, ensure_ascii=chance.random() < 0.5)


def _signal(chance: random.Random, seats: list[str], epoch: int) -> dict[str, Any]:
    data: dict[str, Any] = {"to": _seat(chance, seats)}
    if chance.random() < 0.6:
        kind = chance.choice(["offer", "answer", "answer", "rollback", "pranswer"])
        text = description(chance)
        data["description"] = {"type": kind, "sdp": text.replace("actpass", "active") if kind == "answer" else text}
    else:
        data["candidate"] = {
            "candidate": chance.choice(CANDIDATES),
            "sdpMid": chance.choice(["0", "1", "", None, "x" * 99]),
            "sdpMLineIndex": chance.choice([0, 1, None, -1, 10**9]),
        }
    return data


def _seat(chance: random.Random, seats: list[str]) -> str:
    if seats and chance.random() < 0.5:
        return chance.choice(seats[:2])  # the room's own two
    return chance.choice([*seats, str(uuid4()), "", "0" * 32])


KINDS: dict[str, tuple[int, Any]] = {
    "signal": (30, _signal),
    "offer": (
        25,
        lambda chance, _seats, epoch: {
            "epoch": chance.choice([epoch, epoch, epoch, epoch + 1, 0, 2**31 - 1]),
            "sdp": description(chance),
            "restart": chance.random() < 0.3,
        },
    ),
    "ready": (5, lambda chance, _seats, epoch: {"epoch": chance.choice([epoch, 0, 5])}),
    "media": (5, lambda chance, _seats, _epoch: {"mic": chance.random() < 0.5, "camera": chance.random() < 0.5}),
    "say": (
        10,
        lambda chance, _seats, _epoch: {
            "text": chance.choice(["Xin chào", "", " ", "a\x00", "\u202e", "x" * 2001, "\ud800", "<b>"])
        },
    ),
    "let_in": (6, lambda chance, seats, _epoch: {"seat": _seat(chance, seats)}),
    "remove": (1, lambda chance, seats, _epoch: {"seat": _seat(chance, seats[2:])}),
    "stuck": (1, lambda _chance, _seats, _epoch: {}),
    "leave": (1, lambda _chance, _seats, _epoch: {}),
    "beat": (5, lambda chance, _seats, _epoch: {"n": chance.choice([0, 1, 2, 10**6])}),
    "ping": (3, lambda _chance, _seats, _epoch: {}),
    "admin": (2, lambda _chance, _seats, _epoch: {}),
}
