"""Films of tapes: what comes out plays, is as long as it was, and lips are with the voice; whatever the network did."""

from __future__ import annotations

import io
import random
from types import SimpleNamespace
from typing import Any

import av
import pytest

from realtime.media.film import Film, make, survey, together
from tests.realtime.reels import Memory, Stream, face, packet, tape_of, voice


class Box(io.BytesIO):
    """A file whose content outlives its close()."""

    def close(self) -> None:
        pass


def films_of(chunks: list[bytes]) -> dict[str, tuple[Film, Box]]:
    boxes: dict[str, Box] = {}
    made = make(lambda: iter(chunks), survey(iter(chunks)), lambda seat: boxes.setdefault(seat, Box()))
    return {film.seat: (film, boxes[film.seat]) for film in made}


def opened(box: io.BytesIO) -> Any:
    box.seek(0)
    return av.open(box)


def decoded(box: io.BytesIO) -> list[float]:
    """The moments of all pictures; each must decode."""
    with opened(box) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]


def spread(stream: Stream, *, by: float, seed: int = 1) -> Stream:
    """Each packet comes up to `by` seconds late."""
    dice = random.Random(seed)
    stream.packets = sorted(((at + dice.uniform(0, by), wire) for at, wire in stream.packets), key=lambda one: one[0])
    return stream


def test_voice_and_face_of_one_seat_are_one_film_that_plays():
    ((film, box),) = films_of(tape_of(voice("ana", 3), face("ana", 3))).values()
    assert (film.has_voice, film.has_picture, film.width, film.height, film.container) == (True, True, 320, 240, "webm")
    assert film.duration_ms == pytest.approx(3000, abs=50)
    with opened(box) as container:
        assert sorted(stream.codec_context.name for stream in container.streams) == ["opus", "vp8"]
        assert container.duration / 1e6 == pytest.approx(3, abs=0.1)
        assert sum(frame.samples for frame in container.decode(audio=0)) / 48_000 == pytest.approx(3, abs=0.1)
    assert len(decoded(box)) == 45


def test_late_and_mixed_packets_find_their_place():
    """Up to 300 ms late and out of order, over the ends of both numbers."""
    ((film, box),) = films_of(tape_of(spread(voice("ana", 3), by=0.06), spread(face("ana", 3), by=0.3))).values()
    assert len(decoded(box)) == 45
    assert film.duration_ms == pytest.approx(3000, abs=80)


def test_after_a_hole_nothing_is_painted_before_the_next_whole_picture():
    picture = face("ana", 3)
    del picture.packets[[at >= 0.4 for at, _ in picture.packets].index(True)]  # in the picture at 0.4 s
    ((_, box),) = films_of(tape_of(voice("ana", 3), picture)).values()
    seen = decoded(box)
    assert not [at for at in seen if 0.39 < at < 0.99]
    assert len(seen) == 45 - 9


def test_what_came_before_the_first_whole_picture_is_left_out():
    picture = face("ana", 3)
    picture.packets = [one for one in picture.packets if one[0] > 0.5]
    ((film, box),) = films_of(tape_of(voice("ana", 3), picture)).values()
    assert decoded(box)[0] == pytest.approx(1.0, abs=0.05)
    assert film.has_picture


def test_lips_are_with_the_voice_by_the_senders_own_clocks():
    """Pictures need 250 ms longer on their way than the voice; the sender's reports say so."""
    late = face("ana", 3)
    late.packets = [(at + 0.25, wire) for at, wire in late.packets]
    for reports, first in (({0: 1e9, 1: 1e9}, 0.0), ({}, 0.25)):
        ((_, box),) = films_of(tape_of(voice("ana", 3), late, reports=reports)).values()
        assert decoded(box)[0] == pytest.approx(first, abs=0.03)


def test_a_clock_that_is_hours_off_is_not_believed():
    ((_, box),) = films_of(tape_of(voice("ana", 2), face("ana", 2), reports={0: 1e9, 1: 1e9 + 7200})).values()
    assert decoded(box)[0] == pytest.approx(0, abs=0.03)


def test_two_seats_are_two_films_and_one_file_with_all_tracks():
    late = [voice("ben", 2), face("ben", 2)]
    for stream in late:
        stream.packets = [(at + 1.5, wire) for at, wire in stream.packets]
    films = films_of(tape_of(voice("ana", 4), face("ana", 4), *late))
    assert [(seat, film.starts_ms) for seat, (film, _) in films.items()] == [
        ("ana", pytest.approx(0, abs=30)), ("ben", pytest.approx(1500, abs=60)),
    ]  # fmt: skip
    for _, box in films.values():
        box.seek(0)
    whole = Box(b"".join(together(list(films.values()))))
    with opened(whole) as container:
        assert [stream.type for stream in container.streams].count("audio") == 2
        assert [stream.type for stream in container.streams].count("video") == 2
        assert container.duration / 1e6 == pytest.approx(4, abs=0.2)
        first: dict[int, float] = {}
        for packet in container.demux():
            if packet.size:
                first.setdefault(packet.stream.index, float(packet.pts * packet.time_base))
    assert sorted(first.values()) == [pytest.approx(at, abs=0.1) for at in (0, 0, 1.5, 1.5)]


