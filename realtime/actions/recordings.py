"""Verbs of recording: ask, answer, stop; make films of tapes; delete when it is time, or when it is no longer wanted."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

import audit
from core.actor import Actor
from core.refs import ref
from realtime import access, protocol, rooms
from realtime.actions.evidence import append
from realtime.actions.news import publish
from realtime.actions.stepping import seat_of, take_step
from realtime.actions.tapes import want_films
from realtime.errors import NotUnwanted, RecordingGone, RecordingNotReady, SayWhyItIsKept
from realtime.files import store
from realtime.media import film as media_film
from realtime.models import Film, Recording, Room
from realtime.recordings import vault

log = logging.getLogger("lanh.recordings")
FORGOTTEN = timedelta(minutes=30)  # no job takes so long to come, and hardly one to be done
WHOLE_WITHIN = timedelta(seconds=45)  # a relay that has not said by then that the tape is whole is dead
AT_ONCE = 200


@transaction.atomic
def ask_to_record(*, room_id: UUID, by: Actor, now: datetime) -> None:
    """Ask everybody in the call whether it may be recorded; who asks agrees.

    Raises PractitionerOnly, RecordingOff, NobodyThere, TooManyWishes.
    """
    access.require_leading(by, access.lock_room(by, room_id))
    _say(room_id, protocol.Record(), by=by, now=now)


@transaction.atomic
def answer_recording(*, room_id: UUID, wish: int, yes: bool, by: Actor, now: datetime) -> None:
    """Agree to being recorded, or not, or no longer; an answer to an older wish changes nothing. Raises NotAdmitted."""
    _say(room_id, protocol.Consent(wish, yes), by=by, now=now)


@transaction.atomic
def stop_recording(*, room_id: UUID, by: Actor, now: datetime) -> None:
    """Record no more, or ask no more. Raises PractitionerOnly."""
    _say(room_id, protocol.StopRecording(), by=by, now=now)


@transaction.atomic
def tape_ended(*, room_id: UUID, place: str, why: str, now: datetime) -> None:
    """The relay says that it has stopped writing a tape; of an older one it changes nothing. Repeatable."""
    by = Actor.system("media")
    room = access.lock_room(by, room_id)
    part = Recording.objects.filter(room=room, place=place).values_list("part", flat=True).first()
    if part is not None and room.status == Room.Status.OPEN:
        take_step(room, rooms.TapeEnded(part, why[:10]), by=by, now=now)


def _say(room_id: UUID, message: protocol.Message, *, by: Actor, now: datetime) -> None:
    room = access.lock_room(by, room_id)
    take_step(room, message, by=by, now=now, seat_id=str(seat_of(room, by).id))


def make_films(*, recording_id: UUID, now: datetime) -> None:
    """Make the films of a tape that has ended, and let go of the tape. Repeatable; what a dying process left is made anew.

    Raises RecordingNotReady while the relay may still have something to store.
    """
    recording = Recording.objects.filter(pk=recording_id, status=Recording.Status.ENDED).first()
    if recording is None:
        return
    assert recording.ended_at is not None

    def chunks() -> Iterator[bytes]:
        return vault.chunks(recording.place)

    found = media_film.survey(chunks())
    if not found.is_complete and now < recording.ended_at + WHOLE_WITHIN:
        raise RecordingNotReady()
    for left in list(recording.films.all()):
        vault.drop_film(left.place)
        left.delete()
    rows: dict[str, Film] = {}
    writers: dict[str, vault.FilmWriter] = {}

    def open_output(seat: str) -> vault.FilmWriter:
        rows[seat] = Film.objects.create(
            recording=recording, seat_id=UUID(seat), place=store.new_name(), created_at=now
        )
        writers[seat] = vault.FilmWriter(rows[seat].place)
        return writers[seat]

    films = media_film.make(chunks, found, open_output)
    for made in films:
        row = rows.pop(made.seat)
        row.size = writers[made.seat].finish()
        for name in ("starts_ms", "duration_ms", "has_voice", "has_picture", "width", "height", "turned", "container"):
            setattr(row, name, getattr(made, name))
        row.save()
    for row in rows.values():  # a seat of which nothing could be used
        row.delete()
    if not _is_made(recording_id, bool(films), found.lost, now):
        for row in recording.films.all():
            vault.drop_film(row.place)
    vault.drop_tape(recording.place)


@transaction.atomic
def _is_made(recording_id: UUID, has_films: bool, lost: int, now: datetime) -> bool:
    recording = Recording.objects.select_for_update().get(pk=recording_id)
    if recording.status != Recording.Status.ENDED:
        return recording.status == Recording.Status.READY
    recording.move_to(Recording.Status.READY if has_films else Recording.Status.EMPTY, at=now)
    recording.lost = lost
    recording.save(update_fields=["status", "ready_at", "lost"])
    return True


def make_the_forgotten(*, now: datetime) -> int:
    """Give tapes whose job was lost a new one; under the same lock, so that one still at work is not disturbed."""
    late = Recording.objects.filter(status=Recording.Status.ENDED, ended_at__lt=now - FORGOTTEN)
    found = list(late.values_list("pk", flat=True)[:AT_ONCE])
    for recording_id in found:
        want_films(recording_id)
    return len(found)


@transaction.atomic
def wish_deleted(*, recording_id: UUID, by: Actor, now: datetime) -> Recording:
    """The citizen no longer wants it to be kept; its doctor is asked. Said again it changes nothing.

    A recording is made by consent and no law demands it, but what belongs to the record is kept as long as the record; so
    the one who treated says whether it does, and why. Raises NotFound, RecordingGone.
    """
    recording = access.lock_recording(by, recording_id)
    if recording.status != Recording.Status.READY:
        raise RecordingGone()
    if recording.unwanted_at is None:
        recording.unwanted_at, recording.unwanted_by_id = now, by.user_id
        recording.save(update_fields=["unwanted_at", "unwanted_by"])
        person_id = recording.room.encounter.person_id
        audit.record(by, "realtime.recording_unwanted", recording, person_id=person_id)
        append(recording.room, "recording", {"state": "unwanted", "part": recording.part, "role": by.role}, now=now)
        doctor = recording.room.encounter.practitioner.user_id
        if doctor is not None:
            publish(user_ids=[doctor], kind="recording.unwanted", subject=ref(recording), by=by, now=now)
    return recording


@transaction.atomic
def keep_recording(*, recording_id: UUID, words: str, by: Actor, now: datetime) -> Recording:
    """Say no to the citizen's wish, and why. Raises NotFound, RecordingGone, NotUnwanted, SayWhyItIsKept."""
    recording = access.lock_recording(by, recording_id, to_answer=True)
    if recording.status != Recording.Status.READY:
        raise RecordingGone()
    if recording.unwanted_at is None:
        raise NotUnwanted()
    if not words.strip():
        raise SayWhyItIsKept()
    recording.answer, recording.answer_words = Recording.Answer.KEPT, words.strip()[:500]
    recording.save(update_fields=["answer", "answer_words"])
    person_id = recording.room.encounter.person_id
    audit.record(by, "realtime.recording_kept", recording, person_id=person_id)
    _tell_who_asked(recording, by=by, now=now)
    return recording


