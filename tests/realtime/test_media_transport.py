"""The way to the relay: checks, who may move whom, the handshake, keys; and that nothing happens without them."""

from __future__ import annotations

from binascii import crc32

import pytest
from aioice import stun as other
from hypothesis import given
from hypothesis import strategies as st

from realtime.media import sdp, stun
from realtime.media.addresses import may_speak_to
from realtime.media.dtls import Handshake, Identity
from realtime.media.ice import FAILURES_A_SECOND, Desk
from realtime.media.link import MOST_ADDRESSES, Link, Words
from realtime.media.srtp import PROFILES, Keys
from tests.realtime.media_peer import offer

HERE, THERE = ("198.51.100.7", 40_000), ("198.51.100.8", 40_001)
PRINT = ":".join(["AB"] * 32)


# STUN against aioice's reader and writer


def theirs(username, password, **attributes):
    message = other.Message(message_method=other.Method.BINDING, message_class=other.Class.REQUEST)
    message.attributes["USERNAME"] = username
    for name, value in attributes.items():
        message.attributes[name.replace("_", "-")] = value
    message.add_message_integrity(password.encode())
    return bytes(message)


def test_a_check_of_another_library_is_read():
    data = theirs("ours:theirs", "secret", USE_CANDIDATE=None, ICE_CONTROLLING=7, PRIORITY=1)
    message = stun.read(data)
    assert message and message.kind == stun.REQUEST and message.username == "ours:theirs"
    assert message.knows("secret") and not message.knows("Secret") and not message.knows("")
    assert stun.USE_CANDIDATE in message.attributes


@pytest.mark.parametrize("address", [HERE, ("2001:db8::7", 5000), ("::ffff:198.51.100.7", 40_000)])
def test_our_answer_is_read_by_another_library(address):
    data = stun.success(b"0123456789ab", address, "secret")
    seen = other.parse_message(data)
    assert seen.check_message_integrity(b"secret")
    assert seen.message_class == other.Class.RESPONSE and seen.transaction_id == b"0123456789ab"
    assert seen.attributes["XOR-MAPPED-ADDRESS"] == (address[0].removeprefix("::ffff:"), address[1])
    assert stun.mapped_address(stun.read(data)) == (address[0].removeprefix("::ffff:"), address[1])
    refused = other.parse_message(stun.refusal(b"0123456789ab", 487, "Role Conflict", "secret"))
    assert refused.attributes["ERROR-CODE"] == (487, "Role Conflict")


def test_the_example_of_rfc_5769_is_read():
    # section 2.1, with the password given there; its order of attributes is another than ours
    data = bytes.fromhex(
        "000100582112a442b7e7a701bc34d686fa87dfae80220010"
        "5354554e207465737420636c69656e74002400046e0001ff80290008932ff9b151263b36"
        "00060009"
        "6576746a3a68367659202020000800149aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a280280004e57a3bcf"
    )
    message = stun.read(data)
    assert message and message.knows("VOkJxbRl1RmTxUk/WvJxBt") and message.username == "evtj:h6vY"


@pytest.mark.parametrize("change", ["cut", "no fingerprint", "bit", "cookie", "method", "empty"])
def test_what_is_no_check(change):
    data = stun.request("ours:theirs", "secret")
    data = {
        "cut": data[:-4],
        "no fingerprint": data[:2] + (len(data) - 28).to_bytes(2, "big") + data[4:-8],
        "bit": data[:30] + bytes([data[30] ^ 1]) + data[31:],
        "cookie": data[:4] + b"\0\0\0\0" + data[8:],
        "method": b"\xc0" + data[1:],
        "empty": b"",
    }[change]
    assert stun.read(data) is None


