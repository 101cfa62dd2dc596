"""Odd frames against the sockets of rooms; then many rooms of two seats, opened and closed again and again.

`--long`: 10,000 frames, and 200 rooms twenty times. Else a short form of some seconds. `--attempts` says how many frames,
`--places` how many rooms instead; the clock is not looked at.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

FRAMES, ROOMS, TIMES = 10_000, 200, 20
SHORT_FRAMES, SHORT_ROOMS, SHORT_TIMES = 1_000, 20, 4
LONG_S = 3600  # what --long says
FLAT_MB = 8  # the last third of the frames may weigh so much more than the second


def blow(*, seed: int, seconds: float, attempts: int | None = None, places: int | None = None) -> Any:
    """Rain, then cycles, then what is wrong."""
    from tests.site import own_database
    from tests.storm.booking import Outcome

    own_database("storm_signalling", pool=True)
    is_long = seconds >= LONG_S
    frames = attempts or (FRAMES if is_long else SHORT_FRAMES)
    count, times = places or (ROOMS if is_long else SHORT_ROOMS), TIMES if is_long else SHORT_TIMES
    from realtime.models import Room
    from tests import make
    from tests.realtime import cycling, fuzzing
    from tests.realtime.conftest import make_room

    hospital = make.make_facility()
    doctors = [make.make_practitioner(facility=hospital, full_name=f"Bác Sĩ {n}") for n in range(2)]
    people = [make.make_person(full_name=f"Người Bệnh {n}") for n in range(2)]
    by = [(make.actor_for(person), make.actor_for(doctor)) for person, doctor in zip(people, doctors, strict=True)]
    begun = time.monotonic()
    rain = asyncio.run(
        fuzzing.rain(
            frames,
            seed,
            new_room=lambda: make_room(person=people[0], practitioner=doctors[0]),
            citizen=by[0][0],
            doctor=by[0][1],
            others=by[1],
            other_room=make_room(person=people[1], practitioner=doctors[1]),
        )
    )
    rain.done["seconds of rain"] = round(time.monotonic() - begun)
    rooms = []
    for number in range(count):
        # Nobody has more than twenty sockets; so each room has its own two.
        person = make.make_person(full_name=f"Người Bệnh Số {number}")
        doctor = make.make_practitioner(facility=hospital, full_name=f"Bác Sĩ Số {number}")
        room = make_room(person=person, practitioner=doctor)
        if number % 2:
            Room.objects.filter(pk=room.pk).update(topology="relay", reasons=["policy"])
            room.refresh_from_db()
        rooms.append((room, make.actor_for(person), make.actor_for(doctor)))
    begun = time.monotonic()
    left = asyncio.run(cycling.cycle(rooms, times=times, seed=seed))
    left.done["seconds of cycles"] = round(time.monotonic() - begun)
    grown = fuzzing.growth(rain.rss)
    rain.done["kB grown in the last third"] = round(1000 * grown)
    return Outcome(
        rain.done + left.done,
        {
            "no frame brings an unhandled error": rain.unhandled,
            "no foreign room is disturbed": rain.disturbed,
            "memory stays flat": [f"{grown:.1f} MB more"] if grown > FLAT_MB else [],
            "rooms leave nothing behind": left.leaks,
        },
    )
