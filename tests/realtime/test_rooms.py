"""The room without a database: who may do what in which state."""

from dataclasses import replace

import pytest

from core.errors import DomainError
from realtime import rooms
from realtime.errors import PractitionerOnly, StationOnly
from realtime.protocol import Beside, Leave, LetIn, Media, Remove, Say, Signal
from realtime.rooms import Arrive, Close, Depart, End, Fact, Relay, RoomState, SeatState, Take, Tell, step

ANA = SeatState("ana", "u-ana", "citizen", "Ana")
BEN = SeatState("ben", "u-ben", "practitioner", "BS. Ben", state="admitted")
MAI = SeatState("mai", "u-mai", "citizen", "Mai")
EMPTY = RoomState("r")


def room(*seats: SeatState, **fields) -> RoomState:
    return RoomState("r", seats=seats, **fields)


def sits(seat: SeatState, state: str = "admitted", present: bool = True) -> SeatState:
    return replace(seat, state=state, present=present)


CALL = room(sits(ANA), sits(BEN))
LOBBY = room(sits(ANA, "waiting"), sits(BEN))


def test_the_doctor_sits_down_and_the_citizen_waits():
    after, _ = step(EMPTY, Take(replace(BEN, state="waiting")))
    after, _ = step(after, Take(ANA))
    assert [seat.state for seat in after.seats] == ["admitted", "waiting"]
    assert after.version == 2


def test_arriving_in_the_waiting_room_is_told_once():
    after, effects = step(room(ANA, BEN), Arrive(), "ana")
    assert effects == [Fact("waiting", "ana")]
    after, _ = step(after, Depart(), "ana")
    after, effects = step(after, Arrive(), "ana")
    assert effects == [] and after.seat("ana").present


def test_letting_in_connects_them():
    after, effects = step(LOBBY, LetIn("ana"), "ben")
    assert after.seat("ana").state == "admitted" and after.was_connected
    assert effects == [Fact("let_in", "ana"), Fact("connected", "ana")]
    again, effects = step(after, LetIn("ana"), "ben")
    assert again == after and effects == []


def test_being_connected_is_a_fact_only_once():
    after, effects = step(room(sits(ANA), sits(BEN, present=False)), Arrive(), "ben")
    assert effects == [Fact("connected", "ben")]
    after, _ = step(after, Depart(), "ben")
    assert step(after, Arrive(), "ben")[1] == []


def test_a_signal_reaches_the_other_seat_with_the_sender_of_the_connection():
    after, effects = step(CALL, Signal("ben", {"candidate": 1}), "ana")
    assert after == CALL
    assert effects == [Relay("ben", "ana", {"candidate": 1})]


def test_hanging_up_leaves_the_seat():
    after, effects = step(CALL, Leave(), "ana")
    assert after.seat("ana").state == "left" and not after.seat("ana").present
    assert effects == [Close("ana", 1000, "left")]


def test_who_hung_up_waits_again_and_is_announced_again():
    after, _ = step(CALL, Leave(), "ana")
    after, _ = step(after, Take(ANA))
    assert after.seat("ana").state == "waiting"
    assert step(after, Arrive(), "ana")[1] == [Fact("waiting", "ana")]


def test_with_the_resume_token_the_seat_is_kept():
    lost, _ = step(CALL, Depart(), "ana")
    assert step(lost, Take(ANA, resumed=True))[0].seat("ana").is_admitted
    assert step(lost, Take(ANA, resumed=False))[0].seat("ana").state == "waiting"


def test_the_doctor_needs_nobody_to_let_them_in_again():
    after, _ = step(CALL, Leave(), "ben")
    assert step(after, Take(BEN))[0].seat("ben").is_admitted


def test_flags_and_words():
    after, effects = step(CALL, Media(mic=False, camera=True), "ana")
    assert not after.seat("ana").mic and after.version == CALL.version + 1 and effects == []
    assert step(CALL, Say("xin chào", "c1"), "ana") == (CALL, [Tell("ana", "xin chào", "c1")])


def test_removing_closes_and_stays():
    after, effects = step(CALL, Remove("ana"), "ben")
    assert effects == [Close("ana", 4403, "removed")]
    for message in (Take(ANA), Take(ANA, resumed=True)):
        with pytest.raises(DomainError, match="seat_taken_away"):
            step(after, message)
    with pytest.raises(DomainError, match="seat_taken_away"):
        step(after, Arrive(), "ana")


def test_the_end_closes_everybody_and_nothing_follows():
    after, effects = step(LOBBY, End())
    assert not after.is_open and {effect.seat for effect in effects} == {"ana", "ben"}
    assert step(after, End()) == (after, [])
    assert step(after, Depart(), "ana") == (after, [])
    for message in (Take(ANA), Arrive(), LetIn("ana"), Say("x"), Leave(), Media(True, True)):
        with pytest.raises(DomainError, match="room_over"):
            step(after, message, "ben")


