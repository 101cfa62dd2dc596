"""RTP and RTCP as bytes: each table from the RFCs, each builder read back by a parser that is not ours where there is one."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

import pytest
from aiortc import rtp as other
from hypothesis import given
from hypothesis import strategies as st

from realtime.media import keyframes, rtcp, rtp, twcc

u16, u32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
payloads = st.binary(min_size=1, max_size=1200)


def packet(
    sequence=7,
    timestamp=90_000,
    ssrc=0xABCD,
    payload=b"picture",
    payload_type=96,
    marker=1,
    extensions=b"",
    profile=0xBEDE,
):
    raw = other.RtpPacket(payload_type=payload_type, marker=marker, sequence_number=sequence, timestamp=timestamp, ssrc=ssrc,
                          payload=payload).serialize()  # fmt: skip
    if not extensions:
        return bytearray(raw)
    extensions += b"\0" * (-len(extensions) % 4)
    head = profile.to_bytes(2, "big") + (len(extensions) // 4).to_bytes(2, "big")
    return bytearray(bytes([raw[0] | 0x10]) + raw[1:12] + head + extensions + raw[12:])


@pytest.mark.parametrize(
    ("sequence", "than", "distance"),
    [(5, 5, 0), (6, 5, 1), (4, 5, -1), (0, 65535, 1), (65535, 0, -1), (32767, 0, 32767), (32768, 0, -32768)],
)
def test_distance_on_the_ring(sequence, than, distance):
    assert rtp.ahead(sequence, than) == distance


@given(u16, u16, st.integers(-32768, 32767))
def test_distance_is_what_was_walked(sequence, start, steps):
    assert rtp.ahead((start + steps) & 0xFFFF, start) == steps
    assert rtp.ahead(sequence, sequence) == 0


@given(u16, u32, u32, payloads)
def test_the_header_is_where_others_find_it(sequence, timestamp, ssrc, payload):
    raw = packet(sequence, timestamp, ssrc, payload)
    assert rtp.HEADER.unpack_from(raw) == (0x80, 0x80 | 96, sequence, timestamp, ssrc)
    rtp.HEADER.pack_into(raw, 0, raw[0], raw[1] & rtp.MARKER_BIT | 120, 1, 2, 3)
    seen = other.RtpPacket.parse(bytes(raw))
    assert (seen.payload_type, seen.marker, seen.sequence_number, seen.timestamp, seen.ssrc) == (120, 1, 1, 2, 3)
    assert seen.payload == payload


@given(st.binary(max_size=60))
def test_no_bytes_read_past_the_end(raw):
    data = bytearray(raw)
    assert -1 <= rtp.payload_at(data, len(data)) <= len(data)
    if len(data) >= 12:
        rtp.take_extension(data, len(data), 3)
        rtp.translate_extensions(data, len(data), {3: 4})
        assert len(data) == len(raw)
        rtp.from_rtx(data, len(data), payload_type=96, ssrc=1)
        rtp.as_rtx(bytes(data), payload_type=97, sequence=1, timestamp=1, ssrc=1, original=1)


def test_transport_number_is_taken_and_blanked():
    # abs-send-time (2) three bytes, transport-wide number (3) two bytes, audio level (1) one byte: RFC 8285, one-byte form
    raw = packet(extensions=bytes([0x22, 1, 2, 3, 0x31, 0x12, 0x34, 0x10, 0x85]))
    assert rtp.take_extension(raw, len(raw), 3) == 0x1234
    assert raw[16:25] == bytes([0x22, 1, 2, 3, 0, 0, 0, 0x10, 0x85])
    assert rtp.take_extension(raw, len(raw), 3) == -1
    assert other.RtpPacket.parse(bytes(raw)).payload == b"picture"


@pytest.mark.parametrize(
    "extensions",
    [b"\x30\x12", b"\x31\x12", b"\x22\x01\x02\x03", b"\xf1\x31\x12\x34", b"\0\0\0\0"],
    ids=["one byte only", "cut off", "another one", "after the reserved one", "padding only"],
)
def test_no_transport_number(extensions):
    raw = packet(extensions=extensions)[: 16 + len(extensions)]
    raw[15] = (len(extensions) + 3) // 4
    before = bytes(raw)
    assert rtp.take_extension(raw, len(raw), 3) == -1
    assert raw == before


@pytest.mark.parametrize(
    ("profile", "before", "after"),
    [
        (0xBEDE, bytes([0x22, 1, 2, 3, 0x10, 0x85, 0x50, 7]), bytes([0x42, 1, 2, 3, 0, 0, 0x60, 7])),
        (0x1000, bytes([2, 3, 1, 2, 3, 1, 1, 9]), bytes([4, 3, 1, 2, 3, 0, 0, 0])),
        (0xABAC, bytes([0x22, 1, 2, 3]), bytes([0x22, 1, 2, 3])),
    ],
    ids=["one byte", "two bytes", "no form we know"],
)
def test_extensions_get_the_receivers_numbers(profile, before, after):
    raw = packet(extensions=before, profile=profile)
    rtp.translate_extensions(raw, len(raw), {2: 4, 5: 6})
    assert raw[16 : 16 + len(after)] == after
    assert raw[-7:] == b"picture"


@given(u16, u32, u16, payloads)
def test_a_retransmission_carries_the_packet(sequence, timestamp, number, payload):
    raw = bytes(packet(sequence, timestamp, 1, payload, extensions=b"\x22abc"))
    again = rtp.as_rtx(raw, payload_type=97, sequence=number, timestamp=timestamp, ssrc=2, original=sequence)
    seen = other.RtpPacket.parse(bytes(again))
    assert (seen.payload_type, seen.sequence_number, seen.ssrc, seen.marker) == (97, number, 2, 1)
    assert seen.payload == sequence.to_bytes(2, "big") + payload
    assert rtp.from_rtx(again, len(again), payload_type=96, ssrc=1) == raw


def test_padding_that_probes_the_path_is_no_packet():
    raw = bytearray(packet(payload=b"\x00\x07" + b"\0" * 9 + b"\x0b"))
    raw[0] |= 0x20
    assert rtp.from_rtx(raw, len(raw), payload_type=96, ssrc=1) is None
    raw[-1] = 200  # more padding than packet
    assert rtp.from_rtx(raw, len(raw), payload_type=96, ssrc=1) is None


@given(st.lists(st.tuples(u16, u32, st.integers(1, 300)), min_size=1, max_size=8))
def test_numbers_go_on_when_the_source_changes(sources):
    numbers, sent, now = rtp.Numbers(90_000, first=1), [], 0.0
    for sequence, timestamp, count in sources:
        now += 0.5
        numbers.take_over(sequence, timestamp, now)
        for step in range(count):
            numbers.sent(sequence + step & 0xFFFF, timestamp + 3000 * step & 0xFFFFFFFF, now + step / 30)
            sent.append((numbers.last, numbers.timestamp_last))
        now = numbers.last_at
    assert [number for number, _ in sent] == [(1 + place) & 0xFFFF for place in range(len(sent))]
    steps = [(b - a) & 0xFFFFFFFF for (_, a), (_, b) in pairwise(sent)]
    assert all(1 <= step <= 90_000 for step in steps)
    changes = [sum(count for _, _, count in sources[: place + 1]) for place in range(len(sources) - 1)]
    assert all(steps[change - 1] == pytest.approx(45_000, abs=1) for change in changes)  # half a second of 90 kHz


@pytest.mark.parametrize(
    ("codec", "payload", "begins"),
    [
        ("VP8", b"\x10\x00", True),
        ("VP8", b"\x10\x01", False),  # a picture that needs the one before
        ("VP8", b"\x00\x00", False),  # the middle of a picture
        ("VP8", b"\x11\x00", False),  # another partition
        ("VP8", b"\x90\x80\x7f\x00", True),  # picture id of 7 bits
        ("VP8", b"\x90\x80\x80\x01\x00", True),  # of 15 bits
        ("VP8", b"\x90\xe0\x80\x01\x05\x20\x00", True),  # with TL0PICIDX and TID
        ("VP8", b"\x90\xe0\x80\x01\x05\x20\x01", False),
        ("VP8", b"\x90\x80", False),
        ("VP8", b"", False),
        ("H264", b"\x67\x42", True),
        ("H264", b"\x65\x88", True),
        ("H264", b"\x41\x9a", False),
        ("H264", b"\x7c\x85", True),  # FU-A, first part of an IDR
        ("H264", b"\x7c\x05", False),  # a later part
        ("H264", b"\x78\x00\x02\x06\x01\x00\x02\x67\x42", True),  # STAP-A: SEI, then SPS
        ("H264", b"\x78\x00\x02\x06\x01\x00\x02\x41\x42", False),
        ("H264", b"\x78\x00", False),
        ("AV1", b"\x00", True),
    ],
)
def test_where_a_picture_begins(codec, payload, begins):
    assert keyframes.begins_picture(codec, payload) is begins


@given(st.sampled_from(["VP8", "H264"]), st.binary(max_size=40))
def test_any_payload_is_judged(codec, payload):
    assert keyframes.begins_picture(codec, payload) in (True, False)


# RTCP


def only(data):
    (found,) = rtcp.packets(data)
    return found


blocks = st.builds(rtcp.Block, u32, st.integers(0, 255), st.integers(-(1 << 23), (1 << 23) - 1), u32, u32, u32, u32)


@given(u32, st.lists(blocks, max_size=31))
def test_receiver_reports_are_read_alike(ssrc, received):
    data = rtcp.receiver_report(ssrc, received)
    kind, count, body = only(data)
    assert kind == rtcp.RR
    assert rtcp.blocks(kind, count, body) == received
    (seen,) = other.RtcpPacket.parse(data)
    assert [
        (r.ssrc, r.fraction_lost, r.packets_lost, r.highest_sequence, r.jitter, r.lsr, r.dlsr) for r in seen.reports
    ] == [(b.ssrc, b.fraction_lost, b.lost, b.highest, b.jitter, b.last_report, b.delay) for b in received]


@given(st.builds(rtcp.Sender, u32, st.integers(0, 2**64 - 1), u32, u32, u32))
def test_sender_reports_are_read_alike(report):
    data = rtcp.sender_report(report)
    assert rtcp.sender(only(data)[2]) == report
    (seen,) = other.RtcpPacket.parse(data)
    assert (seen.ssrc, seen.sender_info.ntp_timestamp, seen.sender_info.rtp_timestamp) == (
        report.ssrc,
        report.ntp,
        report.timestamp,
    )


@given(u32, u32, u16, st.lists(st.integers(1, 200), max_size=40))
def test_lost_packets_are_read_alike(ssrc, media, first, steps):
    wanted = [first]
    for step in steps:
        wanted.append((wanted[-1] + step) & 0xFFFF)
    data = rtcp.nack(ssrc, media, wanted)
    kind, form, body = only(data)
    assert (kind, form, rtcp.media_ssrc(body)) == (rtcp.RTPFB, rtcp.NACK, media)
    assert rtcp.lost(body) == wanted
    (seen,) = other.RtcpPacket.parse(data)
    assert [number & 0xFFFF for number in seen.lost] == wanted  # theirs does not go round at 65,536


@given(st.integers(0, 2**40), st.lists(u32, max_size=5))
def test_estimates_are_rounded_down_a_little(bitrate, media):
    kind, form, body = only(rtcp.remb(1, bitrate, media))
    found, streams = rtcp.estimate(body)
    assert (kind, form, streams) == (rtcp.PSFB, rtcp.ALFB, media)
    assert bitrate * (1 - 2**-17) <= found <= bitrate
    assert other.unpack_remb_fci(bytes(body[8:])) == (found, media)


def test_demands_for_a_picture():
    assert bytes.fromhex("81ce0002 00000001 00000002") == rtcp.pli(1, 2)
    kind, form, body = only(rtcp.fir(1, [(2, 7), (3, 255)]))
    assert (kind, form) == (rtcp.PSFB, rtcp.FIR)
    assert rtcp.demanded(body) == [(2, 7), (3, 255)]
    # the stream of a FIR stands in its entry; the field other feedback uses is 0
    assert rtcp.media_ssrc(body) == 0


def test_names():
    data = rtcp.receiver_report(1, []) + rtcp.description(1, "relay")
    seen = other.RtcpPacket.parse(data)
    assert seen[1].chunks[0].items == [(1, b"relay")]


@given(st.binary(max_size=120))
def test_any_bytes_are_read_or_refused(data):
    with suppress(rtcp.BadRtcp):
        for kind, count, body in rtcp.packets(data):
            for reader in (rtcp.sender, rtcp.lost, rtcp.media_ssrc, rtcp.demanded, rtcp.estimate, twcc.arrivals):
                with suppress(rtcp.BadRtcp):
                    reader(body)
            with suppress(rtcp.BadRtcp):
                rtcp.blocks(kind, count, body)


# transport-wide feedback


def told_by(arrivals, **numbers):
    told = {}
    for message in arrivals.feedback(1, 2):
        kind, form, body = only(message)
        assert (kind, form, rtcp.media_ssrc(body)) == (rtcp.RTPFB, rtcp.TWCC, 2)
        for sequence, tick in twcc.arrivals(body)[1]:
            told[sequence] = tick
    return told


@given(
    u16, st.lists(st.tuples(st.integers(1, 30), st.integers(0, 200_000_000)), min_size=1, max_size=120), st.randoms()
)
def test_what_arrived_is_told_as_it_arrived(first, gaps, chance):
    arrivals, place, time, sent = twcc.Arrivals(), first, 5_000_000_000_000, {}
    for gap, pause in gaps:
        sent[place & 0xFFFF] = time
        place += gap
        time += pause
    order = list(sent)
    for start in range(0, len(order), 5):  # a little reordering
        part = order[start : start + 5]
        chance.shuffle(part)
        arrivals.sequences += part
        arrivals.times += [sent[sequence] for sequence in part]
    told = told_by(arrivals)
    assert {sequence: tick for sequence, tick in told.items() if tick is not None} == {
        sequence: time // 250_000 for sequence, time in sent.items()
    }
    assert all(tick is None for sequence, tick in told.items() if sequence not in sent)


def test_a_gap_between_two_messages_is_a_loss():
    arrivals = twcc.Arrivals()
    arrivals.sequences, arrivals.times = [65533, 65534], [10**9, 10**9]
    assert list(told_by(arrivals)) == [65533, 65534]
    arrivals.sequences, arrivals.times = [1], [2 * 10**9]
    assert told_by(arrivals) == {65535: None, 0: None, 1: 8000}
    arrivals.sequences, arrivals.times = [0], [2 * 10**9]  # late, told in place of its loss
    assert told_by(arrivals) == {0: 8000}
    arrivals.sequences, arrivals.times = [2], [2 * 10**9]  # and nothing between is told as lost again
    assert told_by(arrivals) == {2: 8000}
    assert told_by(arrivals) == {}


def test_messages_are_numbered_and_a_jump_starts_anew():
    arrivals, numbers = twcc.Arrivals(), []
    for sequences in ([1], [2], [3, 30_000]):
        arrivals.sequences, arrivals.times = list(sequences), [10**9] * len(sequences)
        numbers += [twcc.arrivals(only(message)[2])[0] for message in arrivals.feedback(1, 2)]
    assert numbers == [0, 1, 2, 3]