def test_nothing_may_follow_what_is_signed():
    data = stun.request("ours:theirs", "secret")[:-8] + b"\x00\x25\x00\x00"
    data = data[:2] + (len(data) - 12).to_bytes(2, "big") + data[4:]
    data += b"\x80\x28\x00\x04" + (crc32(data) ^ 0x5354554E).to_bytes(4, "big")
    assert stun.read(data) is None


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_left(data):
    stun.read(data)
    stun.read(b"\x00\x01" + (len(data) // 4 * 4).to_bytes(2, "big") + b"\x21\x12\xa4\x42" + data)


# who is where


def link_of(desk, seat="a"):
    link = Link("r", seat, sdp.read_offer(offer(fingerprint=PRINT)), 0.0)
    desk.enter(link)
    return link


def check(link, *, password="", ufrag="", nominate=False, **options):
    words = link.words
    return stun.request(f"{ufrag or words.ufrag}:them", password or words.password, nominate=nominate, **options)


@pytest.fixture
def desk():
    return Desk({}, loopback=False)


def test_a_check_with_the_password_is_answered_and_its_address_known(desk):
    link = link_of(desk)
    answer = desk.receive(check(link), HERE, 1.0)
    assert stun.mapped_address(stun.read(answer)) == HERE and stun.read(answer).knows(link.words.password)
    assert desk._by_address == {HERE: link} and link.address == HERE


@pytest.mark.parametrize(
    "wrong", [{"password": "x" * 32}, {"ufrag": "unknown"}], ids=["a wrong password", "a name nobody has"]
)
def test_without_the_words_nothing_changes(desk, wrong):
    link = link_of(desk)
    assert desk.receive(check(link, nominate=True, **wrong), HERE, 1.0) is None
    assert desk._by_address == {} and link.address is None and not link.addresses


def test_the_others_name_must_be_right_too(desk):
    link = link_of(desk)
    assert desk.receive(stun.request(f"{link.words.ufrag}:eve", link.words.password), HERE, 1.0) is None
    assert link.address is None


@pytest.mark.parametrize(
    ("host", "loopback", "allowed"),
    [
        ("198.51.100.7", False, True), ("10.1.2.3", False, True), ("2001:db8::1", False, True),
        ("127.0.0.1", False, False), ("127.9.9.9", False, False), ("::1", False, False), ("127.0.0.1", True, True),
        ("::ffff:127.0.0.1", False, False), ("169.254.169.254", True, False), ("169.254.1.1", True, False),
        ("fe80::1", True, False), ("fe80::1%eth0", True, False), ("fd00:ec2::254", True, False), ("100.100.100.200", True, False),
        ("0.0.0.0", True, False), ("224.0.0.1", True, False), ("255.255.255.255", True, False), ("a.local", True, False),
    ],
)  # fmt: skip
def test_where_nothing_of_ours_goes(host, loopback, allowed):
    assert may_speak_to(host, 40_000, loopback=loopback) is allowed
    desk = Desk({}, loopback=loopback)
    link = link_of(desk)
    assert (desk.receive(check(link, nominate=True), (host, 40_000), 1.0) is not None) is allowed
    assert (link.address is not None) is allowed
    assert not may_speak_to(host, 53, loopback=loopback)


def test_only_a_nomination_moves_somebody(desk):
    link = link_of(desk)
    desk.receive(check(link, nominate=True), HERE, 1.0)
    desk.receive(check(link), THERE, 2.0)
    assert link.address == HERE and desk._by_address[THERE] is link
    desk.receive(check(link, nominate=True), THERE, 3.0)
    assert link.address == THERE


def test_a_copied_check_moves_nobody(desk):
    link = link_of(desk)
    data = check(link, nominate=True)
    assert desk.receive(data, HERE, 1.0)
    assert desk.receive(data, THERE, 2.0) is None
    assert link.address == HERE and THERE not in desk._by_address
    assert desk.receive(data, HERE, 2.0), "sent again from the same place it is answered again"


def test_the_wrong_role_is_told(desk):
    link = link_of(desk)
    answer = stun.read(desk.receive(check(link, controlling=False), HERE, 1.0))
    assert answer.kind == stun.ERROR and link.address is None


def test_old_words_hold_until_the_new_are_nominated(desk):
    link = link_of(desk)
    desk.receive(check(link, nominate=True), HERE, 1.0)
    old = link.words
    desk.restart(link, Words("fresh", "y" * 32, "them"))
    assert desk.receive(stun.request(f"{old.ufrag}:them", old.password), HERE, 2.0)
    assert desk.receive(check(link), THERE, 2.0) and link.address == HERE
    assert desk.receive(check(link, nominate=True), THERE, 2.0) and link.address == THERE
    assert desk.receive(stun.request(f"{old.ufrag}:them", old.password), HERE, 2.0) is None


def test_an_address_changes_hands_and_a_leaver_leaves_nothing(desk):
    one, two = link_of(desk, "a"), link_of(desk, "b")
    desk.receive(check(one, nominate=True), HERE, 1.0)
    desk.receive(check(two, nominate=True), HERE, 2.0)
    assert desk._by_address == {HERE: two} and one.address is None and not one.addresses
    desk.forget(two)
    assert desk._by_address == {} and set(desk.by_ufrag) == {one.words.ufrag}
    desk.forget(one)
    assert not desk.by_ufrag


def test_addresses_of_one_browser_are_counted(desk):
    link = link_of(desk)
    desk.receive(check(link, nominate=True), HERE, 0.0)
    for number in range(40):
        desk.receive(check(link), ("198.51.100.9", 30_000 + number), 1.0 + number)
    assert len(link.addresses) == len(desk._by_address) == MOST_ADDRESSES and link.address == HERE


def test_who_guesses_is_not_heard_for_a_second(desk):
    link = link_of(desk)
    for _ in range(FAILURES_A_SECOND):
        assert desk.receive(check(link, password="x" * 32), HERE, 1.0) is None
    assert desk.receive(check(link), HERE, 1.5) is None
    assert desk.receive(check(link), THERE, 1.5), "others are"
    assert desk.receive(check(link), HERE, 2.0)


# keys


def shake(server_print="", client_print="", profiles=None, lose=0):
    one, two = Identity(), Identity()
    if profiles:
        two.context.set_tlsext_use_srtp(b":".join(profiles))
    to_server, to_client = [], []
    server = Handshake(one, {"sha-256": client_print or two.fingerprint}, to_client.append)
    client = Handshake(two, {"sha-256": server_print or one.fingerprint}, to_server.append, is_server=False)
    client.start()
    for _ in range(12):
        for queue, end in ((to_server, server), (to_client, client)):
            while queue:
                datagram = queue.pop(0)
                assert len(datagram) <= 1200
                end.receive(datagram)
    return server, client


@pytest.mark.parametrize("profile", list(PROFILES))
def test_both_ends_hold_the_same_keys(profile):
    server, client = shake(profiles=[profile])
    packet = b"\x80\x60\x00\x01" + b"\0\0\0\x01" + b"\0\0\0\x02" + b"voice"
    for one, two in ((server.keys, client.keys), (client.keys, server.keys)):
        hidden = bytes(one.protect(packet))
        assert b"voice" not in hidden and len(hidden) > len(packet)
        assert bytes(two.unprotect(hidden)) == packet
        assert two.unprotect(hidden) is None, "a packet counts once"
        assert two.unprotect(hidden[:-1] + b"\0") is None
        report = b"\x80\xc9\x00\x01\x00\x00\x00\x01"
        assert bytes(two.unprotect_rtcp(one.protect_rtcp(report))) == report


def test_the_quickest_cipher_is_ours_to_choose():
    server, _ = shake(profiles=[b"SRTP_AES128_CM_SHA1_80", b"SRTP_AEAD_AES_256_GCM", b"SRTP_AEAD_AES_128_GCM"])
    assert server._connection.get_selected_srtp_profile() == b"SRTP_AEAD_AES_128_GCM"


def test_another_certificate_than_announced_gets_no_keys():
    server, client = shake(client_print=PRINT)
    assert server.failed and server.keys is None and client.keys is not None
    server, client = shake(server_print=PRINT)
    assert client.failed and client.keys is None


@given(st.lists(st.binary(max_size=300), max_size=4))
def test_noise_in_the_handshake_is_left(noise):
    server = Handshake(IDENTITY, {"sha-256": PRINT}, lambda _: None)
    for datagram in noise:
        server.receive(b"\x16\xfe\xfd" + datagram)
    assert server.keys is None


IDENTITY = Identity()


@given(st.integers(0, 65535), st.lists(st.integers(-200, 200), min_size=1, max_size=60))
def test_late_packets_decrypt_across_the_turn_of_the_numbers(first, steps):
    material = bytes(range(Keys.bytes_of_material(b"SRTP_AEAD_AES_128_GCM")))
    one = Keys(b"SRTP_AEAD_AES_128_GCM", material, is_server=True)
    two = Keys(b"SRTP_AEAD_AES_128_GCM", material, is_server=False)
    place, seen = 65536 + first, set()
    head = b"\x80\x60%s\0\0\0\x01\0\0\0\x02x"
    # as a sender counts: from below 32,768, then round
    one_by_one = [*range(0, place, 9000), place]
    for step in steps:
        one_by_one.append(max(0, one_by_one[-1] + step))
    for number in one_by_one:
        if number in seen or number < max(seen, default=0) - 1000:
            continue
        seen.add(number)
        packet = head % (number & 0xFFFF).to_bytes(2, "big")
        hidden = one.protect(packet)
        assert hidden is not None and bytes(two.unprotect(bytes(hidden))) == packet
