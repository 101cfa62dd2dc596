"""What the relay answers to an offer: its own words throughout, made from the few facts it takes from the browser's. Pure.

The app has judged the offer line by line before (realtime.sdp); here it is read by aiortc's parser. Nothing of it is passed
on: names are ours, numbers are checked, codecs and extensions are the ones on our lists.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from aiortc.sdp import MediaDescription, SessionDescription, parameters_to_sdp

from realtime.media.errors import BadOffer, NoCommonCodec

MAX_BYTES = 32 * 1024
MAX_SECTIONS = 24  # six people with two pictures each need 15
VIDEO_CODECS = ("VP8", "H264")
VIDEO_FEEDBACK = (("nack", None), ("nack", "pli"), ("ccm", "fir"), ("goog-remb", None), ("transport-cc", None))
AUDIO_FEEDBACK = (("transport-cc", None),)

TRANSPORT_NUMBER = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ORIENTATION = "urn:3gpp:video-orientation"
PASSED = {"audio": (LEVEL, SEND_TIME), "video": (ORIENTATION, SEND_TIME)}  # what goes through from one end to the other

_WORD = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")
_MID = re.compile(r"[A-Za-z0-9_.-]{1,32}")
_DIGEST = re.compile(r"[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){31,63}")
# The parameters we know and repeat in our answer, so that a browser's own words never come back to anybody.
_KNOWN = {
    "minptime",
    "useinbandfec",
    "stereo",
    "usedtx",
    "profile-level-id",
    "packetization-mode",
    "level-asymmetry-allowed",
}
_VALUE = re.compile(r"[A-Za-z0-9]{1,16}")


@dataclass(frozen=True)
class Codec:
    """One way to code audio or video, in one browser's numbers; `rtx` is the payload type of its retransmissions."""

    name: str
    payload_type: int
    clock_rate: int
    channels: int = 0
    rtx: int = 0
    feedback: frozenset[tuple[str, str | None]] = frozenset()
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Section:
    """One m-line. `sends`: the browser has a track here. `receives`: it may be given one."""

    mid: str
    kind: str
    sends: bool
    receives: bool
    codecs: tuple[Codec, ...]
    extensions: dict[str, int]
    ssrc: int = 0
    rtx_ssrc: int = 0
    is_rejected: bool = False

    def codec(self, names: Iterable[str]) -> Codec | None:
        """The first of `names` that is offered."""
        return next((codec for name in names for codec in self.codecs if codec.name == name), None)


@dataclass(frozen=True)
class Offer:
    """What a browser wants, and how it is known: its ICE words and its certificate."""

    ufrag: str
    password: str
    fingerprints: dict[str, str]
    sections: tuple[Section, ...]


@dataclass
class Stream:
    """What we send in one section: always the same SSRC, whoever is seen in it."""

    group: str
    ssrc: int
    rtx_ssrc: int = 0


@dataclass
class Answer:
    """What the relay says of itself in one answer."""

    ufrag: str
    password: str
    fingerprint: str
    addresses: list[tuple[str, int]]
    video_codec: str
    streams: dict[str, Stream] = field(default_factory=dict)  # mid → what comes there
    start_kbps: int = 600
    most_kbps: int = 1700


def read_offer(text: str) -> Offer:
    """Return what the relay needs of an offer. Raises BadOffer for anything else than one bundled, encrypted WebRTC offer."""
    if not isinstance(text, str) or not 0 < len(text) <= MAX_BYTES:
        raise BadOffer
    try:
        described = SessionDescription.parse(text)
        sections = tuple(_section(media) for media in described.media)
    except BadOffer:
        raise
    except Exception as error:  # the parser says by KeyError, AssertionError, … that it does not understand
        raise BadOffer from error
    if not 0 < len(sections) <= MAX_SECTIONS or len({section.mid for section in sections}) != len(sections):
        raise BadOffer
    words = {
        (str(media.ice.usernameFragment or ""), str(media.ice.password or ""))
        for media in described.media
        if media.port and media.ice
    }
    proofs = {
        (each.algorithm.lower(), each.value)
        for media in described.media
        if media.dtls
        for each in media.dtls.fingerprints
    }
    roles = {media.dtls.role for media in described.media if media.dtls}
    if len(words) != 1 or not proofs or not roles <= {"auto", "client"}:
        raise BadOffer
    ufrag, password = words.pop()
    if not (_WORD.fullmatch(ufrag) and _WORD.fullmatch(password) and len(password) >= 22):
        raise BadOffer
    if not all(_DIGEST.fullmatch(value) for _, value in proofs) or len(dict(proofs)) != len(proofs):
        raise BadOffer
    ssrcs = [ssrc for section in sections for ssrc in (section.ssrc, section.rtx_ssrc) if ssrc]
    if len(set(ssrcs)) != len(ssrcs):
        raise BadOffer
    return Offer(ufrag, password, dict(proofs), sections)


