"""Frames: the closed list of types, strict fields, sizes, depth and speed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import Invalid
from realtime import protocol
from realtime.protocol import Beat, Bucket, Leave, LetIn, Media, Remove, Say, Signal, parse
from tests.realtime.samples import ANSWER, MDNS, OFFER, SEAT


def frame(kind, data=None, **rest) -> str:
    return json.dumps({"v": 1, "t": kind, "d": data or {}, **rest})


CANDIDATE = {"candidate": MDNS, "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "4StO"}
GOOD = [
    (frame("leave"), Leave()),
    ('{"v":1,"t":"leave"}', Leave()),
    (frame("media", {"mic": True, "camera": False}), Media(True, False)),
    (frame("say", {"text": " xin chào \r\n bác sĩ "}, id="c1"), Say("xin chào \n bác sĩ", "c1")),
    (frame("let_in", {"seat": SEAT}), LetIn(SEAT)),
    (frame("remove", {"seat": SEAT.upper()}), Remove(SEAT)),
    (frame("beat", {"n": 3}), Beat(3)),
    (frame("signal", {"to": SEAT, "candidate": CANDIDATE}), Signal(SEAT, {"candidate": CANDIDATE})),
    (
        frame("signal", {"to": SEAT, "description": {"type": "offer", "sdp": OFFER}}),
        Signal(SEAT, {"description": {"type": "offer", "sdp": OFFER}}),
    ),
    (
        frame("signal", {"to": SEAT, "description": {"type": "answer", "sdp": ANSWER}}),
        Signal(SEAT, {"description": {"type": "answer", "sdp": ANSWER}}),
    ),
]


@pytest.mark.parametrize(("raw", "message"), GOOD)
def test_reads(raw, message):
    assert parse(raw).message == message
    assert parse(raw.encode()).message == message


BAD = [
    ("", "bad_frame"), ("hello", "bad_frame"), ("[]", "bad_frame"), ("null", "bad_frame"), ('"leave"', "bad_frame"),
    ("[" * 60_000, "bad_frame"), ('{"v":1,"t":"leave","t":"say"}', "bad_frame"), ('{"v":NaN,"t":"leave"}', "bad_frame"),
    ('{"t":"leave"}', "unsupported_version"), ('{"v":2,"t":"leave"}', "unsupported_version"),
    ('{"v":true,"t":"leave"}', "unsupported_version"), ('{"v":"1","t":"leave"}', "unsupported_version"),
    (frame("leave", extra=1), "unknown_field"), (frame("leave", {"x": 1}), "unknown_field"),
    (frame("leave", id="ä"), "bad_frame"), (frame("leave", id="x" * 65), "bad_frame"), (frame("leave", id=1), "bad_frame"),
    ('{"v":1,"t":"leave","d":[]}', "bad_frame"), ('{"v":1,"t":["leave"]}', "unknown_type"),
    *[(frame(kind), "unknown_type") for kind in ("disconnect", "websocket.close", "__class__", "redis_disconnect", "", "welcome")],
    (frame("media", {"mic": 1, "camera": True}), "bad_frame"), (frame("media", {"mic": True}), "bad_frame"),
    (frame("say", {"text": ""}), "bad_frame"), (frame("say", {"text": "   "}), "bad_frame"),
    (frame("say", {"text": "x" * 2001}), "bad_frame"), (frame("say", {"text": "a\x00b"}), "bad_frame"),
    (frame("say", {"text": "\ud800"}), "bad_frame"), (frame("say", {"text": ["x"]}), "bad_frame"),
    (frame("let_in", {"seat": "1"}), "bad_frame"), (frame("let_in"), "bad_frame"),
    (frame("signal", {"to": SEAT}), "bad_frame"), (frame("signal", {"candidate": CANDIDATE}), "bad_frame"),
    (frame("signal", {"to": SEAT, "from": SEAT, "candidate": CANDIDATE}), "unknown_field"),
    (frame("signal", {"to": SEAT, "candidate": CANDIDATE, "description": {}}), "bad_frame"),
    (frame("signal", {"to": SEAT, "description": {"type": "offer", "sdp": "hello"}}), "bad_description"),
    (frame("signal", {"to": SEAT, "description": {"type": "offer"}}), "bad_description"),
    (frame("signal", {"to": SEAT, "description": {"type": [], "sdp": OFFER}}), "bad_description"),
    (frame("signal", {"to": SEAT, "description": "offer"}), "bad_description"),
    (frame("signal", {"to": SEAT, "candidate": None}), "bad_candidate"),
    (frame("signal", {"to": SEAT, "candidate": {**CANDIDATE, "address": "x"}}), "bad_candidate"),
    (frame("signal", {"to": SEAT, "candidate": {**CANDIDATE, "sdpMLineIndex": -1}}), "bad_candidate"),
    (frame("signal", {"to": SEAT, "candidate": {**CANDIDATE, "sdpMid": "\r\n"}}), "bad_candidate"),
    (frame("beat", {"n": -1}), "bad_frame"), (frame("beat", {"n": 2**64}), "bad_frame"), (frame("beat", {"n": True}), "bad_frame"),
    (frame("say", {"text": "x" * 66_000}), "frame_too_large"), ("é" * 40_000, "frame_too_large"),
]  # fmt: skip


@pytest.mark.parametrize(("raw", "code"), BAD)
def test_refuses(raw, code):
    with pytest.raises(Invalid) as caught:
        parse(raw)
    assert caught.value.code == code


def test_bytes_that_are_not_utf8_are_refused():
    with pytest.raises(Invalid):
        parse(b"\xff\xfe\x00{")


def test_the_refusal_names_the_frame():
    assert protocol.frame_id(frame("nonsense", id="c9")) == "c9"
    assert protocol.frame_id("[" * 60_000) == ""
    assert protocol.frame_id(frame("x", id="<b>")) == ""


@given(st.text(max_size=300) | st.binary(max_size=300))
def test_any_noise_is_refused_with_a_code(raw):
    with pytest.raises(Invalid):
        parse(raw)
    protocol.frame_id(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


FIELDS = ["to", "seat", "text", "n", "mic", "camera", "candidate"]


@given(st.sampled_from(sorted(protocol.PARSERS)), st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_data_is_read_or_refused(kind, data):
    try:
        parse(json.dumps({"v": 1, "t": kind, "d": data}))
    except Invalid as error:
        assert error.code


def test_forty_at_once_then_twenty_a_second():
    bucket = Bucket()
    assert sum(bucket.take(0.0) for _ in range(100)) == 40
    assert sum(bucket.take(1.0) for _ in range(100)) == 20
    assert sum(bucket.take(1000.0) for _ in range(100)) == 40
    assert not bucket.take(999.0)  # a clock that goes backwards gives nothing
