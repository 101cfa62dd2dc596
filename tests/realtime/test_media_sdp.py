"""What the relay reads of an offer and says in its answer; the other end's parser here is aiortc's peer connection."""

from __future__ import annotations

import re

import pytest
from aiortc import RTCPeerConnection, RTCSessionDescription
from hypothesis import given
from hypothesis import strategies as st

from realtime.media import sdp
from realtime.media.errors import BadOffer, NoCommonCodec
from tests.realtime.media_peer import offer

PRINT = ":".join(["AB"] * 32)
ANSWER = {"ufrag": "ours", "password": "w" * 32, "fingerprint": PRINT, "addresses": [("203.0.113.5", 4443)]}


def answered(text, codec="VP8", **more):
    wanted = sdp.read_offer(text)
    streams = {
        section.mid: sdp.Stream(f"slot{section.mid}", 100 + int(section.mid), 200 + int(section.mid))
        for section in wanted.sections
        if section.receives
    }
    return sdp.write_answer(wanted, sdp.Answer(video_codec=codec, streams=streams, **{**ANSWER, **more}))


def test_an_offer_in_few_facts():
    wanted = sdp.read_offer(offer(fingerprint=PRINT, slots=2, h264=102))
    assert (wanted.ufrag, wanted.password, wanted.fingerprints) == ("them", "p" * 24, {"sha-256": PRINT})
    assert [(s.mid, s.kind, s.sends, s.receives) for s in wanted.sections] == [
        ("0", "audio", True, False), ("1", "video", True, False),
        ("2", "audio", False, True), ("3", "video", False, True),
        ("4", "audio", False, True), ("5", "video", False, True),
    ]  # fmt: skip
    picture = wanted.sections[1]
    assert (picture.ssrc, picture.rtx_ssrc) == (1001, 1002)
    assert [(codec.name, codec.payload_type, codec.rtx) for codec in picture.codecs] == [
        ("VP8", 96, 97),
        ("H264", 102, 0),
    ]


async def test_another_library_takes_the_answer():
    peer = RTCPeerConnection()
    peer.addTransceiver("audio")
    peer.addTransceiver("video")
    peer.addTransceiver("video", direction="recvonly")
    peer.createDataChannel("chat")
    await peer.setLocalDescription(await peer.createOffer())
    text = answered(peer.localDescription.sdp)
    await peer.setRemoteDescription(RTCSessionDescription(text, "answer"))
    assert [each.currentDirection for each in peer.getTransceivers()] == ["sendrecv", "sendrecv", "recvonly"]
    assert re.search(r"m=application 0 ", text)
    await peer.close()


def test_the_answer_stands_in_the_offers_order_and_is_ours():
    text = answered(offer(fingerprint=PRINT, slots=1, extra="a=tool:eve\r\n"))
    assert "eve" not in text and "them" not in text
    assert "a=ice-lite\r\n" in text and "a=group:BUNDLE 0 1 2 3\r\n" in text
    sections = text.split("\r\nm=")[1:]
    assert [re.search(r"a=(sendonly|recvonly)", part)[1] for part in sections] == ["recvonly"] * 2 + ["sendonly"] * 2
    assert all("a=setup:passive" in part and "203.0.113.5 4443 typ host" in part for part in sections)
    assert "a=ssrc-group:FID 103 203" in sections[3] and "a=ssrc" not in sections[1]
    assert [sdp.TRANSPORT_NUMBER in part for part in sections] == [True, True, False, False]
    assert "transport-cc" in sections[1] and "transport-cc" not in sections[3]
    assert "sdes:mid" not in text and "b=AS:1700" in sections[1]


def test_a_room_keeps_its_codec():
    both, only_h264 = (
        sdp.read_offer(offer(fingerprint=PRINT, **codecs)) for codecs in ({"h264": 102}, {"vp8": 0, "h264": 102})
    )
    assert sdp.common_codec(both, "") == "VP8"
    assert sdp.common_codec(only_h264, "") == "H264"
    assert sdp.common_codec(both, "H264") == "H264"
    with pytest.raises(NoCommonCodec):
        sdp.common_codec(only_h264, "VP8")
    assert "m=video 9 UDP/TLS/RTP/SAVPF 102\r\n" in answered(offer(fingerprint=PRINT, h264=102), codec="H264")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=fingerprint", "a=x-fingerprint"),
        (PRINT, "AB:CD"),
        ("a=setup:actpass", "a=setup:passive"),
        ("a=ice-pwd:" + "p" * 24, "a=ice-pwd:short"),
        ("a=ice-ufrag:them\r\n", "a=ice-ufrag:them me\r\n"),
        ("a=rtcp-mux\r\n", ""),
        ("a=mid:1\r\n", "a=mid:0\r\n"),
        ("a=mid:1\r\n", ""),
        ("a=ssrc:1000 ", "a=ssrc:99999999999 "),
        ("a=ssrc:1000 ", "a=ssrc:1001 "),
        ("m=audio 9", "m=text 9"),
        ("m=audio 9", "m=audio x"),
        ("v=0", "v=nought"),
    ],
)
def test_what_is_refused(old, new):
    text = offer(fingerprint=PRINT)
    assert old in text
    with pytest.raises(BadOffer):
        sdp.read_offer(text.replace(old, new))


@pytest.mark.parametrize(
    "text", ["", "v=0", "x" * 40_000, None, 7, "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"]
)
def test_what_is_no_offer(text):
    with pytest.raises(BadOffer):
        sdp.read_offer(text)


def test_more_sections_than_people():
    with pytest.raises(BadOffer):
        sdp.read_offer(offer(fingerprint=PRINT, slots=12))


@given(st.lists(st.tuples(st.integers(0, 3000), st.sampled_from("0a=: \r\nzäZ9/") | st.characters()), max_size=20))
def test_a_spoilt_offer_is_refused_or_answered_in_our_words(changes):
    text = offer(fingerprint=PRINT, slots=1)
    for place, letter in changes:
        text = text[: place % len(text)] + letter + text[place % len(text) + 1 :]
    try:
        reply = answered(text)
    except (BadOffer, ValueError):  # ValueError: this file's own int() of a mid
        return
    assert reply.startswith("v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\n")
    known = re.compile(r"[vosctbma]=[A-Za-z0-9 ./:_*;=+-]*")
    assert all(known.fullmatch(line) for line in reply.split("\r\n")[:-1])
