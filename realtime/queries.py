"""Reading rooms: as the pure state machine sees them, as a list of who waits, and the news a person has missed."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from core.actor import Actor
from core.errors import NotFound
from core.refs import ref
from core.sealing import SealBroken
from realtime import access, joint, rooms
from realtime.consents import REMOTE_VISIT
from realtime.errors import FilesBusy
from realtime.files import store
from realtime.media.tape import Order
from realtime.models import (
    ChatLine,
    EvidenceRow,
    Film,
    Invite,
    Presence,
    Recording,
    Room,
    Seat,
    Stream,
    StreamEntry,
    VisitFile,
)
from records.sources import Entry

log = logging.getLogger("lanh.files")
# Of a stretch of time in a room: the citizen, and the nurse while they sit before her camera.
CITIZENS_SIDE = Q(seat__role=Seat.Role.CITIZEN) | Q(with_citizen=True) | Q(seat__invite__kind=Invite.Kind.STATION_NURSE)
CHAT_SHOWN = 200
NEWS_AT_ONCE = 500


def state_of(room: Room) -> rooms.RoomState:
    """Return the room as rooms.step() wants it."""
    pages = dict(Presence.objects.filter(seat__room=room, left_at__isnull=True).values_list("seat_id", "page"))
    seats = tuple(
        rooms.SeatState(
            id=str(seat.id),
            user_id=str(seat.user_id or seat.invite_id),
            role=seat.role,
            name=seat.name,
            state=seat.state,
            present=seat.id in pages,
            announced=seat.announced,
            mic=seat.mic,
            camera=seat.camera,
            screen=seat.screen,
            muted=seat.muted,
            page=pages.get(seat.id, ""),
            kind=_kind_of(seat),
            with_citizen=seat.with_citizen,
        )
        for seat in Seat.objects.filter(room=room).select_related("invite").order_by("created_at", "id")
    )
    return rooms.RoomState(
        id=str(room.id),
        version=room.version,
        is_open=room.status == Room.Status.OPEN,
        was_connected=room.connected_at is not None,
        seats=seats,
        leader=str(room.encounter.practitioner.user_id or ""),
        most=rooms.MOST if settings.MEDIA_RELAY else rooms.PEERS,
        topology=room.topology,
        preparing=room.preparing,
        epoch=room.epoch,
        reasons=tuple(room.reasons),
        ready=tuple(room.ready),
        records=settings.MEDIA_RELAY and settings.RECORDING,
        recording=room.recording,
        wish=room.wish,
        part=room.part,
        agreed=tuple(room.agreed),
        cut=room.cut,
    )


def _kind_of(seat: Seat) -> str:
    """As what somebody is there who is neither citizen nor doctor."""
    if seat.invite is not None:
        return seat.invite.kind
    return rooms.STATION_NURSE if seat.role == Seat.Role.NURSE else ""


def room_now(room_id: UUID | str) -> rooms.RoomState:
    """Return the room as it stands in the database; for those who sit in it."""
    return state_of(Room.objects.select_related("encounter__practitioner").get(pk=room_id))


def order_of(room: rooms.RoomState) -> Order:
    """Say what the relay is to write down of a room now, if anything."""
    place = ""
    if rooms.is_taping(room):
        running = Recording.objects.filter(room_id=room.id, part=room.part, status=Recording.Status.RUNNING)
        place = running.values_list("place", flat=True).first() or ""
    return Order(
        version=room.version,
        place=place,
        seats=frozenset(room.agreed) if place else frozenset(),
        seconds=60.0 * settings.RECORDING_MINUTES_MOST,
        octets=settings.RECORDING_BYTES_MOST,
    )


def recordings_of(by: Actor, encounter_id: UUID) -> list[Recording]:
    """Return the recordings of a visit that the actor may see, in their order; also those being prepared or deleted."""
    rows = Recording.objects.filter(access.visible_recordings(by), room__encounter_id=encounter_id)
    shown = rows.exclude(status__in=[Recording.Status.RUNNING, Recording.Status.EMPTY])
    return list(shown.prefetch_related("films__seat").distinct())


def unwanted_recordings(by: Actor) -> list[Recording]:
    """Return the recordings whose citizens wait for this doctor to delete them or to say why not, longest first."""
    if by.role != "practitioner":
        return []
    asked = Recording.objects.filter(access.answerable_recordings(by), status=Recording.Status.READY, answer="")
    return list(asked.select_related("room__encounter__person").order_by("unwanted_at").distinct())


def recordings_for(by: Actor, person_id: UUID) -> list[Recording]:
    """Return the recordings of a person's visits that the actor may see, newest first."""
    rows = Recording.objects.filter(
        access.visible_recordings(by), room__encounter__person_id=person_id, status=Recording.Status.READY
    )
    rows = rows.select_related("room__encounter__practitioner").prefetch_related("films")
    return list(rows.order_by("-created_at").distinct())