def delete_recording(*, recording_id: UUID, by: Actor, now: datetime) -> None:
    """Delete a recording the citizen no longer wants. Repeatable. Raises NotFound, NotUnwanted."""
    with transaction.atomic():
        recording = access.lock_recording(by, recording_id, to_answer=True)
        if recording.unwanted_at is None:
            raise NotUnwanted()
        _delete(recording, "unwanted", by=by, now=now)
        _tell_who_asked(recording, by=by, now=now)
    _drop_bytes(recording)


def delete_the_old(*, now: datetime) -> int:
    """Delete what has been kept as long as people were told, or is unwanted and nobody has said why it should stay.

    A wish has to be answered within days (Decree 356/2025: fifteen for a consent taken back); silence grants it. Also takes
    away bytes that a deletion left. Returns how many.
    """
    by = Actor.system("retention")
    unanswered = Q(answer="", unwanted_at__lte=now - timedelta(days=settings.RECORDING_ANSWER_DAYS))
    due = Recording.objects.filter(Q(keep_until__lte=now) | unanswered, status=Recording.Status.READY)
    found = list(due.values_list("pk", flat=True)[:AT_ONCE])
    for recording_id in found:
        with transaction.atomic():
            recording = access.lock_recording(by, recording_id)
            _delete(recording, "kept_long_enough" if recording.keep_until <= now else "unanswered", by=by, now=now)
    for recording in Recording.objects.filter(status=Recording.Status.DELETED, films__isnull=False).distinct()[
        :AT_ONCE
    ]:
        _drop_bytes(recording)
    return len(found)


def _delete(recording: Recording, why: str, *, by: Actor, now: datetime) -> None:
    if recording.status == Recording.Status.DELETED:
        return
    recording.move_to(Recording.Status.DELETED, at=now)
    recording.save(update_fields=["status", "deleted_at"])
    person_id = recording.room.encounter.person_id
    audit.record(by, "realtime.recording_deleted", recording, person_id=person_id, detail={"why": why})
    append(recording.room, "recording", {"state": "deleted", "why": why, "part": recording.part}, now=now)


def _drop_bytes(recording: Recording) -> None:
    """First the bytes, then the rows that say where they lie."""
    for film in list(recording.films.all()):
        vault.drop_film(film.place)
        film.delete()


def _tell_who_asked(recording: Recording, *, by: Actor, now: datetime) -> None:
    if recording.unwanted_by_id is not None:
        publish(user_ids=[recording.unwanted_by_id], kind="recording.answered", subject=ref(recording), by=by, now=now)
