"""How the pictures of a call travel: between two browsers, or through the media relay, and how one becomes the other. Pure.

Make before break: a new topology is prepared while the present one plays on; when it plays at everybody who is in, or when
the time is over and it plays somewhere, it takes over. The epoch grows with each beginning, so that what speaks of an older
one is known to be late.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from realtime.rooms.state import PEER, PEERS, RELAYED, Calm, Deadline, NodeLost, RoomState, Step, Want

# Why a call goes through the relay. A third person and a recording are seen from the room; the others are kept until they are over.
THIRD_PERSON, NETWORK, POLICY, RECORDING = "third_person", "network", "policy", "recording"


def reasons(room: RoomState) -> tuple[str, ...]:
    """Everything that speaks for the relay now; nothing where the house has none."""
    if room.most <= PEERS:
        return ()
    crowd = sum(seat.is_admitted for seat in room.seats) > PEERS
    is_recorded = room.recording in ("on", "paused")  # asked only: nothing has to change yet
    return (*room.reasons, *((THIRD_PERSON,) if crowd else ()), *((RECORDING,) if is_recorded else ()))


def settle(room: RoomState) -> RoomState:
    """After every step: begin what has become necessary, drop what no longer is, take over what plays everywhere."""
    wanted = RELAYED if reasons(room) else PEER
    going_to = room.preparing or room.topology
    if wanted == RELAYED and going_to != RELAYED:
        # Back from the way to p2p means staying with what still plays; the epoch tells late messages from that attempt.
        room = _prepare(room, RELAYED) if room.topology == PEER else _stay(room)
    elif wanted == PEER and room.topology == PEER and room.preparing:
        room = _stay(room)
    if room.preparing and {seat.id for seat in room.inside} <= set(room.ready):
        room = _take_over(room)
    return room


def want(room: RoomState, message: Want) -> Step:
    """Note a reason for the relay, or that it is over."""
    others = {reason for reason in room.reasons if reason != message.reason}
    return replace(room, reasons=tuple(sorted(others | ({message.reason} if message.on else set())))), []


def _deadline(room: RoomState, message: Deadline) -> Step:
    """Who is ready goes on, the others follow; where it plays nowhere the attempt is made once more."""
    if not room.preparing or message.epoch != room.epoch:
        return room, []
    if {seat.id for seat in room.inside} & set(room.ready):
        return _take_over(room), []
    return (_prepare(room, RELAYED) if room.preparing == RELAYED else _stay(room)), []


def _calm(room: RoomState, message: Calm) -> Step:
    if room.topology != RELAYED or room.preparing or message.epoch != room.epoch or reasons(room):
        return room, []
    return _prepare(room, PEER), []


def _node_lost(room: RoomState, message: NodeLost) -> Step:
    """What went through it has stopped: everybody offers anew, to another node."""
    if RELAYED not in (room.topology, room.preparing) or message.epoch != room.epoch:
        return room, []
    return (_prepare(room, RELAYED) if room.topology == PEER else _stay(room)), []


def _prepare(room: RoomState, topology: str) -> RoomState:
    return replace(room, preparing=topology, epoch=room.epoch + 1, ready=())


def _stay(room: RoomState) -> RoomState:
    return replace(room, preparing="", epoch=room.epoch + 1, ready=())


def _take_over(room: RoomState) -> RoomState:
    return replace(room, topology=room.preparing, preparing="", ready=())


STEPS: dict[type, Any] = {Want: want, Deadline: _deadline, Calm: _calm, NodeLost: _node_lost}
