"""What becomes of a recording's rows as its room changes: consents and turns as evidence, a row for each tape."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings

import audit
from core.actor import Actor
from core.tasks import later
from realtime import rooms
from realtime.actions.evidence import append
from realtime.errors import TooManyWishes
from realtime.files import store
from realtime.models import Recording, Room, Seat

TEXT = "recording-1"  # which words people agreed to; a new number whenever templates/realtime/_recording.html says something else
MOST_WISHES = 20
STORED_WITHIN = timedelta(seconds=3)  # after the end the relay still has to store the last two seconds


def note_answer(effect: rooms.Answered, room: Room, *, by: Actor, now: datetime) -> None:
    """A yes or no to being recorded: to which words, for how long it would be kept. Raises TooManyWishes."""
    if effect.wish > MOST_WISHES:
        raise TooManyWishes()
    seat = Seat.objects.get(pk=effect.seat)
    facts = {
        "what": "recording",
        "given": effect.yes,
        "wish": effect.wish,
        "text": TEXT,
        "days": settings.RECORDING_KEEP_DAYS,
        "seat": str(seat.id),
        "role": seat.role,
        "name": seat.name,
        "user": str(by.user_id),
    }
    append(room, "consent", facts, now=now)
    audit.record(
        by, "realtime.recording_consent", room, person_id=room.encounter.person_id, detail={"given": effect.yes}
    )


def follow_recording(room: Room, before: rooms.RoomState, after: rooms.RoomState, *, now: datetime) -> None:
    """End the tape that is over, begin the next, and tell both in the evidence."""
    is_taping, was_taping = rooms.is_taping(after), rooms.is_taping(before)
    if was_taping and (not is_taping or after.part != before.part):
        _end_tape(room, after.cut or "stopped", now=now)
    if is_taping and after.part != before.part:
        recording = Recording.objects.create(
            room=room,
            part=after.part,
            wish=after.wish,
            place=store.new_name(),
            keep_until=now + timedelta(days=settings.RECORDING_KEEP_DAYS),
            created_at=now,
        )
        recording.seats.set(Seat.objects.filter(room=room, pk__in=after.agreed))
    if (before.recording, before.part) != (after.recording, after.part) and "on" in (before.recording, after.recording):
        append(room, "recording", {"state": after.recording or "off", "why": after.cut, "part": after.part}, now=now)


def _end_tape(room: Room, why: str, *, now: datetime) -> None:
    recording = Recording.objects.filter(room=room, status=Recording.Status.RUNNING).first()
    if recording is None:
        return
    recording.move_to(Recording.Status.ENDED, at=now)
    recording.why = why
    recording.save(update_fields=["status", "ended_at", "why"])
    want_films(recording.id, at=now + STORED_WITHIN)


def want_films(recording_id: UUID, *, at: datetime | None = None) -> None:
    """Write the job that makes a recording's films; of one recording only one is at work at a time."""
    later("realtime.tasks.make_films", lock=f"recording:{recording_id}", at=at, recording_id=str(recording_id))