def _section(media: MediaDescription) -> Section:
    mid = media.rtp.muxId
    if not _MID.fullmatch(mid or "") or media.kind not in ("audio", "video", "application"):
        raise BadOffer
    if media.kind == "application" or not media.port or media.direction == "inactive":
        return Section(mid, media.kind, False, False, (), {}, is_rejected=True)
    if not media.rtcp_mux:
        raise BadOffer
    sends = media.direction in ("sendrecv", "sendonly", None)
    receives = media.direction in ("sendrecv", "recvonly", None)
    extensions = {each.uri: each.id for each in media.rtp.headerExtensions if 1 <= each.id <= 14}
    ssrc, rtx_ssrc = _ssrcs(media) if sends else (0, 0)
    if not all(0 <= number < 1 << 32 for number in (ssrc, rtx_ssrc)):
        raise BadOffer
    return Section(mid, media.kind, sends, receives, _codecs(media), extensions, ssrc, rtx_ssrc)


def _ssrcs(media: MediaDescription) -> tuple[int, int]:
    for group in media.ssrc_group:
        if group.semantic == "FID" and len(group.items) == 2:
            return int(group.items[0]), int(group.items[1])
    return (media.ssrc[0].ssrc, 0) if media.ssrc else (0, 0)


def _codecs(media: MediaDescription) -> tuple[Codec, ...]:
    by_number = {codec.payloadType: codec for codec in media.rtp.codecs}
    retransmits = {
        codec.parameters.get("apt"): number for number, codec in by_number.items() if codec.name.lower() == "rtx"
    }
    wanted = ("opus",) if media.kind == "audio" else VIDEO_CODECS
    found = []
    for number in media.fmt:
        codec = by_number.get(number)
        name = codec.name if codec else ""
        name = name.lower() if media.kind == "audio" else name.upper()
        if not codec or name not in wanted or not 0 <= number < 128 or 64 <= number < 96:
            continue
        if name == "H264" and str(codec.parameters.get("packetization-mode")) != "1":
            continue
        parameters = tuple(
            (key, str(value))
            for key, value in codec.parameters.items()
            if key in _KNOWN and _VALUE.fullmatch(str(value))
        )
        feedback = frozenset((each.type, each.parameter) for each in codec.rtcpFeedback)
        found.append(
            Codec(
                name,
                number,
                codec.clockRate,
                codec.channels or 0,
                int(retransmits.get(number) or 0),
                feedback,
                parameters,
            )
        )
    return tuple(found)


def common_codec(offer: Offer, agreed: str) -> str:
    """The room's video codec: the one agreed upon, or the first of our list in all sections. Raises NoCommonCodec."""
    videos = [section for section in offer.sections if section.kind == "video" and not section.is_rejected]
    for name in (agreed,) if agreed else VIDEO_CODECS:
        if all(section.codec([name]) for section in videos):
            return name
    raise NoCommonCodec


def chosen(section: Section, video_codec: str) -> Codec | None:
    """The codec of a section in this room."""
    return section.codec(["opus"] if section.kind == "audio" else [video_codec])


