"""When a call may be recorded, without a database: who is asked, what pauses it, what ends it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from realtime.errors import NobodyThere, NotAdmitted, PractitionerOnly, RecordingOff
from realtime.protocol import Consent, Leave, LetIn, Ready, Record, Remove, StopRecording
from realtime.rooms import (
    MOST,
    Answered,
    Arrive,
    Calm,
    Deadline,
    Depart,
    End,
    NodeLost,
    RoomState,
    SeatState,
    TapeEnded,
    is_taping,
    reasons,
    step,
    view,
)

ANA = SeatState("ana", "u-ana", "citizen", "Ana", "admitted", present=True)
BEN = SeatState("ben", "u-ben", "practitioner", "BS. Ben", "admitted", present=True)
LAN = SeatState("lan", "u-lan", "guest", "Lan", "waiting", present=True, kind="interpreter")
CALL = RoomState("r", seats=(ANA, BEN, LAN), most=MOST, records=True)


def after(room: RoomState, *messages: tuple[object, str]) -> RoomState:
    for message, seat in messages:
        room, _ = step(room, message, seat)
    return room


ASKED = after(CALL, (Record(), "ben"))
AGREED = after(ASKED, (Consent(1, True), "ana"))
TAPED = after(AGREED, (Ready(1), "ana"), (Ready(1), "ben"))


def test_the_doctor_asks_and_nothing_is_recorded_before_the_answer():
    assert (ASKED.recording, ASKED.wish, ASKED.agreed, ASKED.topology, ASKED.preparing) == (
        "asked",
        1,
        ("ben",),
        "p2p",
        "",
    )
    assert view(ASKED, "ana")["recording"] == {
        "state": "asked", "can": True, "wish": 1, "part": 0, "cut": "", "agreed": ["ben"],
    }  # fmt: skip
    assert view(ASKED, "lan")["recording"] == {"state": ""}  # who waits is not in the call


def test_with_every_yes_the_call_moves_to_the_relay_and_only_there_is_it_written_down():
    assert (AGREED.recording, AGREED.preparing, AGREED.part) == ("on", "relay", 0)
    assert not is_taping(AGREED)
    assert (TAPED.topology, TAPED.part, reasons(TAPED)) == ("relay", 1, ("recording",))
    assert is_taping(TAPED)


def test_each_answer_is_told():
    assert step(CALL, Record(), "ben")[1] == [Answered("ben", 1, True)]
    assert step(ASKED, Consent(1, True), "ana")[1] == [Answered("ana", 1, True)]
    assert step(ASKED, Consent(1, False), "ana")[1] == [Answered("ana", 1, False)]
    assert step(AGREED, Consent(1, True), "ana")[1] == []


def test_one_no_and_it_does_not_begin():
    declined = after(ASKED, (Consent(1, False), "ana"))
    assert (declined.recording, declined.cut, declined.topology, declined.preparing) == ("", "declined", "p2p", "")


def test_a_yes_to_an_older_wish_is_none():
    again = after(ASKED, (Consent(1, False), "ana"), (Record(), "ben"))
    assert again.wish == 2
    assert after(again, (Consent(1, True), "ana")).recording == "asked"
    assert after(again, (Consent(2, True), "ana")).recording == "on"


@pytest.mark.parametrize(
    ("message", "seat", "cut"),
    [
        (Consent(1, False), "ana", "withdrawn"), (Consent(1, False), "ben", "withdrawn"), (StopRecording(), "ben", "stopped"),
        (Leave(), "ana", "left"), (Leave(), "ben", "left"), (Remove("ana"), "ben", "left"), (End(), "", "over"),
        (TapeEnded(1, "limit"), "", "limit"),
    ],
)  # fmt: skip
def test_what_ends_it(message, seat, cut):
    ended = after(TAPED, (message, seat))
    assert (ended.recording, ended.cut, ended.agreed) == ("", cut, ())
    assert reasons(ended) == () and not is_taping(ended)


def test_who_comes_in_is_asked_before_it_goes_on():
    three = after(TAPED, (LetIn("lan"), "ben"))
    assert (three.recording, three.cut) == ("paused", "newcomer")
    assert not is_taping(three) and "recording" in reasons(three)
    on = after(three, (Consent(1, True), "lan"))
    assert (on.recording, on.part, on.cut) == ("on", 2, "")
    no = after(three, (Consent(1, False), "lan"))
    assert (no.recording, no.cut) == ("", "declined")
    gone = after(three, (Leave(), "lan"))
    assert (gone.recording, gone.part) == ("on", 2)


def test_whose_line_drops_comes_back_without_being_asked_again():
    away = after(TAPED, (Depart(), "ana"))
    assert is_taping(away)
    assert after(away, (Arrive("p2"), "ana")).part == 1
    nobody = after(away, (Depart(), "ben"))
    assert (nobody.recording, nobody.cut) == ("paused", "away")
    assert after(nobody, (Arrive("p3"), "ben")).part == 2


def test_a_relay_that_dies_ends_a_part_and_the_next_one_follows_under_the_same_consent():
    moved = after(TAPED, (NodeLost(1), ""))
    assert (moved.recording, moved.part, moved.cut, moved.agreed) == ("on", 2, "broke", ("ana", "ben"))
    assert after(moved, (NodeLost(1), "")) == moved
    assert after(moved, (TapeEnded(1, "limit"), "")) == moved  # of the part before


def test_back_from_recording_the_call_may_go_browser_to_browser_again():
    ended = after(TAPED, (StopRecording(), "ben"), (Calm(1), ""))
    assert ended.preparing == "p2p"
    assert after(TAPED, (Calm(1), "")) == TAPED  # never while it is recorded


@pytest.mark.parametrize(
    ("room", "message", "seat", "error"),
    [
        (CALL, Record(), "ana", PractitionerOnly), (CALL, Record(), "lan", PractitionerOnly),
        (replace(CALL, records=False), Record(), "ben", RecordingOff),
        (replace(CALL, seats=(BEN,)), Record(), "ben", NobodyThere),
        (ASKED, Consent(1, True), "lan", NotAdmitted),
        (TAPED, StopRecording(), "ana", PractitionerOnly),
    ],
)  # fmt: skip
def test_what_is_refused(room, message, seat, error):
    with pytest.raises(error):
        step(room, message, seat)


MESSAGES = st.one_of(
    st.tuples(st.builds(Consent, st.integers(1, 3), st.booleans()), st.sampled_from(["ana", "ben", "lan"])),
    st.tuples(
        st.sampled_from([Record(), StopRecording(), Leave(), Depart(), Arrive("p")]),
        st.sampled_from(["ana", "ben", "lan"]),
    ),
    st.tuples(st.builds(Ready, st.integers(1, 5)), st.sampled_from(["ana", "ben", "lan"])),
    st.tuples(st.sampled_from([LetIn("lan"), Remove("lan")]), st.just("ben")),
    st.tuples(st.one_of(st.builds(NodeLost, st.integers(1, 5)), st.builds(Deadline, st.integers(1, 5))), st.just("")),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MESSAGES, max_size=25))
def test_nobody_is_ever_recorded_who_has_not_agreed(messages):
    """Whatever is said in whatever order: while it is written down everybody in the call has said yes to this wish."""
    room, yes = CALL, set()
    for message, seat in messages:
        before = room
        try:
            room, effects = step(room, message, seat)
        except DomainError:
            assert room == before
            continue
        for effect in effects:
            if isinstance(effect, Answered):
                (yes.add if effect.yes else yes.discard)((effect.seat, effect.wish))
        if room.recording == "on":
            assert {(one.id, room.wish) for one in room.inside} <= yes
        if is_taping(room) and not is_taping(before):
            assert room.part == before.part + 1
