"""Visits as calendars show them: a person's or a practitioner's, under a secret address, and one at a time for e-mails.

No clinical text leaves: a citizen reads with whom and where, a doctor reads only the initials of the patient, because
calendars are kept by other companies.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils import translation
from django.utils.translation import gettext as _

from booking import access, ical
from booking.ical import Entry
from booking.models import ACTIVE, Appointment, BusyFeed, CalendarLink, Closure, Schedule, Status
from core.actor import Actor
from core.errors import NotFound
from identity import access as identity_access
from identity.models import User

KEPT_DAYS = 30  # behind today, in a calendar that is followed
MOST = 1_000
SHOWN = [
    Status.BOOKED, Status.CHECKED_IN, Status.IN_CONSULTATION, Status.INTERRUPTED, Status.FULFILLED, Status.CANCELLED,
    Status.NO_SHOW,
]  # fmt: skip


@dataclass(frozen=True)
class Feed:
    """A calendar to subscribe to."""

    link_id: UUID
    content: bytes
    etag: str
    read_at: datetime | None


def hash_of(token: str) -> str:
    """What is kept of a secret address."""
    return sha256(token.encode()).hexdigest()


def feed_of(token: str, *, now: datetime) -> Feed:
    """Give the calendar of a secret address, as long as whoever made it may still see it. Raises NotFound."""
    rows = CalendarLink.objects.select_related("practitioner", "person")
    link = rows.filter(token_hash=hash_of(token), revoked_at=None).first()
    reader = User.objects.filter(pk=link.user_id, is_active=True).first() if link else None
    if link is None or reader is None or not _may_still(link, reader):
        raise NotFound
    visits = Appointment.objects.filter(status__in=SHOWN, booked_at__isnull=False, walk_in=False)
    visits = visits.filter(during__endswith__gt=now - timedelta(days=KEPT_DAYS))
    visits = visits.filter(practitioner=link.practitioner_id) if link.practitioner_id else visits.filter(person=link.person_id)  # fmt: skip
    with translation.override(reader.language):
        entries = entries_of(_with_names(visits).order_by("during", "pk")[:MOST], for_staff=bool(link.practitioner_id))
        name = f"Lành · {link.practitioner.display_name if link.practitioner else link.person.full_name}"  # type: ignore[union-attr]
        content = ical.calendar(entries, name=name, zone=settings.TIME_ZONE)
    return Feed(link.pk, content, f'"{sha256(content).hexdigest()[:32]}"', link.read_at)


def _may_still(link: CalendarLink, reader: User) -> bool:
    if link.practitioner is not None:
        return link.practitioner.user_id == reader.pk
    person = getattr(reader, "person", None)
    citizen = Actor("citizen", user_id=reader.pk, person_id=person.pk if person else None)
    return link.person_id is not None and identity_access.may_act_for(citizen, link.person_id, "read")


def _with_names(rows: QuerySet[Appointment]) -> QuerySet[Appointment]:
    return rows.select_related("practitioner", "facility__province", "person", "schedule")


def entry_for(appointment_id: UUID | str, *, for_staff: bool) -> Entry:
    """Give one visit as a calendar shows it, in the present language. Raises NotFound."""
    found = _with_names(Appointment.objects.filter(pk=appointment_id)).first()
    if found is None:
        raise NotFound
    return entries_of([found], for_staff=for_staff)[0]


def discreet_entry_for(appointment_id: UUID | str, *, for_staff: bool) -> Entry:
    """The same for an e-mail, which others may see: without the doctor's and the patient's name."""
    found = _with_names(Appointment.objects.filter(pk=appointment_id)).first()
    if found is None:
        raise NotFound
    return entries_of([found], for_staff=for_staff, discreet=True)[0]


def entries_of(visits: Iterable[Appointment], *, for_staff: bool, discreet: bool = False) -> list[Entry]:
    """Turn visits into entries; a visit that was moved keeps the identity of the first one and counts up."""
    found = list(visits)
    origins = _origins(found)
    host = urlsplit(settings.PUBLIC_URL).hostname or "lanh"
    entries = []
    for visit in found:
        first, moves = origins[visit.pk]
        is_off = visit.status in {Status.CANCELLED, Status.EXPIRED, Status.RESCHEDULED}
        changed_at = max(filter(None, (visit.created_at, visit.booked_at, visit.cancelled_at)))
        url = f"{settings.PUBLIC_URL}/doctor/" if for_staff else f"{settings.PUBLIC_URL}/appointments/{visit.pk}/"
        entries.append(
            Entry(
                uid=f"{first}@{host}",
                sequence=2 * moves + is_off,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                summary=_summary(visit, for_staff, discreet),
                location=_location(visit),
                description=_("Everything else about the visit is shown at Lành: %(url)s") % {"url": url},
                url=url,
                is_cancelled=is_off,
                changed_at=changed_at,
            )
        )
    return entries


def _summary(visit: Appointment, for_staff: bool, discreet: bool) -> str:
    ways = {"in_person": _("Visit on the spot"), "video": _("Visit by video"), "phone": _("Visit by phone")}
    way = ways[visit.mode]
    if discreet:
        return f"{way} · {visit.facility.name}"
    if for_staff:
        return f"{way} · {''.join(f'{word[0]}.' for word in visit.person.full_name.split())}"
    return f"{way} · {visit.practitioner.display_name}"


def _location(visit: Appointment) -> str:
    if visit.mode != Appointment.Mode.IN_PERSON:
        return ""
    room = visit.room or visit.schedule.room
    where = [visit.facility.name, visit.facility.full_address]
    return ", ".join([*([_("Room %(room)s") % {"room": room}] if room else []), *filter(None, where)])


def _origins(visits: list[Appointment]) -> dict[UUID, tuple[UUID, int]]:
    """For each visit, the first one of its chain of moves, and how often it has moved."""
    parent = {visit.pk: visit.moved_from_id for visit in visits}
    unknown = {one for one in parent.values() if one} - set(parent)
    while unknown:
        fetched = dict(Appointment.objects.filter(pk__in=unknown).values_list("pk", "moved_from"))
        parent |= fetched
        unknown = {one for one in fetched.values() if one} - set(parent)
    found = {}
    for visit in visits:
        at, moves = visit.pk, 0
        while parent.get(at):
            at, moves = parent[at], moves + 1  # type: ignore[assignment]
        found[visit.pk] = (at, moves)
    return found


def calendar_links_of(by: Actor) -> QuerySet[CalendarLink]:
    """List the living secret addresses of whoever asks, in the role they act in."""
    rows = CalendarLink.objects.filter(access.visible_calendar_links(by), revoked_at=None)
    rows = rows.filter(practitioner__isnull=by.role != "practitioner")
    return rows.select_related("person", "practitioner").order_by("-created_at", "-id")


def feeds_of(schedule: Schedule) -> QuerySet[BusyFeed]:
    """List the calendars a schedule follows."""
    return BusyFeed.objects.filter(schedule=schedule).defer("content").order_by("created_at", "id")


def feeds_to_read(before: datetime) -> list[UUID]:
    """List the followed calendars that were last read before that moment, the longest ago first."""
    rows = BusyFeed.objects.exclude(read_at__gte=before)
    return list(rows.order_by("read_at", "pk").values_list("pk", flat=True))


def conflicts_of(feed: BusyFeed, *, now: datetime) -> list[Appointment]:
    """List the visits that are agreed while the followed calendar says busy; they stay agreed."""
    busy = Closure.objects.filter(feed=feed, during__endswith__gt=now).values_list("during", flat=True)
    if not busy:
        return []
    visits = Appointment.objects.filter(schedule=feed.schedule_id, status__in=ACTIVE, during__endswith__gt=now)
    found = visits.exclude(walk_in=True).select_related("person", "schedule", "visit_type").order_by("during")
    spans = [(one.lower, one.upper) for one in busy]
    return [one for one in found if any(start < one.ends_at and one.starts_at < end for start, end in spans)]
