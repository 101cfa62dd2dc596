"""Agreed times: lists for people and consoles, and plain facts for the journeys."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from booking import access, slots
from booking.models import ACTIVE, Appointment, Closure, Offer, Rule, Schedule, Status
from booking.queries.free import offers
from booking.queries.money import due
from core.actor import Actor
from core.errors import NotFound
from core.money import Money


@dataclass(frozen=True)
class AppointmentFacts:
    """What the journeys need to know of an appointment, without its table."""

    id: UUID
    status: str
    person_id: UUID
    practitioner_id: UUID
    facility_id: UUID
    schedule_id: UUID
    mode: str
    starts_at: datetime
    ends_at: datetime
    hold_expires_at: datetime | None
    price: Money
    reason: str
    encounter_id: UUID | None
    visit_type_id: UUID
    visit_type_name: str
    person_name: str
    practitioner_name: str
    practitioner_user_id: UUID | None
    facility_name: str
    zone: str
    was_booked: bool
    series: UUID | None
    moved_from_id: UUID | None
    if_late: str
    fee: Money
    due: Money  # while it is kept: what is still to be paid
    no_show_by: str
    form: str  # of care at a distance
    partner_id: UUID | None
    partner_practitioner_id: UUID | None
    listed_code: str  # what it is about, where TT 30/2023 lists it
    fit_reason: str
    pilot_id: UUID | None  # the approved pilot whose case it is


def get_facts(appointment_id: UUID | str) -> AppointmentFacts:
    """Give the facts of an appointment to a journey. It asks for no permission: doors use `access`. Raises NotFound."""
    rows = Appointment.objects.select_related(
        "practitioner", "facility", "person", "visit_type", "schedule", "moved_from"
    )
    appointment = rows.filter(pk=appointment_id).first()
    if appointment is None:
        raise NotFound
    return AppointmentFacts(
        id=appointment.pk,
        status=str(appointment.status),
        person_id=appointment.person_id,
        practitioner_id=appointment.practitioner_id,
        facility_id=appointment.facility_id,
        schedule_id=appointment.schedule_id,
        mode=appointment.mode,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        hold_expires_at=appointment.hold_expires_at,
        price=appointment.price,
        reason=appointment.reason,
        encounter_id=appointment.encounter_id,
        visit_type_id=appointment.visit_type_id,
        visit_type_name=appointment.visit_type.name,
        person_name=appointment.person.full_name,
        practitioner_name=appointment.practitioner.display_name,
        practitioner_user_id=appointment.practitioner.user_id,
        facility_name=appointment.facility.name,
        zone=appointment.schedule.zone,
        was_booked=appointment.booked_at is not None,
        series=appointment.series,
        moved_from_id=appointment.moved_from_id,
        if_late=appointment.if_late,
        fee=appointment.fee,
        due=due(appointment),
        no_show_by=appointment.no_show_by,
        form=appointment.form,
        partner_id=appointment.partner_id,
        partner_practitioner_id=appointment.partner_practitioner_id,
        listed_code="" if appointment.pilot_id else appointment.condition_code,
        fit_reason=appointment.fit_reason,
        pilot_id=appointment.pilot_id,
    )


def facts_of_encounter(encounter_id: UUID) -> AppointmentFacts | None:
    """Give the facts of the appointment an encounter came from, or None when it came from none."""
    found = Appointment.objects.filter(encounter=encounter_id).values_list("pk", flat=True).first()
    return get_facts(found) if found else None


def overdue_holds(now: datetime) -> list[UUID]:
    """List the holds whose time ran out, the oldest first."""
    overdue = Appointment.objects.filter(status=Status.HELD, hold_expires_at__lte=now)
    overdue = overdue.exclude(pk__in=Offer.objects.filter(status=Offer.Status.OPEN).values("appointment_id"))
    return list(overdue.order_by("hold_expires_at").values_list("pk", flat=True))


def sample_of_schedules(count: int, *, seed: int) -> list[Schedule]:
    """Pick some schedules by chance, the same ones for the same seed."""
    ids = list(Schedule.objects.filter(active=True).order_by("pk").values_list("pk", flat=True))
    return list(Schedule.objects.filter(pk__in=random.Random(seed).sample(ids, min(count, len(ids)))))


def is_kept_until(appointment_id: UUID | str) -> datetime | None:
    """Tell until when a time is kept, or None when it is not (any more)."""
    held = Appointment.objects.filter(pk=appointment_id, status=Status.HELD)
    return held.values_list("hold_expires_at", flat=True).first()


def appointments_of(person_ids: Iterable[UUID]) -> QuerySet[Appointment]:
    """Give the appointments of these people, the latest first; the caller has asked who they may be."""
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule", "pilot")
    # Times offered from the waiting list are shown there; they are nobody's visit until somebody takes them.
    offered = Offer.objects.filter(appointment=OuterRef("pk"), taken_at=None)
    return rows.filter(~Exists(offered), person__in=list(person_ids)).order_by("-during", "-pk")


def series_for(by: Actor, series_id: UUID) -> QuerySet[Appointment]:
    """Give the visits of a series this actor may see, in order of time."""
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule", "pilot")
    return rows.filter(access.visible_appointments(by), series=series_id).order_by("during", "pk")


def colleagues_of(appointment: Appointment, on: date) -> list[Schedule]:
    """Give the schedules on which the same kind of visit could take place at the facility, the same doctor's first."""
    rows = Schedule.objects.filter(facility=appointment.facility_id, active=True).select_related(
        "practitioner", "facility"
    )
    fit = [one for one in rows.prefetch_related("practitioner__specialties") if offers(one, appointment.visit_type, on)]
    mine = appointment.practitioner_id
    return sorted(fit, key=lambda one: (one.practitioner_id != mine, one.practitioner.sort_name, str(one.pk)))


