"""Recordings in the database, with films that play."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from realtime import actions
from realtime.files import store
from realtime.models import Recording, Seat
from realtime.recordings import vault
from tests.realtime import reels


def fill(recording: Recording, seconds: float = 2, end: str = "stopped") -> None:
    """What a relay would have written of those who agreed."""
    streams = []
    for seat in recording.seats.all():
        streams += [reels.voice(str(seat.id), seconds), reels.face(str(seat.id), seconds)]
    for number, chunk in enumerate(reels.tape_of(*streams, end=end)):
        vault.Tapes().put(recording.place, number, chunk)


def made(room_id: UUID | str, *, at: datetime, seconds: float = 1) -> Recording:
    """A recording of everybody who has a seat in the call, ready to be seen."""
    recording = Recording.objects.create(
        room_id=room_id, part=1, wish=1, place=store.new_name(), keep_until=at + timedelta(days=3653), created_at=at
    )
    recording.seats.set(Seat.objects.filter(room_id=room_id, state="admitted"))
    fill(recording, seconds)
    recording.move_to(Recording.Status.ENDED, at=at + timedelta(seconds=seconds))
    recording.save()
    actions.make_films(recording_id=recording.id, now=at)
    recording.refresh_from_db()
    return recording
