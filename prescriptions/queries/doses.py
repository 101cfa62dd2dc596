"""What to take today, and who wants to be reminded of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Min, Q

from core.actor import Actor
from identity.models import Person
from prescriptions.days import PartOfDay, day_of_lines, due_between, is_quiet, is_taken_on, slots_of
from prescriptions.models import DoseReminder, DoseTimes, Item, Prescription
from prescriptions.queries.signatures import signature_of


@dataclass(frozen=True)
class DayOf:
    """One person's day: the parts with their lines, what is told by the clock, and until when it is taken."""

    person: Person
    parts: list[PartOfDay]
    by_clock: list[Item]
    last_day: date | None


def begun_on(item_ids: Iterable[UUID], zone: str) -> dict[UUID, date]:
    """Return the day on which each item was first handed out."""
    rows = Item.objects.filter(id__in=list(item_ids)).annotate(first=Min("dispenses__at"))
    there = ZoneInfo(zone)
    return {one: first.astimezone(there).date() for one, first in rows.values_list("id", "first") if first is not None}


def taken_now(prescriptions: Iterable[Prescription], today: date, zone: str) -> list[Item]:
    """Return the lines that were handed out and are still taken on this day; nothing of a broken signature."""
    items = [
        item
        for one in prescriptions
        if one.status != Prescription.Status.CANCELLED and signature_of(one).valid
        for item in one.items.all()
    ]
    begun = begun_on([item.id for item in items], zone)
    return [item for item in items if item.id in begun and is_taken_on(today, begun[item.id], item.days)]


def days_of_people(people: Iterable[Person], now: datetime) -> list[DayOf]:
    """Return what each of these people takes today; people without anything are left out."""
    zone = settings.TIME_ZONE
    today = now.astimezone(ZoneInfo(zone)).date()
    found = []
    for person in people:
        rows = Prescription.objects.filter(
            person=person, code__isnull=False, taken_until__gte=today - timedelta(days=60)
        )
        rows = rows.select_related("practitioner").prefetch_related("items__drug", "items__prescription")
        lines = taken_now(rows.order_by("signed_at", "id"), today, zone)
        if lines:
            parts, by_clock = day_of_lines(lines)
            begun = begun_on([line.id for line in lines], zone)
            last = max(begun[line.id] + timedelta(days=line.days - 1) for line in lines)
            found.append(DayOf(person, parts, by_clock, last))
    return found


def dose_times_of(user_id: Any) -> DoseTimes:
    """Return when this reader takes medicines; the usual times unless they have decided otherwise."""
    return DoseTimes.objects.filter(user_id=user_id).first() or DoseTimes(user_id=user_id)


def is_reminded(by: Actor, prescription: Prescription) -> bool:
    """Whether the actor wants to be reminded of this prescription's doses."""
    return (
        by.user_id is not None and DoseReminder.objects.filter(user_id=by.user_id, prescription=prescription).exists()
    )


@dataclass(frozen=True)
class Due:
    """One reminder that is due."""

    prescription_id: UUID
    person_id: UUID
    user_id: UUID
    slot: str
    on: date


def doses_due(after: datetime, until: datetime) -> list[Due]:
    """Return the reminders whose time falls into (after, until], of doses taken that day, outside the reader's quiet hours."""
    zone = settings.TIME_ZONE
    reminders = DoseReminder.objects.filter(
        Q(prescription__status__in=["signed", "accepted", "dispensed"], prescription__cancel_asked_at__isnull=True),
        user__is_active=True,
    )
    reminders = reminders.select_related("prescription__practitioner", "user").prefetch_related(
        "prescription__items__drug"
    )
    times = {one.user_id: one for one in DoseTimes.objects.filter(user__in=reminders.values("user_id"))}
    found = []
    for one in reminders:
        wanted: Any = times.get(one.user_id) or DoseTimes(user_id=one.user_id)
        clock = {slot: getattr(wanted, slot) for slot in ("morning", "noon", "evening", "night")}
        for day, slot in due_between(clock, after, until, zone):
            if is_quiet(clock[slot], wanted.quiet_from, wanted.quiet_to):
                continue
            lines = taken_now([one.prescription], day, zone)
            if any(slot in slots_of(line.doses_a_day, line.instruction) for line in lines):
                found.append(Due(one.prescription_id, one.prescription.person_id, one.user_id, slot, day))
    return found
