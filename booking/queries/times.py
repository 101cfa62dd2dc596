"""The truth about times, read once: rules, exceptions, public holidays, and what is taken."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from booking import holidays, slots
from booking.models import ACTIVE, Appointment, Closure, Policy, Rule, Schedule, Status
from identity.models import VisitType

Purpose = tuple[UUID, UUID, str]


@dataclass(frozen=True)
class Times:
    """All that decides which times of a schedule are free."""

    rules: list[Rule]
    closures: list[slots.Exceptional]
    busy: Sequence[slots.Span]

    def rules_for(self, visit_type: VisitType) -> list[slots.WeeklyRule]:
        """Give the hours in which this kind of visit is offered."""
        found = []
        for rule in self.rules:
            only = {one.pk for one in rule.visit_types.all()}
            if not only or visit_type.pk in only:
                found.append(rule.as_weekly())
        return found


def times_of(schedules: Sequence[Schedule], first: datetime, last: datetime, now: datetime) -> dict[UUID, Times]:
    """Read what decides about these schedules between two moments: a handful of statements, whatever many.

    A practitioner is busy wherever the appointment is, buffers included; a hold whose time ran out keeps nobody busy,
    nor does somebody who came without a time.
    """
    window = DateTimeTZRange(first, last)
    rules: dict[UUID, list[Rule]] = defaultdict(list)
    closures: dict[UUID, list[slots.Exceptional]] = defaultdict(list)
    busy: dict[UUID, list[slots.Span]] = defaultdict(list)
    for rule in Rule.objects.filter(schedule__in=schedules).prefetch_related("visit_types"):
        rules[rule.schedule_id].append(rule)
    # Other hours set the weekly ones aside for their whole day, also for a moment hours away from them.
    days = DateTimeTZRange(first - timedelta(days=1), last + timedelta(days=1))
    for closure in Closure.objects.filter(schedule__in=schedules, during__overlap=days):
        closures[closure.schedule_id].append(closure.as_exceptional())
    for schedule_id, found in holidays_for(schedules, first, last).items():
        closures[schedule_id] += found
    taken = Appointment.objects.filter(
        practitioner__in={schedule.practitioner_id for schedule in schedules},
        status__in=ACTIVE,
        walk_in=False,
        blocked__overlap=window,
    ).exclude(status=Status.HELD, hold_expires_at__lte=now)
    for one in taken.only(
        "practitioner_id", "schedule_id", "visit_type_id", "mode", "during", "blocked", "session", "seat"
    ):
        busy[one.practitioner_id].append(one.as_busy())
    return {s.pk: Times(rules[s.pk], closures[s.pk], busy[s.practitioner_id]) for s in schedules}


def holidays_for(schedules: Sequence[Schedule], first: datetime, last: datetime) -> dict[UUID, list[slots.Exceptional]]:
    """Give each schedule the public holidays on which its facility is closed, between two moments."""
    policies = {one.facility_id: one for one in Policy.objects.filter(facility__in={s.facility_id for s in schedules})}
    known: dict[tuple[UUID, str], list[slots.Exceptional]] = {}
    for schedule in schedules:
        key = (schedule.facility_id, schedule.zone)
        if key not in known:
            known[key] = holidays.closures(policies.get(schedule.facility_id), schedule.zone, first, last)
    return {schedule.pk: known[schedule.facility_id, schedule.zone] for schedule in schedules}


def purposes_of(schedule: Schedule, visit_type: VisitType, modes: Iterable[str] | None = None) -> set[Purpose]:
    """Tell which shared times such a visit may join: those of the same schedule and kind, in one of these modes."""
    return {(schedule.pk, visit_type.pk, mode) for mode in (visit_type.modes if modes is None else modes)}
