"""A peer made of a plain socket: it checks, shakes hands, encrypts and decrypts, and does nothing by itself.

For tests that must know each packet, and for the bench, where a whole browser would be the limit.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from realtime.media import rtcp, stun
from realtime.media.dtls import Handshake, Identity
from realtime.media.relay import Relay, Settings
from realtime.media.srtp import Keys

TWCC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
UFRAG, PASSWORD = "them", "p" * 24
KEY, DELTA = b"\x10\x00", b"\x10\x01"  # how a VP8 picture begins: a whole one, and one that needs the one before


def offer(
    *,
    fingerprint: str,
    ufrag: str = UFRAG,
    password: str = PASSWORD,
    base: int = 1000,
    slots: int = 1,
    publishes: bool = True,
    vp8: int = 96,
    h264: int = 0,
    twcc: int = 3,
    send_time: int = 2,
    rtx: bool = True,
    extra: str = "",
) -> str:
    """An offer as a browser writes it: voice and picture of its own, then `slots` more of each to see others in."""
    common = (
        f"c=IN IP4 0.0.0.0\r\na=rtcp-mux\r\na=rtcp-rsize\r\na=ice-ufrag:{ufrag}\r\na=ice-pwd:{password}\r\n"
        f"a=fingerprint:sha-256 {fingerprint}\r\na=setup:actpass\r\n"
    )
    sections, mid = [], 0
    for place in range(-1 if publishes else 0, slots):
        direction = "sendonly" if place < 0 else "recvonly"
        for kind in ("audio", "video"):
            own = f"a=ssrc:{base + (kind == 'video')} cname:x\r\n" if place < 0 else ""
            if kind == "audio":
                head = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
                codec = "a=rtpmap:111 opus/48000/2\r\na=fmtp:111 minptime=10;useinbandfec=1\r\n"
            else:
                numbers = [*([vp8, vp8 + 1] if vp8 and rtx else [vp8] if vp8 else []), *([h264] if h264 else [])]
                head = f"m=video 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}\r\n"
                codec = ""
                for number, name in ((vp8, "VP8"), (h264, "H264")):
                    if not number:
                        continue
                    codec += f"a=rtpmap:{number} {name}/90000\r\n"
                    for feedback in ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli"):
                        codec += f"a=rtcp-fb:{number} {feedback}\r\n"
                if h264:
                    codec += f"a=fmtp:{h264} level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f\r\n"
                if vp8 and rtx:
                    codec += f"a=rtpmap:{vp8 + 1} rtx/90000\r\na=fmtp:{vp8 + 1} apt={vp8}\r\n"
                    if place < 0:
                        own = f"a=ssrc-group:FID {base + 1} {base + 2}\r\na=ssrc:{base + 1} cname:x\r\na=ssrc:{base + 2} cname:x\r\n"
            extensions = f"a=extmap:{twcc} {TWCC}\r\na=extmap:{send_time} {SEND_TIME}\r\n"
            sections.append(f"{head}{common}a=mid:{mid}\r\na={direction}\r\n{extensions}{codec}{own}")
            mid += 1
    bundle = " ".join(str(number) for number in range(mid))
    return f"v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {bundle}\r\n{extra}" + "".join(sections)


@dataclass
class Answered:
    """What a peer needs of an answer."""

    text: str
    ufrag: str = ""
    password: str = ""
    fingerprint: str = ""
    address: tuple[str, int] = ("", 0)
    ssrcs: dict[str, list[int]] = field(default_factory=dict)  # mid → SSRC of the slot, and of its retransmissions

    def __post_init__(self) -> None:
        def one(pattern: str) -> str:
            found = re.search(pattern, self.text)
            assert found, (pattern, self.text)
            return found[1]

        self.ufrag, self.password = one(r"a=ice-ufrag:(\S+)"), one(r"a=ice-pwd:(\S+)")
        self.fingerprint = one(r"a=fingerprint:sha-256 (\S+)")
        host, port = one(r"(?i:udp) \d+ (\S+ \d+) typ host").split()
        self.address = (host, int(port))
        for section in self.text.split("\r\nm=")[1:]:
            mid = re.search(r"a=mid:(\S+)", section)
            ssrcs = [int(found) for found in re.findall(r"a=ssrc:(\d+) cname", section)]
            if mid and ssrcs:
                self.ssrcs[mid[1]] = ssrcs


class Peer:
    """One seat's browser in a nutshell. `base` is its voice's SSRC; base + 1 its picture's, base + 2 what it sends again."""

    def __init__(self, base: int = 1000, **options: Any) -> None:
        self.base, self.options = base, options
        self.identity = Identity()
        self.socket = self._new_socket()
        self.answer: Answered | None = None
        self.handshake: Handshake | None = None
        self.heard: list[bytes] = []  # media, in the clear
        self.reports: list[tuple[int, int, bytes]] = []

    @staticmethod
    def _new_socket() -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("127.0.0.1", 0))
        made.setblocking(False)
        return made

    def offer(self, **options: Any) -> str:
        return offer(**{"fingerprint": self.identity.fingerprint, "base": self.base, **self.options, **options})

    def take(self, answer: str) -> None:
        self.answer = Answered(answer)

    def check(self, *, nominate: bool = True, theirs: str = UFRAG, **options: Any) -> bytes:
        assert self.answer
        return stun.request(f"{self.answer.ufrag}:{theirs}", self.answer.password, nominate=nominate, **options)

    def send(self, data: bytes | memoryview) -> None:
        assert self.answer
        self.socket.sendto(data, self.answer.address)

    async def connect(self) -> None:
        """Be checked, and shake hands."""
        assert self.answer
        self.send(self.check())
        assert await self.wait(lambda: self.checked)
        self.handshake = Handshake(self.identity, {"sha-256": self.answer.fingerprint}, self.send, is_server=False)
        self.handshake.start()
        assert await self.wait(lambda: self.keys)

    checked = 0

    @property
    def keys(self) -> Keys | None:
        return self.handshake.keys if self.handshake else None

    def read(self) -> None:
        """Take in all that has come."""
        while True:
            try:
                data = self.socket.recv(2048)
            except BlockingIOError:
                return
            if data[0] <= 3:
                self.take_check(data)
            elif data[0] < 64:
                assert self.handshake
                self.handshake.receive(data)
            elif 192 <= data[1] <= 223:
                assert self.keys
                plain = self.keys.unprotect_rtcp(data)
                if plain is not None:
                    self.reports += [(kind, count, bytes(body)) for kind, count, body in rtcp.packets(bytes(plain))]
            else:
                assert self.keys
                plain = self.keys.unprotect(data)
                assert plain is not None, "what the relay sends must decrypt, and never twice"
                self.heard.append(bytes(plain))

    def take_check(self, data: bytes) -> None:
        """The relay asks nothing: it answers."""
        message = stun.read(data)
        assert message and self.answer and message.knows(self.answer.password)
        self.checked += message.kind == stun.SUCCESS

    async def wait(self, ready: Any, seconds: float = 10) -> Any:
        """Read until `ready`; None when it never comes."""
        for _ in range(int(seconds / 0.005)):
            self.read()
            if self.handshake:
                self.handshake.tick()
            if found := ready():
                return found
            await asyncio.sleep(0.005)
        return None

    def media(self, sequence: int, payload: bytes, *, kind: str = "video", timestamp: int | None = None, number: int = -1,
              payload_type: int = 0) -> bytes:  # fmt: skip
        """One packet of ours in the clear; with `number`, it carries that transport-wide sequence number."""
        own = payload_type or (111 if kind == "audio" else self.options.get("vp8", 96))
        first, extension = 0x80, b""
        if number >= 0:
            first = 0x90
            extension = (
                b"\xbe\xde\x00\x01" + bytes([self.options.get("twcc", 3) << 4 | 1]) + struct.pack("!H", number) + b"\0"
            )
        at = sequence * 3000 & 0xFFFFFFFF if timestamp is None else timestamp
        head = struct.pack("!BBHII", first, own, sequence & 0xFFFF, at, self.base + (kind == "video"))
        return head + extension + payload

    def publish(self, *packets: bytes) -> None:
        assert self.keys
        for packet in packets:
            protected = self.keys.protect(packet)
            assert protected is not None
            self.send(protected)

    def report(self, data: bytes) -> None:
        assert self.keys
        protected = self.keys.protect_rtcp(data)
        assert protected is not None
        self.send(protected)

    def of_slot(self, mid: str, *, rtx: bool = False) -> list[bytes]:
        """The packets that came in one slot."""
        assert self.answer
        ssrc = self.answer.ssrcs[mid][int(rtx)]
        return [packet for packet in self.heard if int.from_bytes(packet[8:12], "big") == ssrc]

    def close(self) -> None:
        self.socket.close()


@asynccontextmanager
async def running(vault: Any = None) -> AsyncIterator[Any]:
    """A relay on this loop with the room "r"; what it tells is in its `events`."""
    made: Any = Relay(Settings(loopback=True), vault=vault)
    await made.start()
    made.events = []
    made.listen(made.events.append)
    made.open_room("r")
    yield made
    await made.stop()


@asynccontextmanager
async def seats_in(relay: Any, room: str) -> AsyncIterator[Callable[..., Awaitable[Peer]]]:
    """A way to seat connected peers in a room of a relay: `await sit("a")`."""
    peers: list[Peer] = []

    async def sit(seat: str, **options: Any) -> Peer:
        peer = Peer(1000 * (len(peers) + 1), **options)
        peers.append(peer)
        peer.take(relay.join(room, seat, peer.offer()))
        await peer.connect()
        await asyncio.sleep(0.03)
        return peer

    yield sit
    for peer in peers:
        peer.close()
