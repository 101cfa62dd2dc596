"""The waiting list: who is next for a time, which times would suit somebody, and where in line they stand."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from booking import access, slots
from booking.models import Appointment, Block, Offer, Schedule, Status, WaitingEntry
from booking.patience import fits_time_of_day
from booking.queries.free import FreeTime, slots_of
from booking.slots import Span
from core.actor import Actor
from core.errors import NotFound


@dataclass(frozen=True)
class OfferFacts:
    """What the journeys need to know of an offer, without its table."""

    id: UUID
    status: str
    entry_status: str
    person_id: UUID
    person_name: str
    practitioner_name: str
    facility_id: UUID
    facility_name: str
    starts_at: datetime
    expires_at: datetime
    zone: str
    mode: str


@dataclass(frozen=True)
class EntryFacts:
    """What the journeys need to know of a place on a waiting list."""

    person_id: UUID
    person_name: str
    facility_name: str


MOST_SILENCES = 3  # offers without an answer; then somebody is taken off the list
ALIVE = [WaitingEntry.Status.WAITING, WaitingEntry.Status.OFFERED]
_SHOWN = ("person", "facility", "practitioner", "visit_type", "instead_of__practitioner")


def day_at(zone: str, now: datetime) -> date:
    """Tell the clinic's date."""
    return slots.wall(now, zone).date()


def line_for(schedule: Schedule, span: Span, now: datetime) -> list[WaitingEntry]:
    """List who waits for a time like this, in the order in which they are asked: urgency, then age of the entry."""
    first, last = (slots.wall(moment, schedule.zone).date() for moment in (span.starts_at, span.ends_at))
    rows = WaitingEntry.objects.filter(
        Q(practitioner=None) | Q(practitioner=schedule.practitioner_id),
        Q(instead_of=None) | Q(instead_of__during__startswith__gt=span.starts_at),
        facility=schedule.facility_id,
        status=WaitingEntry.Status.WAITING,
        first_day__lte=last,
        last_day__gte=first,
    )
    blocked = Block.objects.filter(facility=schedule.facility_id, status=Block.Status.ACTIVE, until__gt=now)
    rows = rows.exclude(person__in=blocked.values("person_id"))
    return list(rows.select_related("visit_type", "instead_of").order_by("urgency", "created_at", "pk"))


def free_in(schedule: Schedule, visit_type_id: UUID, span: Span, now: datetime) -> list[FreeTime]:
    """List the free times of a schedule that touch this span."""
    around = timedelta(days=1)
    first, last = (span.starts_at - around).date(), (span.ends_at + around).date()
    found = slots_of(schedule.practitioner_id, visit_type_id, first, last, now)
    return [one for one in found if one.schedule_id == schedule.pk and span.overlaps(Span(one.starts_at, one.ends_at))]


def times_for(entry: WaitingEntry, practitioner_id: UUID, now: datetime, span: Span | None = None) -> list[FreeTime]:
    """List the free times of a practitioner that would suit somebody who waits, the earliest first; only in `span`."""
    first, last = entry.first_day, entry.last_day
    if span is not None:
        around = timedelta(days=1)
        first = max(first, (span.starts_at - around).date())
        last = min(last, (span.ends_at + around).date())
    if last < first:
        return []
    found = slots_of(practitioner_id, entry.visit_type_id, first, last, now)
    return suiting(entry, found, span)


def suiting(entry: WaitingEntry, times: Iterable[FreeTime], span: Span | None = None) -> list[FreeTime]:
    """Keep the times this person asked for and has not let go before."""
    refused = {(schedule_id, during.lower) for schedule_id, during in entry.offers.values_list("schedule_id", "during")}
    before = entry.instead_of.starts_at if entry.instead_of is not None else None
    kept = []
    for one in times:
        wall = slots.wall(one.starts_at, one.zone)
        if (
            one.facility_id == entry.facility_id
            and (span is None or span.overlaps(Span(one.starts_at, one.ends_at)))
            and entry.first_day <= wall.date() <= entry.last_day
            and fits_time_of_day(wall, entry.day_time)
            and (before is None or one.starts_at < before)
            and (one.schedule_id, one.starts_at) not in refused
        ):
            kept.append(one)
    return kept


def entries_of(by: Actor, *, everything: bool = False) -> QuerySet[WaitingEntry]:
    """Give the places on waiting lists this actor may see, those alive unless everything is wanted, in their order."""
    rows = WaitingEntry.objects.filter(access.visible_entries(by)).select_related(*_SHOWN)
    if not everything:
        rows = rows.filter(status__in=ALIVE)
    return rows.order_by("urgency", "created_at", "pk")


def place_in_line(entry: WaitingEntry) -> int:
    """Count who is asked before this person for the same kind of visit, and add one."""
    rivals = WaitingEntry.objects.filter(
        facility=entry.facility_id, visit_type=entry.visit_type_id, mode=entry.mode, status__in=ALIVE
    )
    if entry.practitioner_id:
        rivals = rivals.filter(Q(practitioner=None) | Q(practitioner=entry.practitioner_id))
    earlier = Q(urgency__lt=entry.urgency) | Q(urgency=entry.urgency, created_at__lt=entry.created_at)
    return rivals.filter(earlier).count() + 1


