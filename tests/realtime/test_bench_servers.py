"""How the bench of the relay speaks to Janus and rtpengine, where neither has to be there."""

import pytest

from tests.bench import janus, relay, rtpengine
from tests.realtime.media_peer import PASSWORD, UFRAG, Peer

# The examples of BEP 3, and what rtpengine's "ng" protocol is made of.
BENCODED = [
    ("spam", b"4:spam"),
    ("", b"0:"),
    ("phòng", b"6:ph\xc3\xb2ng"),
    (["spam", "eggs"], b"l4:spam4:eggse"),
    ({"cow": "moo", "spam": "eggs"}, b"d3:cow3:moo4:spam4:eggse"),
    ({"spam": ["a", "b"]}, b"d4:spaml1:a1:bee"),
    ([], b"le"),
    ({}, b"de"),
]


@pytest.mark.parametrize(("value", "written"), BENCODED)
def test_bencoding_is_written_and_read_as_specified(value, written):
    assert rtpengine.bencode(value) == written
    assert rtpengine.bdecode(written) == value


def test_whole_numbers_are_read():
    assert rtpengine.bdecode(b"d7:createdi1792000000e1:xi-3ee") == {"created": 1_792_000_000, "x": -3}


def test_a_dictionary_is_written_in_the_order_of_its_keys():
    assert rtpengine.bencode({"spam": "eggs", "cow": "moo"}) == b"d3:cow3:moo4:spam4:eggse"


OFFERED = "\r\n".join(
    [
        "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=VideoRoom 1", "t=0 0", "a=group:BUNDLE a v", "a=fingerprint:sha-256 AA:BB",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=sendonly", "a=mid:a", "a=ice-ufrag:j", "a=ice-pwd:janusjanusjanusjanusja",
        "a=setup:actpass", "a=rtpmap:111 opus/48000/2", "a=ssrc:5 cname:janus",
        "a=candidate:1 1 udp 2015363327 198.51.100.1 34725 typ host", "a=end-of-candidates",
        "m=video 9 UDP/TLS/RTP/SAVPF 96", "a=sendonly", "a=mid:v", "a=ice-ufrag:j", "a=ice-pwd:janusjanusjanusjanusja",
        "a=setup:actpass", "a=rtpmap:96 VP8/90000", "a=ssrc:6 cname:janus", "",
    ]
)  # fmt: skip


def test_an_answer_takes_all_that_is_offered_and_says_who_we_are():
    peer = Peer()
    said = janus.answer(OFFERED, peer).split("\r\n")
    peer.close()

    assert janus.mids(OFFERED) == [("audio", "a"), ("video", "v")]
    assert said.count("a=setup:active") == said.count("a=recvonly") == 2
    assert said.count(f"a=ice-ufrag:{UFRAG}") == said.count(f"a=ice-pwd:{PASSWORD}") == 2
    assert f"a=fingerprint:sha-256 {peer.identity.fingerprint}" in said
    assert {"a=mid:a", "a=mid:v", "a=rtpmap:111 opus/48000/2", "a=rtpmap:96 VP8/90000"} <= set(said)
    assert not [line for line in said if line.startswith(("a=ssrc", "a=candidate")) or "AA:BB" in line]


def test_who_is_not_there_is_named_and_the_bench_goes_on(monkeypatch, capsys):
    monkeypatch.setattr("runtime.forwarders.find", lambda name: None)

    assert relay.who_is_there(fetch=False) == {}

    told = capsys.readouterr().err
    assert "not there, janus: " in told and "apt-get install janus" in told
    assert "not there, rtpengine: " in told and "apt-get install rtpengine-daemon" in told