def doctor_of(room: Room) -> dict[str, Any]:
    """Say whose visit it is: the name, and the first speciality in both languages, for readers of either."""
    doctor = room.encounter.practitioner
    first = doctor.specialties.first()
    field = {"vi": first.name_vi, "en": first.name_en} if first else {"vi": "", "en": ""}
    return {"id": str(doctor.pk), "name": doctor.display_name, "field": field}


def line_as_json(line: ChatLine) -> dict[str, Any]:
    """A line as sockets and API show it."""
    return {
        "id": str(line.id),
        "from": str(line.seat_id),
        "name": line.seat.name,
        "text": line.text,
        "at": line.created_at.isoformat(),
        "client_id": line.client_id,
        # Id and kind only: what it is a picture of, and where it lies, is asked for by those who may.
        "file": {"id": str(line.file.id), "kind": line.file.kind} if line.file else None,
    }


def chat_of(room_id: UUID, seat: rooms.SeatState) -> list[dict[str, Any]]:
    """Return the latest lines a seat may read, oldest first: a guest those that were said while they were in the call."""
    lines = ChatLine.objects.filter(room_id=room_id)
    if seat.role == rooms.GUEST:
        lines = lines.filter(heard_by__contains=[UUID(seat.id)])
    latest = lines.select_related("seat", "file").order_by("-created_at", "-id")[:CHAT_SHOWN]
    return [line_as_json(line) for line in reversed(latest)]


def files_of(encounter_id: UUID) -> list[VisitFile]:
    """Return the files of a visit as they came; for those who may read its record."""
    rows = VisitFile.objects.filter(room__encounter_id=encounter_id, kept_at__isnull=False).select_related("seat")
    return list(rows.order_by("kept_at", "id"))


def files_for_patient(person_id: UUID) -> list[Entry]:
    """RECORD_SOURCES: what was sent in the visits of a person that are over."""
    is_over = Q(room__status=Room.Status.CLOSED) | Q(room__closes_at__lt=timezone.now())
    rows = VisitFile.objects.filter(is_over, room__encounter__person_id=person_id, kept_at__isnull=False)
    found = []
    for file in rows.select_related("seat", "room__encounter__practitioner", "room__encounter__facility"):
        assert file.kept_at
        encounter = file.room.encounter
        title = _("Photo from the visit") if file.kind == VisitFile.Kind.PICTURE else _("PDF file from the visit")
        found.append(
            Entry(
                kind="file",
                at=file.kept_at,
                title=title,
                subtitle=_("sent by %(name)s") % {"name": file.seat.name},
                ref=str(ref(file)),
                facility=encounter.facility.name,
                practitioner=encounter.practitioner.display_name,
            )
        )
    return found


def bytes_of(file_id: UUID, part: str) -> tuple[VisitFile, bytes]:
    """Return a kept file and one of its parts; for signed addresses, which say that somebody was allowed to.

    Raises NotFound, FilesBusy when the storage has lost it or does not answer.
    """
    file = VisitFile.objects.filter(pk=file_id, kept_at__isnull=False).first()
    if file is None:
        raise NotFound()
    try:
        return file, store.take(file.id, file.place, part)
    except (OSError, SealBroken) as error:
        log.error("File %s cannot be read: %s", file.id, type(error).__name__)
        raise FilesBusy() from error


def film_of(film_id: UUID) -> Film:
    """Return a film that can be seen; for signed addresses, which say that somebody was allowed to. Raises NotFound."""
    film = Film.objects.filter(pk=film_id, recording__status=Recording.Status.READY).first()
    if film is None:
        raise NotFound()
    return film


@dataclass(frozen=True)
class Waiting:
    """Somebody in one of the doctor's waiting rooms."""

    room_id: UUID
    encounter_id: UUID
    seat_id: UUID
    name: str
    since: datetime | None


def waiting_for(by: Actor) -> list[Waiting]:
    """Return who waits for this practitioner right now, longest first; nobody for other roles."""
    if by.role != "practitioner" or by.practitioner_id is None:
        return []
    seats = (
        Seat.objects.filter(
            state=Seat.State.WAITING,
            presences__left_at__isnull=True,
            presences__isnull=False,
            room__status=Room.Status.OPEN,
            room__encounter__practitioner_id=by.practitioner_id,
        )
        .select_related("room")
        .order_by("waiting_since", "created_at")
        .distinct()
    )
    return [Waiting(seat.room_id, seat.room.encounter_id, seat.id, seat.name, seat.waiting_since) for seat in seats]


def inside(by: Actor, room_id: UUID) -> list[str]:
    """Return the names of those who are in the call right now, apart from the asker."""
    seats = Seat.objects.filter(
        room_id=room_id, state=Seat.State.ADMITTED, presences__left_at__isnull=True, presences__isnull=False
    )
    if by.user_id is not None:
        seats = seats.exclude(user_id=by.user_id)
    return list(seats.order_by("created_at").values_list("name", flat=True).distinct())