def open_offers(by: Actor, now: datetime) -> QuerySet[Offer]:
    """Give the offers this actor may answer now, the one that ends first first."""
    rows = Offer.objects.filter(status=Offer.Status.OPEN, expires_at__gt=now, appointment__status=Status.HELD)
    rows = rows.filter(entry__in=WaitingEntry.objects.filter(access.visible_entries(by)))
    shown = ("appointment__practitioner", "appointment__facility", "appointment__visit_type", "appointment__person")
    return rows.select_related("entry__person", "entry__instead_of", "schedule", *shown).order_by("expires_at", "pk")


def overdue_offers(now: datetime) -> list[UUID]:
    """List the offers nobody answered in time."""
    rows = Offer.objects.filter(status=Offer.Status.OPEN, expires_at__lte=now)
    return list(rows.order_by("expires_at").values_list("pk", flat=True))


def entries_that_wait() -> list[UUID]:
    """List who waits without an offer, in the order in which they are asked."""
    rows = WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING)
    return list(rows.order_by("urgency", "created_at", "pk").values_list("pk", flat=True))


def entries_without_hope(now: datetime) -> list[UUID]:
    """List who may wait in vain: for days that are over, or instead of a visit that will not be. The action looks again."""
    rows = WaitingEntry.objects.filter(status=WaitingEntry.Status.WAITING)
    agreed = Q(instead_of__status__in=[Status.BOOKED, Status.CHECKED_IN], instead_of__during__startswith__gt=now)
    over = Q(last_day__lt=now.date() + timedelta(days=1)) | Q(instead_of__isnull=False) & ~agreed
    return list(rows.filter(over).values_list("pk", flat=True))


def practitioners_for(entry: WaitingEntry) -> list[UUID]:
    """List whose times may be offered to this person."""
    if entry.practitioner_id:
        return [entry.practitioner_id]
    rows = Schedule.objects.filter(facility=entry.facility_id, active=True)
    return list(rows.order_by("practitioner_id").values_list("practitioner_id", flat=True).distinct())


def silences(entry: WaitingEntry) -> int:
    """Count the offers this person did not answer."""
    return entry.offers.filter(status=Offer.Status.PASSED).count()


def offered_to(person_id: UUID) -> QuerySet[Offer, Any]:
    """Give the ids of the times that are on offer to a person: kept by the house, so they do not count as theirs."""
    rows = Offer.objects.filter(entry__person=person_id, status=Offer.Status.OPEN)
    return rows.values("appointment_id")


def on_offer() -> QuerySet[Offer, Any]:
    """Give the ids of the times that are on offer to somebody: these are passed on, never just let go."""
    return Offer.objects.filter(status=Offer.Status.OPEN).values("appointment_id")


def is_unanswered_offer(appointment_id: UUID) -> bool:
    """Say whether this time was offered from the waiting list and not taken."""
    return Offer.objects.filter(appointment=appointment_id, taken_at=None).exists()


def offer_of(appointment_id: UUID) -> Offer | None:
    """Give the offer a kept time belongs to, or None when it is somebody's own."""
    rows = Offer.objects.filter(appointment=appointment_id).select_related("entry", "schedule")
    return rows.first()


def offer_facts(offer_id: UUID) -> OfferFacts:
    """Give the facts of an offer to a journey; it asks for no permission. Raises NotFound."""
    rows = Offer.objects.select_related("entry__person", "entry__facility", "schedule__practitioner")
    offer = rows.filter(pk=offer_id).first()
    if offer is None:
        raise NotFound
    return OfferFacts(
        id=offer.pk,
        status=str(offer.status),
        entry_status=str(offer.entry.status),
        person_id=offer.entry.person_id,
        person_name=offer.entry.person.full_name,
        practitioner_name=offer.schedule.practitioner.display_name,
        facility_id=offer.entry.facility_id,
        facility_name=offer.entry.facility.name,
        starts_at=offer.during.lower,
        expires_at=offer.expires_at,
        zone=offer.schedule.zone,
        mode=offer.entry.mode,
    )


def entry_facts(entry_id: UUID) -> EntryFacts:
    """Give the facts of a place on the list to a journey; it asks for no permission. Raises NotFound."""
    entry = WaitingEntry.objects.select_related("person", "facility").filter(pk=entry_id).first()
    if entry is None:
        raise NotFound
    return EntryFacts(entry.person_id, entry.person.full_name, entry.facility.name)


def known_by_phone(by: Actor, phone: str) -> UUID:
    """Find who has had a visit at the desk's facility by their phone number. Raises NotFound."""
    digits = "".join(letter for letter in phone if letter.isdigit()).removeprefix("84").lstrip("0")
    if by.role != "desk" or len(digits) < 8:
        raise NotFound
    rows = Appointment.objects.filter(facility=by.facility_id, person__phone__endswith=digits)
    found = rows.order_by("-created_at").values_list("person_id", flat=True).first()
    if found is None:
        raise NotFound
    return found
