"""How the pictures of a call travel, without a database: when the relay takes over, and when it lets go."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import DomainError
from realtime.protocol import Leave, LetIn, Offer, Ready, Signal, Stuck
from realtime.rooms import (
    MOST,
    Arrive,
    Calm,
    Deadline,
    Depart,
    End,
    Fact,
    NodeLost,
    Offered,
    RoomState,
    SeatState,
    Want,
    step,
    view,
)

ANA = SeatState("ana", "u-ana", "citizen", "Ana", "admitted", present=True)
BEN = SeatState("ben", "u-ben", "practitioner", "BS. Ben", "admitted", present=True)
MAI = SeatState("mai", "u-mai", "citizen", "Mai", "waiting", present=True)
CALL = RoomState("r", seats=(ANA, BEN, MAI), most=MOST)


def after(room: RoomState, *messages: tuple[object, str]) -> RoomState:
    for message, seat in messages:
        room, _ = step(room, message, seat)
    return room


THREE = after(CALL, (LetIn("mai"), "ben"))
RELAYED = after(THREE, *[(Ready(1), seat) for seat in ("ana", "ben", "mai")])


def test_two_people_speak_browser_to_browser():
    assert (CALL.topology, view(CALL, "ana")["epoch"]) == ("p2p", 0)


def test_a_third_person_lets_the_relay_be_prepared_while_the_call_goes_on():
    assert (THREE.topology, THREE.preparing, THREE.epoch) == ("p2p", "relay", 1)
    assert view(THREE, "ana")["preparing"] == "relay"


def test_the_relay_takes_over_when_it_plays_at_everybody():
    almost = after(THREE, (Ready(1), "ana"), (Ready(1), "ben"))
    assert almost.topology == "p2p"
    assert (RELAYED.topology, RELAYED.preparing, RELAYED.epoch) == ("relay", "", 1)


def test_who_drops_out_while_it_is_prepared_holds_nobody_up():
    almost = after(THREE, (Ready(1), "ana"), (Ready(1), "ben"))
    assert after(almost, (Depart(), "mai")).topology == "relay"


def test_being_ready_for_another_epoch_or_for_nothing_changes_nothing():
    assert after(THREE, (Ready(0), "ana"), (Ready(2), "ana")) == THREE
    assert after(CALL, (Ready(0), "ana")) == CALL
    assert after(RELAYED, (Ready(1), "ana")) == RELAYED


def test_at_the_deadline_who_is_ready_goes_on():
    one = after(THREE, (Ready(1), "ana"))
    assert after(one, (Deadline(1), "")).topology == "relay"
    assert after(one, (Deadline(0), "")) == one


def test_where_it_plays_nowhere_it_is_tried_again():
    again = after(THREE, (Deadline(1), ""))
    assert (again.topology, again.preparing, again.epoch) == ("p2p", "relay", 2)


def test_a_browser_that_finds_no_way_asks_for_the_relay():
    stuck = after(CALL, (Stuck(), "ana"))
    assert (stuck.preparing, stuck.reasons) == ("relay", ("network",))
    assert after(stuck, (Stuck(), "ben")) == stuck
    with pytest.raises(DomainError, match="not_admitted"):
        step(CALL, Stuck(), "mai")


def test_back_to_two_it_returns_only_after_a_calm_while():
    two = after(RELAYED, (Leave(), "mai"))
    assert (two.topology, two.preparing) == ("relay", "")
    calm = after(two, (Calm(1), ""))
    assert (calm.topology, calm.preparing, calm.epoch) == ("relay", "p2p", 2)
    assert after(calm, (Ready(2), "ana"), (Ready(2), "ben")).topology == "p2p"
    assert after(RELAYED, (Calm(1), "")) == RELAYED  # they are still three
    assert after(two, (Calm(0), "")) == two  # somebody came and went meanwhile


def test_a_third_who_comes_while_they_return_keeps_the_relay():
    leaving = after(RELAYED, (Leave(), "mai"), (Calm(1), ""))
    back = replace(leaving, seats=(ANA, BEN, MAI))
    stays = after(back, (LetIn("mai"), "ben"))
    assert (stays.topology, stays.preparing, stays.epoch) == ("relay", "", 3)


def test_a_visitor_who_leaves_before_the_switch_lets_the_call_be():
    gone = after(THREE, (Leave(), "mai"))
    assert (gone.topology, gone.preparing) == ("p2p", "")
    assert after(gone, (Ready(1), "ana")) == gone


def test_a_rule_of_the_house_keeps_it_on_the_relay_from_the_start():
    empty = RoomState("r", most=MOST)
    room = after(empty, (Want("policy"), ""))
    assert (room.topology, room.preparing) == ("relay", "")  # nobody is in: nothing to wait for
    assert after(room, (Calm(room.epoch), "")) == room


def test_a_lost_node_makes_everybody_offer_anew():
    lost = after(RELAYED, (NodeLost(1), ""))
    assert (lost.topology, lost.epoch) == ("relay", 2)
    assert after(lost, (NodeLost(1), "")) == lost  # every socket of the room has noticed it
    assert after(CALL, (NodeLost(0), "")) == CALL
    assert step(lost, Offer(1, "old"), "ana") == (lost, [])
    assert step(lost, Offer(2, "new"), "ana")[1] == [Offered("ana", 2, "new")]


def test_an_offer_is_for_the_relay_and_from_who_is_in():
    assert step(CALL, Offer(0, "x"), "ana") == (CALL, [])
    assert step(THREE, Offer(1, "x"), "mai")[1] == [Offered("mai", 1, "x")]
    waiting = replace(RELAYED, seats=(ANA, BEN, MAI))
    with pytest.raises(DomainError, match="not_admitted"):
        step(waiting, Offer(1, "x"), "mai")


def test_signals_to_the_other_browser_end_with_the_switch():
    assert step(THREE, Signal("ben", {"candidate": 1}), "ana")[1]
    assert step(RELAYED, Signal("ben", {"candidate": 1}), "ana") == (RELAYED, [])


def test_without_a_relay_the_third_stays_outside():
    with pytest.raises(DomainError, match="room_full"):
        step(replace(CALL, most=2), LetIn("mai"), "ben")


def test_letting_a_third_in_is_told():
    assert step(CALL, LetIn("mai"), "ben")[1][0] == Fact("let_in", "mai")


MESSAGES = st.one_of(
    st.builds(Ready, st.integers(0, 4)),
    st.builds(Deadline, st.integers(0, 4)),
    st.builds(Calm, st.integers(0, 4)),
    st.builds(Offer, st.integers(0, 4), st.just("x")),
    st.builds(Want, st.sampled_from(["policy", "recording"]), st.booleans()),
    st.builds(NodeLost, st.integers(0, 4)),
    st.sampled_from([Stuck(), Arrive(), Depart(), Leave(), LetIn("mai"), LetIn("ana"), End()]),
)


@settings(deadline=None)
@given(st.lists(st.tuples(MESSAGES, st.sampled_from(["ana", "ben", "mai"])), max_size=30))
def test_whatever_happens_the_epoch_only_grows_and_a_crowd_never_stays_peer_to_peer(steps):
    room = CALL
    for message, seat in steps:
        before = room
        try:
            room, _ = step(room, message, seat)
        except DomainError:
            continue
        assert room.epoch >= before.epoch and room.version >= before.version
        assert room.topology in ("p2p", "relay") and room.preparing in ("", "p2p", "relay")
        assert room.preparing != room.topology
        if room.is_open and sum(one.is_admitted for one in room.seats) > 2:
            assert "relay" in (room.topology, room.preparing)
        if room.topology != before.topology:  # nobody is cut off: it played somewhere, or nobody was there
            assert before.ready or isinstance(message, Ready) or not room.inside
