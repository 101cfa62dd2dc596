"""The only ways from an id to a room. What is absent and what is not yours are told alike: NotFound."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from realtime.errors import NotUnwanted, PractitionerOnly
from realtime.models import ChatLine, Invite, Recording, Room, Seat, VisitFile
from records import access as records_access


def visible_rooms(by: Actor) -> Q:
    """Say which rooms this actor may enter: their own visits, those of people they act for, the doctor's own, the station's."""
    if by.is_system:
        return Q()
    if by.role == "citizen":
        return Q(encounter__person__in=identity_access.people_of(by, "book"))
    if by.role == "practitioner" and by.practitioner_id:
        return Q(encounter__practitioner_id=by.practitioner_id) | _stays_for_a_word(by, by.practitioner_id)
    if by.role == "nurse":
        return Q(encounter__in=records_access.station_visits(by).values("pk"))
    if by.role == "guest" and by.user_id:
        # Also asked at each beat of an open socket: an invitation that was withdrawn ends there.
        return Q(invites__pk=by.user_id, invites__opened_at__isnull=False, invites__withdrawn_at__isnull=True)
    return Q(pk__in=[])


def _stays_for_a_word(by: Actor, practitioner_id: UUID) -> Q:
    """Who handed the visit over may stay in the call until they hang up; they do not come back."""
    if by.user_id is None:
        return Q(pk__in=[])
    sits = Seat.objects.filter(user_id=by.user_id, state=Seat.State.ADMITTED).values("room")
    given = records_access.handed_over_by(practitioner_id).values("encounter")
    return Q(encounter__in=given, pk__in=sits, status=Room.Status.OPEN)


def is_former_doctor(by: Actor, room: Room) -> bool:
    """Say whether this doctor has handed the visit over: they may stay for a word, and lead nothing any more."""
    return by.role == "practitioner" and by.practitioner_id != room.encounter.practitioner_id


def require_leading(by: Actor, room: Room) -> None:
    """Make sure that no former doctor leads the call. Raises PractitionerOnly."""
    if is_former_doctor(by, room):
        raise PractitionerOnly()


def get_room(by: Actor, room_id: UUID) -> Room:
    """Return a room the actor may enter. Raises NotFound."""
    rows = Room.objects.select_related("encounter__practitioner", "encounter__person", "encounter__facility")
    room = rows.filter(visible_rooms(by), pk=room_id).first()
    if room is None:
        raise NotFound()
    return room


def get_room_of(by: Actor, encounter_id: UUID) -> Room:
    """Return the room of an encounter. Raises NotFound, also when the visit is not by video."""
    found = Room.objects.filter(visible_rooms(by), encounter_id=encounter_id).values_list("pk", flat=True).first()
    if found is None:
        raise NotFound()
    return get_room(by, found)


def lock_room(by: Actor, room_id: UUID) -> Room:
    """Return the room locked until the transaction ends. Raises NotFound."""
    rows = Room.objects.select_for_update(of=("self",)).select_related("encounter__practitioner")
    room = rows.filter(visible_rooms(by), pk=room_id).first()
    if room is None:
        raise NotFound()
    return room


def get_room_to_help(by: Actor, room_id: UUID) -> Room:
    """Return a room to who may see how its call was, never what was said: its practitioner, the facility's desk, operators.

    The look is noted. Raises NotFound.
    """
    if by.role == "practitioner":
        mine = visible_rooms(by)
    elif by.role == "desk" and by.facility_id:
        mine = Q(encounter__facility_id=by.facility_id)
    else:
        mine = Q() if by.role == "operator" else Q(pk__in=[])
    room = (
        Room.objects.select_related("encounter__practitioner", "encounter__facility").filter(mine, pk=room_id).first()
    )
    if room is None:
        raise NotFound()
    records_access.note_reading(by, "realtime.read_quality", room, room.encounter.person_id)
    return room


def lock_invite(by: Actor, room: Room, invite_id: UUID) -> Invite:
    """Return an invitation into this (locked) room, locked as well. Raises NotFound."""
    invite = Invite.objects.select_for_update().filter(room=room, pk=invite_id).first()
    if invite is None or (by.role != "practitioner" and not by.is_system):
        raise NotFound()
    return invite


def get_invite_by_token(token: str) -> Invite:
    """Return the invitation a link belongs to: whoever has the link may ask how it stands. Raises NotFound."""
    return _by_token(Invite.objects.select_related("room__encounter__practitioner", "room__encounter__facility"), token)


def lock_invite_by_token(token: str) -> Invite:
    """The same, locked until the transaction ends. Raises NotFound."""
    return _by_token(Invite.objects.select_for_update(of=("self",)).select_related("room__encounter"), token)


def _by_token(rows: QuerySet[Invite], token: str) -> Invite:
    invite = rows.filter(token_hash=hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()).first()
    if invite is None:
        raise NotFound()
    return invite


def is_in_call(by: Actor, room: Room) -> bool:
    """Say whether the actor has been let into the call and may still be there."""
    whose = {"invite_id": by.user_id} if by.role == "guest" else {"user_id": by.user_id}
    seats = Seat.objects.filter(room=room, state=Seat.State.ADMITTED, **whose)
    return by.user_id is not None and seats.exists() and Room.objects.filter(visible_rooms(by), pk=room.pk).exists()


def _was_shown(by: Actor, file: VisitFile) -> bool:
    """Say whether a guest was in the call when the file was sent."""
    if by.user_id is None:
        return False
    own = Seat.objects.filter(room=file.room, invite_id=by.user_id).values_list("pk", flat=True).first()
    return own is not None and ChatLine.objects.filter(file=file, heard_by__contains=[own]).exists()


def get_file(by: Actor, file_id: UUID, now: datetime) -> VisitFile:
    """Return a file of a visit and note the reading.

    While the visit is on it is there for those in the call and its doctor; afterwards it is a part of the health record.
    Raises NotFound.
    """
    rows = VisitFile.objects.select_related("room__encounter", "seat")
    file = rows.filter(pk=file_id, kept_at__isnull=False).first()
    if file is None:
        raise NotFound()
    encounter = file.room.encounter
    if by.role == "guest" and not _was_shown(by, file):
        raise NotFound()
    if is_in_call(by, file.room):
        records_access.note_reading(by, "records.read_encounter", encounter, encounter.person_id)
        return file
    is_over = file.room.status == Room.Status.CLOSED or now >= file.room.closes_at
    is_doctor = by.role == "practitioner" and by.practitioner_id == encounter.practitioner_id
    if not (is_over or is_doctor):
        raise NotFound()
    records_access.get_encounter_in_record(by, encounter.id)
    return file


def visible_recordings(by: Actor) -> Q:
    """Say which recordings this actor may see: those they took part in, and of their own visits and a child's.

    Not those of people they merely act for, not a colleague's, not after break-glass: who agreed to be recorded was told
    that nobody else sees it (specs: recording.read).
    """
    if by.is_system:
        return Q()
    if by.role == "practitioner" and by.practitioner_id:
        return Q(room__encounter__practitioner_id=by.practitioner_id, seats__user_id=by.user_id)
    if by.role == "citizen" and by.person_id:
        may_read = identity_access.people_of(by, "read")
        child = Q(room__encounter__person__in=may_read, room__encounter__person__user__isnull=True)
        took_part = Q(room__encounter__person__in=may_read, seats__user_id=by.user_id)
        return Q(room__encounter__person_id=by.person_id) | child | took_part
    return Q(pk__in=[])


def answerable_recordings(by: Actor) -> Q:
    """Say whose wish to have a recording deleted this doctor answers: those of the visits that are theirs now.

    Of one a colleague recorded before handing the visit over they learn that there is a wish, and see no picture.
    """
    if by.role == "practitioner" and by.practitioner_id:
        return Q(room__encounter__practitioner_id=by.practitioner_id, unwanted_at__isnull=False)
    return Q(pk__in=[])


def get_recording_page(by: Actor, recording_id: UUID) -> tuple[Recording, bool]:
    """Return a recording and whether the actor may watch it; else they may only answer the wish. Raises NotFound."""
    if not Recording.objects.filter(visible_recordings(by), pk=recording_id).exists():
        rows = Recording.objects.select_related("room__encounter__practitioner", "room__encounter__person")
        asked = rows.filter(answerable_recordings(by), pk=recording_id, status=Recording.Status.READY).first()
        if asked is None:
            raise NotFound()
        return asked, False
    return get_recording(by, recording_id), True


def get_recording(by: Actor, recording_id: UUID) -> Recording:
    """Return a recording that can be seen, and note the look. Raises NotFound."""
    rows = Recording.objects.filter(visible_recordings(by), pk=recording_id, status=Recording.Status.READY)
    recording = rows.select_related("room__encounter__practitioner", "room__encounter__person").first()
    if recording is None:
        raise NotFound()
    records_access.note_reading(by, "realtime.read_recording", recording, recording.room.encounter.person_id)
    return recording


def lock_recording(by: Actor, recording_id: UUID, *, to_answer: bool = False) -> Recording:
    """Return a recording, locked with its room. Raises NotFound; with `to_answer` also to all but its doctor and the house."""
    whose = answerable_recordings(by) if to_answer and not by.is_system else visible_recordings(by)
    found = Recording.objects.filter(whose, pk=recording_id).values_list("room_id", flat=True).first()
    if found is None:
        # Asked for too early is not the same as somebody else's.
        if (
            to_answer
            and by.role == "practitioner"
            and Recording.objects.filter(visible_recordings(by), pk=recording_id)
        ):
            raise NotUnwanted()
        raise NotFound()
    # The room first, as everywhere: its lock keeps the evidence in one line.
    room = Room.objects.select_for_update(of=("self",)).select_related("encounter__practitioner").get(pk=found)
    recording = Recording.objects.select_for_update().get(pk=recording_id)
    recording.room = room
    return recording
