"""One person's connection to the relay: how they are known, where they are, their keys, what they send and see."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from realtime.media.dtls import Handshake, Identity
from realtime.media.sdp import TRANSPORT_NUMBER, Offer
from realtime.media.srtp import Keys
from realtime.media.streams import Sink, Source
from realtime.media.twcc import Arrivals

Address = tuple[Any, ...]
MOST_ADDRESSES = 16  # a browser's paths to us that may be tried at once


@dataclass(frozen=True)
class Words:
    """The names and password of one ICE session: ours, and what the browser calls itself."""

    ufrag: str
    password: str
    theirs: str

    @classmethod
    def new(cls, offer: Offer) -> Words:
        """Fresh ones for this offer."""
        return cls(secrets.token_hex(6), secrets.token_hex(16), offer.ufrag)


class Link:
    """The transport of one seat. `rx` and `tx` are libsrtp's handles once the keys are there."""

    __slots__ = (
        "address",
        "addresses",
        "arrivals",
        "began_at",
        "estimate",
        "estimate_at",
        "fir_seen",
        "handshake",
        "heard",
        "joined_at",
        "keys",
        "media_ssrc",
        "narrow_since",
        "number",
        "on_change",
        "refused",
        "resume_at",
        "resume_pause",
        "room_id",
        "rtt",
        "rx",
        "seat_id",
        "silent",
        "sinks",
        "sources",
        "ssrc",
        "told_at",
        "tx",
        "unbound",
        "words",
        "words_before",
    )  # fmt: skip

    def __init__(self, room_id: str, seat_id: str, offer: Offer, now: float) -> None:
        self.room_id = room_id
        self.seat_id = seat_id
        self.words = Words.new(offer)
        self.words_before: Words | None = None  # good until the new ones are used
        self.address: Address | None = None  # where we send
        self.addresses: dict[Address, float] = {}  # where checks with the right password came from
        self.handshake: Handshake | None = None
        self.keys: Keys | None = None
        self.rx: Any = None
        self.tx: Any = None
        self.sources: dict[int, Source] = {}  # by SSRC, also by that of the retransmissions
        self.unbound: list[Source] = []  # announced without an SSRC; the first packet of its kind tells
        self.sinks: dict[str, Sink] = {}  # by mid
        self.ssrc = secrets.randbits(31) | 1  # our own name in RTCP
        numbers = [
            section.extensions[TRANSPORT_NUMBER] for section in offer.sections if TRANSPORT_NUMBER in section.extensions
        ]
        self.number = numbers[0] if numbers else 0  # of the header extension with the transport-wide number
        self.arrivals = Arrivals()
        self.media_ssrc = 0  # a stream that transport feedback may name
        self.heard = self.joined_at = self.began_at = now
        self.told_at = 0.0  # when transport feedback was last sent
        self.silent = False
        self.estimate, self.estimate_at = 0, 0.0  # what the receiver says it can take
        self.narrow_since = self.resume_at = 0.0
        self.resume_pause = 5.0
        self.rtt = 0.1
        self.refused = 0  # packets that were forged, repeated or unknown
        self.fir_seen: dict[int, int] = {}
        self.on_change: Callable[[Link, str], None] = lambda *_: None

    def begin_dtls(self, identity: Identity, offer: Offer, send: Callable[[bytes], None]) -> None:
        """Be ready for the browser's first flight."""
        self.handshake = Handshake(identity, offer.fingerprints, send)

    def take_keys(self, now: float) -> bool:
        """After a handshake step: True the first time keys are there."""
        if self.handshake is None or self.handshake.keys is None or self.keys is not None:
            return False
        self.keys = self.handshake.keys
        self.rx, self.tx = self.keys.rx, self.keys.tx
        self.began_at = now
        for sink in self.sinks.values():
            sink.tx = self.tx
        return True

    @property
    def published(self) -> list[Source]:
        """Each stream once."""
        return [*{id(source): source for source in self.sources.values()}.values(), *self.unbound]

    @property
    def is_ready(self) -> bool:
        """True when packets can go both ways."""
        return self.tx is not None and self.address is not None