def was_taken_for_dead(socket_id: UUID) -> bool:
    """Say whether a socket was noted as gone only because nothing was heard of it."""
    return Presence.objects.filter(socket_id=socket_id, why="silent").exists()


def invites_of(by: Actor, room_id: UUID) -> list[Invite]:
    """Return the invitations into a room, for the doctor whose call it is; none for anybody else."""
    if by.role != "practitioner":
        return []
    return list(Invite.objects.filter(room=access.get_room(by, room_id)).select_related("seat"))


def invite_facts(invite_id: UUID) -> Invite | None:
    """Return an invitation; for journeys, which have asked for permission already."""
    return Invite.objects.filter(pk=invite_id).select_related("room").first()


def language_of_guest(invite_id: UUID) -> str | None:
    """Return the language of the page a guest came by; None when the invitation was taken back."""
    return Invite.objects.filter(pk=invite_id, withdrawn_at__isnull=True).values_list("language", flat=True).first()


def has_consent(encounter_id: UUID) -> bool:
    """Say whether the citizen's side agreed to being treated by video, and has not taken it back; for who may see the room."""
    said = EvidenceRow.objects.filter(
        encounter_id=encounter_id, kind="consent", facts__what=REMOTE_VISIT, facts__role="citizen"
    )
    last = said.order_by("-number").values_list("facts", flat=True).first()
    return last is not None and bool(last["given"])


def room_id_of(encounter_id: UUID) -> UUID | None:
    """Return the id of an encounter's room; for journeys, which have asked for permission already."""
    return Room.objects.filter(encounter_id=encounter_id).values_list("pk", flat=True).first()


def citizen_came(encounter_id: UUID) -> bool:
    """Say whether the citizen, or who came for them or with them, has ever sat down in this room; for journeys."""
    sat = Seat.objects.filter(
        Q(role=Seat.Role.CITIZEN) | Q(invite__kind=Invite.Kind.STATION_NURSE), room__encounter_id=encounter_id
    )
    return sat.exists() or Presence.objects.filter(with_citizen=True, seat__room__encounter_id=encounter_id).exists()


def joint_time(encounter_id: UUID, now: datetime) -> timedelta:
    """Say how long the doctor's and the citizen's side were in the call at once, as the server saw it; for journeys."""
    sides: dict[str, list[joint.Stretch]] = {Seat.Role.CITIZEN: [], Seat.Role.PRACTITIONER: []}
    rows = Presence.objects.filter(seat__room__encounter_id=encounter_id, admitted=True).annotate(
        side=Case(When(CITIZENS_SIDE, then=Value(Seat.Role.CITIZEN)), default="seat__role")
    )
    # Rows from before `admitted_at` was kept count whole.
    since = Coalesce("admitted_at", "created_at")
    for role, begins, left, seen, why in rows.values_list("side", since, "left_at", "seen_at", "why"):
        # Of a socket that died unnoticed only what was seen counts, not the minute until somebody noticed.
        ends = seen if why == "silent" else left or now
        if role in sides:
            sides[role].append((begins, ends))
    return joint.together(*sides.values())


def begun_and_over(now: datetime) -> list[UUID]:
    """List the encounters whose room is past its hours and still open, and in which somebody was let in; for journeys."""
    came = Presence.objects.filter(CITIZENS_SIDE, seat__room=OuterRef("pk"), admitted=True)
    rows = Room.objects.filter(Exists(came), status=Room.Status.OPEN, closes_at__lte=now)
    return list(rows.order_by("closes_at").values_list("encounter_id", flat=True).distinct()[:1000])


@dataclass(frozen=True)
class News:
    """What a person has not heard yet. `gap`: what lies between is gone or too much, so reload what you show."""

    epoch: str
    offset: int
    gap: bool
    entries: list[dict[str, Any]]


def news_after(user_id: UUID, after: int | None) -> News:
    """Return the news after an offset (None: only from now on), at most 500 pieces."""
    stream = Stream.objects.filter(user_id=user_id).first()
    if stream is None:
        return News("", 0, bool(after), [])
    last = stream.last_offset
    if after is None or after == last:
        return News(stream.epoch, last, False, [])
    if after > last:  # another life of the stream
        return News(stream.epoch, last, True, [])
    rows = list(
        StreamEntry.objects.filter(user_id=user_id, offset__gt=after, offset__lte=last).order_by("offset")[
            :NEWS_AT_ONCE
        ]
    )
    if len(rows) != last - after:
        return News(stream.epoch, last, True, [])
    return News(stream.epoch, last, False, [entry_as_json(row) for row in rows])


def entry_as_json(entry: StreamEntry) -> dict[str, Any]:
    """A piece of news as the socket shows it."""
    return {"offset": entry.offset, "kind": entry.kind, "subject": entry.subject, "at": entry.at.isoformat()}


def seats_seen(state: rooms.RoomState, seat_id: str) -> list[dict[str, Any]]:
    """Return the seats one seat may know of."""
    seats: list[dict[str, Any]] = rooms.view(state, seat_id)["seats"]
    return seats
