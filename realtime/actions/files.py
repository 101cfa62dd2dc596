"""Sending a file in a visit: read it apart, store it sealed, then say it in the chat; or leave nothing behind."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

import audit
from core.actor import Actor
from realtime import access, rooms
from realtime.actions.rooms import check_hours
from realtime.actions.stepping import seat_of, take_step
from realtime.errors import FileMissing, FileOnItsWay, FilesBusy, FileTooLarge, NotAdmitted, TooManyFiles
from realtime.files import apart, store
from realtime.files.cleaning import Clean
from realtime.models import Room, Seat, VisitFile

ARRIVING = timedelta(minutes=2)  # storing takes seconds; an older one has lost its process


def send_file(*, room_id: UUID, content: bytes, client_id: str, text: str, by: Actor, now: datetime) -> VisitFile:
    """Send a picture or a PDF to those in the call; the same client_id again is the same line.

    Three short transactions around the two slow things, reading and storing. Raises NotFound, RoomOver, NotAdmitted,
    TooManyFiles, FileOnItsWay, FilesBusy and why the file itself cannot be taken.
    """
    own = VisitFile.objects.filter(room_id=room_id, seat__user_id=str(by.user_id), client_id=client_id)
    for lost in own.filter(kept_at=None, created_at__lt=now - ARRIVING):
        give_up(lost, now=now)  # its process died; this is the second try
    known = _sent_before(room_id, client_id, by=by, now=now)
    if known is not None:
        return known
    if not content:
        raise FileMissing()
    if len(content) > settings.ROOM_FILE_BYTES:
        raise FileTooLarge()
    clean = apart.cleaned(content)
    if len(clean.content) > 2 * settings.ROOM_FILE_BYTES:
        raise FileTooLarge()
    file = _expect(room_id, clean, client_id, by=by, now=now)
    try:
        store.put(file.id, file.place, "full", clean.content)
        if clean.small:
            store.put(file.id, file.place, "small", clean.small)
        return _keep(file, text, by=by, now=now)
    except BaseException:
        give_up(file, now=now)
        raise


@transaction.atomic
def _sent_before(room_id: UUID, client_id: str, *, by: Actor, now: datetime) -> VisitFile | None:
    """Look before the work: may they send at all, and have they sent this already?"""
    room = access.lock_room(by, room_id)
    seat = _sender(room, by, now)
    known = VisitFile.objects.filter(seat=seat, client_id=client_id).select_related("line").first()
    if known is None:
        _check_number(room)
        return None
    if known.kept_at is None:
        raise FileOnItsWay()
    take_step(room, rooms.Attach(str(known.id), known.line.text, client_id), by=by, now=now, seat_id=str(seat.id))
    return known


@transaction.atomic
def _expect(room_id: UUID, clean: Clean, client_id: str, *, by: Actor, now: datetime) -> VisitFile:
    room = access.lock_room(by, room_id)
    seat = _sender(room, by, now)
    _check_number(room)
    try:
        with transaction.atomic():
            return VisitFile.objects.create(
                room=room,
                seat=seat,
                client_id=client_id,
                place=store.new_name(),
                kind=clean.kind,
                size=len(clean.content),
                width=clean.width,
                height=clean.height,
                pages=clean.pages,
                created_at=now,
            )
    except IntegrityError as error:
        raise FileOnItsWay() from error  # their second press was faster


@transaction.atomic
def _keep(file: VisitFile, text: str, *, by: Actor, now: datetime) -> VisitFile:
    """It is stored: from here on it is a line of the chat and a part of the record."""
    room = access.lock_room(by, file.room_id)
    seat = _sender(room, by, now)  # they may have been asked to leave meanwhile
    if not VisitFile.objects.filter(pk=file.pk, kept_at=None, given_up_at=None).update(kept_at=now):
        raise FilesBusy()
    file.kept_at = now
    take_step(room, rooms.Attach(str(file.id), text, file.client_id), by=by, now=now, seat_id=str(seat.id))
    audit.record(by, "realtime.file_sent", file, person_id=room.encounter.person_id, detail={"kind": file.kind})
    return file


def give_up(file: VisitFile, *, now: datetime) -> None:
    """Take away what came of a file that was never kept: first its bytes, then its row. Safe to repeat."""
    if not VisitFile.objects.filter(pk=file.pk, kept_at=None).update(given_up_at=now):
        return
    store.drop(file.place)
    VisitFile.objects.filter(pk=file.pk, kept_at=None).delete()


def forget_the_lost(*, now: datetime) -> int:
    """Take away files whose process died while they arrived. Returns how many."""
    lost = list(VisitFile.objects.filter(kept_at=None, created_at__lt=now - 10 * ARRIVING)[:100])
    for file in lost:
        give_up(file, now=now)
    return len(lost)


def _sender(room: Room, by: Actor, now: datetime) -> Seat:
    check_hours(room, now)
    seat = seat_of(room, by)
    if seat.state != Seat.State.ADMITTED:
        raise NotAdmitted()
    return seat


def _check_number(room: Room) -> None:
    # Those on their way count: many at once must not slip through.
    if room.files.filter(given_up_at=None).count() >= settings.ROOM_FILES_MOST:
        raise TooManyFiles()