def clinic_day(appointment: Appointment) -> date:
    """Tell the day of an appointment as the clinic's calendar says it."""
    return slots.wall(appointment.starts_at, appointment.schedule.zone).date()


def appointments_among(by: Actor, appointment_ids: Iterable[UUID | str]) -> list[Appointment]:
    """List those of these appointments the actor may see, in order of time."""
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule", "pilot")
    return list(rows.filter(access.visible_appointments(by), pk__in=list(appointment_ids)).order_by("during"))


def day_list(
    by: Actor, *, day: date, facility_id: UUID | None = None, practitioner_id: UUID | None = None
) -> list[Appointment]:
    """List the appointments of a day of the clinic, in order of time; expired holds are left out.

    The desk sees its facility, a practitioner their own; anything else is empty.
    """
    rows = Appointment.objects.select_related("practitioner", "facility", "person", "visit_type", "schedule", "pilot")
    rows = rows.filter(access.visible_appointments(by), _in_day(day)).exclude(status=Status.EXPIRED)
    if facility_id:
        rows = rows.filter(facility=facility_id)
    if practitioner_id:
        rows = rows.filter(practitioner=practitioner_id)
    found = [one for one in rows if slots.wall(one.starts_at, one.facility.zone).date() == day]
    return sorted(found, key=lambda one: (one.starts_at, one.practitioner.sort_name))


def still_agreed(schedule: Schedule, now: datetime) -> list[Appointment]:
    """List what is agreed on a schedule from now on: what a change of hours could harm."""
    rows = Appointment.objects.filter(schedule=schedule, status__in=ACTIVE, during__endswith__gt=now)
    rows = rows.exclude(status=Status.HELD, hold_expires_at__lte=now)
    return list(rows.select_related("person", "visit_type").order_by("during"))


def schedules_for(by: Actor, facility_id: UUID | None = None) -> QuerySet[Schedule]:
    """Give the schedules this actor may see in a console, by the practitioner's name."""
    rows = Schedule.objects.filter(access.visible_schedules(by)).select_related("practitioner", "facility")
    if facility_id:
        rows = rows.filter(facility=facility_id)
    return rows.order_by("practitioner__sort_name", "pk")


def busiest(schedules: Iterable[Schedule], since: datetime, until: datetime) -> UUID | None:
    """Tell which of these schedules has most agreed in [since, until), walk-ins aside; None when nothing is."""
    rows = Appointment.objects.filter(schedule__in=schedules, status__in=ACTIVE, walk_in=False)
    rows = rows.filter(during__overlap=DateTimeTZRange(since, until))
    counted = (
        rows.values("schedule").annotate(visits=Count("pk")).order_by("-visits", "schedule__practitioner__sort_name")
    )
    first = counted.first()
    return first["schedule"] if first else None


def schedule_of(practitioner_id: UUID, facility_id: UUID) -> Schedule | None:
    """Give a practitioner's schedule at a facility, the oldest if there are several."""
    return Schedule.objects.filter(practitioner=practitioner_id, facility=facility_id).order_by("pk").first()


def _in_day(day: date) -> Q:
    # A day of any zone lies within these two days of UTC; the caller sorts out the zone.
    noon = datetime.combine(day, time(12), UTC)
    return Q(during__overlap=DateTimeTZRange(noon - timedelta(days=1, hours=3), noon + timedelta(days=1, hours=3)))


def rules_of(schedule: Schedule) -> list[Rule]:
    """List the weekly hours of a schedule, Monday first."""
    return list(schedule.rules.prefetch_related("visit_types").order_by("weekday", "from_time", "pk"))


def closures_of(schedule: Schedule, *, since: datetime | None = None) -> QuerySet[Closure]:
    """Give the exceptions of a schedule, those that end after `since` if it is given."""
    rows = Closure.objects.filter(schedule=schedule)
    return rows.filter(during__endswith__gt=since) if since else rows
