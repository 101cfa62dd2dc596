"""Whom one sees in which slot, whatever order people come and go in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.media import bandwidth, sdp
from realtime.media.errors import RoomFull
from realtime.media.link import Link
from realtime.media.room import MOST_SEATS, RoomMedia
from tests.realtime.media_peer import offer

PRINT = ":".join(["AB"] * 32)
OFFERS = [
    sdp.read_offer(offer(fingerprint=PRINT, base=1000 + 10 * place, slots=slots, publishes=publishes))
    for place, (slots, publishes) in enumerate(
        [(5, True), (1, True), (2, False), (0, True), (5, True), (3, True), (2, True)]
    )
]


def come(room, place):
    wanted = OFFERS[place]
    link = Link(room.id, f"s{place}", wanted, 0.0)
    room.prepare(link, wanted)
    room.enter(link)


def is_sound(room):
    for viewer in room.links.values():
        shown = [sink.source for sink in viewer.sinks.values() if sink.source]
        assert len({id(source) for source in shown}) == len(shown), "nobody is seen twice"
        for sink in viewer.sinks.values():
            if sink.source is None:
                continue
            assert sink.source.kind == sink.kind and sink.source.link is not viewer
            assert room.links.get(sink.source.link.seat_id) is sink.source.link, "who is gone is not shown"
            assert [*sink.source.sinks, *sink.source.waiting].count(sink) == 1
        for source in viewer.published:
            assert all(sink.source is source for sink in [*source.sinks, *source.waiting])
        for kind in ("audio", "video"):
            free = [sink for sink in viewer.sinks.values() if sink.kind == kind and sink.source is None]
            others = [link for link in room.links.values() if link is not viewer and link.published]
            unseen = [
                link for link in others if not any(source.link is link and source.kind == kind for source in shown)
            ]
            assert not (free and unseen), "no slot is free while somebody is not seen"
        # voice and face of one person lie side by side
        by_group: dict[str, set[str]] = {}
        for sink in viewer.sinks.values():
            if sink.source:
                by_group.setdefault(sink.group, set()).add(sink.source.link.seat_id)
        assert all(len(seats) == 1 for seats in by_group.values())


@given(st.lists(st.integers(0, len(OFFERS) - 1), max_size=40))
def test_slots_are_sound_however_people_come_and_go(moves):
    room = RoomMedia("r", codec="VP8")
    for place in moves:
        if f"s{place}" in room.links:
            assert room.leave(f"s{place}") is not None
        else:
            try:
                room.make_way(f"s{place}")
            except RoomFull:
                assert len(room.links) == MOST_SEATS
                continue
            come(room, place)
        is_sound(room)
    for seat in list(room.links):
        room.leave(seat)
    assert not room.links and not room._extensions


def test_a_person_keeps_their_slot_when_others_go():
    room = RoomMedia("r", codec="VP8")
    for place in (0, 1, 3, 4):
        come(room, place)
    before = {each["mid"]: each["seat"] for each in RoomMedia.slots(room.links["s0"])}
    room.leave("s1")
    after = {each["mid"]: each["seat"] for each in RoomMedia.slots(room.links["s0"])}
    assert {mid: None if seat == "s1" else seat for mid, seat in before.items()} == after


def receivers(*values):
    return [bandwidth.Receiver(*each) for each in values]


@pytest.mark.parametrize(
    ("parties", "told", "cap"),
    [
        (2, [], 1_700_000),
        (4, [], 900_000),
        (9, [], 500_000),
        (1, [], 1_700_000),
        (2, [(0, 900_000)], 1_700_000),  # nothing said yet
        (2, [(2_000_000, 900_000)], 1_700_000),  # room enough
        (2, [(900_000, 900_000)], 900_000),  # hardly
        (2, [(60_000, 900_000)], 150_000),  # not even the floor
        (3, [(2_000_000, 800_000), (400_000, 800_000)], 400_000),  # one of two
        (2, [(2_000_000, 800_000, 20)], 1_700_000),  # lossy, and says it could take more than is allowed anyway
        (2, [(0, 800_000, 20)], 800_000),
    ],
)
def test_what_a_publisher_may_send(parties, told, cap):
    assert bandwidth.cap(parties, receivers(*told)) == cap


def test_pictures_rest_longer_each_time_it_was_too_early():
    pauses = [bandwidth.FIRST_PAUSE_S]
    for _ in range(6):
        pauses.append(bandwidth.pause_after(pauses[-1], narrow_again=True))
    assert pauses == [5, 10, 20, 40, 60, 60, 60]
    assert bandwidth.pause_after(60, narrow_again=False) == 5