def test_who_had_no_camera_is_heard():
    ((film, box),) = films_of(tape_of(voice("ana", 2))).values()
    assert (film.has_voice, film.has_picture) == (True, False)
    with opened(box) as container:
        assert [stream.type for stream in container.streams] == ["audio"]


def test_h264_becomes_matroska():
    ((film, box),) = films_of(tape_of(voice("ana", 2), face("ana", 2, codec="H264"))).values()
    assert (film.container, film.width, film.height) == ("matroska", 320, 240)
    assert len(decoded(box)) == 30


def test_a_tape_that_was_cut_off_gives_what_is_on_it():
    chunks = tape_of(voice("ana", 6), face("ana", 6))
    assert survey(iter(chunks)).is_complete and len(chunks) >= 3
    torn = [*chunks[:-2], chunks[-2][: len(chunks[-2]) // 2]]
    assert not survey(iter(torn)).is_complete
    ((film, box),) = films_of(torn).values()
    assert 2000 < film.duration_ms < 6000
    assert decoded(box)


def test_a_relay_that_begins_again_goes_on_with_the_tape(monkeypatch):
    wall = iter((1000.0, 1010.0))
    monkeypatch.setattr(
        "realtime.media.tape.time", SimpleNamespace(time=lambda: next(wall))
    )  # ours alone, not everybody's
    vault = Memory()
    tape_of(voice("ana", 2), face("ana", 2), vault=vault, end="")
    chunks = tape_of(voice("ana", 2, line="m"), face("ana", 2, line="m"), vault=vault)
    ((film, box),) = films_of(chunks).values()
    assert film.duration_ms == pytest.approx(12_000, abs=100)
    assert max(decoded(box)) > 11.5


def test_a_phone_held_upright_is_noted():
    picture = face("ana", 1)
    turned = b"\xbe\xde\x00\x01" + bytes([4 << 4, 1, 0, 0])  # extension 4: a quarter clockwise
    picture.packets = [(at, bytes([wire[0] | 0x10]) + wire[1:12] + turned + wire[12:]) for at, wire in picture.packets]
    ((film, box),) = films_of(tape_of(picture, turns=4)).values()
    assert film.turned == 90 and len(decoded(box)) == 15
    ((film, _),) = films_of(tape_of(face("ana", 1), turns=4)).values()
    assert film.turned == 0


@pytest.mark.parametrize("codec", ["VP8", "H264"])
def test_what_is_no_picture_harms_nobody_elses_film(codec):
    dice = random.Random(4)
    noise = [Stream("eve", kind, "opus" if kind == "audio" else codec) for kind in ("audio", "video")]
    begins = (0x10, 0x65, 0x67, 0x18, 0x7C, 0)
    for stream in noise:
        for number in range(60):
            length = dice.randrange(30)
            payload = bytes(dice.choice(begins) if place < 2 else dice.getrandbits(8) for place in range(length))
            wire = packet(payload, dice.randrange(65536), dice.getrandbits(32), marker=bool(number & 1))
            stream.packets.append((number / 30, wire))
    films = films_of(tape_of(*noise, voice("ana", 2), face("ana", 2)))
    film, box = films["ana"]
    assert film.duration_ms == pytest.approx(2000, abs=60) and len(decoded(box)) == 30


def test_an_empty_tape_gives_no_film():
    assert films_of(tape_of()) == {} and films_of([]) == {}


def test_a_full_or_silent_tape_ends_by_itself():
    assert survey(iter(tape_of(voice("ana", 5), octets=2000))).why == "limit"
    assert survey(iter(tape_of(voice("ana", 5), seconds=2))).why == "limit"
    assert survey(iter(tape_of(voice("ana", 5), lease=2))).why == "silent"


def test_a_storage_that_is_away_for_a_while_loses_nothing():
    chunks = tape_of(voice("ana", 6), face("ana", 6), vault=Memory(fails=5))
    ((film, box),) = films_of(chunks).values()
    assert len(decoded(box)) == 90 and film.duration_ms == pytest.approx(6000, abs=60)


def test_where_storing_is_slow_the_recording_loses_packets_and_says_so(monkeypatch):
    monkeypatch.setattr("realtime.media.tape.MOST_HELD", 2000)
    chunks = tape_of(voice("ana", 6), face("ana", 6), vault=Memory(fails=60))
    assert survey(iter(chunks)).lost > 0
