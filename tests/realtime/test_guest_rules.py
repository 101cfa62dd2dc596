"""Guests and muting in the room's own rules, without a database."""

from dataclasses import replace

import pytest

from realtime import rooms
from realtime.errors import NobodyThere, NoSuchSeat, NotAdmitted, PractitionerOnly, SeatTakenAway
from realtime.protocol import LetIn, Media, Mute, Say, Unmute
from realtime.rooms import Arrive, Close, Depart, Expel, Fact, Hush, RoomState, SeatState, Take, step

ANA = SeatState("ana", "u-ana", "citizen", "Ana", "admitted", present=True)
BEN = SeatState("ben", "u-ben", "practitioner", "BS. Ben", "admitted", present=True)
LAN = SeatState("lan", "i-lan", "guest", "Lan", "admitted", present=True, kind="interpreter")
NURSE = SeatState("nurse", "i-nurse", "guest", "ĐD Mai", "admitted", present=True, kind="station_nurse")


def room(*seats: SeatState, **fields) -> RoomState:
    return RoomState("r", seats=seats, most=6, **fields)


def test_a_guest_waits_like_a_citizen_and_does_not_open_the_door():
    after, _ = step(room(BEN), Take(replace(LAN, state="waiting", present=False)))
    after, effects = step(after, Arrive(), "lan")
    assert after.seat("lan").state == "waiting" and effects == [Fact("waiting", "lan")]
    with pytest.raises(PractitionerOnly):
        step(after, LetIn("lan"), "lan")
    with pytest.raises(NotAdmitted):
        step(after, Say("xin chào"), "lan")


def test_who_waits_sees_the_doctor_only_and_who_is_in_sees_as_what_a_guest_is_there():
    waits = replace(LAN, state="waiting")
    seen = rooms.view(room(ANA, BEN, waits), "lan")["seats"]
    assert {seat["id"] for seat in seen} == {"lan", "ben"}
    assert [seat["id"] for seat in rooms.view(room(ANA, BEN, waits), "ana")["seats"]] == ["ana", "ben"]
    (guest,) = [seat for seat in rooms.view(room(ANA, BEN, LAN), "ana")["seats"] if seat["id"] == "lan"]
    assert (guest["name"], guest["role"], guest["kind"]) == ("Lan", "guest", "interpreter")
    assert "user_id" not in guest


def test_an_invitation_and_an_account_never_share_a_seat():
    after, _ = step(room(BEN, ANA), Take(replace(LAN, state="waiting")))
    assert [seat.id for seat in after.seats] == ["ben", "ana", "lan"]


def test_doctor_and_interpreter_alone_are_not_yet_the_visit_but_doctor_and_station_nurse_are():
    after, effects = step(room(BEN, replace(LAN, state="waiting")), LetIn("lan"), "ben")
    assert effects == [Fact("let_in", "lan")] and not after.was_connected
    after, effects = step(room(BEN, replace(NURSE, state="waiting")), LetIn("nurse"), "ben")
    assert effects == [Fact("let_in", "nurse"), Fact("connected", "nurse")] and after.was_connected


def test_muting_is_told_to_the_muted_and_they_can_speak_again():
    after, effects = step(room(ANA, BEN, LAN), Mute("ana"), "ben")
    assert effects == [Hush("ana")] and not after.seat("ana").mic and after.seat("ana").camera
    assert step(after, Mute("ana"), "ben") == (after, [])
    after, _ = step(after, Media(mic=True, camera=True), "ana")
    assert after.seat("ana").mic and not after.seat("ana").muted


def test_muting_outlasts_a_reload_and_the_doctor_takes_back_only_their_own():
    after, _ = step(room(ANA, BEN, LAN), Mute("ana"), "ben")
    after, _ = step(after, Depart(), "ana")
    after, _ = step(after, Arrive("again"), "ana")
    after, _ = step(after, Media(mic=False, camera=True), "ana")  # the new page knows, and says so
    (seen,) = [seat for seat in rooms.view(after, "ana")["seats"] if seat["id"] == "ana"]
    assert seen["muted"] and not seen["mic"]
    after, effects = step(after, Unmute("ana"), "ben")
    assert effects == [Hush("ana", off=False)] and after.seat("ana").mic and not after.seat("ana").muted
    off, _ = step(after, Media(mic=False, camera=True), "ana")
    assert step(off, Unmute("ana"), "ben") == (off, [])  # she turned it off herself
    with pytest.raises(PractitionerOnly):
        step(after, Unmute("lan"), "ana")


@pytest.mark.parametrize("speaker", ["ana", "lan"])
def test_only_the_doctor_mutes(speaker):
    with pytest.raises(PractitionerOnly):
        step(room(ANA, BEN, LAN), Mute("ana" if speaker == "lan" else "lan"), speaker)


def test_nobody_mutes_the_doctor_a_stranger_or_who_waits():
    here = room(ANA, BEN, replace(LAN, state="waiting"))
    for seat, refusal in (("ben", PractitionerOnly), ("lan", NobodyThere), ("elsewhere", NoSuchSeat)):
        with pytest.raises(refusal):
            step(here, Mute(seat), "ben")


def test_who_lost_their_invitation_is_out_and_stays_out():
    after, effects = step(room(ANA, BEN, LAN), Expel("lan"))
    assert effects == [Close("lan", 4403, "removed")] and after.seat("lan").state == "removed"
    assert step(after, Expel("lan")) == (after, [])
    with pytest.raises(SeatTakenAway):
        step(after, Take(replace(LAN, state="waiting")))


def test_a_room_with_a_guest_survives_the_way_between_processes():
    here = room(ANA, BEN, LAN)
    assert rooms.from_json(rooms.as_json(here)) == here
