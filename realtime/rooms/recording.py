"""When a call is recorded: only while everybody who is in it has agreed to this very wish. Pure.

The doctor asks, and by that agrees. Once the citizen's side and everybody else who is in have said yes, it is on, and the
call goes through the relay. Whoever comes in is asked first, and until they answer it rests. One no, one yes taken back, one
press on stop, one side that hangs up: it is over, and would have to be asked anew.

`part` counts the tapes: a rest, or a relay that died, ends one, and what follows is the next one under the same consent.
"""

from __future__ import annotations

from dataclasses import replace

from realtime.errors import NobodyThere, RecordingOff
from realtime.protocol import Consent
from realtime.rooms.state import PRACTITIONER, RELAYED, Answered, NodeLost, RoomState, SeatState, Step, TapeEnded

ASKED, ON, PAUSED = "asked", "on", "paused"
# Why it is not on: what the page says, and the evidence.
DECLINED, WITHDRAWN, STOPPED, LEFT, OVER = "declined", "withdrawn", "stopped", "left", "over"
HANDED_OVER = "handed_over"
NEWCOMER, AWAY, BROKE = "newcomer", "away", "broke"
LIMIT, STORAGE = "limit", "storage"


def ask(room: RoomState, seat: SeatState) -> Step:
    """The doctor wishes to record; asked again while it is asked or on, nothing changes. Raises RecordingOff, NobodyThere."""
    if not room.records:
        raise RecordingOff
    if room.recording:
        return room, []
    if not any(other.is_citizens_side for other in room.inside):
        raise NobodyThere
    asked = replace(room, recording=ASKED, wish=room.wish + 1, agreed=(seat.id,), cut="")
    return asked, [Answered(seat.id, asked.wish, True)]


def answer(room: RoomState, seat: SeatState, message: Consent) -> Step:
    """Yes, no, or a yes taken back. What answers an older wish changes nothing."""
    if not room.recording or message.wish != room.wish:
        return room, []
    has_agreed = seat.id in room.agreed
    if message.yes and has_agreed:
        return room, []
    said = [Answered(seat.id, room.wish, message.yes)]
    if message.yes:
        return replace(room, agreed=tuple(sorted({*room.agreed, seat.id}))), [*said]
    return off(room, WITHDRAWN if has_agreed else DECLINED), [*said]


def off(room: RoomState, why: str) -> RoomState:
    """It is over; whoever agreed will be asked again."""
    return replace(room, recording="", agreed=(), cut=why) if room.recording else room


def handed_over(room: RoomState) -> Step:
    """Who agreed did so before another doctor, who may see it: it would have to be asked anew."""
    return off(room, HANDED_OVER), []


def tape_ended(room: RoomState, message: TapeEnded) -> Step:
    """The relay stopped by itself. Of a part that is over it says nothing new."""
    return (off(room, message.why) if message.part == room.part else room), []


def is_taping(room: RoomState) -> bool:
    """True while the relay is to write down what goes through it."""
    return room.recording == ON and room.topology == RELAYED


def settle(room: RoomState) -> RoomState:
    """After every step: begin, rest, go on or end, as those who are in the call have agreed."""
    if not room.recording:
        return room
    members = [seat for seat in room.seats if seat.is_admitted]
    doctor = any(seat.role == PRACTITIONER for seat in members)
    if not room.is_open or not doctor or not any(seat.is_citizens_side for seat in members):
        return off(room, LEFT)
    inside = room.inside
    all_agreed = {seat.id for seat in inside} <= set(room.agreed)
    both = any(seat.role == PRACTITIONER for seat in inside) and any(seat.is_citizens_side for seat in inside)
    if room.recording == ON and not (inside and all_agreed):
        return replace(room, recording=PAUSED, cut=NEWCOMER if inside else AWAY)
    if all_agreed and (both if room.recording == ASKED else bool(inside)) and room.recording != ON:
        return replace(room, recording=ON, cut="")
    return room


def count_parts(before: RoomState, after: RoomState, message: object) -> RoomState:
    """A tape begins: when recording starts or goes on, and when another relay takes over."""
    if not is_taping(after):
        return after
    if isinstance(message, NodeLost) and after.epoch != before.epoch:
        return replace(after, part=after.part + 1, cut=BROKE)
    return after if is_taping(before) else replace(after, part=after.part + 1)
