"""Descriptions and candidates: what real browsers write passes, what could do harm does not."""

import pytest

from core.errors import Invalid
from realtime import sdp
from realtime.errors import BadCandidate, BadDescription, CandidateRefused
from tests.realtime.samples import ANSWER, FINGERPRINT, MDNS, OFFER, SECTION

OPEN = sdp.AddressPolicy()
STRICT = sdp.AddressPolicy(loopback=False, private=False)


def test_a_real_offer_passes_unchanged():
    assert sdp.checked_description("offer", OFFER, OPEN) == OFFER


def test_lone_line_feeds_are_mended():
    assert sdp.checked_description("answer", ANSWER.replace("\r\n", "\n"), OPEN) == ANSWER


def test_attributes_we_do_not_know_are_left_behind():
    bent = OFFER + "a=x-google-flag:conference\r\na=rtcp-xr:rcvr-rtt=all\r\n"
    assert sdp.checked_description("offer", bent, OPEN) == OFFER


BENT = {
    "empty": "",
    "prose": "hello",
    "html": "<script>alert(1)</script>",
    "a number": 5,
    "none": None,
    "half a surrogate": OFFER + "a=mid:\ud800\r\n",
    "too big": OFFER + "a=fmtp:1 x\r\n" * 4000,
    "too many lines": OFFER + "a=rtcp-rsize\r\n" * 500,
    "a line too long": OFFER + "a=fmtp:96 " + "x" * 1100 + "\r\n",
    "nul": OFFER.replace("s=-", "s=\x00"),
    "a lone carriage return": OFFER.replace("s=-", "s=-\ra=crypto:1"),
    "an empty line": OFFER.replace("t=0 0\r\n", "t=0 0\r\n\r\n"),
    "no version": OFFER.removeprefix("v=0\r\n"),
    "version 1": OFFER.replace("v=0", "v=1"),
    "no sections": OFFER.split("m=")[0],
    "five sections": OFFER
    + "".join(SECTION.format(kind="audio", protocol="UDP/TLS/RTP/SAVPF", formats="0", mid=str(n)) for n in (2, 3, 4)),
    "no fingerprint": OFFER.replace(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", ""),
    "one section without": OFFER.replace(f"a=fingerprint:sha-256 {FINGERPRINT}\r\n", "", 1),
    "two fingerprints": OFFER.replace("6F:6F", "6E:6E", 1),
    "md5": OFFER.replace("sha-256", "md5"),
    "a short digest": OFFER.replace(FINGERPRINT, FINGERPRINT[:-3]),
    "keys in the clear": OFFER + "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc\r\n",
    "no encryption": OFFER.replace("UDP/TLS/RTP/SAVPF", "RTP/AVP"),
    "an unknown medium": OFFER.replace("m=video", "m=message"),
    "payload type 300": OFFER.replace("96 97", "96 300"),
    "port 65536": OFFER.replace("m=audio 9", "m=audio 65536"),
    "the same mid twice": OFFER.replace("a=mid:1", "a=mid:0"),
    "no ice words": OFFER.replace("a=ice-ufrag:4StO\r\n", ""),
    "a short ice password": OFFER.replace("ScGd6SOl0mLwaJ7ZnO6s/7uO", "short"),
    "holdconn": OFFER.replace("actpass", "holdconn"),
    "a candidate that is none": OFFER + "a=candidate:x\r\n",
    "41 candidates": OFFER + f"a={MDNS}\r\n" * 41,
}


@pytest.mark.parametrize("text", BENT.values(), ids=BENT.keys())
def test_refuses_what_is_not_a_description(text):
    with pytest.raises(BadDescription if "candidate:x" not in str(text) else BadCandidate):
        sdp.checked_description("offer", text, OPEN)


def test_an_answer_must_have_chosen_its_role():
    with pytest.raises(BadDescription):
        sdp.checked_description("answer", OFFER, OPEN)


@pytest.mark.parametrize("kind", ["rollback", "pranswer", "", "OFFER"])
def test_refuses_other_kinds(kind):
    with pytest.raises(BadDescription):
        sdp.checked_description(kind, OFFER, OPEN)


def host(address: str, port: int | str = 50000, kind: str = "host", rest: str = "") -> str:
    return f"candidate:1 1 udp 2113937151 {address} {port} typ {kind}{rest}"


FINE = [
    MDNS,
    "a=" + MDNS,
    host("127.0.0.1"),
    host("192.168.1.20"),
    host("::1"),
    host("203.113.131.1", 40000, "srflx", " raddr 0.0.0.0 rport 0 generation 0"),
    host("2001:ee0:4141::1"),
    "candidate:1 1 tcp 1518280447 192.168.1.20 9 typ host tcptype active generation 0",
    "",
]


@pytest.mark.parametrize("text", FINE)
def test_lets_candidates_of_browsers_pass(text):
    assert sdp.checked_candidate(text, OPEN) == text.removeprefix("a=")


JUNK = [
    None, 7, {}, "hello", host("example.com"), host("metadata.google.internal"), host("evil.local"), host("256.1.1.1"),
    host("1.2.3.4", 0), host("1.2.3.4", 65536), host("1.2.3.4", -1), host("1.2.3.4\r\na=crypto"), host("1.2.3.4", kind="fake"),
    "candidate:1 1 tcp 1 1.2.3.4 50000 typ host", "candidate:1 9 udp 1 1.2.3.4 50000 typ host",
    "candidate:1 1 udp 99999999999 1.2.3.4 50000 typ host", host("1.2.3.4", rest=" raddr intern.example rport 5"), "x" * 2000,
]  # fmt: skip


@pytest.mark.parametrize("text", JUNK)
def test_refuses_junk(text):
    with pytest.raises(BadCandidate):
        sdp.checked_candidate(text, OPEN)


INSIDE = [
    "0.0.0.0",
    "::",
    "169.254.169.254",
    "169.254.1.1",
    "fe80::1",
    "224.0.0.1",
    "ff02::1",
    "255.255.255.255",
    "240.0.0.1",
]


@pytest.mark.parametrize("address", [*INSIDE, "::ffff:169.254.169.254", "fd00:ec2::254"])
def test_refuses_addresses_nobody_calls_from(address):
    with pytest.raises(CandidateRefused):
        sdp.checked_candidate(host(address), OPEN)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "::ffff:127.0.0.1", "10.0.0.1", "192.168.1.1", "fc00::1", "172.16.0.9"]
)
def test_a_strict_house_refuses_loopback_and_private(address):
    with pytest.raises(CandidateRefused):
        sdp.checked_candidate(host(address), STRICT)


def test_a_strict_house_still_takes_public_and_hidden_addresses():
    assert sdp.checked_candidate(host("203.113.131.1"), STRICT)
    assert sdp.checked_candidate(MDNS, STRICT)


@pytest.mark.parametrize("port", [22, 80, 443, 1023])
def test_refuses_ports_of_services(port):
    with pytest.raises(CandidateRefused):
        sdp.checked_candidate(host("203.113.131.1", port), OPEN)


def test_candidates_inside_a_description_are_judged_too():
    with pytest.raises(Invalid):
        sdp.checked_description("offer", OFFER + f"a={host('169.254.169.254')}\r\n", OPEN)
