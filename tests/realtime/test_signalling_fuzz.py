"""What no browser says, said to the sockets; and rooms opened and closed: nothing goes wrong unseen, nothing is left over.

The long form of both is `lanh.py storm signalling`.
"""

from __future__ import annotations

import pytest

from realtime.models import Room
from tests import make
from tests.realtime import cycling, fuzzing
from tests.realtime.conftest import make_room

FRAMES = 800
ROOMS, TIMES = 6, 3
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def next_door(child, by_ana, hospital):
    """Another room with two others in it."""
    doctor = make.make_practitioner(facility=hospital, full_name="Lê Văn Khác")
    parent = make.make_person(full_name="Đỗ Thị Láng Giềng")
    room = make_room(person=parent, practitioner=doctor)
    return room, (make.actor_for(parent), make.actor_for(doctor))


async def test_odd_frames_disturb_nobody(ana, ben, by_ana, by_ben, next_door):
    other_room, others = next_door
    outcome = await fuzzing.rain(
        FRAMES,
        seed=4,
        new_room=lambda: make_room(person=ana, practitioner=ben),
        citizen=by_ana,
        doctor=by_ben,
        others=others,
        other_room=other_room,
    )
    print(outcome.done)
    assert outcome.unhandled == []
    assert outcome.disturbed == []
    assert outcome.done["frames"] >= FRAMES
    for kind in ("answer", "signal", "said", "pong", "error bad_description", "error bad_frame", "error bad_candidate"):
        assert outcome.done[kind], f"the rain brought no {kind}"


@pytest.fixture
def rooms(ana, ben, by_ana, by_ben):
    made = []
    for number in range(ROOMS):
        room = make_room(person=ana, practitioner=ben)
        if number % 2:
            Room.objects.filter(pk=room.pk).update(topology="relay", reasons=["policy"])
            room.refresh_from_db()
        made.append((room, by_ana, by_ben))
    return made


async def test_rooms_opened_and_closed_leave_nothing_behind(rooms):
    left = await cycling.cycle(rooms, times=TIMES, seed=4)
    print(left.done)
    assert left.leaks == []
    assert left.done["rooms"] == ROOMS * TIMES and left.done["answers"] == ROOMS * TIMES