def write_answer(offer: Offer, answer: Answer) -> str:
    """Return the answer. Its sections stand in the order of the offer, as JSEP wants them."""
    taken = [section for section in offer.sections if not section.is_rejected and chosen(section, answer.video_codec)]
    lines = [
        "v=0",
        "o=- 1 1 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {' '.join(section.mid for section in taken)}",
        "a=msid-semantic:WMS *",
    ]
    for section in offer.sections:
        codec = chosen(section, answer.video_codec)
        if section.is_rejected or codec is None:
            lines += _rejected(section, answer)
        else:
            lines += _accepted(section, codec, answer)
    return "\r\n".join(lines) + "\r\n"


def _rejected(section: Section, answer: Answer) -> list[str]:
    head = (
        "m=application 0 UDP/DTLS/SCTP webrtc-datachannel"
        if section.kind == "application"
        else f"m={section.kind} 0 UDP/TLS/RTP/SAVPF 0"
    )
    return [head, "c=IN IP4 0.0.0.0", f"a=mid:{section.mid}", "a=inactive", *_known_by(answer)]


def _known_by(answer: Answer) -> list[str]:
    return [
        f"a=ice-ufrag:{answer.ufrag}",
        f"a=ice-pwd:{answer.password}",
        f"a=fingerprint:sha-256 {answer.fingerprint}",
        "a=setup:passive",
    ]


def _accepted(section: Section, codec: Codec, answer: Answer) -> list[str]:
    stream = answer.streams.get(section.mid)
    numbers = [codec.payload_type, *([codec.rtx] if codec.rtx else [])]
    direction = {(True, True): "sendrecv", (True, False): "recvonly", (False, True): "sendonly"}.get(
        (section.sends, stream is not None), "inactive"
    )
    lines = [
        f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {' '.join(map(str, numbers))}",
        "c=IN IP4 0.0.0.0",
        *([f"b=AS:{answer.most_kbps}"] if section.kind == "video" and section.sends else []),
        f"a=mid:{section.mid}",
        f"a={direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *_known_by(answer),
    ]
    for number, (host, port) in enumerate(answer.addresses):
        lines.append(f"a=candidate:{number + 1} 1 udp {2130706431 - number} {host} {port} typ host")
    lines.append("a=end-of-candidates")
    lines += [f"a=extmap:{section.extensions[uri]} {uri}" for uri in accepted_extensions(section)]
    lines += _described(section, codec, answer)
    if stream:
        lines.append(f"a=msid:{stream.group} {stream.group}-{section.kind}")
        if stream.rtx_ssrc:
            lines.append(f"a=ssrc-group:FID {stream.ssrc} {stream.rtx_ssrc}")
        for ssrc in filter(None, (stream.ssrc, stream.rtx_ssrc)):
            lines.append(f"a=ssrc:{ssrc} cname:{stream.group}")
            lines.append(f"a=ssrc:{ssrc} msid:{stream.group} {stream.group}-{section.kind}")
    return lines


def accepted_extensions(section: Section) -> list[str]:
    """Transport-wide numbers are for what a browser sends; the rest goes through from end to end."""
    wanted = [*PASSED[section.kind], *([TRANSPORT_NUMBER] if section.sends else [])]
    return [uri for uri in wanted if uri in section.extensions]


def _described(section: Section, codec: Codec, answer: Answer) -> list[str]:
    number = codec.payload_type
    channels = f"/{codec.channels}" if codec.channels > 1 else ""
    lines = [f"a=rtpmap:{number} {codec.name}/{codec.clock_rate}{channels}"]
    known = VIDEO_FEEDBACK if section.kind == "video" else AUDIO_FEEDBACK
    for kind, parameter in known:
        if (kind, parameter) not in codec.feedback or (kind == "transport-cc" and not section.sends):
            continue
        lines.append(f"a=rtcp-fb:{number} {kind}{f' {parameter}' if parameter else ''}")
    parameters: dict[str, int | str | None] = dict(codec.parameters)
    if section.kind == "video" and section.sends:
        parameters["x-google-start-bitrate"] = str(answer.start_kbps)
    if parameters:
        lines.append(f"a=fmtp:{number} {parameters_to_sdp(parameters)}")
    if codec.rtx:
        lines += [f"a=rtpmap:{codec.rtx} rtx/{codec.clock_rate}", f"a=fmtp:{codec.rtx} apt={number}"]
    return lines