REFUSED = [
    (LOBBY, Signal("ben", {}), "ana", "not_admitted"),
    (LOBBY, Signal("ana", {}), "ben", "no_such_seat"),
    (LOBBY, Say("x"), "ana", "not_admitted"),
    (LOBBY, LetIn("ana"), "ana", "practitioner_only"),
    (LOBBY, Remove("ben"), "ana", "practitioner_only"),
    (LOBBY, Remove("ben"), "ben", "practitioner_only"),
    (LOBBY, LetIn("eve"), "ben", "no_such_seat"),
    (CALL, Signal("eve", {}), "ana", "no_such_seat"),
    (CALL, Signal("ana", {}), "ana", "no_such_seat"),
    (CALL, Say("x"), "eve", "no_such_seat"),
    (room(sits(ANA), sits(BEN, present=False)), Signal("ben", {}), "ana", "nobody_there"),
    (room(sits(ANA, "left", False), sits(BEN)), LetIn("ana"), "ben", "nobody_there"),
    (room(sits(ANA), sits(BEN), sits(MAI, "waiting")), LetIn("mai"), "ben", "room_full"),
    (room(sits(ANA), sits(BEN), sits(MAI, "waiting")), Signal("mai", {}), "ana", "no_such_seat"),
    (room(sits(ANA, "left", False), sits(BEN)), Arrive(), "ana", "not_admitted"),
    (room(sits(ANA, "removed", False), sits(BEN)), Say("x"), "ana", "seat_taken_away"),
]


@pytest.mark.parametrize(("before", "message", "seat", "code"), REFUSED)
def test_refuses(before, message, seat, code):
    with pytest.raises(DomainError, match=code):
        step(before, message, seat)


def names(seen):
    return [seat["id"] for seat in seen["seats"]]


def test_who_waits_sees_the_doctor_and_nobody_else():
    full = room(sits(ANA, "waiting"), sits(BEN), sits(MAI))
    assert names(rooms.view(full, "ana")) == ["ana", "ben"]
    assert names(rooms.view(full, "mai")) == ["ben", "mai"]
    assert names(rooms.view(full, "ben")) == ["ana", "ben", "mai"]
    assert "u-ana" not in str(rooms.view(full, "ben"))


def test_the_citizen_gives_way():
    assert rooms.is_polite(ANA) and not rooms.is_polite(BEN)


NAM = SeatState("nam", "u-nam", "practitioner", "BS. Nam", state="admitted")
THU = SeatState("thu", "u-thu", "nurse", "ĐD Thu", kind="station_nurse")


def test_who_handed_the_visit_over_may_be_shown_out_and_who_leads_may_not():
    both = room(sits(ANA), sits(BEN), sits(NAM), leader="u-nam")
    after, effects = step(both, Remove("ben"), "nam")
    assert after.seat("ben").state == "removed" and effects == [Close("ben", 4403, "removed")]
    with pytest.raises(PractitionerOnly):
        step(both, Remove("nam"), "nam")


def test_a_seat_whose_line_does_not_come_back_is_free():
    lost = room(sits(ANA, present=False), sits(BEN))
    after, effects = step(lost, rooms.Gone("ana"))
    assert after.seat("ana").state == "left" and effects == []
    for here in (CALL, LOBBY):  # back meanwhile, or never in the call
        assert step(here, rooms.Gone("ana")) == (here, [])


def test_the_visit_begins_when_the_citizen_sits_down_beside_the_nurse():
    alone = room(sits(THU), sits(BEN))
    after, effects = step(alone, Beside(True), "thu")
    assert after.was_connected and effects == [Fact("beside", "thu"), Fact("connected", "thu")]
    assert step(after, Beside(True), "thu") == (after, [])
    gone, effects = step(after, Beside(False), "thu")
    assert not gone.seat("thu").with_citizen and effects == [Fact("beside", "thu")]
    with pytest.raises(StationOnly):
        step(after, Beside(True), "ben")


def test_a_nurse_who_waits_is_announced_again_when_the_citizen_has_come():
    waits = room(replace(sits(THU, "waiting"), announced=True), sits(BEN))
    after, effects = step(waits, Beside(True), "thu")
    assert effects == [Fact("beside", "thu"), Fact("waiting", "thu")] and not after.was_connected


def test_a_recording_ends_with_the_visit_going_to_another_doctor():
    taped = room(sits(ANA), sits(BEN), recording="on", agreed=("ana", "ben"), topology="relay", records=True)
    after, _ = step(taped, rooms.HandedOver())
    assert (after.recording, after.cut, after.agreed) == ("", "handed_over", ())
